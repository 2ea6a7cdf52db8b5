"""Every .inp file of the `wntr` and `epyt` packages beside EPANET, over the whole run.

    python benchmarks/parity_all_files.py [NAME ...] [--accuracy 1e-6] [--limit 300] [--json FILE]

Each file runs as it is (demand-driven unless it says otherwise) and pressure-driven with 20 m of
required pressure. Both sides iterate to the same tight accuracy with at least 200 trials, stop at
the same report times, and go on where a solve ends without balance. Nodes without a source and the
links at them are left out: EPANET gives them numbers. A file that both refuse is equal.
Where the two leave each other the script says when and where
first, and puts EPANET's own states there before the independent judge (`hydraulics.balance`): its
worst mass and energy residual against ours. Every file has a process of its own, so that one that
hangs or dies does not end the study.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

HEAD_M = 1e-3
DIGITS = 1e-12
"""Of a head: files with wrong units have heads of 1e30 m, a double holds 16 digits."""
RELATIVE = 1e-3
FLOW_M3S = 1e-6
REQUIRED_M = 20.0
TRIALS = 200
METRIC = ("LPS", "LPM", "MLD", "CMH", "CMD", "CMS")
Row = dict[str, Any]


def files() -> dict[str, Path]:
    """Every .inp of the two packages, by a short name."""
    found = {}
    for name in ("wntr", "epyt"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            root = Path(spec.origin).parent
            found.update({f"{name}/{p.relative_to(root)}": p for p in sorted(root.rglob("*.inp"))})
    return found


class Peer:
    """EPANET's states of a file at given times, in SI and in the order of our ids."""

    def __init__(self, path: Path, net: Any, mode: str, accuracy: float, times: Any) -> None:
        from epanet import toolkit as en

        from network_models.formats.inp.units import file_units

        self.warnings = 0
        self.refused = ""
        self.failed = ""
        self.unbalanced = 0
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            project = en.createproject()
            try:
                en.open(project, str(path), str(Path(folder) / "r.rpt"), "")
            except Exception as error:
                self.refused = str(error)
                return
            if net is None:
                return
            units = file_units(net.options, epanet=True)
            en.setoption(project, en.ACCURACY, accuracy)
            en.setoption(project, en.TRIALS, net.options.trials)
            en.setoption(project, en.UNBALANCED, net.options.unbalanced_continue)
            if mode == "PDA":
                words = float(units.pressure.words(REQUIRED_M))
                en.setdemandmodel(project, en.PDA, 0.0, words, 0.5)
            self._run(en, project, net, units, times, accuracy)
            en.deleteproject(project)

    def _run(
        self, en: Any, project: Any, net: Any, units: Any, times: Any, accuracy: float
    ) -> None:
        nodes = np.array([en.getnodeindex(project, i) for i in net.node_ids]) - 1
        links = np.array([en.getlinkindex(project, i) for i in net.link_ids]) - 1
        many_n, many_l = en.doubleArray(len(nodes)), en.doubleArray(len(links))

        def node_values(code: int) -> Any:
            en.getnodevalues(project, code, many_n)
            return np.array([many_n[i] for i in range(len(nodes))])[nodes]

        def link_values(code: int) -> Any:
            en.getlinkvalues(project, code, many_l)
            return np.array([many_l[i] for i in range(len(links))])[links]

        wanted = {int(t): i for i, t in enumerate(times)}
        self.head = np.full((len(times), len(nodes)), np.nan)
        self.demand = self.head.copy()
        self.flow = np.full((len(times), len(links)), np.nan)
        self.open = np.ones((len(times), len(links)), dtype=bool)
        self.events: list[int] = []
        en.openH(project)
        en.initH(project, 0)
        while True:
            try:
                t = en.runH(project)
            except Exception as error:
                self.failed = str(error)
                break
            self.events.append(t)
            self.unbalanced += en.getstatistic(project, en.RELATIVEERROR) > accuracy
            if t in wanted:
                i = wanted[t]
                self.head[i] = node_values(en.HEAD) * units.length.to_si(1.0)
                self.demand[i] = node_values(en.DEMAND) * units.flow.to_si(1.0)
                self.flow[i] = link_values(en.FLOW) * units.flow.to_si(1.0)
                self.open[i] = link_values(en.STATUS) > 0
            if en.nextH(project) <= 0:
                break
        en.closeH(project)


