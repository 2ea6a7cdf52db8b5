"""What a call tells: a known outage at the address, or a cluster near a pipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from network_models.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of low pressure or no supply: when, from where (plan metres), at which node."""

    id: str
    at: datetime
    x: float
    y: float
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOutage:
    """An outage as the hotline needs it: whom it takes, and when supply is back."""

    id: str
    start: datetime
    end: datetime
    nodes: frozenset[str]
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the caller can be told."""

    outage: str
    restoration: datetime
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Calls that lie together and the pipe nearest to their middle."""

    calls: tuple[str, ...]
    link: str
    distance_m: float
    x: float
    y: float


def known(call: Call, outages: Sequence[KnownOutage]) -> Answer | None:
    """The answer for a call that an outage in force explains; None when none does."""
    for outage in outages:
        if call.node in outage.nodes and outage.start <= call.at < outage.end:
            until = outage.end
            return Answer(
                outage=outage.id,
                restoration=until,
                zh=f"已知停供 {outage.id}：{outage.reason_zh}，预计{until:%m月%d日%H:%M}恢复。",
                en=f"known: {outage.id} ({outage.reason_en}), restored {until:%Y-%m-%d %H:%M}",
            )
    return None


def clusters(
    calls: Sequence[Call],
    net: Network,
    *,
    now: datetime,
    window: timedelta = timedelta(hours=2),
    radius_m: float = 400.0,
    least: int = 3,
    explained: Collection[str] = (),
) -> tuple[Cluster, ...]:
    """Groups of at least `least` unexplained calls of the last `window`, the largest first.

    Two calls belong together when they lie within `radius_m` of each other, or of a call between.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    recent = [c for c in calls if now - window <= c.at <= now and c.id not in explained]
    if len(recent) < least:
        return ()
    places = np.array([(call.x, call.y) for call in recent])
    near = cKDTree(places).sparse_distance_matrix(
        cKDTree(places), radius_m, output_type="coo_matrix"
    )
    # A stored zero (two calls from one place) is an edge too.
    near.data[:] = 1.0
    labels = connected_components(near.tocsr(), directed=False)[1]
    middles = _middles(net)
    if not middles:
        return ()
    names, tree = list(middles), cKDTree(np.array(list(middles.values())))
    found = []
    for label in range(int(labels.max()) + 1):
        inside = np.flatnonzero(labels == label)
        if len(inside) < least:
            continue
        x, y = places[inside].mean(axis=0)
        distance, number = tree.query((x, y))
        found.append(
            Cluster(
                calls=tuple(recent[i].id for i in inside),
                link=names[int(number)],
                distance_m=float(distance),
                x=float(x),
                y=float(y),
            )
        )
    return tuple(sorted(found, key=lambda c: (-len(c.calls), c.link)))


def _middles(net: Network) -> Mapping[str, tuple[float, float]]:
    """The middle of every link whose ends have places."""
    found = {}
    for name, link in net.links.items():
        start, end = net.nodes[link.start].position, net.nodes[link.end].position
        if start is not None and end is not None:
            found[name] = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return found
