"""What core makes of values: range, rate, frozen, substituted, calculated; in a whole core."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from core_room import CoreRoom, open_room

from scada.own_points import FileState
from scada.point import Limits, Point
from scada.point_quality import PointQuality
from scada.ports import BusError
from scada.quality import (
    BAD_NO_COMMUNICATION,
    GOOD,
    GOOD_LOCAL_OVERRIDE,
    UNCERTAIN_SENSOR_NOT_ACCURATE,
    UNCERTAIN_UNITS_EXCEEDED,
)
from scada.samples import SampleBatch

S = 10**9


def point(name: str, **fields: object) -> Point:
    given = {"utility": "water", "quantity": "level", "unit": "m", "driver": "rtu", **fields}
    return Point(id=name, **given)  # type: ignore[arg-type]


def judged(doubts: PointQuality, *rows: tuple[float, float]) -> list[tuple[float, int]]:
    """(seconds, value) of point 0, one batch each; what becomes of them."""
    found = []
    for at_s, value in rows:
        at = np.array([round(at_s * S)], dtype=np.int64)
        one = SampleBatch(
            np.zeros(1, dtype=np.uint32), np.array([value]), np.zeros(1, dtype=np.uint32), at, at
        )
        out = doubts.judge(one)
        found.append((float(out.value[0]), int(out.quality[0])))
    return found


def test_a_value_outside_the_range_is_uncertain_and_clamped_where_the_list_says_so() -> None:
    assert judged(PointQuality([point("A", range_low=0.0, range_high=5.0)]), (1, -1), (2, 3)) == [
        (-1.0, UNCERTAIN_UNITS_EXCEEDED),
        (3.0, GOOD),
    ]
    clamped = PointQuality([point("A", range_high=5.0, clamp=True)])
    assert judged(clamped, (1, 7)) == [(5.0, UNCERTAIN_UNITS_EXCEEDED)]


def test_a_jump_makes_the_sensor_doubtful_once() -> None:
    doubts = PointQuality([point("A", max_rate=1.0)])
    assert [q for _, q in judged(doubts, (1, 1), (2, 2), (3, 9), (4, 9))] == [
        GOOD,
        GOOD,
        UNCERTAIN_SENSOR_NOT_ACCURATE,
        GOOD,
    ]


def test_a_value_that_stands_still_makes_the_sensor_doubtful_until_it_moves() -> None:
    doubts = PointQuality([point("A", frozen_s=60.0)])
    assert [q for _, q in judged(doubts, (1, 1), (30, 1), (62, 1), (70, 2))] == [
        GOOD,
        GOOD,
        UNCERTAIN_SENSOR_NOT_ACCURATE,
        GOOD,
    ]


def test_samples_of_points_without_bounds_pass_untouched() -> None:
    doubts = PointQuality([point("A"), point("B", max_rate=1.0)])
    at = np.array([S], dtype=np.int64)
    one = SampleBatch(np.zeros(1, np.uint32), np.ones(1), np.zeros(1, np.uint32), at, at)
    assert doubts.judge(one) is one


POINTS = [
    point("A", limits=Limits(high=5.0)),
    point("B"),
    point("SUM", driver="calc", address="{A} + {B}", limits=Limits(high=10.0)),
]


async def shown(room: CoreRoom, handle: int) -> tuple[float, int]:
    return float(room.core.live.value[handle]), int(room.core.live.quality[handle])


async def test_a_calculated_point_is_shown_stored_and_alarms() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 4.0), (1, 7.0))
        await room.advance(0.4)
        assert await shown(room, 2) == (11.0, GOOD)
        assert await room.states() == {"SUM.high": "unacknowledged"}
        await room.send((1, np.nan, BAD_NO_COMMUNICATION))
        await room.advance(0.4)
        assert (await shown(room, 2))[1] == BAD_NO_COMMUNICATION
        header, _ = await room.bus.call("core.history", {"point": "SUM"})
        assert header["n"] == 2


async def test_a_substituted_value_stands_until_it_is_released_and_then_the_real_one_shows() -> (
    None
):
    async with open_room(POINTS) as room:
        await room.send((0, 4.0), (1, 1.0))
        wanted = {"point": "A", "value": 9.0, "seconds": 60, "user": "li", "reason": "sensor dead"}
        await room.ask("core.substitute", **wanted)
        assert await shown(room, 0) == (9.0, GOOD_LOCAL_OVERRIDE)
        await room.send((0, 4.5))
        assert await shown(room, 0) == (9.0, GOOD_LOCAL_OVERRIDE)
        await room.advance(0.4)
        assert await shown(room, 2) == (10.0, GOOD_LOCAL_OVERRIDE)
        assert "A.high" in await room.states()
        assert (await room.ask("core.substitutes"))["substitutes"][0]["reason"] == "sensor dead"
        await room.ask("core.release", point="A", user="wu")
        assert await shown(room, 0) == (4.5, GOOD)
        told = [(e["id"], e["event"], e["user"]) for e in reversed(room.journal.events())]
        assert ("A.substitute", "substituted", "li") in told
        assert ("A.substitute", "released", "wu") in told


async def test_a_substitution_runs_out_by_itself() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 4.0))
        await room.ask(
            "core.substitute", point="A", value=2.0, seconds=3, user="li", reason="calibration"
        )
        await room.advance(2.0)
        assert await shown(room, 0) == (2.0, GOOD_LOCAL_OVERRIDE)
        await room.advance(2.0)
        assert await shown(room, 0) == (4.0, GOOD)
        assert ("A.substitute", "expired") in room.events()


async def test_a_substitution_runs_out_even_when_the_journal_takes_nothing() -> None:
    async with open_room(POINTS) as room:
        await room.send((0, 4.0))
        await room.ask(
            "core.substitute", point="A", value=2.0, seconds=1, user="li", reason="calibration"
        )

        def refuse(_events: object) -> list[int]:
            raise OSError("the disk is full")

        room.journal.append = refuse
        await room.advance(2.0)
        assert await shown(room, 0) == (4.0, GOOD)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"point": "X"}, "no point 'X'"),
        ({"value": float("inf")}, "not a finite number"),
        ({"reason": ""}, "a user and a reason"),
        ({"user": ""}, "a user and a reason"),
        ({"seconds": 0}, "within 30 days"),
        ({"seconds": 40 * 86400}, "within 30 days"),
    ],
)
async def test_a_substitution_needs_sense_reason_and_an_end(
    change: dict[str, object], words: str
) -> None:
    async with open_room(POINTS) as room:
        wanted = {"point": "A", "value": 2.0, "seconds": 3, "user": "li", "reason": "r"}
        with pytest.raises(BusError, match=words):
            await room.ask("core.substitute", **{**wanted, **change})


def test_a_state_file_is_whole_or_as_before(tmp_path: Path) -> None:
    state = FileState(tmp_path / "points.state")
    assert state.load() == {}
    state.save({"calc": {"V": {"total": 1.5}}})
    assert FileState(tmp_path / "points.state").load() == {"calc": {"V": {"total": 1.5}}}
    (tmp_path / "points.state").write_text("{")
    assert state.load() == {}
