"""Whom an outage hits: nodes, tanks and customers, from the two runs of the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dispatch.customers import PRIORITY_CLASSES, Customer
from dispatch.isolation import Isolation
from dispatch.window import WindowRun
from network_models.elements import Junction, Tank
from network_models.network import Network

Effect = Literal["cut_off", "low_pressure"]
_HOUR_S = 3600.0
_EMPTY_M = 1e-3
"""A tank within a millimetre of its lowest level has run dry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LowNode:
    """A node that falls below the limit: its lowest pressure head and when it first does."""

    id: str
    minimum_m: float
    first_below: datetime
    hours: float
    is_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TankImpact:
    """A tank's lowest level, and when it runs dry (None if it does not), with and without."""

    id: str
    minimum_level_m: float
    runs_dry_at: datetime | None
    base_runs_dry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerImpact:
    """A customer without water or with low pressure, for how many hours of the window."""

    customer: Customer
    effect: Effect
    minimum_m: float | None
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What the outage does.

    `worst_end_m` (T,) is the lowest pressure head at any supplied end node, NaN without one.
    `below_limit` are the nodes the outage pushes below the limit, ends and others;
    `base_below` end nodes that are below it anyway. `dry_nodes` lose supply during the window
    although a source is connected (a tank that ran dry, a closed pump).
    """

    run: WindowRun
    end_ids: tuple[str, ...]
    worst_end_m: NDArray[np.float64]
    worst_end_id: str | None
    below_limit: tuple[LowNode, ...]
    base_below: tuple[LowNode, ...]
    tanks: tuple[TankImpact, ...]
    customers: tuple[CustomerImpact, ...]
    dry_nodes: tuple[str, ...]

    def hit(self, effect: Effect) -> tuple[CustomerImpact, ...]:
        """The customers hit in one way."""
        return tuple(c for c in self.customers if c.effect == effect)

    @property
    def priority(self) -> tuple[CustomerImpact, ...]:
        """Hospitals, dialysis centres and schools among them."""
        return tuple(c for c in self.customers if c.customer.kind in PRIORITY_CLASSES)


def assess(
    net: Network,
    isolation: Isolation,
    base: WindowRun,
    outage: WindowRun,
    customers: Iterable[Customer],
    *,
    ends: Sequence[str],
    limit_m: float | None,
    noticeable_m: float,
) -> Impact:
    """Compare the window with the valves shut to the same hours without.

    A node is low where its pressure head is under `limit_m` and more than `noticeable_m` lower
    than it would be anyway; without a limit nothing is called low.
    """
    index = {name: i for i, name in enumerate(base.node_ids)}
    cut = np.zeros(len(base.node_ids), dtype=np.bool_)
    cut[[index[name] for name in isolation.cut_off_nodes]] = True
    hours = _step_hours(outage.times)
    unsupplied = np.isnan(outage.pressure_m) & ~np.isnan(base.pressure_m)
    dry = unsupplied.any(axis=0) & ~cut
    limit = -np.inf if limit_m is None else limit_m
    with np.errstate(invalid="ignore"):
        below = (outage.pressure_m < limit) & ~cut
        caused = below & (base.pressure_m - outage.pressure_m > noticeable_m)
        below_anyway = base.pressure_m < limit
    tap = np.array([isinstance(net.nodes[name], Junction) for name in base.node_ids])
    is_end = np.zeros(len(cut), dtype=np.bool_)
    is_end[[index[name] for name in ends]] = True
    # The limit binds at ends to the letter; elsewhere only a drop the outage causes is of interest.
    low = np.where(is_end, below & ~below_anyway | caused, caused) | (unsupplied & ~cut)
    low &= tap
    worst, worst_id = _worst(outage, is_end & ~cut)
    return Impact(
        run=outage,
        end_ids=tuple(ends),
        worst_end_m=worst,
        worst_end_id=worst_id,
        below_limit=_low_nodes(outage, low, is_end, hours),
        base_below=_low_nodes(base, below_anyway & is_end, is_end, hours),
        tanks=_tanks(net, base, outage),
        customers=tuple(
            _customers(net, isolation, outage, customers, index, cut, low, unsupplied, hours)
        ),
        dry_nodes=tuple(np.array(base.node_ids)[dry].tolist()),
    )


def _step_hours(times: Sequence[datetime]) -> NDArray[np.float64]:
    """The hours each moment stands for: until the next one; the last stands for none."""
    seconds = np.array([moment.astimezone(UTC).timestamp() for moment in times])
    return np.append(np.diff(seconds), 0.0) / _HOUR_S


def _worst(run: WindowRun, mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], str | None]:
    pressure = np.where(mask, run.pressure_m, np.nan)
    known = ~np.isnan(pressure)
    filled = np.where(known, pressure, np.inf)
    lowest = filled.min(axis=1, initial=np.inf)
    worst_id = None
    if known.any():
        worst_id = run.node_ids[int(np.unravel_index(int(filled.argmin()), filled.shape)[1])]
    return np.where(np.isfinite(lowest), lowest, np.nan), worst_id


def _low_nodes(
    run: WindowRun,
    low: NDArray[np.bool_],
    is_end: NDArray[np.bool_],
    hours: NDArray[np.float64],
) -> tuple[LowNode, ...]:
    found = []
    for i in np.flatnonzero(low.any(axis=0)):
        known = run.pressure_m[:, i][low[:, i] & ~np.isnan(run.pressure_m[:, i])]
        found.append(
            LowNode(
                id=run.node_ids[i],
                minimum_m=float(known.min()) if len(known) else 0.0,
                first_below=run.times[int(low[:, i].argmax())],
                hours=float(hours[low[:, i]].sum()),
                is_end=bool(is_end[i]),
            )
        )
    return tuple(sorted(found, key=lambda node: (node.minimum_m, node.id)))


def _tanks(net: Network, base: WindowRun, outage: WindowRun) -> tuple[TankImpact, ...]:
    found = []
    for k, name in enumerate(outage.tank_ids):
        tank = net.nodes[name]
        assert isinstance(tank, Tank)
        floor = tank.minimum_level_m + _EMPTY_M
        found.append(
            TankImpact(
                id=name,
                minimum_level_m=float(outage.level_m[:, k].min()),
                runs_dry_at=_first(outage, outage.level_m[:, k] <= floor),
                base_runs_dry_at=_first(base, base.level_m[:, k] <= floor),
            )
        )
    return tuple(found)


def _first(run: WindowRun, when: NDArray[np.bool_]) -> datetime | None:
    return run.times[int(when.argmax())] if when.any() else None


def _customers(
    net: Network,
    isolation: Isolation,
    run: WindowRun,
    customers: Iterable[Customer],
    index: dict[str, int],
    cut: NDArray[np.bool_],
    low: NDArray[np.bool_],
    unsupplied: NDArray[np.bool_],
    hours: NDArray[np.float64],
) -> list[CustomerImpact]:
    dead_links = frozenset(isolation.segment_links)
    hit = []
    for customer in customers:
        if customer.link:
            link = net.links[customer.link]
            nodes = [index[link.start], index[link.end]]
            gone = customer.link in dead_links or bool(cut[nodes].all())
        else:
            nodes = [index[customer.node]]
            gone = bool(cut[nodes[0]])
        if gone:
            hit.append(_impact(customer, "cut_off", None, hours.sum()))
            continue
        without = unsupplied[:, nodes].all(axis=1)
        if without.any():
            # Nothing reaches it for a part of the window only, such as after a tank ran dry.
            hit.append(_impact(customer, "cut_off", None, hours[without].sum()))
            continue
        touched = low[:, nodes].any(axis=1)
        if touched.any():
            pressure = run.pressure_m[:, nodes]
            known = pressure[~np.isnan(pressure)]
            hit.append(
                _impact(
                    customer,
                    "low_pressure",
                    float(known.min()) if len(known) else None,
                    hours[touched].sum(),
                )
            )
    return hit


def _impact(
    customer: Customer, effect: Effect, minimum_m: float | None, hours: float
) -> CustomerImpact:
    return CustomerImpact(
        customer=customer, effect=effect, minimum_m=minimum_m, hours=round(float(hours), 3)
    )
