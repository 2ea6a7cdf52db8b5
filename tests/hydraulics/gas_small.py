"""Small gas networks for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from network_models.elements import GasJunction, GasPipe, GasSource, Link, Node, Regulator
from network_models.network import Network
from network_models.physics import Physics


def source(id_: str, pascal: float, **more: Any) -> GasSource:
    return GasSource(id=id_, pressure_pa=pascal, **more)


def user(id_: str, kgs: float = 0.0, **more: Any) -> GasJunction:
    return GasJunction(id=id_, demand_kgs=kgs, **more)


def pipe(id_: str, start: str, end: str, m: float = 1000.0, d: float = 0.1, **more: Any) -> GasPipe:
    return GasPipe(id=id_, start=start, end=end, length_m=m, diameter_m=d, **more)


def regulator(id_: str, start: str, end: str, pascal: float, **more: Any) -> Regulator:
    return Regulator(id=id_, start=start, end=end, setting_pa=pascal, **more)


def gas_network(nodes: list[Node], links: list[Link], **more: Any) -> Network:
    physics = replace(Physics(), **more.pop("physics", {}))
    return Network(
        medium="gas",
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        physics=physics,
        **more,
    )
