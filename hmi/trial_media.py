"""The live gas and heat models in a trial: solves, failures, error where nothing is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hmi.state_layout import F64, unpack_state
from network_models.network import Network
from scada.ports import Message
from scenarios.site import Site
from scenarios.virtual_field.truth import truth_file

Parts = Mapping[str, tuple[str, NDArray[np.bool_]]]
"""Figures by name: the array of the state and of the truth they compare, and at which nodes."""


class MediumWatch:
    """What was seen of one medium's model."""

    def __init__(self, utility: str, site: Site) -> None:
        self._utility, self._site = utility, site
        measured = {
            p.element.removeprefix("node:")
            for p in site.points.points
            if p.utility == utility and p.driver != "model" and p.element.startswith("node:")
        }
        net = site.networks[utility]
        self._parts = _parts(net, np.array([id_ not in measured for id_ in net.nodes]))
        self._state: dict[str, F64] | None = None
        self._header: Mapping[str, Any] = {}
        self._solve_ms: list[float] = []
        self._errors: dict[str, list[float]] = {name: [] for name in self._parts}

    def take(self, message: Message) -> None:
        """A solved state from the bus."""
        self._header = message.header
        self._state = unpack_state(
            self._utility,
            int(message.header["n_nodes"]),
            int(message.header["n_links"]),
            message.payload,
        )
        self._solve_ms.append(float(message.header["solve_ms"]))

    def judge(self) -> None:
        """The model's error at nodes without a point, against the plant, now."""
        path = self._site.data / truth_file(self._utility)
        if self._state is None or not path.exists():
            return
        with np.load(path) as truth:
            for name, (array, where) in self._parts.items():
                error = (self._state[array] - truth[array])[where]
                error = error[np.isfinite(error)]
                if len(error):
                    self._errors[name].append(float(np.sqrt(np.mean(error**2))))

    def figures(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """The figures of a trial; `status` is the model's own account."""
        worst = self._header.get("worst_residuals") or [None]
        median = float(np.median(self._solve_ms)) if self._solve_ms else None
        return {
            "solves": len(self._solve_ms),
            "failures": status.get("failures"),
            "last_error": status.get("last_error", ""),
            "kept_points": status.get("kept_count"),
            "solve_ms_median": None if median is None else round(median, 2),
            "demand_factors": self._header.get("factors"),
            "figures": self._header.get("figures"),
            "worst_residual": worst[0],
            **{
                f"rmse_unmeasured_{name}": round(float(np.mean(found)), 4) if found else None
                for name, found in self._errors.items()
            },
            "rmse_samples": max(len(found) for found in self._errors.values()),
        }


def _parts(net: Network, unseen: NDArray[np.bool_]) -> Parts:
    nodes = list(net.nodes.values())
    if net.medium == "gas":
        low = np.array([getattr(n, "level", "") == "low" for n in nodes])
        return {
            "low_pa": ("pressure_pa", unseen & low),
            "medium_pa": ("pressure_pa", unseen & ~low),
        }
    return {"pressure_pa": ("pressure_pa", unseen), "temperature_k": ("temperature_k", unseen)}
