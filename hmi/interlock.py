"""The desk's word on a command: where the law asks for notice and approval, they must be there.

An outage order reaches `underway` only past the gates of the law (approval, published notice, its
window), so a command under an order is held against the order's state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

from scada.ports import Bus, BusError

STATES = ("underway", "restoring")
WHY = {
    "study": "it is a study",
    "requested": "it has no approval",
    "approved": "its notice is not published",
    "published": "it has not been started",
}


class OrderInterlock:
    """`scada.ports.Interlock`: asks the desk on the bus for the command's order."""

    def __init__(self, bus: Bus, needs_order: Collection[str] = ()) -> None:
        """`needs_order`: patterns of points that are commanded under an order only."""
        self._bus = bus
        self._needs_order = tuple(needs_order)

    async def objections(self, command: Mapping[str, Any]) -> list[str]:
        """Why the order does not allow it; BusError when the desk does not answer."""
        point, order = str(command["point"]), str(command.get("order") or "")
        if not order:
            needed = any(fnmatchcase(point, pattern) for pattern in self._needs_order)
            return [f"{point} is commanded under an outage order only"] if needed else []
        answer, _ = await self._bus.call("outages.get", {"id": order})
        if "missing" in answer:
            return [f"there is no outage order {order}"]
        if "answer" not in answer:
            raise BusError(f"the desk gave no answer about {order}")
        found = answer["answer"]["order"]
        said = []
        if found["medium"] != command["utility"]:
            said.append(f"order {order} is of the {found['medium']} network")
        if found["state"] not in STATES:
            why = WHY.get(found["state"], f"it is {found['state']}")
            said.append(f"order {order} allows nothing: {why}")
        if found["kind"] == "planned" and not found["publications"]:
            said.append(f"no notice of order {order} is published")
        return said
