"""The fastest pipes of a run, of any medium."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from hydraulics.types import F64
from network_models.network import Network


class MovedRun(Protocol):
    """What a run tells of velocities: (T, L), in the order of `link_ids`."""

    @property
    def times_s(self) -> F64: ...
    @property
    def link_ids(self) -> tuple[str, ...]: ...
    @property
    def velocity_ms(self) -> F64: ...


def fastest_pipes(net: Network, run: MovedRun, pipe: type, most: int) -> list[dict[str, Any]]:
    """The `most` links of class `pipe` with the greatest velocity, and when they have it."""
    pipes = np.array(
        [k for k, link in enumerate(net.links.values()) if isinstance(link, pipe)], dtype=np.int64
    )
    speed = np.nan_to_num(run.velocity_ms[:, pipes])
    top = speed.max(axis=0, initial=0.0)
    return [
        {
            "link": run.link_ids[pipes[k]],
            "velocity_ms": float(top[k]),
            "time_s": float(run.times_s[int(speed[:, k].argmax())]),
        }
        for k in np.argsort(-top, kind="stable")[:most]
    ]
