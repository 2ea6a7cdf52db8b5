"""What a broken pipe or a shut segment does to people: solved, compared with the base, ranked.

Every case is pressure-driven. A node is *cut off* where no source reaches it any more, *low* where
its pressure falls under the limit although it is not under it in the base. Nothing of a case is
kept but its row, so that memory does not grow with the number of cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from network_models.changes import Change
from network_models.network import Network
from scenarios.proof import faults
from scenarios.whatif_cases import Case, Cases, changes_of
from scenarios.whatif_compare import HOUR_S, Comparison, Row
from scenarios.whatif_people import People

if TYPE_CHECKING:
    from hydraulics.state import Run, Solution


class Solver(Protocol):
    """How cases are solved: case number and state, in the order of the cases."""

    def __call__(
        self, net: Network, cases: Iterable[Sequence[Change]]
    ) -> Iterator[tuple[int, Solution | Run]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsolved:
    """A case without a result to rely on, and why."""

    case: Case
    reasons: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Study:
    """The base and the rows of a study; rows are ranked, the worst first."""

    base: Solution | Run
    base_faults: tuple[str, ...]
    base_low: tuple[str, ...]
    base_people_low: float
    base_demand_m3h: float
    pipes: list[Row]
    segments: list[Row]
    unsolved: list[Unsolved]
    worst_mass_m3s: float = 0.0
    worst_energy_m: float = 0.0


def study_breaks(
    net: Network,
    cases: Cases,
    people: People,
    *,
    limit_m: float,
    solver: Solver,
    pipes: bool = True,
    segments: bool = True,
    done: Callable[[int], None] = lambda _count: None,
) -> Study:
    """Solve the base and every case, and rank them.

    `done` is called with the number of cases finished. A base that is not solved ends the study
    with no rows (`base_faults` says why).
    """
    wanted = [*(cases.pipes if pipes else ()), *(cases.segments if segments else ())]
    link_ids = net.link_ids
    changes = (changes_of(link_ids, case) for case in wanted)
    states = solver(net, chain([()], changes))
    _, base = next(states)
    compare = Comparison(net, people, base, limit_m)
    study = Study(
        base=base,
        base_faults=tuple(faults(base.report)),
        base_low=compare.base_low,
        base_people_low=compare.base_people_low,
        base_demand_m3h=float(compare.demand_m3s.sum()) * HOUR_S,
        pipes=[],
        segments=[],
        unsolved=[],
    )
    if study.base_faults:
        return study
    for number, state in states:
        case = wanted[number - 1]
        reasons = faults(state.report)
        if reasons:
            reasons += [text for text in state.report.warnings if text not in reasons]
            study.unsolved.append(Unsolved(case=case, reasons=tuple(reasons)))
        else:
            row = compare.row(case, state)
            (study.pipes if case.kind == "pipe" else study.segments).append(row)
            balance = state.report.balance
            study.worst_mass_m3s = max(study.worst_mass_m3s, balance.mass_m3s)
            study.worst_energy_m = max(study.worst_energy_m, balance.energy_m)
        done(number)
    study.pipes.sort(key=lambda row: row.rank)
    study.segments.sort(key=lambda row: row.rank)
    return study
