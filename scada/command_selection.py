"""Selections: what somebody is about to command, until it is operated or its time is up. Pure.

A selection can be operated once, by who selected it. One that needs two persons must be approved
by another first. Nothing is kept over a crash: what was not operated was never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SELECTED_FOR_S = 30.0
APPROVAL_FOR_S = 300.0
"""So long a second person has, when one is needed."""
MOST = 200


class SelectionError(ValueError):
    """A step that may not be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be written, by whom, and until when it may be."""

    token: str
    handle: int
    value: float
    user: str
    origin: str
    order: str
    until_s: float
    two_person: bool = False
    approved_by: str = ""

    def as_dict(self, point_id: str, now_s: float) -> Mapping[str, Any]:
        """The selection as others may see it: its token lets a second person approve only."""
        return {
            "token": self.token,
            "point": point_id,
            "value": self.value,
            "user": self.user,
            "order": self.order,
            "two_person": self.two_person,
            "approved_by": self.approved_by,
            "left_s": max(0.0, self.until_s - now_s),
        }


class Selections:
    """Selections by token; `now_s` is monotonic."""

    def __init__(self) -> None:
        self._kept: dict[str, Selection] = {}

    def add(self, selection: Selection, now_s: float) -> None:
        """Keep a selection; SelectionError when somebody else has the point selected."""
        self._forget_old(now_s)
        for other in self._kept.values():
            if other.handle == selection.handle and other.user != selection.user:
                raise SelectionError(f"{other.user} has selected it")
        # Selecting anew replaces one's own selection of the same point.
        self._kept = {t: s for t, s in self._kept.items() if s.handle != selection.handle}
        if len(self._kept) >= MOST:
            raise SelectionError("too many selections wait")
        self._kept[selection.token] = selection

    def approve(self, token: str, user: str, now_s: float) -> Selection:
        """A second person agrees; it may then be operated for the usual time."""
        found = self.approved(token, user, now_s)
        self._kept[token] = found
        return found

    def approved(self, token: str, user: str, now_s: float) -> Selection:
        """The selection as it would be with this second person; nothing changes yet."""
        found = self._get(token, now_s)
        if not found.two_person:
            raise SelectionError("no second person is needed")
        if found.user == user:
            raise SelectionError("the second person must be another one")
        return replace(found, approved_by=user, until_s=now_s + SELECTED_FOR_S)

    def take(self, token: str, user: str, now_s: float) -> Selection:
        """The selection to operate now, once."""
        found = self._get(token, now_s)
        if found.user != user:
            raise SelectionError(f"the selection was made by {found.user}")
        if found.two_person and not found.approved_by:
            raise SelectionError("a second person must approve it first")
        del self._kept[token]
        return found

    def cancel(self, token: str, user: str, now_s: float) -> Selection:
        """Let a selection go: by who made it, or by the second person who does not agree."""
        found = self._get(token, now_s)
        if found.user != user and not found.two_person:
            raise SelectionError(f"the selection was made by {found.user}")
        del self._kept[token]
        return found

    def drop(self, token: str) -> None:
        """Forget a selection, whoever's it is."""
        self._kept.pop(token, None)

    def all(self, now_s: float) -> list[Selection]:
        """What waits now."""
        self._forget_old(now_s)
        return list(self._kept.values())

    def _get(self, token: str, now_s: float) -> Selection:
        self._forget_old(now_s)
        found = self._kept.get(token)
        if found is None:
            raise SelectionError("the selection has expired: select again")
        return found

    def _forget_old(self, now_s: float) -> None:
        self._kept = {t: s for t, s in self._kept.items() if s.until_s > now_s}