def compare(path: Path, mode: str, accuracy: float) -> Row:
    """One file in one mode, at the given accuracy or at one that both sides can reach.

    Where a pipe has next to no resistance, a double's last digit is 1e-7 of its flow, and no
    iteration gets below: then ten times the accuracy is tried.
    """
    row = attempt(path, mode, accuracy)
    if not row["ok"] and row.get("head") is not None:
        other = attempt(path, mode, 10.0 * accuracy)
        if other["ok"]:
            other["reason"] += f" at {10.0 * accuracy:g} ({row['epanet_unbalanced']} unbalanced)"
            return other
    return row


def attempt(path: Path, mode: str, accuracy: float) -> Row:
    """One file in one mode at one accuracy."""
    from hydraulics import SolveError, simulate
    from network_models import NetworkError, read_network

    started = time.process_time()
    try:
        net = read_network(path, epanet_constants=True)
    except NetworkError as error:
        peer = Peer(path, None, mode, accuracy, None)
        reason = str(error).splitlines()[0]
        return {
            "ok": bool(peer.refused),
            "reason": f"both refuse: {reason}" if peer.refused else reason,
        }
    options = replace(
        net.options,
        trials=max(net.options.trials, TRIALS),
        unbalanced_continue=net.options.unbalanced_continue or 0,
    )
    net = replace(net, options=options)
    model = {"demand_model": "pda", "required_pressure_m": REQUIRED_M} if mode == "PDA" else {}
    try:
        run = simulate(net, accuracy=accuracy, **model)  # type: ignore[arg-type]
    except SolveError as error:
        return {"ok": False, "reason": f"ours: {error}"}
    ours = time.process_time() - started
    peer = Peer(path, net, mode, accuracy, run.times_s)
    if peer.refused:
        return {"ok": False, "reason": f"EPANET refuses: {peer.refused}"}
    row = differences(run, peer, net)
    row["seconds"] = [round(ours, 1), round(time.process_time() - started - ours, 1)]
    row["unbalanced"] = len(run.report.unbalanced_times_s)
    row["warnings"] = list(run.report.warnings)[:5]
    row["balance"] = [run.report.balance.mass_m3s, run.report.balance.energy_m]
    row["inconsistent"] = list(run.report.balance.inconsistent)[:5]
    row["epanet_unbalanced"] = int(peer.unbalanced)
    if not row["ok"]:
        row |= first_parting(run, peer, net)
        row["same_seconds"] = same_seconds(run, peer, net, accuracy, model)
        row["reason"] += why(row)
    return row


def why(row: Row) -> str:
    """What the figures say about a difference."""
    if "epanet_here" in row:
        mass, node, *_ = row["epanet_here"]
        if mass > 1e-5 > row["balance_here"][0]:
            lost = f" EPANET is out of balance by {mass:.2g} m3/s at {node}, ours by"
            return f"{lost} {row['balance_here'][0]:.1g}"
    if row["same_seconds"] is not None and row["same_seconds"][0] <= HEAD_M:
        return " equal when both stop at the same seconds"
    if row["epanet_unbalanced"]:
        return f" EPANET's iteration ends without balance {row['epanet_unbalanced']} times"
    return " not explained"


