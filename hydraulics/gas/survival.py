"""How long users keep their pressure after a source is lost or a pipe closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hydraulics.gas.compile import GasArrays
from hydraulics.gas.line_pack import PACK_STEP_S, LinePack
from hydraulics.gas.model import GasModel
from hydraulics.gas.outcome import gauge_pressures
from hydraulics.types import F64
from network_models.changes import Change
from network_models.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """When each user first falls below its limit.

    `falls_s` (U,) seconds after the change, infinite for users that never do within `horizon_s`, 0
    for those below before; `users` in the file's order. `stock_kg` is the line pack at the start.
    `settled` is false when steps did not balance.
    """

    users: tuple[str, ...]
    limit_pa: F64
    falls_s: F64
    horizon_s: float
    stock_kg: float
    settled: bool

    @property
    def first(self) -> tuple[str, float] | None:
        """The first user that falls below, and when; None if all hold."""
        if not len(self.users) or not np.isfinite(self.falls_s.min()):
            return None
        i = int(np.argmin(self.falls_s))
        return self.users[i], float(self.falls_s[i])


def survival(
    net: Network,
    changes: Sequence[Change],
    limits_pa: Mapping[str, float],
    *,
    time_s: float = 0.0,
    hours: float = 24.0,
    step_s: float = PACK_STEP_S,
    arrays: GasArrays | None = None,
) -> Survival:
    """Let `changes` act at `time_s` of the patterns and watch the users named in `limits_pa`
    (gauge) for `hours`. Within a step the crossing is on a straight line."""
    model = GasModel(net, arrays=arrays)
    users = tuple(id_ for id_ in model.arrays.node_ids if id_ in limits_pa)
    place = np.array([model.arrays.node_index[id_] for id_ in users], dtype=np.int64)
    limit = np.array([limits_pa[id_] for id_ in users])
    pack = LinePack(model, start_s=time_s, changes=changes, step_s=step_s)
    stock = pack.stock_kg
    # the state before the change is still in the pressures
    before = _pressures(model)[place]
    falls = np.where(before < limit, 0.0, np.inf)
    horizon = hours * 3600.0
    while pack.time_s - time_s < horizon - 1e-6 and not np.isfinite(falls).all():
        began = pack.time_s - time_s
        pack.step(min(step_s, horizon - began))
        now = _pressures(model)[place]
        fell = ~(now >= limit) & ~np.isfinite(falls)
        drop = np.where(np.isfinite(now), before - now, before - limit)
        share = np.clip((before - limit) / np.maximum(drop, 1e-12), 0.0, 1.0)
        falls[fell] = (began + share * (pack.time_s - time_s - began))[fell]
        before = now
    return Survival(
        users=users,
        limit_pa=limit,
        falls_s=falls,
        horizon_s=horizon,
        stock_kg=stock,
        settled=pack.unsettled == 0,
    )


def _pressures(model: GasModel) -> F64:
    return gauge_pressures(model.arrays, model.tables, model.work)
