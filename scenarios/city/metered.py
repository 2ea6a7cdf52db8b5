"""zones.csv of the example city: areas with meters at every inlet, and no tank that hides flow."""

from __future__ import annotations

from pathlib import Path

from network_models.elements import Junction, Pipe
from network_models.network import Network
from network_models.units import UNITS
from scenarios.city.streets import Streets
from scenarios.city.water import WaterCity
from scenarios.tables import ZONE_HEADER, write_table

SMALLEST_M = 0.1
NIGHT_H = (2, 3)
"""Hours whose usual demand counts as the users' own use at night."""


def write_zones(path: Path, streets: Streets, city: WaterCity) -> None:
    """Write the metered areas and those behind reducing valves, with lengths and night use."""
    area = {zone: number for number, zone in enumerate(
        dict.fromkeys(c.zone for c in city.crossings.meters), start=1)}  # fmt: skip
    meters: dict[int, list[str]] = {}
    for crossing in city.crossings.meters:
        found = meters.setdefault(crossing.zone, [])
        found.append(f"DMA{area[crossing.zone]:02d}-{len(found) + 1}-Q")
    for number, crossing in enumerate(city.crossings.reducers, start=1):
        meters.setdefault(crossing.zone, []).append(f"V{number}-Q")
    zone_of = dict(zip(city.ids, streets.zones.zone.tolist(), strict=True))
    names = {
        zone: (f"DMA{n:02d}", f"{n}号计量分区", f"Metered area {n}") for zone, n in area.items()
    }
    names |= {
        c.zone: (f"PRV{n:02d}", f"{n}号减压分区", f"Area behind reducing valve {n}")
        for n, c in enumerate(city.crossings.reducers, start=1)
    }
    write_table(
        path,
        ZONE_HEADER,
        (
            (
                *names[zone], " ".join(points), round(_length_km(city.net, zone_of, zone), 3),
                round(_night_use_m3h(city.net, zone_of, zone), 2),
            )
            for zone, points in sorted(meters.items(), key=lambda item: names[item[0]])
        ),
    )  # fmt: skip


def _length_km(net: Network, zone_of: dict[str, int], zone: int) -> float:
    return sum(
        link.length_m / 1000.0
        for link in net.links.values()
        if isinstance(link, Pipe)
        and link.diameter_m >= SMALLEST_M
        and zone_of.get(link.start) == zone_of.get(link.end) == zone
    )


def _night_use_m3h(net: Network, zone_of: dict[str, int], zone: int) -> float:
    """What the network file's demands ask for in the night hours."""
    total = 0.0
    for node in net.nodes.values():
        if isinstance(node, Junction) and zone_of.get(node.id) == zone:
            for demand in node.demands:
                factors = [_factor(net, demand.pattern, hour) for hour in NIGHT_H]
                total += demand.base_m3s * sum(factors) / len(factors)
    return UNITS["m3/h"].from_si(total)


def _factor(net: Network, pattern: str | None, hour: int) -> float:
    name = pattern if pattern is not None else net.options.default_pattern
    found = net.patterns.get(name) if name is not None else None
    if found is None:
        return 1.0
    step_s = net.times.pattern_step_s
    return found.multipliers[int(hour * 3600 // step_s) % len(found.multipliers)]