def same_seconds(run: Any, peer: Peer, net: Any, accuracy: float, model: Row) -> list[float] | None:
    """Worst head (m) and flow (m3/s) difference when we stop wherever EPANET had an event.

    Tanks and rules end their steps at whole seconds: rounding in the last digit of a flow moves an
    event by a second, and the tanks that it moves by millimetres. Stopping at EPANET's own seconds
    takes that away; what is left would be a difference of the states.
    """
    from hydraulics.extended import ExtendedPeriod

    period = ExtendedPeriod(net, accuracy=accuracy, **model)
    wanted = {int(t): i for i, t in enumerate(run.times_s)}
    head, flow = run.head_m.copy(), run.flow_m3s.copy()
    for t in peer.events:
        period.run_to(float(t))
        if t in wanted:
            head[wanted[t]], flow[wanted[t]] = (
                period.engine.results()[0],
                period.engine.results()[2],
            )
    again = replace(run, head_m=head, flow_m3s=flow)
    worst = gaps(again, peer, net)
    return [float(np.nanmax(worst[0])), float(np.nanmax(worst[1]))]


def gaps(run: Any, peer: Peer, net: Any) -> tuple[Any, Any, Any]:
    """Differences of head, flow and relative flow; 0 at what no source reaches."""
    supplied = np.isfinite(run.head_m)
    place = {id_: i for i, id_ in enumerate(run.node_ids)}
    starts = [place[link.start] for link in net.links.values()]
    ends = [place[link.end] for link in net.links.values()]
    head = np.where(supplied, np.abs(run.head_m - peer.head), 0.0)
    flow = np.abs(run.flow_m3s - peer.flow)
    flow = np.where(supplied[:, starts] & supplied[:, ends], flow, 0.0)
    size = np.maximum(np.abs(peer.flow), 1e-12)
    return head, flow, np.where(flow > FLOW_M3S, flow / size, 0.0)


def differences(run: Any, peer: Peer, net: Any) -> Row:
    """Worst differences over all report times both have."""
    reached = np.isfinite(peer.head).all(axis=1)
    worst = [float(x[reached].max()) if reached.any() else 0.0 for x in gaps(run, peer, net)]
    near = HEAD_M + DIGITS * np.abs(peer.head[reached])
    same = bool((gaps(run, peer, net)[0][reached] <= near).all())
    ok = bool(same and worst[2] <= RELATIVE and reached.all())
    reason = "" if reached.all() else f"EPANET has {int(reached.sum())} of the report times"
    return {
        "times": len(reached),
        "head": worst[0],
        "flow": worst[1],
        "relative": worst[2],
        "ok": ok,
        "reason": f"{reason} {peer.failed}".strip(),
        "supplied": float(np.isfinite(run.head_m).mean()),
    }


def first_parting(run: Any, peer: Peer, net: Any) -> Row:
    """When and where the two leave each other first, and both sides' residuals there."""
    head, flow, relative = gaps(run, peer, net)
    bad = (head > HEAD_M).any(axis=1) | (relative > RELATIVE).any(axis=1)
    if not bad.any():
        return {}
    t = int(np.argmax(bad))
    n, k = int(np.nanargmax(head[t])), int(np.nanargmax(flow[t]))
    others = np.flatnonzero(run.status[t] != peer.open[t])
    return {
        "first": float(run.times_s[t]),
        "bad_times": int(bad.sum()),
        "node": [run.node_ids[n], float(run.head_m[t, n]), float(peer.head[t, n])],
        "link": [run.link_ids[k], float(run.flow_m3s[t, k]), float(peer.flow[t, k])],
        "status": [
            f"{run.link_ids[i]} {type(net.links[run.link_ids[i]]).__name__} ours "
            f"{int(run.status[t, i])}"
            for i in others[:5]
        ],
        "balance_here": judge(
            run.head_m[t], run.demand_m3s[t], run.flow_m3s[t], run.status[t], net
        ),
        "epanet_here": judge(peer.head[t], peer.demand[t], peer.flow[t], peer.open[t], net),
    }


