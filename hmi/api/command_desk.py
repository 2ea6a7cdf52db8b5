"""Selections waiting for their go-ahead, and answers kept so that a repeated request acts once."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hmi.api.errors import ApiError

SELECTED_FOR_S = 30.0
ANSWERS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _Selected:
    point: str
    value_si: float
    user: str
    until_s: float


class CommandDesk:
    """Selections waiting for their go-ahead, and the answers given, by idempotency key."""

    def __init__(self) -> None:
        self._selected: dict[str, _Selected] = {}
        self._answers: OrderedDict[str, tuple[str, asyncio.Future[dict[str, Any]]]] = OrderedDict()

    def select(self, point: str, value_si: float, user: str) -> str:
        """Note a selection; the token to operate it with."""
        now = time.monotonic()
        self._selected = {k: s for k, s in self._selected.items() if s.until_s > now}
        token = secrets.token_urlsafe(16)
        self._selected[token] = _Selected(point, value_si, user, now + SELECTED_FOR_S)
        return token

    def take(self, token: str, user: str) -> _Selected:
        """The selection of a token, once; 409 when it is gone or another person's."""
        selected = self._selected.pop(token, None)
        if selected is None or selected.until_s <= time.monotonic():
            raise ApiError(409, "not-selected", "the selection has expired: select again")
        if selected.user != user:
            raise ApiError(409, "not-selected", f"the selection was made by {selected.user}")
        return selected

    async def once(
        self, key: str, token: str, work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Do `work` once for a key; a repeated request gets the first one's answer."""
        known = self._answers.get(key)
        if known is None:
            future: asyncio.Future[dict[str, Any]] = asyncio.ensure_future(work())
            self._answers[key] = (token, future)
            while len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        else:
            first_token, future = known
            if first_token != token:
                raise ApiError(409, "key-reused", "this idempotency key was used for another write")
        # A page that leaves must not stop a command that is on its way.
        return await asyncio.shield(future)
