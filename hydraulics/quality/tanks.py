"""How a tank mixes what flows in: completely, in two compartments, first or last in first out.

L. Rossman and W. Grayman, Scale-model studies of mixing in drinking water storage tanks,
J. Environ. Eng. ASCE 125 (1999). A tank's chain stands at row `links + t` of the segments.
"""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.quality.segments import NONE, Segments, draw, push
from hydraulics.quality.tables import FIFO, MIXED, TWO_COMPARTMENTS


@lean_kernel
def mix(
    s: Segments,
    chain: int,
    model: int,
    zone: float,
    volume_in: float,
    mass_in: float,
    volume_out: float,
    spilled: float,
    tolerance: float,
) -> tuple[float, float]:
    """Move a tank on by one step; the quality of what leaves it, and of what spills."""
    if model == TWO_COMPARTMENTS:
        value = _two(s, chain, zone, volume_in, mass_in, volume_in - volume_out)
        # What is too much has come out of the full mixing zone into the still one, and goes there.
        still = s.first[chain] if spilled <= s.volume[s.first[chain]] else s.last[chain]
        s.volume[still] = max(0.0, s.volume[still] - spilled)
        return value, s.value[still]
    volume_out += spilled
    if model == MIXED:
        value = _mixed(s, chain, volume_in, mass_in, volume_out)
    elif model == FIFO:
        if volume_in > 0.0:
            push(s, chain, volume_in, mass_in / volume_in, tolerance)
        if volume_out > 0.0:
            value = draw(s, chain, volume_out) / volume_out
        else:
            value = s.value[s.first[chain]]
    else:
        value = _last_in_first_out(s, chain, volume_in, mass_in, volume_out, tolerance)
    return value, value


@lean_kernel
def _mixed(s: Segments, chain: int, volume_in: float, mass_in: float, volume_out: float) -> float:
    i = s.first[chain]
    total = s.volume[i] + volume_in
    if total > 0.0:
        s.value[i] = (s.value[i] * s.volume[i] + mass_in) / total
    s.volume[i] = max(total - volume_out, 0.0)
    return float(s.value[i])


@lean_kernel
def _two(
    s: Segments, chain: int, zone: float, volume_in: float, mass_in: float, net: float
) -> float:
    """The mixing zone is the chain's last segment, the still water behind it the first."""
    still, mixing = s.first[chain], s.last[chain]
    moved = 0.0
    if net > 0.0:
        moved = max(0.0, s.volume[mixing] + net - zone)
        if volume_in > 0.0:
            total = s.volume[mixing] + volume_in
            s.value[mixing] = (s.value[mixing] * s.volume[mixing] + mass_in) / total
        if moved > 0.0:
            total = s.volume[still] + moved
            mass = s.value[still] * s.volume[still] + s.value[mixing] * moved
            s.value[still] = mass / total
    else:
        moved = min(s.volume[still], -net)
        total = s.volume[mixing] + volume_in + moved
        if volume_in + moved > 0.0:
            mass = s.value[mixing] * s.volume[mixing] + mass_in + s.value[still] * moved
            s.value[mixing] = mass / total
    # The still zone takes what the mixing zone cannot hold, and feeds it first.
    gained = moved if net > 0.0 else -moved
    s.volume[still] = max(0.0, s.volume[still] + gained)
    s.volume[mixing] = max(0.0, s.volume[mixing] + net - gained)
    return float(s.value[mixing])


@lean_kernel
def _last_in_first_out(
    s: Segments,
    chain: int,
    volume_in: float,
    mass_in: float,
    volume_out: float,
    tolerance: float,
) -> float:
    """The chain's first segment is the newest water: it is put on at the downstream end."""
    net = volume_in - volume_out
    if net > 0.0:
        value = mass_in / volume_in
        i = s.first[chain]
        if i != NONE and abs(s.value[i] - value) < tolerance:
            total = s.volume[i] + net
            s.value[i] = (s.value[i] * s.volume[i] + value * net) / total
            s.volume[i] = total
        else:
            s.spare[0] -= 1
            new = s.free[s.spare[0]]
            s.volume[new] = net
            s.value[new] = value
            s.behind[new] = i
            s.first[chain] = new
            if i == NONE:
                s.last[chain] = new
        # What leaves while the tank fills has just come in.
        return value if volume_out > 0.0 else s.value[s.first[chain]]
    if net < 0.0:
        return (draw(s, chain, -net) + mass_in) / (volume_in - net)
    return mass_in / volume_in if volume_in > 0.0 else s.value[s.first[chain]]
