"""How the real city differs from its model: rough pipes, other demands, one leak nobody knows.

All three media: gas and heat pipes have their wall's height disturbed, heat pipes their insulation.

Pure and repeatable by seed. The control room's model is the undisturbed network, so whoever
compares measurement and model meets the same misfit as in a real city.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from network_models.elements import GasPipe, HeatPipe, Junction, Link, Pipe
from network_models.network import Network

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """How far the city is from its model; all zero makes them the same."""

    roughness: float = 0.10
    """Relative standard deviation of each pipe's roughness."""
    zone_demand: float = 0.15
    node_demand: float = 0.20
    """Relative standard deviations of demand, by zone and by node: 0.25 together."""
    leak_share: float = 0.025
    """The hidden leak, as a share of the network's mean demand (water)."""
    gate_pressure: float = 0.005
    """Relative standard deviation of what a gas gate holds, swinging."""
    regulator_setting: float = 0.01
    """Relative standard deviation of gas regulators' set points, each for good."""
    plant_pressure: float = 0.005
    """Relative standard deviation of the (absolute) pressure heat plants keep, swinging."""


NO_MISFIT = Misfit(
    roughness=0.0,
    zone_demand=0.0,
    node_demand=0.0,
    leak_share=0.0,
    gate_pressure=0.0,
    regulator_setting=0.0,
    plant_pressure=0.0,
)


def roughen(net: Network, misfit: Misfit, *, seed: int) -> Network:
    """A copy of `net` whose pipes have roughness of their own, never below half or over double."""
    random = np.random.default_rng([seed, 1])
    factor = np.exp(misfit.roughness * random.standard_normal(len(net.links)))
    factor = np.clip(factor, 0.5, 2.0)
    links = {
        link.id: _roughened(link, float(f))
        for link, f in zip(net.links.values(), factor, strict=True)
    }
    return replace(net, links=links)


def _roughened(link: Link, factor: float) -> Link:
    if isinstance(link, Pipe):
        return replace(link, roughness=link.roughness * factor)
    if isinstance(link, GasPipe):
        return replace(link, roughness_m=link.roughness_m * factor)
    if isinstance(link, HeatPipe):
        return replace(
            link, roughness_m=link.roughness_m * factor, loss_w_mk=link.loss_w_mk * factor
        )
    return link


class Drift:
    """What a set point really is: (n,) shares about 1 that swing slowly and smoothly, each alone.

    A few sines of random periods: a pressure that is held never steps, and a step would shake all
    the gas in the pipes.
    """

    SWINGS = 4
    PERIODS_S = (3600.0, 4.0 * 3600.0)

    def __init__(self, count: int, sigma: float, *, seed: list[int]) -> None:
        random = np.random.default_rng(seed)
        shape = (count, self.SWINGS)
        self._rate = 2.0 * math.pi / random.uniform(*self.PERIODS_S, shape)
        self._phase = random.uniform(0.0, 2.0 * math.pi, shape)
        self._size = sigma * math.sqrt(2.0 / self.SWINGS)
        self._time_s = 0.0

    def advance(self, dt_s: float) -> F64:
        """Shares `dt_s` after the last ones."""
        self._time_s += dt_s
        swing = np.sin(self._rate * self._time_s + self._phase).sum(axis=1)
        return np.asarray(1.0 + self._size * swing, dtype=np.float64)


def mean_demand_m3s(net: Network) -> float:
    """The network's mean demand over its patterns, m3/s."""
    mean = {p.id: float(np.mean(p.multipliers or (1.0,))) for p in net.patterns.values()}
    base = net.options.default_pattern
    total = sum(
        d.base_m3s * mean.get(d.pattern or base or "", 1.0)
        for node in net.nodes.values()
        if isinstance(node, Junction)
        for d in node.demands
    )
    return total * net.options.demand_multiplier


def choose_leak(net: Network, misfit: Misfit, *, seed: int) -> tuple[str, float] | None:
    """The junction that leaks and its flow in m3/s at the first pressure; None without a leak.

    Only junctions with a demand leak: they are in the distribution network, not at a source.
    """
    served = [
        n.id
        for n in net.nodes.values()
        if isinstance(n, Junction) and any(d.base_m3s > 0 for d in n.demands)
    ]
    if misfit.leak_share <= 0.0 or not served:
        return None
    node = served[int(np.random.default_rng([seed, 2]).integers(len(served)))]
    return node, misfit.leak_share * mean_demand_m3s(net)


class DemandWander:
    """Demand factors (N,) that wander slowly: a zone's together, each node's alone.

    Log-normal first-order noise of mean 1; zones are the nearest of a few random places, because
    neighbours live alike. A network without positions has one zone.
    """

    ZONE_S = 7200.0
    NODE_S = 1800.0

    def __init__(self, net: Network, misfit: Misfit, *, seed: int, zones: int = 8) -> None:
        self._misfit = misfit
        self._random = np.random.default_rng([seed, 3])
        self._zone = _zones(net, zones, self._random)
        self._of_zone = self._random.standard_normal(int(self._zone.max(initial=0)) + 1)
        self._of_node = self._random.standard_normal(len(net.nodes))

    def advance(self, dt_s: float) -> F64:
        """Factors `dt_s` after the last ones."""
        self._of_zone = _later(self._of_zone, dt_s / self.ZONE_S, self._random)
        self._of_node = _later(self._of_node, dt_s / self.NODE_S, self._random)
        z, n = self._misfit.zone_demand, self._misfit.node_demand
        power = z * self._of_zone[self._zone] + n * self._of_node - 0.5 * (z * z + n * n)
        return np.asarray(np.exp(power), dtype=np.float64)


def _later(noise: F64, share: float, random: np.random.Generator) -> F64:
    """First-order noise of variance 1, a `share` of its time constant later."""
    keep = math.exp(-share)
    return keep * noise + math.sqrt(1.0 - keep * keep) * random.standard_normal(len(noise))


def _zones(net: Network, zones: int, random: np.random.Generator) -> NDArray[np.intp]:
    """The zone (0 ..) of every node."""
    places = [n.position for n in net.nodes.values()]
    if not places or any(p is None for p in places):
        return np.zeros(len(places), dtype=np.intp)
    at = np.array(places, dtype=np.float64)
    centres = at[random.choice(len(at), size=min(zones, len(at)), replace=False)]
    distance = ((at[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(distance.argmin(axis=1), dtype=np.intp)
