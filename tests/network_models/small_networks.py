"""Small sound networks for properties, drawn by hypothesis."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from network_models.elements import (
    Demand,
    Junction,
    Link,
    Node,
    Pipe,
    Pump,
    QualitySource,
    Reservoir,
    Tank,
    Valve,
)
from network_models.network import Network
from network_models.operation import (
    Control,
    ControlRule,
    Curve,
    Options,
    Pattern,
    Premise,
    RuleAction,
    Times,
)

_LETTERS = st.sampled_from("abXY01-_.阀门 ")
ids = st.text(_LETTERS, min_size=1, max_size=6).map(str.strip).filter(bool)
words = st.text(st.sampled_from("ab,'阀 \"#"), max_size=8).map(str.strip)
sizes = st.floats(0.001, 5000.0, allow_subnormal=False)
values = st.floats(-1e4, 1e4, allow_subnormal=False)
fractions = st.floats(0.0, 10.0, allow_subnormal=False)
points = st.none() | st.tuples(values, values)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A sound water network of a few elements, with every kind of them."""
    names = draw(st.lists(ids, min_size=5, max_size=8, unique=True))
    link_names = draw(st.lists(ids, min_size=len(names) + 2, max_size=12, unique=True))
    reservoir, tank, *junctions = names
    pattern = Pattern(
        id="day 1",
        multipliers=tuple(draw(st.lists(fractions, min_size=1, max_size=14))),
        comment=draw(words),
    )
    curve = Curve(id="c", points=((draw(sizes), draw(sizes)),), kind="pump")
    nodes: dict[str, Node] = {}
    for name in junctions:
        demand = st.builds(
            Demand,
            base_m3s=values,
            pattern=st.sampled_from([None, pattern.id]),
            category=words,
        )
        nodes[name] = Junction(
            id=name,
            elevation_m=draw(values),
            position=draw(points),
            comment=draw(words),
            demands=tuple(draw(st.lists(demand, max_size=3))),
            emitter_coefficient=draw(fractions),
            initial_quality=draw(fractions),
        )
    nodes[reservoir] = Reservoir(
        id=reservoir,
        elevation_m=draw(values),
        pattern=draw(st.sampled_from([None, pattern.id])),
        quality_source=QualitySource(kind="MASS", strength=draw(values)),
    )
    low, initial, high = sorted(draw(st.tuples(fractions, fractions, fractions)))
    nodes[tank] = Tank(
        id=tank,
        elevation_m=draw(values),
        initial_level_m=initial,
        minimum_level_m=low,
        maximum_level_m=high,
        diameter_m=draw(sizes),
        minimum_volume_m3=draw(fractions),
        overflow=draw(st.booleans()),
    )
    links: dict[str, Link] = {}
    for start, end in pairwise(names):
        name = link_names[len(links)]
        links[name] = Pipe(
            id=name,
            start=start,
            end=end,
            vertices=tuple(draw(st.lists(st.tuples(values, values), max_size=2))),
            length_m=draw(sizes),
            diameter_m=draw(sizes),
            roughness=draw(sizes),
            minor_loss=draw(fractions),
            status=draw(st.sampled_from(["open", "closed"])),
            tag=draw(ids | st.just("")),
        )
    pump, valve = link_names[len(links)], link_names[len(links) + 1]
    links[pump] = Pump(
        id=pump, start=reservoir, end=junctions[0], head_curve="c", speed=draw(fractions)
    )
    links[valve] = Valve(
        id=valve,
        start=junctions[0],
        end=junctions[1],
        kind=draw(st.sampled_from(["PRV", "PSV", "PBV", "FCV", "TCV"])),
        diameter_m=draw(sizes),
        setting=draw(fractions),
        status=draw(st.sampled_from(["active", "open", "closed"])),
    )
    above = Control(
        link=pump, status="closed", trigger="above", node=tank, threshold_m=draw(fractions)
    )
    timed = Control(
        link=valve, setting=draw(fractions), trigger="time", time_s=draw(st.floats(0.0, 1e6))
    )
    rule = ControlRule(
        id=draw(ids),
        premises=(
            Premise(
                conjunction="IF",
                object="node",
                id=junctions[0],
                attribute="pressure",
                relation="<",
                value=draw(values),
            ),
        ),
        then=(RuleAction(link=valve, attribute="setting", value=draw(fractions)),),
        priority=draw(fractions),
    )
    options = Options(
        flow_unit=draw(st.sampled_from(["GPM", "CFS", "LPS", "CMH", "MLD"])),
        pressure_unit=draw(st.sampled_from([None, "PSI", "KPA", "METERS"])),
        headloss=draw(st.sampled_from(["H-W", "D-W", "C-M"])),
        specific_gravity=draw(st.sampled_from([1.0, 0.97])),
        emitter_exponent=draw(st.sampled_from([0.5, 0.73])),
        default_pattern=draw(st.sampled_from([None, pattern.id])),
    )
    return Network(
        title=draw(st.sampled_from(["", "Two\nlines"])),
        nodes=nodes,
        links=links,
        patterns={pattern.id: pattern},
        curves={"c": curve},
        controls=(above, timed),
        rules=(rule,),
        options=options,
        times=Times(duration_s=draw(st.integers(0, 10**6)), quality_step_s=300, rule_step_s=360),
    )
