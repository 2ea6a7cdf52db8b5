"""Whether a network hangs together: every fault that would keep it from being solved.

Readers judge words and numbers; this judges the whole, whatever file or program it came from.
What EPANET refuses is refused here; what it runs is accepted, with one exception: an island
that no source can ever reach is refused (EPANET runs it and gives it meaningless pressures).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from network_models.network import Network
from network_models.problems import Problem
from network_models.topology import link_ends
from network_models.validation.fault import Fault
from network_models.validation.gas import fluid_faults, gas_faults
from network_models.validation.heat import heat_faults
from network_models.validation.links import link_faults
from network_models.validation.nodes import node_faults
from network_models.validation.operation import curve_faults, operation_faults, pattern_faults
from network_models.validation.structure import structure_faults


def _faults(net: Network, nodes: Collection[str], links: Collection[str]) -> Iterator[Fault]:
    try:
        ends = link_ends(net)
    except KeyError:
        ends = None
    yield from node_faults(net, nodes)
    yield from link_faults(net, ends, links)
    yield from gas_faults(net)
    yield from heat_faults(net)
    yield from fluid_faults(net)
    yield from pattern_faults(net)
    yield from curve_faults(net)
    yield from operation_faults(net)
    yield from structure_faults(net, ends)


def validate(
    net: Network,
    file: str = "",
    lines: Mapping[tuple[str, str], int] | None = None,
    *,
    judged: tuple[Collection[str], Collection[str]] | None = None,
) -> list[Problem]:
    """All that is wrong with a network, in the order of lines where the file's are known.

    `lines` gives the line of each (kind, id); kinds are those of `validation.fault.FaultKind`.
    `judged` are the nodes and links of a water network to be judged each for itself, all if None:
    a reader names them that knows the others to be plain junctions with known patterns and plain
    pipes with sizes above 0. How all hang together is judged in any case.
    """
    known = lines or {}
    problems = []
    for fault in _faults(net, *(judged or (net.nodes, net.links))):
        line = known.get((fault.kind, fault.id))
        if line is None and fault.kind in ("demand", "source"):
            line = known.get(("node", fault.id))
        problems.append(
            Problem(
                file=file,
                line=line,
                field=" ".join(filter(None, (fault.kind, fault.id, fault.field))),
                found=fault.found,
                expected=fault.expected,
            )
        )
    return sorted(problems, key=lambda problem: problem.line or 0)
