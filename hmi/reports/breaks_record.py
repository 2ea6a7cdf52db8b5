"""A study of breaks as one JSON-ready record, and as lines a person reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatch.check import END_PRESSURE
from dispatch.compliance import judge_run
from network_models.elements import Pipe
from network_models.units import PA_PER_M_WATER, UNITS
from scenarios.proof import clock

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet
    from network_models.network import Network
    from scenarios.subject import Subject
    from scenarios.whatif_breaks import Study
    from scenarios.whatif_cases import Cases
    from scenarios.whatif_compare import Row
    from scenarios.whatif_people import People

SHOWN_VALVES = 6
SHOWN_USERS = 3


def breaks_record(
    subject: Subject,
    study: Study,
    cases: Cases,
    people: People,
    rules: RuleSet,
    *,
    limit_pa: float,
    given_limit: bool,
    required_m: float,
    instant_s: float | None,
    hours: float | None,
) -> dict[str, Any]:
    """The object `ringmain whatif breaks --json` prints."""
    net = subject.network
    rule = None if given_limit else rules.rule(END_PRESSURE)
    shut = {row.case.segment: row for row in study.segments}
    names = {case.segment: case.id for case in cases.segments}
    link_ids, node_ids = net.link_ids, net.node_ids
    return {
        "schema": "ringmain/whatif-breaks/1",
        "path": str(subject.path),
        "name_zh": subject.name_zh,
        "name_en": subject.name_en,
        "settings": {
            "limit_mpa": UNITS["MPa"].from_si(limit_pa),
            "limit_m": limit_pa / PA_PER_M_WATER,
            "limit_rule": None if rule is None else rule.id,
            "limit_clause": None if rule is None else rule.clause,
            "profile": rules.profile.id,
            "demand_model": "pda",
            "required_pressure_m": required_m,
            "instant_s": instant_s,
            "hours": hours,
        },
        "people": {
            "total": people.total,
            "estimated": people.litres is not None,
            "litres_per_person_day": people.litres,
        },
        "valves": {
            "count": cases.valves,
            "inoperable": cases.inoperable,
            "placed_by_rule": cases.placed_by_rule,
        },
        "base": _base(subject, study, rules),
        "proof": {
            "solved": len(study.pipes) + len(study.segments),
            "unsolved": len(study.unsolved),
            "worst_mass_m3s": study.worst_mass_m3s,
            "worst_energy_m": study.worst_energy_m,
        },
        "pipes": [
            {
                "rank": rank,
                "pipe": row.case.id,
                **_pipe(net, row.case.id),
                **_row(row, people),
                "outflow_m3h": row.outflow_m3h,
                "segment": names[row.case.segment],
                "people_when_shut": _people_of(shut.get(row.case.segment)),
            }
            for rank, row in enumerate(study.pipes, start=1)
        ],
        "segments": [
            {
                "rank": rank,
                "segment": row.case.id,
                "valves": list(row.case.valves),
                "links": [link_ids[k] for k in row.case.links],
                "nodes": [node_ids[i] for i in row.case.nodes],
                "length_m": _length(net, [link_ids[k] for k in row.case.links]),
                "sources": list(row.case.sources),
                **_row(row, people),
            }
            for rank, row in enumerate(study.segments, start=1)
        ],
        "unsolved": [
            {"case": u.case.id, "kind": u.case.kind, "reasons": list(u.reasons)}
            for u in study.unsolved
        ],
    }


def _base(subject: Subject, study: Study, rules: RuleSet) -> dict[str, Any]:
    state = study.base
    found = judge_run(
        subject.network,
        rules,
        np.asarray(getattr(state, "times_s", np.zeros(1))),
        np.atleast_2d(state.pressure_m),
        marked=subject.marked_ends,
        customers=subject.customers or (),
    )
    return {
        "not_solved": list(study.base_faults),
        "demand_m3h": study.base_demand_m3h,
        "low_nodes": list(study.base_low),
        "people_low": study.base_people_low,
        "unsupplied": list(state.report.unsupplied),
        "verdict": found.verdict,
        "ends": len(found.ends),
        "violations": [
            {"node": s.node, "worst_mpa": s.worst_mpa, "rule": f.rule, "clause": f.clause}
            for s, f in found.violations
        ],
        "mass_m3s": state.report.balance.mass_m3s,
        "energy_m": state.report.balance.energy_m,
    }


def _row(row: Row, people: People) -> dict[str, Any]:
    mpa = UNITS["MPa"].from_si(row.worst_m * PA_PER_M_WATER)
    return {
        "people": row.people,
        "people_cut": row.people_cut,
        "people_low": row.people_low,
        "demand_cut_m3h": row.demand_cut_m3h,
        "demand_low_m3h": row.demand_low_m3h,
        "missing_m3h": row.missing_m3h,
        "nodes_cut": row.nodes_cut,
        "nodes_low": row.nodes_low,
        "worst_node": row.worst_node or None,
        "worst_m": None if math.isnan(row.worst_m) else row.worst_m,
        "worst_mpa": None if math.isnan(mpa) else mpa,
        "person_hours": row.person_hours,
        "priority": [
            {"name_zh": p.name_zh, "name_en": p.name_en, "class": p.kind}
            for p in (people.priority[i] for i in row.priority)
        ],
    }


def _pipe(net: Network, id_: str) -> dict[str, Any]:
    pipe = net.links[id_]
    assert isinstance(pipe, Pipe)
    return {"diameter_mm": pipe.diameter_m * 1e3, "length_m": pipe.length_m}


def _length(net: Network, names: Sequence[str]) -> float:
    links = (net.links[name] for name in names)
    return sum(link.length_m for link in links if isinstance(link, Pipe))


def _people_of(row: Row | None) -> float | None:
    return None if row is None else row.people


def tell(record: Mapping[str, Any], top: int) -> Iterator[str]:
    """The study as text."""
    settings, people, base = record["settings"], record["people"], record["base"]
    source = settings["limit_rule"] or "given"
    when = (
        f"over {settings['hours']:g} h"
        if settings["instant_s"] is None
        else f"at {clock(settings['instant_s'])} of the patterns"
    )
    yield (
        f"{record['name_en']}: {len(record['pipes'])} pipe breaks and "
        f"{len(record['segments'])} valve segments, {when}"
    )
    yield (
        f"Low: below {settings['limit_mpa']:g} MPa ({source}); pressure-driven, "
        f"full demand from {settings['required_pressure_m']:g} m"
    )
    kind = "people"
    if people["estimated"]:
        kind = "people (estimated)"
        yield (
            f"People ESTIMATED from demands at {people['litres_per_person_day']:g} L a person and "
            f"day of all uses (an assumption): {people['total']:.0f}"
        )
    else:
        yield f"People from the site's customers: {people['total']:.0f}"
    if not people["total"]:
        yield "Nobody takes water in this network: no case can hit anybody."
    valves = record["valves"]
    placed = "placed by rule, not surveyed" if valves["placed_by_rule"] else "of the site"
    stuck = f", {valves['inoperable']} of them cannot be shut" if valves["inoperable"] else ""
    yield f"Isolation valves: {valves['count']} {placed}{stuck}"
    for text in base["not_solved"]:
        yield f"NOT SOLVED as it stands, nothing was studied: {text}"
    yield (
        f"As it stands: {base['demand_m3h']:.1f} m3/h delivered, "
        f"{len(base['low_nodes'])} nodes low already ({base['people_low']:.0f} {kind}), "
        f"{len(base['unsupplied'])} without a source; network ends: {base['verdict']}"
    )
    if record["pipes"]:
        yield ""
        yield "Pipe breaks, open until shut:"
        yield from _table(record["pipes"][:top], "pipe", kind)
    if record["segments"]:
        yield ""
        yield "Valve segments, shut for repair:"
        yield from _table(record["segments"][:top], "segment", kind)
    proof = record["proof"]
    yield ""
    yield (
        f"Proof: {proof['solved']} cases in balance; worst residuals "
        f"{proof['worst_mass_m3s'] * 3600:.2g} m3/h and {proof['worst_energy_m']:.2g} m"
    )
    if record["unsolved"]:
        yield f"NOT SOLVED: {proof['unsolved']} cases are not in the tables:"
        for row in record["unsolved"][:top]:
            yield f"  {row['kind']} {row['case']}: {'; '.join(row['reasons'])}"


def _table(rows: list[dict[str, Any]], name: str, kind: str) -> Iterator[str]:
    last = "lost m3/h" if name == "pipe" else "valves"
    yield (
        f"  {'':>4} {name:<14} {kind + ' hit':>22} {'cut off':>9} {'low':>9} "
        f"{'cut m3/h':>9} {'low m3/h':>9}  {'worst node':<22} {last}"
    )
    for row in rows:
        worst = ""
        if row["worst_node"] is not None:
            worst = f"{row['worst_node']} {row['worst_mpa']:.3f} MPa"
        if name == "pipe":
            end = f"{row['outflow_m3h']:.1f}"
        else:
            end = ", ".join(row["valves"][:SHOWN_VALVES]) or "none: the whole piece"
            more = len(row["valves"]) - SHOWN_VALVES
            end += f" and {more} more" if more > 0 else ""
        yield (
            f"  {row['rank']:>4} {row[name]:<14} {row['people']:>22.0f} {row['people_cut']:>9.0f} "
            f"{row['people_low']:>9.0f} {row['demand_cut_m3h']:>9.1f} {row['demand_low_m3h']:>9.1f}"
            f"  {worst:<22} {end}"
        )
        if row["priority"]:
            yield f"       priority users: {_priority(row['priority'])}"


def _priority(users: list[dict[str, str]]) -> str:
    """How many of each class, then the first names."""
    counts: dict[str, int] = {}
    for user in users:
        counts[user["class"]] = counts.get(user["class"], 0) + 1
    numbers = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    names = ", ".join(user["name_en"] for user in users[:SHOWN_USERS])
    return f"{numbers} ({names}{', ...' if len(users) > SHOWN_USERS else ''})"
