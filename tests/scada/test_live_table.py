"""The live table: last values by arrival, and what age and silence do to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scada.live_table import LiveTable
from scada.point import Point
from scada.quality import (
    BAD_NO_COMMUNICATION,
    BAD_SENSOR_FAILURE,
    BAD_WAITING_FOR_INITIAL_DATA,
    GOOD,
    GOOD_LOCAL_OVERRIDE,
    UNCERTAIN_LAST_USABLE,
    UNCERTAIN_NO_COMMUNICATION_LAST_USABLE,
)
from scada.samples import SampleBatch

S = 10**9
NOBODY = np.zeros(3, dtype=bool)


def table() -> LiveTable:
    points = [
        Point(id="a", utility="water", quantity="pressure", unit="MPa", driver="rtu"),
        Point(id="b", utility="water", quantity="pressure", unit="MPa", driver="rtu", scan="slow"),
        Point(id="hand", utility="water", quantity="pressure", unit="MPa"),
    ]
    return LiveTable(points, {"normal": 1.0, "slow": 100.0}, 0, heartbeat_s={"rtu": 4.0})


def batch(*rows: tuple[Any, ...]) -> SampleBatch:
    """(point, arrival s, value[, quality])."""
    time = np.array([round(r[1] * S) for r in rows], dtype=np.int64)
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([r[2] for r in rows], dtype=np.float64),
        np.array([r[3] if len(r) > 3 else GOOD for r in rows], dtype=np.uint32),
        time - S,
        time,
    )


def test_the_newest_by_arrival_wins_in_a_batch_and_between_batches() -> None:
    live = table()
    taken = live.apply(batch((0, 3, 3.0), (0, 1, 1.0), (1, 2, 9.0)))
    assert taken.value.tolist() == [1.0, 9.0, 3.0]
    assert live.value[:2].tolist() == [3.0, 9.0]
    assert len(live.apply(batch((0, 2, 2.0)))) == 0
    assert live.value[0] == 3.0
    assert live.source_time_ns[0] == 2 * S
    assert len(live.apply(batch((0, 3, 4.0)))) == 1
    assert live.value[0] == 4.0


def test_a_device_whose_clock_is_set_back_is_still_seen() -> None:
    live = table()
    live.apply(batch((0, 5000, 1.0)))
    late = batch((0, 5001, 2.0))
    hour_back = SampleBatch(
        late.point,
        late.value,
        late.quality,
        late.source_time_ns - 3600 * S,
        late.arrival_time_ns,
    )
    live.apply(hour_back)
    assert live.value[0] == 2.0


def test_values_grow_old_at_the_pace_of_their_scan_class() -> None:
    live = table()
    live.apply(batch((0, 0, 1.0), (1, 0, 2.0), (2, 0, 3.0)))
    assert live.tick(10 * S, NOBODY).tolist() == []
    assert live.tick(11 * S, NOBODY).tolist() == [0]
    assert live.quality.tolist() == [UNCERTAIN_LAST_USABLE, GOOD, GOOD]
    assert live.tick(12 * S, NOBODY).tolist() == []
    assert live.tick(31 * S, NOBODY).tolist() == [0]
    assert live.quality[0] == BAD_NO_COMMUNICATION
    assert live.value[0] == 1.0
    live.tick(301 * S, NOBODY)
    # What was set by hand has no driver and does not age.
    assert live.quality.tolist() == [BAD_NO_COMMUNICATION, UNCERTAIN_LAST_USABLE, GOOD]
    live.apply(batch((0, 302, 5.0)))
    live.tick(302 * S, NOBODY)
    assert live.quality[0] == GOOD


def test_silence_of_the_gateway_counts_sooner_and_is_forgiven() -> None:
    live = table()
    live.apply(batch((0, 0, 1.0), (1, 0, 2.0, GOOD_LOCAL_OVERRIDE)))
    silent = np.array([True, True, False])
    live.tick(2 * S, silent)
    assert live.quality[0] == UNCERTAIN_NO_COMMUNICATION_LAST_USABLE
    assert live.quality[1] == GOOD_LOCAL_OVERRIDE
    live.tick(3 * S, NOBODY)
    assert live.quality[0] == GOOD
    live.tick(11 * S, silent)
    assert live.quality[0] == BAD_NO_COMMUNICATION


def test_a_bad_value_stays_as_bad_as_it_was_sent() -> None:
    live = table()
    live.apply(batch((0, 0, np.nan, BAD_SENSOR_FAILURE)))
    live.tick(1000 * S, NOBODY)
    assert live.quality[0] == BAD_SENSOR_FAILURE


def test_a_point_that_never_spoke_is_waiting_then_without_communication() -> None:
    live = table()
    assert live.quality.tolist() == [BAD_WAITING_FOR_INITIAL_DATA] * 3
    assert live.counts() == {"good": 0, "uncertain": 0, "bad": 3}
    live.tick(5 * S, NOBODY)
    assert live.quality[0] == BAD_WAITING_FOR_INITIAL_DATA
    live.tick(11 * S, NOBODY)
    assert live.quality[0] == BAD_NO_COMMUNICATION


def test_model_values_stand_beside_and_give_residuals() -> None:
    live = table()
    live.apply(batch((0, 1, 5.0), (1, 1, 7.0)))
    live.apply_model(batch((0, 1, 4.5)))
    assert live.residual[0] == 0.5
    assert np.isnan(live.residual[1])
    assert live.modelled().point.tolist() == [0]
    assert live.measured().value[:2].tolist() == [5.0, 7.0]


def test_unknown_handles_are_refused_and_change_nothing() -> None:
    live = table()
    with pytest.raises(ValueError, match="handle 3"):
        live.apply(batch((0, 1, 1.0), (3, 1, 1.0)))
    with pytest.raises(ValueError, match="handle 3"):
        live.apply_model(batch((3, 1, 1.0)))
    assert np.isnan(live.value[0])
    assert len(live.apply(batch())) == 0
