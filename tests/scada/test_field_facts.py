"""Facts of Modbus and OPC UA that others learned the hard way, each held by a test."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from asyncua import ua
from hypothesis import given, settings
from hypothesis import strategies as st

from hmi.stream_frames import Kind, encode_values
from scada import quality
from scada.address import parse_modbus
from scada.alarm_logic import limit_rules
from scada.drivers.config import DriverConfig
from scada.exception_filter import ExceptionFilter
from scada.faces.feed import Feed
from scada.faces.opcua import FOLDER_SIZE
from scada.point import Limits, Point
from scada.poll_plan import Item, plan_reads
from scada.samples import SampleBatch
from tests.scada.core_room import open_room

CODES = {
    "GOOD": ua.StatusCodes.Good,
    "GOOD_LOCAL_OVERRIDE": ua.StatusCodes.GoodLocalOverride,
    "UNCERTAIN_NO_COMMUNICATION_LAST_USABLE": (
        ua.StatusCodes.UncertainNoCommunicationLastUsableValue
    ),
    "UNCERTAIN_LAST_USABLE": ua.StatusCodes.UncertainLastUsableValue,
    "UNCERTAIN_SUBSTITUTE": ua.StatusCodes.UncertainSubstituteValue,
    "UNCERTAIN_SENSOR_NOT_ACCURATE": ua.StatusCodes.UncertainSensorNotAccurate,
    "UNCERTAIN_UNITS_EXCEEDED": ua.StatusCodes.UncertainEngineeringUnitsExceeded,
    "BAD_NO_COMMUNICATION": ua.StatusCodes.BadNoCommunication,
    "BAD_WAITING_FOR_INITIAL_DATA": ua.StatusCodes.BadWaitingForInitialData,
    "BAD_OUT_OF_RANGE": ua.StatusCodes.BadOutOfRange,
    "BAD_CONFIGURATION": ua.StatusCodes.BadConfigurationError,
    "BAD_SENSOR_FAILURE": ua.StatusCodes.BadSensorFailure,
    "BAD_OUT_OF_SERVICE": ua.StatusCodes.BadOutOfService,
}


def test_every_quality_is_its_opc_ua_code_and_two_bits_tell_its_severity() -> None:
    ours = {n: v for n, v in vars(quality).items() if n.isupper() and isinstance(v, int)}
    assert ours == CODES
    for name, code in ours.items():
        assert ua.StatusCode(code).is_good() == quality.is_good(code)
        assert ua.StatusCode(code).is_bad() == quality.is_bad(code), name


def test_a_silent_device_costs_a_second_and_a_lost_one_is_tried_again_within_ten() -> None:
    usual = DriverConfig(name="d", kind="modbus_tcp")
    assert usual.timeout_s * (1 + usual.retries) <= 2.0
    assert usual.backoff_s <= 10.0
    assert DriverConfig(name="d", kind="opcua").batch <= 1000


@given(
    st.lists(st.integers(0, 9000), min_size=1, max_size=200, unique=True),
    st.sampled_from(["co", "di", "hr", "ir"]),
    st.integers(0, 124),
)
@settings(max_examples=60, deadline=None)
def test_no_read_asks_for_more_than_the_protocol_allows(
    places: list[int], area: str, gap: int
) -> None:
    items = [Item(area, place, 1, key) for key, place in enumerate(places)]  # type: ignore[arg-type]
    most = 2000 if area in ("co", "di") else 125
    assert all(1 <= read.count <= most for read in plan_reads(items, max_gap=gap))


def test_addresses_count_from_zero_and_the_old_notation_is_refused_in_words() -> None:
    assert parse_modbus("hr:0").number == 0
    for old in ("40001", "400001", "30001"):
        with pytest.raises(ValueError, match="hr:"):
            parse_modbus(old)


def test_a_folder_of_our_server_holds_a_hundred_points_at_most() -> None:
    assert FOLDER_SIZE <= 100


async def test_our_server_writes_what_changed_and_nothing_else() -> None:
    some = [Point(id=f"P{k}", utility="water", quantity="pressure", unit="Pa") for k in range(50)]
    async with open_room(some) as room:
        feed = Feed(some, room.bus.peer())
        running = asyncio.create_task(feed.run())
        await feed.filled.wait()
        await feed.changes()
        await room.send((7, 1e5), (9, 2e5))
        await room.advance(0.4)
        async with asyncio.timeout(5):
            assert (await feed.changes()).tolist() == [7, 9]
        running.cancel()


def test_the_deadbands_of_history_and_of_alarms_are_two_things() -> None:
    point = Point(id="P", utility="water", quantity="pressure", unit="Pa", deadband=500.0,
                  limits=Limits(low=140e3, deadband=5e3))  # fmt: skip
    assert [rule.deadband for rule in limit_rules(point.limits)] == [5e3]
    filter_ = ExceptionFilter(np.array([point.deadband]))
    n = np.zeros(1, dtype=np.uint32)
    kept = [
        len(filter_.keep(SampleBatch(n, np.array([v]), n, *(np.array([t]),) * 2)))
        for t, v in ((1, 150e3), (2, 150.4e3), (3, 151e3))
    ]
    assert kept == [1, 0, 2]


def test_five_thousand_changes_reach_a_page_as_a_small_frame() -> None:
    points = np.arange(5000)
    values, codes = np.linspace(1e5, 2e5, 5000), np.zeros(5000)
    frame = encode_values(next(iter(Kind)), "measured", 1, 0.0, 0.0, points, values, codes, values)
    assert len(frame) <= 24 * 5000 + 100
