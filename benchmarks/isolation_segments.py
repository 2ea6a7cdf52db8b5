"""Segments beside `wntr.metrics.topographic.valve_segments`: equal partitions, and the ratio.

    python benchmarks/isolation_segments.py [--peer-limit SECONDS] [NETWORK ...]

Valves stand on every link (at its start), and at random on 5, 20 and 100 % of link ends. Times are
CPU seconds of one call each, ours the best of five. The peer works in a process of its own and is
stopped at its limit of CPU seconds: the ratio is then a lower bound, partitions are not compared.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import signal
import time
import warnings
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from dispatch.isolation import isolate
from network_models import read_network
from network_models.elements import Junction, Pipe, Reservoir
from network_models.network import Network
from network_models.topology import segments
from network_models.valves import IsolationValve

NETWORKS = {
    "L-TOWN": ("epyt", "networks/L-TOWN.inp"),
    "Net6": ("wntr", "library/networks/Net6.inp"),
    "BWSN-2": ("epyt", "networks/asce-tf-wdst/BWSN_Network_2.inp"),
}


def file_of(name: str) -> Path:
    """The network file of an installed package."""
    package, path = NETWORKS[name]
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / path


def layouts(net: Network) -> dict[str, list[IsolationValve]]:
    """Valve layouts by name."""
    ends = [(link, side) for link in net.links for side in ("start", "end")]
    found = {"a valve a link": [(link, "start") for link in net.links]}
    for share in (5, 20, 100):
        found[f"{share} % of ends"] = random.Random(share).sample(ends, len(ends) * share // 100)
    return {
        name: [IsolationValve(id=f"{link}/{side}", link=link, side=side) for link, side in chosen]  # type: ignore[arg-type]
        for name, chosen in found.items()
    }


def partition(labels: dict[str, int]) -> set[frozenset[str]]:
    """The sets of names with one label."""
    groups: dict[int, set[str]] = {}
    for name, label in labels.items():
        groups.setdefault(label, set()).add(name)
    return {frozenset(group) for group in groups.values()}


def ours(net: Network, valves: list[IsolationValve]) -> tuple[set[frozenset[str]], float]:
    """Partition and CPU seconds."""
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        found = segments(net, valves)
        best = min(best, time.process_time() - began)
    labels = {f"N {n}": int(s) for n, s in zip(net.node_ids, found.node, strict=True)}
    labels |= {f"L {n}": int(s) for n, s in zip(net.link_ids, found.link, strict=True)}
    return partition(labels), best


def theirs(
    path: Path, net: Network, valves: list[IsolationValve]
) -> tuple[set[frozenset[str]], float]:
    """The peer's partition and CPU seconds."""
    import pandas as pd
    import wntr

    graph = wntr.network.WaterNetworkModel(str(path)).to_graph()
    layer = pd.DataFrame(
        [{"link": v.link, "node": getattr(net.links[v.link], v.side)} for v in valves]
    )
    began = time.process_time()
    nodes, links, _ = wntr.metrics.topographic.valve_segments(graph, layer)
    took = time.process_time() - began
    labels = {f"N {n}": int(s) for n, s in nodes.items()}
    labels |= {f"L {n}": int(s) for n, s in links.items()}
    return partition(labels), took


def _peer(
    out: Connection, path: Path, net: Network, valves: list[IsolationValve], limit_s: int
) -> None:
    warnings.simplefilter("ignore")
    import wntr  # noqa: F401  loading it is not part of the limit

    spent = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + limit_s, spent + limit_s + 5))
    out.send(theirs(path, net, valves))


def theirs_within(
    path: Path, net: Network, valves: list[IsolationValve], limit_s: int
) -> tuple[set[frozenset[str]], float] | None:
    """The peer's partition and CPU seconds; None when it was stopped at its limit."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_peer, args=(send, path, net, valves, limit_s))
    child.start()
    send.close()
    try:
        found: tuple[set[frozenset[str]], float] = receive.recv()
    except EOFError:
        child.join()
        if child.exitcode != -signal.SIGXCPU:
            raise RuntimeError(f"the peer ended with {child.exitcode}") from None
        return None
    child.join()
    return found


def grid(side: int) -> Network:
    """A square grid of streets with about 2 x side x side links."""
    nodes = {
        f"{x},{y}": Junction(id=f"{x},{y}", elevation_m=0.0)
        for x in range(side)
        for y in range(side)
    }
    nodes["R"] = Reservoir(id="R", elevation_m=50.0)  # type: ignore[assignment]
    ends = [("R", "0,0")]
    ends += [(f"{x},{y}", f"{x + 1},{y}") for x in range(side - 1) for y in range(side)]
    ends += [(f"{x},{y}", f"{x},{y + 1}") for x in range(side) for y in range(side - 1)]
    links = {
        f"P{i}": Pipe(id=f"P{i}", start=a, end=b, length_m=100.0, diameter_m=0.2, roughness=110.0)
        for i, (a, b) in enumerate(ends)
    }
    return Network(nodes=nodes, links=links)  # type: ignore[arg-type]


def large() -> None:
    """The whole answer on a network of 100,000 links."""
    net = grid(224)
    valves = layouts(net)["20 % of ends"]
    best = np.inf
    for _ in range(3):
        began = time.process_time()
        isolate(net, valves, "link:P50000")
        best = min(best, time.process_time() - began)
    print(f"grid of {len(net.links)} links, {len(valves)} valves: isolate {best:.3f} s CPU")


def main(names: list[str], limit_s: int) -> None:
    """Print a line a network and layout."""
    warnings.simplefilter("ignore")
    large()
    for name in names:
        path = file_of(name)
        net = read_network(path)
        for layout, valves in layouts(net).items():
            mine, ours_s = ours(net, valves)
            line = (
                f"{name:<7} {len(net.links):>6} links, {layout:<15} {len(mine):>6} segments"
                f"  ours {ours_s * 1e3:8.2f} ms"
            )
            found = theirs_within(path, net, valves, limit_s)
            if found is None:
                ratio = limit_s / ours_s
                told = f"peer stopped after {limit_s} s, ratio at least x{ratio:,.0f}"
            else:
                peer, peer_s = found
                same = "equal" if mine == peer else f"DIFFERENT ({len(mine ^ peer)} sets)"
                told = f"wntr {peer_s:8.3f} s, x{peer_s / ours_s:,.0f}  {same}"
            print(f"{line}, {told}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), metavar="NETWORK")
    parser.add_argument("--peer-limit", type=int, default=600, metavar="SECONDS")
    asked = parser.parse_args()
    main(asked.networks, asked.peer_limit)
