"""What the walks take from the site: a pipe of each network, a place, a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.walk.room import Room


@dataclass(frozen=True)
class Town:
    """Elements as the desk names them; `place` is in plan metres, where `node` is."""

    pipe: str
    gas_pipe: str
    heat_pipe: str
    node: str
    place: tuple[float, float]


def town_of(room: Room, pipe: str = "") -> Town:
    """A town's elements: the pipe given, or the thinnest water pipe that a customer lives at."""
    nets = {u: room.ask("vera", f"api/network/{u}").body for u in ("water", "gas", "heat")}
    customers = room.ask("vera", "api/customers").body["customers"]
    node = next(c["element"] for c in customers if "node:" in c["element"]).split("node:")[1]
    return Town(
        pipe=pipe or _pipe(nets["water"], node),
        gas_pipe=f"gas/link:{nets['gas']['links']['id'][0]}" if _has(nets["gas"]) else "gas/link:G",
        heat_pipe=(
            f"heat/link:{nets['heat']['links']['id'][0]}" if _has(nets["heat"]) else "heat/link:H"
        ),
        node=node,
        place=_place(nets["water"], node),
    )


def _has(net: dict[str, Any]) -> bool:
    return bool(net.get("links", {}).get("id"))


def _pipe(net: dict[str, Any], node: str) -> str:
    links, nodes = net["links"], net["nodes"]
    at = nodes["id"].index(node)
    mine = [
        (diameter, id_)
        for id_, start, end, diameter in zip(
            links["id"], links["start"], links["end"], links["diameter_mm"], strict=True
        )
        if at in (start, end) and diameter > 0
    ]
    return f"water/link:{min(mine)[1]}"


def _place(net: dict[str, Any], node: str) -> tuple[float, float]:
    at = net["nodes"]["id"].index(node)
    return net["nodes"]["x"][at], net["nodes"]["y"][at]
