"""A run saved, resumed and forked goes on bit by bit as one that never stopped."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from small import controlled, loop

from hydraulics import Solution
from hydraulics.extended import ExtendedPeriod
from hydraulics.snapshot import Snapshot
from network_models import Network, read_network
from network_models.changes import BreakPipe, ScaleDemand

SAVED = Path(__file__).parents[1] / "saved_files"


def same(one: Solution, other: Solution) -> None:
    """Equal in every bit, the report included."""
    for name in ("head_m", "demand_m3s", "flow_m3s", "status"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name
    assert one.report == other.report


def public(wheel: str, *parts: str) -> Network:
    """A network that ships with a package of the test environment."""
    spec = importlib.util.find_spec(wheel)
    assert spec is not None
    assert spec.origin is not None
    return read_network(Path(spec.origin).parent.joinpath(*parts))


@pytest.mark.parametrize(
    ("path", "hours", "count"),
    [
        (("wntr", "library", "networks", "Net3.inp"), 168, 50),
        (("epyt", "networks", "L-TOWN.inp"), 6, 50),
    ],
    ids=["Net3", "L-TOWN"],
)
def test_saved_resumed_and_forked_at_random_times(
    path: tuple[str, ...], hours: int, count: int
) -> None:
    net = public(*path)
    end = hours * 3600.0
    # Saving at an instant makes a solve there, so the run that never stops stops there as well.
    times = np.sort(np.random.default_rng(7).integers(1, int(end), count)).astype(float)
    whole = ExtendedPeriod(net)
    states = []
    for time in times:
        whole.run_to(time)
        states.append(whole.solution)
    whole.run_to(end)
    arrays = whole.engine.arrays
    run = ExtendedPeriod(net, arrays=arrays)
    for i, time in enumerate(times):
        run.run_to(time)
        other = run.fork()
        run = ExtendedPeriod.resume(net, Snapshot.from_bytes(run.save().to_bytes()), arrays)
        same(run.solution, states[i])
        later = times[i + 1] if i + 1 < count else end
        other.run_to(later)
        same(other.solution, states[i + 1] if i + 1 < count else whole.solution)
    run.run_to(end)
    same(run.solution, whole.solution)
    assert run.engine.balance() == whole.engine.balance()
    assert run.engine.solves == whole.engine.solves


def handled(net: Network) -> ExtendedPeriod:
    """A run on which everything a hand can do was done."""
    run = ExtendedPeriod(net, changes=[BreakPipe("3"), ScaleDemand(1.2)], demand_model="pda")
    run.advance(1000.0)
    run.hold("2", setting=None, status="closed")
    run.set_emitter("B", 1e-3)
    run.extra_demand_m3s[1] = 0.004
    run.demand_factor[2] = 0.5
    return run


def test_hands_breaks_and_options_are_carried() -> None:
    net = loop()
    run = handled(net)
    again = ExtendedPeriod.resume(net, Snapshot.from_bytes(run.save().to_bytes()))
    same(run.advance(500.0), again.advance(500.0))
    run.release("2")
    again.release("2")
    same(run.advance(500.0), again.advance(500.0))


def test_a_fork_goes_its_own_way() -> None:
    run, alone = ExtendedPeriod(controlled()), ExtendedPeriod(controlled())
    run.advance(3600.0)
    alone.advance(3600.0)
    fork = run.fork()
    fork.hold("P", status="closed")
    fork.demand_factor[:] = 3.0
    fork.extra_demand_m3s[:] = 0.001
    fork.set_tank_level("T", 1.0)
    assert fork.advance(600.0).status[0] == 0
    same(run.advance(3600.0), alone.advance(3600.0))


def test_steps_end_where_events_are() -> None:
    run, whole = ExtendedPeriod(controlled()), ExtendedPeriod(controlled())
    while run.time_s < 24 * 3600.0:
        before = run.time_s
        run.step(24 * 3600.0 - run.time_s)
        assert run.time_s > before
    whole.run_to(24 * 3600.0)
    same(run.solution, whole.solution)
    assert run.engine.solves == whole.engine.solves
    with pytest.raises(ValueError, match="forward"):
        run.step(0.0)


def test_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="another network"):
        ExtendedPeriod.resume(loop(), ExtendedPeriod(controlled()).save())


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_damaged_bytes_are_refused(share: float) -> None:
    data = ExtendedPeriod(loop()).save().to_bytes()
    with pytest.raises(ValueError, match="snapshot"):
        Snapshot.from_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match="snapshot"):
        Snapshot.from_bytes(b"something else")


def test_a_snapshot_of_this_release_is_read() -> None:
    snapshot = Snapshot.from_bytes((SAVED / "controlled_0_1.snapshot").read_bytes())
    run = ExtendedPeriod.resume(controlled(), snapshot)
    fresh = ExtendedPeriod(controlled())
    fresh.advance(5000.0)
    assert run.time_s == 5000.0
    np.testing.assert_allclose(run.solution.head_m, fresh.solution.head_m, atol=1e-6)
    np.testing.assert_allclose(run.advance(5000.0).head_m, fresh.advance(5000.0).head_m, atol=1e-6)
