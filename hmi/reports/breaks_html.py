"""The report of `ringmain whatif breaks` as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hmi.reports.breaks_words import PIPE_HEADS, READING, SEGMENT_HEADS, VERDICTS
from hmi.reports.map_svg import link_map
from hmi.reports.page import Cell, Text, facts, heading, page, paragraph, table
from scenarios.proof import clock

if TYPE_CHECKING:
    from network_models.network import Network

MARKED = 10
VALVES = 8
USERS = 3


def breaks_page(net: Network, record: Mapping[str, Any], top: int) -> str:
    """The page for a record of `ringmain whatif breaks --json`: the `top` rows of each table."""
    title = Text(
        f"爆管与关阀影响排序：{record['name_zh']}",
        f"Pipe breaks and valve closures, ranked: {record['name_en']}",
    )
    return page(title, _body(net, record, top))


def _body(net: Network, record: Mapping[str, Any], top: int) -> Iterator[str]:
    base, people = record["base"], record["people"]
    for text in base["not_solved"]:
        yield paragraph(
            f"现状无法求解，未作研究：{text}", f"Not solved as it stands: {text}", "alert"
        )
    if record["unsolved"]:
        count = len(record["unsolved"])
        yield paragraph(
            f"{count}个工况未能求解，不在表中，见页末。",
            f"{count} cases are not solved and not in the tables; they are named at the end.",
            "alert",
        )
    if people["estimated"]:
        litres = f"{people['litres_per_person_day']:g}"
        yield paragraph(
            f"人口为估算：没有用户表，由平均需水量按每人每日综合用水{litres} L推算"
            "（假定值，非规范值）。",
            f"People are estimated: without customers, from mean demands at {litres} L a person "
            "and day of all uses (an assumption, not a standard's figure).",
            "alert",
        )
    yield facts(_facts(record))
    unit = _unit(people["estimated"])
    if record["pipes"]:
        yield heading("爆管（关阀前自由出流）", "Pipe breaks (open until shut)")
        worst = record["pipes"][:MARKED]
        values = {row["pipe"]: row["people"] for row in record["pipes"]}
        yield link_map(net, values, {r["pipe"]: str(r["rank"]) for r in worst}, unit)
        yield _table(PIPE_HEADS, [_pipe_cells(row) for row in record["pipes"][:top]])
        yield _more(len(record["pipes"]) - top)
    if record["segments"]:
        yield heading("关阀区段（检修）", "Valve segments (shut for repair)")
        if record["valves"]["placed_by_rule"]:
            yield paragraph(
                "阀门由规则布置，并非实测。", "Valves are placed by rule, not surveyed.", "alert"
            )
        worst = record["segments"][:MARKED]
        values = {k: row["people"] for row in record["segments"] for k in row["links"]}
        labels = {row["links"][0]: str(row["rank"]) for row in worst if row["links"]}
        spots = {
            row["nodes"][0]: (row["people"], str(row["rank"]))
            for row in worst
            if row["nodes"] and not row["links"]
        }
        yield link_map(net, values, labels, unit, spots)
        yield _table(SEGMENT_HEADS, [_segment_cells(row) for row in record["segments"][:top]])
        yield _more(len(record["segments"]) - top)
    yield from _standing(base)
    yield from _proof(record)
    yield heading("如何阅读", "How to read this")
    for text in READING:
        yield paragraph(*text)


def _table(heads: Sequence[Text], rows: list[Sequence[Cell]]) -> str:
    """A table without the columns that are empty throughout."""
    used = [i for i in range(len(heads)) if any(row[i].shown for row in rows)]
    return table([heads[i] for i in used], [[row[i] for i in used] for row in rows])


def _unit(estimated: bool) -> Text:
    return Text("人（估算）", "people (estimated)") if estimated else Text("人", "people")


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    settings, valves, people = record["settings"], record["valves"], record["people"]
    rule = settings["limit_rule"]
    source = Text(f"{rule}", f"{rule}") if rule else Text("使用者给定", "given by the user")
    yield (
        f"{settings['limit_mpa']:g} MPa",
        Text(f"低压限值（{source.zh}）", f"low below ({source.en})"),
    )
    yield (
        f"{settings['required_pressure_m']:g} m",
        Text("足量供水所需压力水头", "pressure head for full demand"),
    )
    if settings["instant_s"] is None:
        yield f"{settings['hours']:g} h", Text("每个工况的时长", "each case runs")
    else:
        yield clock(settings["instant_s"]), Text("用水模式时刻", "instant of the patterns")
    yield (
        f"{people['total']:,.0f}",
        Text(
            "总人口" + "（估算）" * people["estimated"],
            "people" + " (estimated)" * people["estimated"],
        ),
    )
    yield f"{record['base']['demand_m3h']:,.0f} m³/h", Text("现状供水量", "delivered as it stands")
    yield f"{len(record['pipes']):,}", Text("爆管工况", "pipe breaks")
    yield f"{len(record['segments']):,}", Text("关阀区段", "valve segments")
    placed = valves["placed_by_rule"]
    yield (
        f"{valves['count']:,}",
        Text(
            "阀门（规则布置）" if placed else "阀门",
            "valves (placed by rule)" if placed else "valves",
        ),
    )


def _common(row: Mapping[str, Any]) -> Iterator[Cell]:
    for name in ("people", "people_cut", "people_low"):
        yield Cell(f"{row[name]:,.0f}", row[name])
    for name in ("demand_cut_m3h", "demand_low_m3h", "missing_m3h"):
        yield Cell(f"{row[name]:,.1f}", row[name])
    if row["worst_node"] is None:
        yield Cell("")
    else:
        yield Cell(f"{row['worst_node']} · {row['worst_mpa']:.3f} MPa", None, "nowrap")
    hours = row["person_hours"]
    yield Cell(f"{hours:,.0f}", hours) if hours else Cell("")


def _priority(row: Mapping[str, Any]) -> Cell:
    users = row["priority"]
    names = "；".join(f"{p['name_zh']} {p['name_en']}" for p in users[:USERS])
    more = len(users) - USERS
    return Cell(names + (f" +{more}" if more > 0 else ""))


def _pipe_cells(row: Mapping[str, Any]) -> Sequence[Cell]:
    shut = row["people_when_shut"]
    return (
        Cell(f"{row['rank']}", row["rank"]),
        Cell(f"{row['pipe']} · DN{row['diameter_mm']:.0f}", None, "nowrap"),
        *_common(row),
        Cell(f"{row['outflow_m3h']:,.0f}", row["outflow_m3h"]),
        Cell(row["segment"]),
        Cell("" if shut is None else f"{shut:,.0f}", -1.0 if shut is None else shut),
        _priority(row),
    )


def _segment_cells(row: Mapping[str, Any]) -> Sequence[Cell]:
    valves = ", ".join(row["valves"][:VALVES]) or "- 无 none"
    more = len(row["valves"]) - VALVES
    return (
        Cell(f"{row['rank']}", row["rank"]),
        Cell(row["segment"]),
        *_common(row),
        Cell(f"{row['length_m']:,.0f}", row["length_m"]),
        Cell(valves + (f" +{more}" if more > 0 else "")),
        _priority(row),
    )


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return paragraph(
        f"另有{count:,}行，见CSV或JSON。",
        f"{count:,} more rows stand in the CSV and JSON.",
        "muted",
    )


def _standing(base: Mapping[str, Any]) -> Iterator[str]:
    yield heading("现状自身的低压", "Low as it stands")
    verdict = VERDICTS[base["verdict"]]
    yield paragraph(
        f"管网末梢：{base['ends']}个，{verdict.zh}。未有事故时已低于限值的节点{len(base['low_nodes'])}个，"
        f"无水源节点{len(base['unsupplied'])}个；它们不计入各工况。",
        f"Network ends: {base['ends']}, {verdict.en}. {len(base['low_nodes'])} nodes are under the "
        f"limit and {len(base['unsupplied'])} without a source before anything breaks; no case "
        "counts them.",
    )
    if base["violations"]:
        yield table(
            (Text("末梢", "end"), Text("压力 MPa", "MPa"), Text("条款", "clause")),
            [
                (
                    Cell(v["node"]),
                    Cell(f"{v['worst_mpa']:.3f}", v["worst_mpa"]),
                    Cell(f"{v['rule']} {v['clause']}"),
                )
                for v in base["violations"]
            ],
        )


def _proof(record: Mapping[str, Any]) -> Iterator[str]:
    proof = record["proof"]
    mass, energy = proof["worst_mass_m3s"] * 3600, proof["worst_energy_m"]
    yield heading("求解证明", "Proof")
    yield paragraph(
        f"{proof['solved']:,}个工况平衡；节点流量不平衡最大{mass:.2g} m³/h，管段能量不平衡最大"
        f"{energy:.2g} m，由独立程序核算。",
        f"{proof['solved']:,} cases in balance; worst mass residual {mass:.2g} m3/h, worst energy "
        f"residual {energy:.2g} m, found apart from the solver.",
    )
    if record["unsolved"]:
        yield table(
            (Text("未解工况", "not solved"), Text("种类", "kind"), Text("原因", "why")),
            [
                (Cell(u["case"]), Cell(u["kind"]), Cell("; ".join(u["reasons"])))
                for u in record["unsolved"]
            ],
        )
