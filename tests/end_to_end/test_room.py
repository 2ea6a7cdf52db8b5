"""The whole room: values arrive, the model judges them, and kill -9 loses nothing."""

from __future__ import annotations

import time
import urllib.parse

from pyModbusTCP.client import ModbusClient

from scada.registers import decode
from scenarios.site import load_site
from tests.end_to_end.conftest import RunningRoom, wait_for


def status(room: RunningRoom) -> dict[str, int]:
    return room.get("api/status")["core"] or {}


def all_good(room: RunningRoom) -> bool:
    core = status(room)
    return "good" in core and core["good"] == core["points"]


def links_up(room: RunningRoom, since_ns: int = 0) -> bool:
    """Whether all are up, and came up after a time: what was heard before a kill says nothing."""
    links = room.get("api/status")["links"]
    up = [link for link in links if link["state"] == "up" and link["since_ns"] > since_ns]
    return bool(links) and len(up) == len(links)


def last_stored(room: RunningRoom, point: str) -> float:
    """Time (s since 1970) of the newest stored sample of a point; 0 before there is one."""
    found = room.get("api/history?" + urllib.parse.urlencode({"point": point}))
    return max(found["time_ms"], default=0.0) / 1000.0


def test_every_point_is_good_and_both_protocols_deliver(room: RunningRoom) -> None:
    wait_for(lambda: all_good(room), "some points never became good")
    wait_for(lambda: links_up(room), "some links never came up")
    kinds = {link["kind"] for link in room.get("api/status")["links"]}
    assert kinds == {"modbus_tcp", "opcua"}


def test_the_model_solves_every_cycle(room: RunningRoom) -> None:
    first = room.get("api/status")["model"]["solves"]
    wait_for(
        lambda: room.get("api/status")["model"]["solves"] >= first + 2, "the model stands still"
    )
    assert room.get("api/status")["model"]["failures"] == 0


def of_media(room: RunningRoom, counter: str) -> dict[str, int]:
    """A counter of the live models of gas and heat."""
    model = room.get("api/status")["model"] or {}
    return {name: said[counter] for name, said in model.get("media", {}).items()}


def test_gas_and_heat_are_solved_beside_water(room: RunningRoom) -> None:
    wait_for(
        lambda: min(of_media(room, "solves").values(), default=0) >= 2, "gas or heat stands still"
    )
    assert set(of_media(room, "solves")) == {"gas", "heat"}
    assert set(of_media(room, "failures").values()) == {0}
    wait_for(lambda: not any(of_media(room, "kept_count").values()), "a boundary point stays away")
    states = room.get("api/status")["states"]
    low, high = states["gas"]["band_pa"]
    assert low < states["gas"]["figures"]["user_min_pressure"] < high
    assert states["heat"]["figures"]["end_min_differential"] > 0.0
    assert 280.0 < states["heat"]["figures"]["room_min_temperature"] < 295.0


def test_a_foreign_client_reads_what_the_page_shows(room: RunningRoom) -> None:
    site = load_site(room.folder)
    driver = next(d for d in site.drivers if d.kind == "modbus_tcp")
    point = next(
        p
        for p in site.points
        if p.driver == driver.name and p.quantity == "pressure" and p.address.startswith("hr:")
    )
    words = 2 if "32" in point.type else 1
    client = ModbusClient(driver.host, driver.port, unit_id=driver.unit, timeout=5)
    registers = client.read_holding_registers(int(point.address.split(":")[1]), words)
    assert registers is not None
    raw = decode(registers, point.type, point.word_order)
    assert raw * point.scale + point.offset > 0
    client.close()


def test_kill_9_of_the_gateway_loses_nothing(room: RunningRoom) -> None:
    point = next(p.id for p in load_site(room.folder).points if p.quantity == "flow")
    wait_for(lambda: last_stored(room, point), "nothing of it was stored")
    before = last_stored(room, point)
    events = room.get("api/events")
    killed_ns = time.time_ns()
    room.kill("gateway")
    assert last_stored(room, point) >= before
    seen = status(room)["samples_received"]
    wait_for(lambda: status(room)["samples_received"] > seen, "no sample after the kill")
    wait_for(lambda: links_up(room, killed_ns), "the links did not come back")
    assert {e["sequence"] for e in events["events"]} <= {
        e["sequence"] for e in room.get("api/events")["events"]
    }


def test_kill_9_of_the_core_keeps_alarms_acknowledgements_and_history(room: RunningRoom) -> None:
    def unacknowledged() -> list[dict[str, object]]:
        alarms = room.get("api/alarms")["alarms"]
        return [a for a in alarms if a["state"] == "unacknowledged"]

    def told() -> bool:
        """Whether both models go without it; else it is lost again, for longer each time: one that
        is back within a cycle is not missed."""
        missed = min(of_media(room, "kept_count").values(), default=0) > 0
        if not missed:
            room.kill("field")
        return missed

    room.kill("field")
    wait_for(unacknowledged, "losing the field raised no alarm")
    wait_for(
        told,
        "the models of gas and heat do not say that they go without the field",
    )
    mine = unacknowledged()[0]["id"]
    room.post("api/alarms/acknowledge", {"ids": [mine], "user": "tester", "comment": "seen"})
    rows = status(room)["history_rows"]
    numbers = {e["sequence"] for e in room.get("api/events")["events"]}
    room.kill("core")
    wait_for(lambda: "good" in status(room), "core did not answer again")
    assert status(room)["history_rows"] >= rows
    after = room.get("api/events")["events"]
    assert numbers <= {e["sequence"] for e in after}
    assert any(e["id"] == mine and e.get("user") == "tester" for e in after)
    wait_for(lambda: all_good(room), "the room did not recover")
