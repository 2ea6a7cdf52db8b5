"""Small networks for tests, built from records."""

from __future__ import annotations

from dataclasses import replace

from network_models.elements import Demand, Junction, Link, Node, Pipe, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.operation import Control, Curve, Options, Times


def junction(id_: str, elevation: float = 0.0, litres: float = 0.0) -> Junction:
    """A junction with one demand in L/s."""
    return Junction(id=id_, elevation_m=elevation, demands=(Demand(base_m3s=litres / 1e3),))


def pipe(id_: str, start: str, end: str, diameter: float = 0.3, length: float = 500.0) -> Pipe:
    """A Hazen-Williams pipe of C 120."""
    return Pipe(id=id_, start=start, end=end, length_m=length, diameter_m=diameter, roughness=120.0)


def network(nodes: list[Node], links: list[Link], **more: object) -> Network:
    """A network of the given elements, accuracy 1e-7, metric."""
    options = more.pop("options", Options(flow_unit="LPS", accuracy=1e-7))
    times = more.pop("times", Times(duration_s=86400))
    return Network(
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        options=options,  # type: ignore[arg-type]
        times=times,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def loop() -> Network:
    """R - A - B - C - A: a ring behind a reservoir of 60 m, 10 L/s at each node."""
    return network(
        [
            Reservoir(id="R", elevation_m=60.0),
            junction("A", 10.0, 10.0),
            junction("B", 12.0, 10.0),
            junction("C", 8.0, 10.0),
        ],
        [pipe("1", "R", "A"), pipe("2", "A", "B"), pipe("3", "B", "C"), pipe("4", "C", "A")],
    )


def pumped_tank() -> Network:
    """R - pump - A - T: a well, a pump, a demand and a tank on a hill."""
    return network(
        [
            Reservoir(id="R", elevation_m=0.0),
            junction("A", 5.0, 15.0),
            Tank(
                id="T",
                elevation_m=50.0,
                initial_level_m=3.0,
                minimum_level_m=0.5,
                maximum_level_m=6.0,
                diameter_m=12.0,
            ),
        ],
        [
            Pump(id="P", start="R", end="A", head_curve="c"),
            pipe("1", "A", "T"),
        ],
        curves={"c": Curve(id="c", points=((0.03, 60.0),), kind="pump")},
    )


def controlled() -> Network:
    """The pump runs between 1.5 m and 5 m of tank level."""
    return replace(
        pumped_tank(),
        controls=(
            Control(link="P", status="open", trigger="below", node="T", threshold_m=1.5),
            Control(link="P", status="closed", trigger="above", node="T", threshold_m=5.0),
        ),
    )


def valve(kind: str, setting: float) -> Network:
    """R - A - valve V - B, 20 L/s at B, all at height 0, the source at 60 m."""
    return network(
        [Reservoir(id="R", elevation_m=60.0), junction("A"), junction("B", 0.0, 20.0)],
        [
            pipe("1", "R", "A"),
            Valve(id="V", start="A", end="B", kind=kind, diameter_m=0.2, setting=setting),  # type: ignore[arg-type]
        ],
    )


def with_links(net: Network, *links: Link) -> Network:
    """`net` with links added or replaced."""
    return replace(net, links={**net.links, **{k.id: k for k in links}})
