"""A core killed at random moments loses no alarm and no action that it had told of."""

from __future__ import annotations

from pathlib import Path

from tests.scada.alarm_kill import study


async def test_nothing_that_was_promised_is_lost_by_kill_9(tmp_path: Path) -> None:
    losses = await study(tmp_path, kills=3, seed=7, longest_s=0.8)
    assert losses.events_heard > 20
    assert losses.actions_answered > 5
    assert (losses.events_lost, losses.actions_lost, losses.states_wrong) == (0, 0, 0)
