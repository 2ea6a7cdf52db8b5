"""What a study is made on: a bare network file, or the water network of a site with its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.read import read_network

if TYPE_CHECKING:
    from dispatch.customers import Customer
    from network_models.valves import IsolationValve
    from scada.point import Point

USUAL_PROFILE = "jinan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A network to study. For a bare file `valves` and `customers` are None: not known.

    `network` is a site's water network, or the file's. `gas` and `heat` are a site's other
    networks. `marked_ends` are nodes whose test points a site marks as network ends; `unsolved`
    names the site's other utilities.
    """

    path: Path
    name_zh: str
    name_en: str
    network: Network
    profile: str = USUAL_PROFILE
    valves: tuple[IsolationValve, ...] | None = None
    customers: tuple[Customer, ...] | None = None
    marked_ends: tuple[str, ...] = ()
    unsolved: tuple[str, ...] = ()
    gas: Network | None = None
    heat: Network | None = None


def read_subject(path: Path, media: Sequence[str] = ("water",)) -> Subject:
    """The subject in a network file or a site folder. InputError lists every problem.

    `media` are those a bare file may be of.
    """
    if not path.is_dir():
        network = read_network(path)
        if network.medium not in media:
            expected = f"a {' or '.join(media)} network"
            raise InputError([_problem(path, "medium", network.medium, expected)])
        return Subject(path=path, name_zh=path.name, name_en=path.name, network=network)
    from scenarios.site import load_site

    if not (path / "site.toml").is_file():
        found = "no site.toml in this folder"
        raise InputError([_problem(path, "site", found, "a network file or a site folder")])
    site = load_site(path)
    if "water" not in site.networks:
        problem = _problem(path / "site.toml", "[networks] water", "no water network", "one")
        raise InputError([problem])
    return Subject(
        path=path,
        name_zh=site.name_zh,
        name_en=site.name_en,
        network=site.networks["water"],
        profile=site.profile,
        valves=site.valves,
        customers=site.customers,
        marked_ends=marked_ends(site.points.points),
        unsolved=tuple(name for name in site.networks if name not in ("water", "gas", "heat")),
        gas=site.networks.get("gas"),
        heat=site.networks.get("heat"),
    )


def marked_ends(points: Sequence[Point], utility: str = "water") -> tuple[str, ...]:
    """The nodes that the site's test points mark as network ends."""
    return tuple(
        dict.fromkeys(
            p.element.removeprefix("node:")
            for p in points
            if p.end_point and p.utility == utility and p.element.startswith("node:")
        )
    )


def _problem(path: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(path), line=None, field=field, found=found, expected=expected)
