"""The heat part of `ringmain comply`: rooms judged, stations that lack heat named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hmi.cli.progress import progress_bar
from hmi.cli.simulate_heat import kelvin

if TYPE_CHECKING:
    from dispatch.rulebook import RuleBook, RuleSet
    from network_models import Network

SHOWN = 10
USUAL_OUTDOOR_C = -10.0
"""The weather rooms are judged in unless the caller says another."""


def judge_heat_network(
    net: Network,
    book: RuleBook,
    rules: RuleSet,
    *,
    hours: float | None,
    step_s: float | None,
    outdoor_c: float | None,
    quiet: bool,
) -> dict[str, Any]:
    """Run a heat network with its rooms and judge them: the `heat` part of the record."""
    from dataclasses import asdict

    from dispatch.heat_ends import judge_ends
    from dispatch.heat_rooms import judge_rooms
    from dispatch.room_run import STEP_S, Homes, run_rooms
    from hmi.reports.heat_summary import heat_faults

    outdoor = USUAL_OUTDOOR_C if outdoor_c is None else outdoor_c
    homes = Homes()
    with progress_bar("Solving heat", wanted=not quiet) as advance:
        found = run_rooms(
            net,
            homes,
            kelvin(outdoor) or 0.0,
            hours=net.times.duration_s / 3600.0 if hours is None else hours,
            step_s=STEP_S if step_s is None else step_s,
            progress=lambda share: advance("", share),
        )
    verdict = judge_rooms(book, rules, found.stations, found.run.times_s, found.room_k)
    ends = judge_ends(net, rules, found.run.times_s, found.run.available_pa)
    return {
        **verdict.as_dict(),
        "ends": ends.as_dict(),
        "violated": verdict.violated or ends.violated,
        "outdoor_c": outdoor,
        "homes": asdict(homes),
        "duration_s": float(found.run.times_s[-1]),
        "report_times": len(found.run.times_s),
        "not_solved": heat_faults(found.run.report),
        "report": found.run.report.as_dict(),
    }


def heat_verdict_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What a person reads of the `heat` part."""
    from hmi.reports.heat_summary import shortfall_lines

    for text in record["not_solved"]:
        yield f"HEAT NOT SOLVED: {text}"
    homes = record["homes"]
    yield f"Heat (rooms at {record['outdoor_c']:g} C outside): {record['verdict'].upper()}"
    yield (
        f"  {record['households']} households (estimated), buildings of "
        f"{homes['time_constant_h']:g} h; judged by {record['rule'] or 'no rule'}"
    )
    yield from room_lines(record)
    yield from _end_lines(record)
    report = record["report"]
    yield from shortfall_lines(report)
    for text in report["warnings"][:SHOWN]:
        yield f"Warning: {text}"


def _end_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The stations whose pressure does not do, and the one with the least to spare."""
    ends, report = record["ends"], record["report"]
    yield f"Heat (pressure at the network's end): {ends['verdict'].upper()}"
    for row in ends["findings"][:SHOWN]:
        if row["verdict"] != "pass" or row is ends["findings"][0]:
            yield (
                f"  {row['verdict']:<10} {row['station']:<10} {row['lowest_pa'] / 1e3:.1f} kPa "
                f"between supply and return at its lowest, {row['needed_pa'] / 1e3:.1f} needed"
            )
    if ends["unknown"]:
        yield f"  {ends['unknown']} stations whose need nobody has stated (available_head_pa)"
    if report["critical"] and not ends["findings"]:
        yield f"  least at the end: {report['critical']}, {report['critical_pa'] / 1e3:.1f} kPa"


def room_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Who falls below which temperature."""
    for limit, households in record["households_below"].items():
        if households:
            hours = [s["falls_h"][limit] for s in record["stations"]]
            first = min(h for h in hours if h is not None)
            yield f"  below {limit} C: {households} households, the first after {first:.1f} h"
    for row in record["stations"][:SHOWN]:
        if row["lowest_c"] < record["limits_c"][0]:
            falls = ", ".join(
                f"{limit} C {'never' if h is None else f'{h:.1f} h'}"
                for limit, h in row["falls_h"].items()
            )
            yield (
                f"  {row['verdict']:<10} {row['station']:<10} {row['households']:5d} households, "
                f"lowest {row['lowest_c']:.1f} C; until {falls}"
            )
    if record["refund_household_days"]:
        yield (
            f"  refund if the supplier is the cause: {record['refund_household_days']:.4g} "
            "household days' fees"
        )
