"""`kill -9` of gateway and core at random moments: what was acknowledged is stored, once."""

from __future__ import annotations

from pathlib import Path

from kill_room import run


async def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(tmp_path: Path) -> None:
    verdict = await run(tmp_path, kills=5, seed=4, longest_s=0.4)
    assert verdict.acknowledged > 100
    assert (verdict.lost, verdict.twice, verdict.in_order) == (0, 0, True)
