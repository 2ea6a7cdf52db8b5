"""District heat on small networks: what holds in any state, and what each element does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from heat_networks import KW, junctions, line, pipe

from hydraulics import SolveError, simulate, solve
from hydraulics.heat.path import pressure_path
from network_models.changes import CloseLink, LoseSource, ScaleDemand, SetStatus
from network_models.elements import (
    BoosterPump,
    Bypass,
    FlowControl,
    HeatJunction,
    HeatSource,
    HeatValve,
    PressureControl,
    Substation,
)
from network_models.network import Network


def flow(net: Network, solution: object, link: str) -> float:
    return float(solution.flow_kgs[list(net.links).index(link)])  # type: ignore[attr-defined]


def at(net: Network, values: np.ndarray, name: str) -> float:
    names = list(net.nodes) if name in net.nodes else list(net.links)
    return float(values[names.index(name)])


def test_heat_mass_and_pressure_close() -> None:
    net = line()
    now = solve(net)
    report = now.report
    assert report.converged, report
    assert report.mass_kgs < 1e-9
    assert report.pressure_pa < 1e-3
    assert report.delivered_w == pytest.approx(1200 * KW, rel=1e-9)
    assert report.plant_w == pytest.approx(report.delivered_w + report.lost_w, rel=1e-9)
    assert not report.shortfalls
    assert report.critical == "X3"
    assert at(net, now.available_pa, "X1") > at(net, now.available_pa, "X3") > 0.0
    assert at(net, now.temperature_k, "S0") == pytest.approx(393.15)
    assert at(net, now.outlet_k, "X2") == pytest.approx(333.15)
    assert at(net, now.pressure_pa, "R0") == pytest.approx(3e5)
    assert at(net, now.pressure_pa, "S0") == pytest.approx(6e5)


def test_the_pressure_diagram_follows_the_way_to_the_critical_station() -> None:
    net = line()
    now = solve(net)
    supply = pressure_path(net, now, ["S0", "S1", "S2", "S3"])
    back = pressure_path(net, now, ["R0", "R1", "R2", "R3"])
    assert supply.length_m.tolist() == [0.0, 500.0, 1000.0, 1500.0]
    assert (np.diff(supply.pressure_pa) < 0.0).all()
    assert (np.diff(back.pressure_pa) > 0.0).all()
    assert supply.pressure_pa[-1] - back.pressure_pa[-1] == pytest.approx(now.report.critical_pa)
    with pytest.raises(ValueError, match="S1 and R3"):
        pressure_path(net, now, ["S1", "R3"])


def test_a_pump_too_small_leaves_the_farthest_without_heat_and_says_why() -> None:
    net = line(rise_pa=2.5e4, size=0.08)
    now = solve(net)
    assert now.report.converged, now.report
    short = {one.station: one for one in now.report.shortfalls}
    assert "X3" in short
    assert short["X3"].binds == "pressure"
    assert short["X3"].delivered_w < 400 * KW
    assert now.report.delivered_w == pytest.approx(
        1200 * KW - sum(one.unmet_w for one in short.values()), rel=1e-6
    )
    assert (now.flow_kgs[[list(net.links).index(f"X{i}") for i in (1, 2, 3)]] >= 0.0).all()


def test_a_valve_opens_no_wider_than_its_kv() -> None:
    net = line(kv_m3h=1.0)
    now = solve(net)
    assert now.report.converged
    for i in (1, 2, 3):
        volume = at(net, now.flow_kgs, f"X{i}") / 955.0 * 3600.0
        most = (at(net, now.available_pa, f"X{i}") / 1e5 * 1000.0 / 955.0) ** 0.5
        assert volume <= most * 1.02
    assert len(now.report.shortfalls) == 3
    wide = solve(line(kv_m3h=50.0))
    assert not wide.report.shortfalls


def test_a_plant_at_the_end_of_its_power_sends_colder_water() -> None:
    now = solve(line(heat_max_w=900 * KW))
    assert now.report.plant_w == pytest.approx(900 * KW, rel=1e-6)
    assert now.report.delivered_w < 900 * KW
    assert now.report.shortfalls


def test_controls_of_stations() -> None:
    base = line(1)
    cases = {
        "temperature_drop": {"temperature_drop_k": 40.0},
        "flow": {"flow_kgs": 2.0},
        "flow_and_drop": {"flow_kgs": 2.0, "temperature_drop_k": 30.0, "heat_w": 0.0},
        "flow_and_return": {"flow_kgs": 2.0, "heat_w": 0.0},
        "heat_exchanger": {
            "exchanger_w_k": 2e4,
            "secondary_return_k": 318.15,
            "secondary_flow_kgs": 5.0,
        },
    }
    for control, more in cases.items():
        station = replace(base.links["X1"], control=control, **more)
        net = replace(base, links={**base.links, "X1": station})
        now = solve(net)
        assert now.report.converged, (control, now.report)
        heat, q = at(net, now.heat_w, "X1"), at(net, now.flow_kgs, "X1")
        enters, leaves = at(net, now.temperature_k, "S1"), at(net, now.outlet_k, "X1")
        assert heat == pytest.approx(q * 4230.0 * (enters - leaves), rel=0.01)
        if control == "temperature_drop":
            assert enters - leaves == pytest.approx(40.0, abs=1e-6)
        elif control == "flow_and_drop":
            assert enters - leaves == pytest.approx(30.0, abs=1e-6)
        elif control == "flow_and_return":
            assert leaves == pytest.approx(333.15, abs=1e-6)
        else:
            assert heat == pytest.approx(400 * KW, rel=1e-6)
        if control.startswith("flow"):
            assert q == pytest.approx(2.0)


def test_an_exchanger_too_small_is_unmet_heat() -> None:
    base = line(1, size=0.3)
    station = replace(
        base.links["X1"],
        control="heat_exchanger",
        exchanger_w_k=3e3,
        secondary_return_k=318.15,
        secondary_flow_kgs=5.0,
    )
    now = solve(replace(base, links={**base.links, "X1": station}))
    assert now.report.converged
    assert now.report.shortfalls[0].binds == "temperature"
    assert 0.0 < now.report.delivered_w < 300 * KW


def test_two_plants_a_booster_and_a_bypass() -> None:
    """The second plant gives a fixed flow; the booster lifts the supply; a bypass ends it."""
    base = line(2)
    nodes = {**base.nodes, **junctions("S9", "R9", "S1b")}
    links = dict(base.links)
    links["s1"] = replace(links["s1"], start="S1b")
    links["booster"] = BoosterPump(id="booster", start="S1", end="S1b", lift_pa=(-4e7, 0.0, 6e4))
    links["second"] = HeatSource(
        id="second",
        start="R9",
        end="S9",
        supply_temperature_k=383.15,
        pressure_rise_pa=5e5,
        keeps_pressure=False,
        flow_kgs=1.2,
    )
    links["s9"] = pipe("s9", "S9", "S2", 400.0, 0.1)
    links["r9"] = pipe("r9", "R2", "R9", 400.0, 0.1)
    links["bypass"] = Bypass(id="bypass", start="S2", end="R2", kv_m3h=0.8)
    net = replace(base, nodes=nodes, links=links)
    now = solve(net)
    assert now.report.converged, now.report
    assert flow(net, now, "second") == pytest.approx(1.2)
    lifted = at(net, now.pressure_pa, "S1b") - at(net, now.pressure_pa, "S1")
    volume = flow(net, now, "booster") / 945.0
    assert lifted == pytest.approx(6e4 - 4e7 * volume**2, rel=2e-3)
    drop = at(net, now.pressure_pa, "S2") - at(net, now.pressure_pa, "R2")
    assert flow(net, now, "bypass") == pytest.approx(
        0.8 / 3600.0 * 948.0 * (drop / 1e5 * 1000.0 / 948.0) ** 0.5, rel=0.01
    )
    assert not now.report.make_up_kgs
    # Its rise is its limit: with a tenth of it the plant gives less than its flow.
    links["second"] = replace(links["second"], pressure_rise_pa=2.0e5)
    weak = solve(replace(net, links=links))
    assert weak.report.converged
    assert flow(net, weak, "second") < 1.2


def test_a_leak_is_made_up_and_its_heat_is_wet_loss() -> None:
    net = line(1)
    leak = replace(net.nodes["S1"], demand_kgs=0.2)
    assert isinstance(leak, HeatJunction)
    now = solve(replace(net, nodes={**net.nodes, "S1": leak}))
    report = now.report
    assert report.converged, report
    assert dict(report.make_up_kgs)["plant"] == pytest.approx(0.2, rel=1e-9)
    assert report.wet_w == pytest.approx(0.2 * 4220.0 * (392.0 - 283.15), rel=0.02)
    total = report.delivered_w + report.lost_w + report.wet_w
    assert report.plant_w == pytest.approx(total, rel=1e-6)


def test_what_is_cut_off_has_no_pressure_and_is_named() -> None:
    net = line()
    now = solve(net, changes=[CloseLink("s1")])
    assert now.report.converged
    assert set(now.report.unsupplied) == {"S2", "S3"}
    assert np.isnan(at(net, now.pressure_pa, "S3"))
    assert {one.station: one.binds for one in now.report.shortfalls} == {
        "X2": "cut off",
        "X3": "cut off",
    }
    dark = solve(net, changes=[LoseSource("plant")])
    assert dark.report.delivered_w == 0.0
    assert len(dark.report.unsupplied) == len(net.nodes)


def test_changes_of_load_and_setting() -> None:
    net = line()
    half = solve(net, changes=[ScaleDemand(0.5)])
    assert half.report.delivered_w == pytest.approx(600 * KW, rel=1e-9)
    one = solve(net, changes=[ScaleDemand(0.5, ("X2",))])
    assert one.report.delivered_w == pytest.approx(1000 * KW, rel=1e-9)
    cool = solve(net, changes=[SetStatus("plant", 373.15)])
    assert at(net, cool.temperature_k, "S0") == pytest.approx(373.15)
    with pytest.raises(ValueError, match="link nowhere"):
        solve(net, changes=[CloseLink("nowhere")])


def test_a_ring_with_a_flow_control_and_valves_without_loss() -> None:
    base = line(3)
    links = dict(base.links)
    links["ring"] = pipe("ring", "S0", "S3", 900.0, 0.1)
    links["a"] = HeatValve(id="a", start="S2", end="S9", diameter_m=0.1)
    links["b"] = HeatValve(id="b", start="S2", end="S9", diameter_m=0.1)
    links["c"] = FlowControl(id="c", start="S9", end="R2", flow_kgs=0.5)
    net = replace(base, nodes={**base.nodes, **junctions("S9")}, links=links)
    now = solve(net)
    assert now.report.converged, now.report
    assert flow(net, now, "a") == pytest.approx(0.25, abs=1e-6)
    assert flow(net, now, "ring") > 0.0


def test_negative_absolute_pressure_is_never_a_solution() -> None:
    """A hill of 60 m above a return kept at 3 bar."""
    net = line(1)
    high = replace(net.nodes["R1"], elevation_m=60.0)
    now = solve(replace(net, nodes={**net.nodes, "R1": high}))
    assert not now.report.converged
    assert now.report.negative_pressure == ("R1",)


def test_water_that_boils_is_named() -> None:
    net = line(1)
    plant = replace(net.links["plant"], supply_temperature_k=423.15, pressure_rise_pa=5e4)
    assert isinstance(plant, HeatSource)
    plant = replace(plant, return_pressure_pa=1e5)
    now = solve(replace(net, links={**net.links, "plant": plant}))
    assert now.report.boiling_margin_pa < 0.0
    assert any("boils" in text for text in now.report.warnings)


def test_without_pressure_keeping_there_is_no_solution() -> None:
    net = line(1)
    plant = replace(net.links["plant"], keeps_pressure=False)
    assert isinstance(plant, HeatSource)
    now = solve(replace(net, links={**net.links, "plant": plant}))
    assert set(now.report.unsupplied) == set(net.nodes)
    with pytest.raises(SolveError, match="not at its own end"):
        holder = PressureControl(id="h", start="S0", end="S1", setting_pa=5e5, controlled_node="R1")
        solve(replace(net, links={**net.links, "h": holder}))


def test_over_time_the_limit_is_the_steady_state() -> None:
    net = line(pattern="day")
    run = simulate(net, hours=30.0, step_s=1800.0, changes=[ScaleDemand(1.0)])
    assert run.report.converged
    assert run.report.heat_w < 1e-6 * run.report.plant_w
    steady = simulate(line(), hours=12.0, step_s=3600.0)
    np.testing.assert_allclose(
        steady.temperature_k, np.tile(steady.temperature_k[0], (13, 1)), atol=1e-6
    )
    now = solve(line())
    np.testing.assert_allclose(steady.temperature_k[-1], now.temperature_k, atol=1e-6)
    assert steady.report.plant_w == pytest.approx(now.report.plant_w, rel=1e-6)


def test_a_warmer_plant_is_felt_at_the_end_when_its_front_arrives() -> None:
    """The outdoor curve raises the supply at once; 1.5 km further it comes by the flow's speed."""
    net = line(3, curve="outdoor")
    mild, cold = 275.15, 265.15
    before = solve(net, outdoor_k=mild)
    way = sum(500.0 / at(net, before.velocity_ms, f"s{i}") for i in range(3))
    run = simulate(net, hours=3.0, step_s=60.0, outdoor_k=lambda t: mild if t < 1.0 else cold)
    end = run.temperature_k[:, list(net.nodes).index("S3")]
    start = run.temperature_k[:, list(net.nodes).index("S0")]
    assert start[2] == pytest.approx(388.15)
    rising = run.times_s[np.flatnonzero(end > end[0] + 1.0)[0]]
    # Warmer water lets the stations throttle, so the front comes a little later than `way`.
    assert way - 60.0 <= rising <= 1.35 * way
    jump = np.diff(end).max()
    assert jump > 0.8 * (end[-1] - end[0])