def judge(head: Any, demand: Any, flow: Any, is_open: Any, net: Any) -> list[float]:
    """Mass (m3/s) and energy (m) residual of a state whose pipes only are judged for energy.

    Neither side's own bookkeeping of valves is asked for: a valve counts as obeying its setting.
    """
    from hydraulics.arrays import compile_network
    from hydraulics.balance import Judge
    from hydraulics.tables import ACTIVE, CLOSED, MISSING, OPEN, PUMP
    from hydraulics.us_units import m3s_per_cfs

    links = compile_network(net).tables.links
    setting = links["setting"].copy()
    pump = links["kind"] == PUMP
    setting[pump] = np.where(is_open, np.where(setting > 0.0, setting, 1.0), 0.0)[pump]
    valve = (links["kind"] > PUMP) & (setting != MISSING)
    status = np.where(is_open, np.where(valve, ACTIVE, OPEN), CLOSED).astype(np.uint8)
    found = Judge(net).judge(
        head, demand, flow, status, setting, m3s_per_cfs(net.options.flow_unit)
    )
    return [found.mass_m3s, found.mass_node, found.energy_m, found.energy_link]  # type: ignore[list-item]


def work(line: Connection, accuracy: float) -> None:
    """The process of one file after another, until the line closes."""
    from hydraulics import warmup

    warmup()
    line.send("ready")
    while True:
        try:
            path, mode = line.recv()
        except EOFError:
            return
        try:
            line.send(compare(path, mode, accuracy))
        except Exception as error:
            line.send({"ok": False, "reason": f"{type(error).__name__}: {error}"})


def study(chosen: dict[str, Path], accuracy: float, limit_s: float) -> list[Row]:
    """All files in both modes, one worker process, replaced when it dies or hangs."""
    context = multiprocessing.get_context("spawn")
    rows: list[Row] = []
    worker = None
    for name, path in chosen.items():
        for mode in ("DDA", "PDA"):
            if worker is None:
                line, other = context.Pipe()
                worker = context.Process(target=work, args=(other, accuracy), daemon=True)
                worker.start()
                other.close()
                line.recv()  # compiling on a fresh machine is not the file's fault
            row: Row = {"ok": False, "reason": f"no answer in {limit_s:g} s"}
            try:
                line.send((path, mode))
                answered = line.poll(limit_s)
                if answered:
                    row = line.recv()
            except (EOFError, OSError):
                row, answered = {"ok": False, "reason": "the process died"}, False
            if not answered:
                worker.kill()
                worker.join()
                worker = None
            rows.append({"file": name, "mode": mode, **row})
            show(rows[-1])
    return rows


def show(row: Row) -> None:
    """One line of the table, and what is known where the two part."""
    figures = " ".join(f"{row.get(key, float('nan')):9.1e}" for key in ("head", "flow", "relative"))
    verdict = "ok " if row["ok"] else "NOT"
    if row.get("supplied", 1.0) < 1.0:
        row["reason"] += f" (without source {1.0 - row['supplied']:.1%})"
    times = row.get("times", "-")
    print(
        f"{row['file']:58} {row['mode']} {times:>5} {figures} {verdict} {row['reason']}", flush=True
    )
    if not row["ok"]:
        skip = ("file", "mode", "times", "head", "flow", "relative", "ok", "reason", "supplied")
        for key, value in row.items():
            if key not in skip and value:
                print(f"        {key}: {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of file names; none is all files")
    parser.add_argument("--accuracy", type=float, default=1e-6)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a file and mode")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    chosen = files()
    if given.names:
        chosen = {n: p for n, p in chosen.items() if any(word in n for word in given.names)}
    print(f"{'file':58} mode times   head m   flow m3s  relative")
    rows = study(chosen, given.accuracy, given.limit)
    for mode in ("DDA", "PDA"):
        of = [row for row in rows if row["mode"] == mode]
        print(f"{mode}: {sum(row['ok'] for row in of)} of {len(of)} equal")
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=1))
    sys.exit(0 if all(row["ok"] for row in rows) else 1)


if __name__ == "__main__":
    main()
