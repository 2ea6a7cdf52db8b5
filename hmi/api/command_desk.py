"""Answers kept by idempotency key, so that a repeated request acts once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from hmi.api.errors import ApiError

ANSWERS_KEPT = 1000


class CommandDesk:
    """The answers given to operations, by idempotency key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[str, asyncio.Future[dict[str, Any]]]] = OrderedDict()

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
