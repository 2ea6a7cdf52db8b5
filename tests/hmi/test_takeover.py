"""A pair of rooms on one PostgreSQL: one dies or is cut off, the other goes on, never both."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import numpy as np

from scada.store.postgres import PostgresStore
from scada.trend import read_trend
from tests.hmi.room_pair import Field, pair, until
from tests.postgres import PostgresServer


def overlap_s(field: Field, first: int, second: int) -> float:
    """How long both polled: from the second's first poll to the first's last."""
    began = min(t for t, u, _ in field.polls if u == second)
    return field.last(first) - began


async def test_the_standby_polls_when_the_primary_is_killed(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as (field, rooms, _, url):
        await asyncio.sleep(4.0)
        assert field.last(2) == 0.0
        killed = time.monotonic()
        await rooms[1].kill()
        await until(lambda: field.last(2) > 0, rooms[2])
        took = min(t for t, u, _ in field.polls if u == 2) - killed
        logging.getLogger("takeover").warning("the standby polled after %.2f s", took)
        await asyncio.sleep(1.5)
        store = PostgresStore(url)
        series = read_trend(store, 1, "measured", 0, 2**62, 10**6)
        store.close()
    values = series.value.tolist()
    assert values == sorted(set(values))  # no value twice, none before an earlier one
    # Of what the first room polled all but its last breath is there.
    of_first = [v for _, u, v in field.polls if u == 1]
    stored = set(values)
    missing = [v for v in of_first[:-30] if float(v) not in stored]
    assert missing == []
    assert np.any(np.isin([v for _, u, v in field.polls if u == 2], values))


async def test_never_two_poll_when_the_link_of_the_primary_is_cut(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as (field, rooms, proxies, _):
        await asyncio.sleep(4.0)
        assert field.last(2) == 0.0
        proxies[1].cut.set()
        await until(lambda: field.last(2) > 0, rooms[2])
        await asyncio.sleep(2.0)
    assert overlap_s(field, 1, 2) < 0.0
