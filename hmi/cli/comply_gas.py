"""The gas part of `ringmain comply`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hmi.cli.progress import progress_bar
from scenarios.proof import clock

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet
    from network_models import Network

SHOWN = 10


def judge_gas_network(
    net: Network,
    rules: RuleSet,
    *,
    hours: float | None,
    step_s: float | None,
    accuracy: float | None,
    line_pack: bool,
    quiet: bool,
) -> dict[str, Any]:
    """Run a gas network and judge its users: the `gas` part of the record."""
    from dispatch.gas_compliance import judge_gas
    from hmi.reports.gas_summary import gas_faults
    from hydraulics.gas.run import simulate

    with progress_bar("Solving gas", wanted=not quiet) as advance:
        run = simulate(
            net,
            hours=hours,
            step_s=step_s,
            accuracy=accuracy,
            line_pack=line_pack,
            progress=lambda share: advance("", share),
        )
    found = judge_gas(net, rules, run.times_s, run.pressure_pa)
    return {
        **found.as_dict(),
        "violated": found.violated,
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "not_solved": gas_faults(run.report),
        "report": run.report.as_dict(),
    }


def gas_verdict_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What a person reads of the `gas` part."""
    for text in record["not_solved"]:
        yield f"GAS NOT SOLVED: {text}"
    yield f"Gas ({record['kind']}): {record['verdict'].upper()}"
    if record["note_en"]:
        yield f"  {record['note_en']}"
    if record["band_pa"] is not None:
        low, high = record["band_pa"]
        yield (
            f"Users of low pressure: {record['users']}, judged by {record['rule']} "
            f"({low:g} to {high:g} Pa); {record['outside']} leave the band"
        )
    broken = [f for f in record["findings"] if f["verdict"] != "pass"]
    for row in (broken or record["findings"])[:SHOWN]:
        text = (
            f"  {row['verdict']:<10} {row['node']:<14} {row['lowest_pa']:.0f} Pa at "
            f"{clock(row['lowest_time_s'])} to {row['highest_pa']:.0f} Pa at "
            f"{clock(row['highest_time_s'])}"
        )
        if row["outside_s"]:
            text += f", outside for {row['outside_s'] / 3600:.4g} h"
        yield text
    if len(broken) > SHOWN:
        yield f"  ... and {len(broken) - SHOWN} more (see --json)"
    if record["unsupplied"]:
        names = ", ".join(record["unsupplied"][:SHOWN])
        yield f"Users without gas: {len(record['unsupplied'])}: {names}"
    for row in record["report"]["shortfalls"][:SHOWN]:
        yield (
            f"  {row['node']}: gets {row['delivered_kgs']:.4g} of {row['wanted_kgs']:.4g} kg/s "
            f"({row['element']}: {row['reason']})"
        )
    for text in record["report"]["warnings"][:SHOWN]:
        yield f"Warning: {text}"
