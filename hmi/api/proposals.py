"""Recent outage proposals, newest first, so that a page opened later finds them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

KEPT = 50


class ProposalShelf:
    """The last proposals by id."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def put(self, proposal: dict[str, Any]) -> None:
        """Keep a proposal; the oldest goes when there are too many."""
        self._kept[str(proposal["id"])] = proposal
        self._kept.move_to_end(str(proposal["id"]))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def get(self, proposal_id: str) -> dict[str, Any] | None:
        """The whole proposal, if it is still kept."""
        return self._kept.get(proposal_id)

    def summaries(self) -> list[dict[str, Any]]:
        """What a list shows of each, the newest first."""
        return [
            {
                "id": p["id"],
                "element": p.get("element"),
                "start": p.get("start"),
                "end": p.get("end"),
                "created": p.get("created"),
                "publishable": p.get("publishable"),
                "people": (p.get("impact") or {}).get("people"),
                "households": (p.get("impact") or {}).get("households"),
                "blocked_by": p.get("blocked_by", []),
            }
            for p in reversed(self._kept.values())
        ]
