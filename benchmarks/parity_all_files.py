"""Every .inp file of the `wntr` and `epyt` packages beside EPANET, over the whole run.

    python benchmarks/parity_all_files.py [NAME ...] [--accuracy 1e-6] [--limit 300] [--json FILE]

Each file runs as it is (demand-driven unless it says otherwise) and pressure-driven with 20 m of
required pressure. Both sides iterate to the same tight accuracy with at least 200 trials and stop
at the same report times; nodes without a source are left out, EPANET gives them numbers. A file
that both refuse counts as equal. Where the two leave each other the script says when and where
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
            if mode == "PDA":
                words = float(units.pressure.words(REQUIRED_M))
                en.setdemandmodel(project, en.PDA, 0.0, words, 0.5)
            self._run(en, project, net, units, times)
            en.deleteproject(project)

    def _run(self, en: Any, project: Any, net: Any, units: Any, times: Any) -> None:
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
            t = en.runH(project)
            self.events.append(t)
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
    """One file in one mode."""
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
    net = replace(net, options=replace(net.options, trials=max(net.options.trials, TRIALS)))
    model = {"demand_model": "pda", "required_pressure_m": REQUIRED_M} if mode == "PDA" else {}
    try:
        run = simulate(net, accuracy=accuracy, **model)  # type: ignore[arg-type]
    except SolveError as error:
        return {"ok": False, "reason": f"ours: {error}"}
    ours = time.process_time() - started
    peer = Peer(path, net, mode, accuracy, run.times_s)
    if peer.refused:
        return {"ok": False, "reason": f"EPANET refuses: {peer.refused}"}
    row = differences(run, peer)
    row["seconds"] = [round(ours, 1), round(time.process_time() - started - ours, 1)]
    row["unbalanced"] = len(run.report.unbalanced_times_s)
    row["warnings"] = list(run.report.warnings)[:5]
    row["balance"] = [run.report.balance.mass_m3s, run.report.balance.energy_m]
    row["inconsistent"] = list(run.report.balance.inconsistent)[:5]
    if not row["ok"]:
        row |= first_parting(run, peer, net)
    return row


def differences(run: Any, peer: Peer) -> Row:
    """Worst differences over all report times both have."""
    reached = np.isfinite(peer.head).all(axis=1)
    head = np.where(np.isfinite(run.head_m), np.abs(run.head_m - peer.head), 0.0)[reached]
    flow = np.abs(run.flow_m3s - peer.flow)[reached]
    size = np.maximum(np.abs(peer.flow[reached]), 1e-12)
    relative = np.where(flow > FLOW_M3S, flow / size, 0.0)
    worst = [float(x.max()) if x.size else 0.0 for x in (head, flow, relative)]
    ok = bool(worst[0] <= HEAD_M and worst[2] <= RELATIVE and reached.all())
    reason = "" if reached.all() else f"EPANET has {int(reached.sum())} of the report times"
    return {
        "times": len(reached),
        "head": worst[0],
        "flow": worst[1],
        "relative": worst[2],
        "ok": ok,
        "reason": reason,
    }


def first_parting(run: Any, peer: Peer, net: Any) -> Row:
    """When and where the two leave each other first, and both sides' residuals there."""
    head = np.where(np.isfinite(run.head_m), np.abs(run.head_m - peer.head), 0.0)
    flow = np.abs(run.flow_m3s - peer.flow)
    relative = np.where(flow > FLOW_M3S, flow / np.maximum(np.abs(peer.flow), 1e-12), 0.0)
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
    valve = (links["kind"] > PUMP) & (setting != MISSING)
    status = np.where(is_open, np.where(valve, ACTIVE, OPEN), CLOSED).astype(np.uint8)
    found = Judge(net).judge(
        head, demand, flow, status, setting, m3s_per_cfs(net.options.flow_unit)
    )
    return [found.mass_m3s, found.mass_node, found.energy_m, found.energy_link]  # type: ignore[list-item]


def work(line: Connection, accuracy: float) -> None:
    """The process of one file after another, until the line closes."""
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
    times = row.get("times", "-")
    print(
        f"{row['file']:58} {row['mode']} {times:>5} {figures} {verdict} {row['reason']}", flush=True
    )
    if not row["ok"]:
        skip = ("file", "mode", "times", "head", "flow", "relative", "ok", "reason")
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
