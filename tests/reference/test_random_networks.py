"""Random small networks, written as .inp files and given to EPANET: the same heads and flows."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from epanet_run import run_epanet
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hydraulics import simulate
from network_models import Network, read_network
from network_models.elements import Demand, Junction, Link, Node, Pipe, Pump, Reservoir, Tank, Valve
from network_models.formats.inp_write import write_inp
from network_models.operation import Curve, Options, Pattern, Times


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A tree of junctions with a few loops, a source, a tank, a pump and perhaps a valve."""
    count = draw(st.integers(3, 9))
    number = st.floats(0.0, 1.0).map(lambda x: round(x, 3))
    nodes: list[Node] = [Reservoir(id="R", elevation_m=round(20.0 + 40.0 * draw(number), 2))]
    links: list[Link] = []
    for i in range(count):
        nodes.append(
            Junction(
                id=f"J{i}",
                elevation_m=round(10.0 * draw(number), 2),
                demands=(Demand(base_m3s=round(0.01 * draw(number), 5), pattern="p"),),
            )
        )
        back = f"J{draw(st.integers(0, i - 1))}" if i else "O"
        links.append(_pipe(f"t{i}", back, f"J{i}", draw(number)))
    nodes.append(Junction(id="O", elevation_m=0.0))
    for i in range(draw(st.integers(0, 4))):
        a, b = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
        if a != b:
            links.append(_pipe(f"l{i}", f"J{a}", f"J{b}", draw(number)))
    links.append(Pump(id="P", start="R", end="O", head_curve="c"))
    nodes.append(
        Tank(
            id="T",
            elevation_m=round(50.0 + 30.0 * draw(number), 2),
            initial_level_m=3.0,
            minimum_level_m=0.0,
            maximum_level_m=6.0,
            diameter_m=15.0,
        )
    )
    links.append(_pipe("tank", f"J{count - 1}", "T", draw(number)))
    if draw(st.booleans()):
        nodes.append(Junction(id="V", demands=(Demand(base_m3s=0.004, pattern="p"),)))
        kind = draw(st.sampled_from(["PRV", "TCV", "FCV"]))
        setting = {"PRV": 20.0, "TCV": 50.0, "FCV": 0.02}[kind]
        links.append(
            Valve(id="V", start="J0", end="V", kind=kind, diameter_m=0.2, setting=setting)  # type: ignore[arg-type]
        )
    law = draw(st.sampled_from(["H-W", "D-W", "C-M"]))
    rough = {"H-W": 110.0, "D-W": 3e-4, "C-M": 0.012}[law]
    links = [replace(k, roughness=rough) if isinstance(k, Pipe) else k for k in links]
    return Network(
        nodes={n.id: n for n in sorted(nodes, key=lambda n: isinstance(n, Reservoir | Tank))},
        links={k.id: k for k in sorted(links, key=lambda k: isinstance(k, Valve))},
        patterns={"p": Pattern(id="p", multipliers=(0.6, 1.4, 1.0))},
        curves={"c": Curve(id="c", points=((0.05, 60.0),), kind="pump")},
        options=Options(flow_unit="LPS", headloss=law, accuracy=1e-6),  # type: ignore[arg-type]
        times=Times(duration_s=6 * 3600),
    )


def _pipe(id_: str, start: str, end: str, share: float) -> Pipe:
    return Pipe(
        id=id_,
        start=start,
        end=end,
        length_m=round(100.0 + 900.0 * share, 1),
        diameter_m=0.2,
        roughness=110.0,
    )


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(made=networks())
def test_random_network_equals_epanet(made: Network) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inp(made, folder / "made.inp")
        net = read_network(folder / "made.inp")
        run = simulate(net, accuracy=1e-6)
        reference = run_epanet(net, folder / "made.inp", folder, run.times_s)
    if not run.report.converged or run.report.unsupplied:
        event("not compared")
        return  # EPANET stops there or gives numbers to nodes without a source
    event("compared")
    assert run.report.balance.mass_m3s < 1e-5
    np.testing.assert_allclose(run.head_m, reference.head_m, atol=2e-3)
    np.testing.assert_allclose(run.flow_m3s, reference.flow_m3s, atol=5e-6)
