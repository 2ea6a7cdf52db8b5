"""A run's state, held: enough to go on from it bit by bit, in memory or in a file.

A snapshot keeps what a solve starts from and what a run has added up, not the network: it is
resumed on the same network. Node values stand in the file's order, so that another order of
elimination does not make a snapshot unreadable.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hydraulics.arrays import NetworkArrays
from hydraulics.engine import Engine, Outcome
from hydraulics.tables import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "ringmain/snapshot/1"

Array = NDArray[Any]

_NODES = (
    "head",
    "demand",
    "delivered",
    "emitted",
    "inflow",
    "emitter",
    "dead",
    "reached",
    "leaked",
)
"""Arrays of `Work` with a value a kernel row."""
_PLAIN = (
    "flow",
    "status",
    "setting",
    "held",
    "dead_link",
    "volume",
    "given_head",
    "factor",
    "added",
    "pattern_now",
    "leak",
)
"""Arrays of `Work` in an order that the file gives."""


class Counters(NamedTuple):
    """What a run has counted."""

    solves: int
    iterations: int
    unbalanced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of an `ExtendedPeriod` at `time_s`. `network` is a digest of its network."""

    network: str
    time_s: float
    settings: Settings
    counters: Counters
    outcome: Outcome
    warnings: tuple[str, ...]
    arrays: Mapping[str, Array]

    def to_bytes(self) -> bytes:
        """As the bytes of a file."""
        header = {
            "format": FORMAT,
            "network": self.network,
            "time_s": self.time_s,
            "settings": self.settings._asdict(),
            "counters": self.counters._asdict(),
            "outcome": asdict(self.outcome),
            "warnings": self.warnings,
        }
        text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, header=text, **self.arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """The snapshot in a file's bytes. ValueError says what is wrong with them."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            header = json.loads(arrays.pop("header").tobytes())
            if header["format"] != FORMAT:
                raise TypeError(f"its form is {header['format']}, this release reads {FORMAT}")
            return cls(
                network=header["network"],
                time_s=float(header["time_s"]),
                settings=Settings(**header["settings"]),
                counters=Counters(**header["counters"]),
                outcome=Outcome(**header["outcome"]),
                warnings=tuple(header["warnings"]),
                arrays=arrays,
            )
        except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"not a snapshot that can be read: {error}") from error


def take(engine: Engine, time_s: float, warnings: tuple[str, ...]) -> Snapshot:
    """A copy of the state of `engine`."""
    a, work, witness = engine.arrays, engine.work, engine.witness
    arrays: dict[str, Array] = {}
    for name in _NODES:
        arrays[name] = getattr(work, name)[a.row_of_node]
    for name in _PLAIN:
        arrays[name] = getattr(work, name).copy()
    arrays["proof_emitter"] = witness.proof.emitter[a.row_of_node]
    for name in ("now", "used", "total"):
        arrays[f"ledger_{name}"] = getattr(witness.ledger, name).copy()
    for verdict in ("state", "total"):
        for name in ("worst", "where", "failed", "flaw"):
            arrays[f"{verdict}_{name}"] = getattr(getattr(witness, verdict), name).copy()
        _to_file_order(arrays[f"{verdict}_where"], a.node_of_row)
    return Snapshot(
        network=digest(a),
        time_s=time_s,
        settings=engine.settings,
        counters=Counters(engine.solves, engine.iterations, engine.unbalanced),
        outcome=engine.outcome,
        warnings=warnings,
        arrays=arrays,
    )


def restore(snapshot: Snapshot, arrays: NetworkArrays) -> Engine:
    """An engine in the state of `snapshot`. ValueError if it belongs to another network."""
    if snapshot.network != digest(arrays):
        raise ValueError(
            "the snapshot is of another network: its nodes, links or what they join differ"
        )
    engine = Engine(arrays, snapshot.settings)
    work, witness, kept = engine.work, engine.witness, snapshot.arrays
    rows = arrays.node_of_row
    targets: dict[str, tuple[Array, Array]] = {}
    for name in _NODES:
        targets[name] = (getattr(work, name), _of(kept, name)[rows])
    for name in _PLAIN:
        targets[name] = (getattr(work, name), _of(kept, name))
    targets["proof_emitter"] = (witness.proof.emitter, _of(kept, "proof_emitter")[rows])
    for name in ("now", "used", "total"):
        targets[f"ledger_{name}"] = (getattr(witness.ledger, name), _of(kept, f"ledger_{name}"))
    for verdict in ("state", "total"):
        for name in ("worst", "where", "failed", "flaw"):
            key = f"{verdict}_{name}"
            targets[key] = (getattr(getattr(witness, verdict), name), _of(kept, key))
    for name, (target, value) in targets.items():
        if target.shape != value.shape:
            raise ValueError(
                f"the snapshot is of another network: {name} has the shape {value.shape}, "
                f"not {target.shape}"
            )
        target[...] = value
    for found in (witness.state, witness.total):
        _to_file_order(found.where, arrays.row_of_node)
    engine.solves, engine.iterations, engine.unbalanced = snapshot.counters
    engine.outcome = snapshot.outcome
    return engine


def digest(arrays: NetworkArrays) -> str:
    """Of what a snapshot must share with the network it is resumed on: elements and ends."""
    links = arrays.tables.links
    text = "\n".join((*arrays.node_ids, "", *arrays.link_ids))
    found = hashlib.sha256(text.encode())
    for name in ("start", "end"):
        found.update(arrays.node_of_row[links[name].astype(np.int64)].tobytes())
    found.update(np.ascontiguousarray(links["kind"]).tobytes())
    return found.hexdigest()


def _of(kept: Mapping[str, Array], name: str) -> Array:
    if name not in kept:
        raise ValueError(f"the snapshot lacks {name}")
    return kept[name]


def _to_file_order(where: Array, order: Array) -> None:
    """Renumber the nodes among a verdict's places (mass and outflow; -1 is none)."""
    for i in (0, 2):
        if where[i] >= 0:
            where[i] = order[where[i]]