def test_a_stop_and_a_start() -> None:
    """Four hours without the plant: nothing is delivered, nothing is lost, then all comes back."""
    net = line(2)
    stop = (3600.0, 5.0 * 3600.0)
    run = simulate(
        net,
        hours=10.0,
        step_s=900.0,
        changes_at=lambda t: [LoseSource("plant")] if stop[0] <= t < stop[1] else (),
    )
    assert run.report.converged, run.report
    heat = run.heat_w[:, list(net.links).index("X2")]
    off = (run.times_s > stop[0] + 1.0) & (run.times_s <= stop[1])
    assert (heat[off] == 0.0).all()
    assert heat[-1] == pytest.approx(400 * KW, rel=1e-3)
    assert run.report.heat_w < 1e-6 * run.report.plant_w
    assert isinstance(net.links["X2"], Substation)


def test_patterns_that_change_between_report_times_are_felt() -> None:
    net = line(pattern="day")
    net = replace(net, times=replace(net.times, pattern_step_s=600))
    run = simulate(net, hours=1.0, step_s=3600.0)
    assert at(net, run.heat_w[1], "X1") == pytest.approx(320 * KW, rel=2e-3)
    assert at(net, run.wanted_w[1], "X1") == pytest.approx(320 * KW, rel=1e-9)
