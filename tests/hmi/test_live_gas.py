"""The live gas model beside a plant that differs from it: fit, bands, and what it does without."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from gas_heat_towns import GAS_POINTS, gas_town, point

from dispatch.pattern_time import pattern_time_s
from dispatch.rulebook import RuleBook
from hmi.live.gas_twin import GasTwin
from hmi.live.medium_service import MediumService
from hmi.state_layout import unpack_state
from hydraulics import SolveError
from scada.bus import MemoryBus
from scada.samples import SampleBatch
from scenarios.virtual_field.disturb import NO_MISFIT, Misfit
from scenarios.virtual_field.plant_gas import PlantGas

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 3, 13, 0, tzinfo=SHANGHAI)
TIME_S = pattern_time_s(NOON, SHANGHAI, gas_town().times)
FIGURES = ("gas_user_min_pressure", "gas_users_outside", "gas_unsupplied_nodes")
POINTS = (
    *GAS_POINTS,
    *(point(n, "gas", "count", "pcs", "", driver="model", address=n) for n in FIGURES),
)
INDEX = {p.id: i for i, p in enumerate(POINTS)}
RULES = RuleBook.load().on(NOON.date(), "jinan")


def plant(misfit: Misfit = NO_MISFIT) -> PlantGas:
    made = PlantGas(gas_town(), GAS_POINTS, start=NOON, zone=SHANGHAI, misfit=misfit, seed=3)
    for _ in range(30):
        made.advance(2.0)
    return made


def seen(made: PlantGas) -> tuple[np.ndarray, np.ndarray]:
    """What perfect instruments show."""
    value = np.full(len(POINTS), np.nan)
    made.values(value)
    return value, np.isfinite(value)


def test_the_model_follows_a_city_that_differs_from_it() -> None:
    made = plant(Misfit())
    twin = GasTwin(gas_town(), POINTS, RULES)
    value, usable = seen(made)
    frame = twin.cycle(value, usable, TIME_S, 0.0)
    truth = made.truth(1)
    assert frame.report["converged"]
    assert frame.factors[0] == pytest.approx(truth["demand_kgs"][2:].sum() / 0.06, rel=0.02)
    assert frame.factors[0] != pytest.approx(1.0, abs=0.02)
    users = [gas_town().node_ids.index(f"U{d}{i}") for d in (1, 2) for i in (1, 2, 3)]
    error = frame.state["pressure_pa"][users] - truth["pressure_pa"][users]
    plain = GasTwin(gas_town(), POINTS, RULES).cycle(value, np.zeros_like(usable), TIME_S, 0.0)
    alone = plain.state["pressure_pa"][users] - truth["pressure_pa"][users]
    assert np.abs(error).max() < 60.0
    assert np.sqrt(np.mean(error**2)) < np.sqrt(np.mean(alone**2))
    beside = dict(zip(frame.handle.tolist(), frame.value.tolist(), strict=True))
    assert set(beside) == {INDEX[n] for n in ("G1-Q", "G2-Q", "M2-P", "U13-P", "U23-P")}
    assert np.isfinite(frame.normalised).all()
    assert frame.kept == ()


def test_districts_take_what_the_pressure_at_their_ends_says() -> None:
    made = plant(Misfit())
    twin = GasTwin(gas_town(), POINTS, RULES)
    value, usable = seen(made)
    users = [gas_town().node_ids.index(f"U{d}{i}") for d in (1, 2) for i in (1, 2, 3)]
    truth = made.truth(1)["pressure_pa"][users]
    gaps = []
    for _ in range(12):
        frame = twin.cycle(value, usable, TIME_S, 5.0)
        gaps.append(float(np.abs(frame.state["pressure_pa"][users] - truth).max()))
    assert gaps[-1] < 0.5 * gaps[0]
    assert frame.figures["user_residual_max"] < 10.0
    total = made.truth(1)["demand_kgs"][users].sum() / 0.06
    assert frame.figures["demand_factor"] == pytest.approx(total, rel=0.02)
    # a lying end bends its district no further than what is believed
    value[INDEX["U13-P"]] = 100.0
    for _ in range(12):
        frame = twin.cycle(value, usable, TIME_S, 5.0)
    other = frame.state["pressure_pa"][users[3:]] - truth[3:]
    assert np.abs(other).max() < 40.0
    assert abs(frame.normalised[frame.handle == INDEX["U13-P"]][0]) > 5.0


def test_users_are_judged_by_the_band_of_the_rules() -> None:
    made = plant()
    twin = GasTwin(gas_town(), POINTS, RULES)
    good = twin.cycle(*seen(made), TIME_S, 0.0)
    assert good.more["band_pa"] == (1500.0, 3000.0)
    assert good.low_end_nodes == ()
    assert good.figures["users_outside"] == 0.0
    made.apply(POINTS[INDEX["R1-SP"]], 1500.0)
    made.advance(30.0)
    low = twin.cycle(*seen(made), TIME_S, 30.0)
    assert set(low.low_end_nodes) == {"U11", "U12", "U13"}
    assert low.figures["user_min_pressure"] < 1500.0
    made.apply(POINTS[INDEX["R1-SP"]], 3400.0)
    made.advance(30.0)
    high = twin.cycle(*seen(made), TIME_S, 30.0)
    assert "U11" in high.low_end_nodes
    assert high.figures["user_max_pressure"] > 3000.0


def test_without_a_rule_nothing_is_judged() -> None:
    rules = RuleBook.load().on(datetime(1990, 1, 1, tzinfo=SHANGHAI).date(), "jinan")
    frame = GasTwin(gas_town(), POINTS, rules).cycle(*seen(plant()), TIME_S, 0.0)
    assert frame.more["band_pa"] is None
    assert frame.figures["users_outside"] == 0.0


def test_a_bad_boundary_point_is_kept_and_named() -> None:
    made = plant()
    twin = GasTwin(gas_town(), POINTS, RULES)
    value, usable = seen(made)
    before = twin.cycle(value, usable, TIME_S, 0.0)
    for name in ("G1-P", "O1-P", "G1-Q", "G2-Q"):
        usable[INDEX[name]], value[INDEX[name]] = False, 7e6
    after = twin.cycle(value, usable, TIME_S, 5.0)
    assert {POINTS[h].id for h in after.kept} == {"G1-P", "O1-P"}
    assert after.remarks == ("no feed is measured: demand is the forecast times its last",)
    assert after.state["pressure_pa"] == pytest.approx(before.state["pressure_pa"], abs=1.0)


def test_a_gate_that_is_shut_is_shut_in_the_model() -> None:
    made = plant()
    twin = GasTwin(gas_town(), POINTS, RULES)
    made.apply(POINTS[INDEX["G1-ST"]], 0.0)
    for _ in range(60):
        made.advance(10.0)
    one = twin.cycle(*seen(made), TIME_S, 5.0)
    assert one.state["flow_kgs"][0] == 0.0
    assert one.state["flow_kgs"][1] == pytest.approx(0.06, rel=0.02)
    assert one.figures["unsupplied_nodes"] == 0.0
    made.apply(POINTS[INDEX["G2-ST"]], 0.0)
    made.advance(10.0)
    none = twin.cycle(*seen(made), TIME_S, 5.0)
    assert none.figures["unsupplied_nodes"] == len(gas_town().nodes) - 2
    assert len(none.low_end_nodes) == 6
    assert "user_min_pressure" not in none.figures
    made.apply(POINTS[INDEX["G1-ST"]], 1.0)
    made.advance(600.0)
    assert twin.cycle(*seen(made), TIME_S, 5.0).figures["unsupplied_nodes"] == 0.0


class _Broken:
    """A twin whose network has no state every second time."""

    utility = "gas"

    def __init__(self, twin: GasTwin) -> None:
        self.net, self.figures, self._twin, self._calls = twin.net, twin.figures, twin, 0

    def cycle(self, *args: Any) -> Any:
        self._calls += 1
        if self._calls % 2 == 0:
            raise SolveError("gas: nothing balances")
        return self._twin.cycle(*args)


def test_a_cycle_without_a_state_makes_the_models_values_bad() -> None:
    async def main() -> None:
        bus, model, filled = MemoryBus(), [], []

        async def beside(_header: Any, payload: bytes) -> tuple[dict[str, Any], bytes]:
            model.append(SampleBatch.from_bytes(payload))
            return {}, b""

        async def samples(header: Any, payload: bytes) -> tuple[dict[str, Any], bytes]:
            filled.append((header, SampleBatch.from_bytes(payload)))
            return {"number": header["number"]}, b""

        await bus.serve("core.model", beside)
        await bus.serve("core.samples", samples)
        states = await bus.subscribe("state.gas")
        twin = _Broken(GasTwin(gas_town(), POINTS, RULES))
        made = seen(plant())
        service = MediumService(POINTS, bus, twin, lambda: made, period_s=0.05, zone=SHANGHAI)
        task = asyncio.create_task(service.cycles(0.0))
        async with asyncio.timeout(20.0):
            while len(filled) < 3:  # noqa: ASYNC110  # whatever the cycles do next
                await asyncio.sleep(0.01)
            message = await anext(aiter(states))
        task.cancel()
        state = unpack_state(
            "gas", message.header["n_nodes"], message.header["n_links"], message.payload
        )
        assert np.isfinite(state["pressure_pa"]).all()
        good, bad = filled[0][1], filled[1][1]
        assert [h["number"] for h, _ in filled[:3]] == [1, 2, 3]
        assert filled[0][0]["gateway"] == "model-gas"
        assert (good.quality >> 30 == 0).all()
        assert good.value[0] == pytest.approx(state["pressure_pa"][-6:].min(), abs=1.0)
        assert (bad.quality >> 30 == 2).all()
        assert np.array_equal(model[0].point, model[1].point)
        assert (model[1].quality >> 30 == 2).all()
        status = service.status()
        assert status["failures"] >= 1
        assert status["solves"] >= 1

    asyncio.run(main())
