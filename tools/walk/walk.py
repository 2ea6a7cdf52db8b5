"""A walk: steps with what was expected and what came, one line each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tools.walk.room import Answer, Room

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ROLE = {"pan": "planner", "du": "dispatcher", "li": "leader", "cai": "crew"}


class BrokenWalkError(Exception):
    """A step came out otherwise than it should; the rest cannot be walked."""


@dataclass(frozen=True)
class Line:
    """One step: what was done, what came of it, and whether that is right."""

    text: str
    good: bool


@dataclass
class Walk:
    """One workflow in a room; `lines` are kept, whatever happens."""

    room: Room
    lines: list[Line] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The room's time."""
        return self.room.clock.now()

    def ask(
        self,
        what: str,
        who: str,
        path: str,
        body: Any = None,
        *,
        want: int = 200,
        why: Collection[str] = (),
    ) -> Any:
        """A request with the status it should have and, of a refusal, every reason it names.

        BrokenWalkError when it comes otherwise.
        """
        answer = self.room.ask(who, path, body)
        good = answer.status == want and (not why or answer.reasons == set(why))
        self.lines.append(Line(f"{who:<5} {what}: {self._told(answer)}", good))
        if not good:
            wanted = f"{want} {' '.join(sorted(why))}".strip()
            raise BrokenWalkError(f"{what}: wanted {wanted}, got {answer.status} {answer.body}")
        return answer.body

    def see(self, what: str, found: Any, wanted: Any) -> None:
        """Something that must be so; the walk goes on."""
        good = found == wanted
        text = f"{what}: {found!r}" if good else f"{what}: {found!r}, wanted {wanted!r}"
        self.lines.append(Line(f"      {text}", good))

    def go(self, moment: datetime) -> None:
        """Wait for a moment."""
        self.room.clock.go(moment)
        self.lines.append(Line(f"      the clock is at {self.now:%Y-%m-%d %H:%M:%S} UTC", True))

    @staticmethod
    def _told(answer: Answer) -> str:
        if answer.status < 300:
            return "done"
        reasons = " ".join(sorted(answer.reasons)) if isinstance(answer.body, Mapping) else ""
        return f"{answer.status} {reasons}".strip()


@dataclass
class Order:
    """An outage order, worked by people in their roles."""

    walk: Walk
    id: str = ""

    def open(self, who: str = "pan", **record: Any) -> dict[str, Any]:
        """A new order."""
        body = {"record": record, "role": ROLE[who]}
        name = f"opens a {record['kind']} {record['medium']} outage"
        made: dict[str, Any] = self.walk.ask(name, who, "api/outage-orders", body)["order"]
        self.id = made["id"]
        return made

    def does(self, who: str, action: str, **record: Any) -> dict[str, Any]:
        """A step that is possible."""
        return self._step(who, action, record)["order"]  # type: ignore[no-any-return]

    def may_not(self, who: str, action: str, why: Collection[str], **record: Any) -> None:
        """A step that is refused for exactly these reasons."""
        self._step(who, action, record, want=409, why=why)

    def _step(self, who: str, action: str, record: Mapping[str, Any], **more: Any) -> Any:
        body = {"action": action, "record": dict(record), "role": ROLE[who]}
        words = " ".join([action, *(str(v) for k, v in record.items() if k in {"fact", "number"})])
        return self.walk.ask(words, who, f"api/outage-orders/{self.id}/steps", body, **more)

    def told(self) -> list[str]:
        """Audience and form of every message so far."""
        path = f"api/outage-orders/{self.id}/messages"
        rows = self.walk.room.ask("du", path).body["messages"]
        return [row["audience"] for row in rows]

    def state(self, wanted: str) -> None:
        """See that the order is in a state."""
        kept = self.walk.room.ask("du", f"api/outage-orders/{self.id}").body["order"]
        self.walk.see("state of the order", kept["order"]["state"], wanted)
