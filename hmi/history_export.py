"""History as a file for others: CSV or Parquet, written aside and then renamed."""

from __future__ import annotations

import csv
import fnmatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from network_models.problems import InputError, Problem
from network_models.units import UNITS
from scada.aggregates import read_aggregates
from scada.point import Origin, Point
from scada.quality import describe
from scada.store.port import SampleStore
from scada.trend import read_trend

CHUNK_NS = 7 * 24 * 3600 * 1_000_000_000
ALL = 2**40
SAMPLE_COLUMNS = ("point", "time", "value", "unit", "quality", "quality_text")
STEP_COLUMNS = ("point", "time", "mean", "low", "high", "unit", "samples", "known_share")


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one point: its id, unit, times (ns) and the numbers of the file's other columns."""

    point: str
    unit: str
    time_ns: np.ndarray
    numbers: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.time_ns)


def choose(points: Sequence[Point], patterns: Sequence[str]) -> list[Point]:
    """The points whose ids fit any pattern (`W1-*`); InputError for patterns that fit none."""
    found = [p for p in points if any(fnmatch.fnmatchcase(p.id, one) for one in patterns)]
    empty = [one for one in patterns if not fnmatch.filter([p.id for p in points], one)]
    if empty:
        raise InputError(
            [
                Problem(file="", line=None, field="--points", found=one, expected="ids of points")
                for one in empty
            ]
        )
    return found


def samples(
    store: SampleStore,
    points: Sequence[Point],
    handles: dict[str, int],
    from_ns: int,
    to_ns: int,
    origin: Origin,
) -> Iterator[Columns]:
    """Every stored sample of the points, in the points' own units, a week at a time."""
    for point in points:
        if point.id not in handles:
            continue
        mine: Origin = "model" if point.driver == "model" else origin
        for start in range(from_ns, to_ns, CHUNK_NS):
            end = min(start + CHUNK_NS, to_ns)
            series = read_trend(store, handles[point.id], mine, start, end, ALL)
            if len(series):
                yield Columns(
                    point.id,
                    point.unit,
                    series.time_ns,
                    (_in_unit(point, series.value), series.quality),
                )


def steps(
    store: SampleStore,
    points: Sequence[Point],
    handles: dict[str, int],
    from_ns: int,
    to_ns: int,
    origin: Origin,
    step_ns: int,
) -> Iterator[Columns]:
    """Means and extremes of the points over equal steps; steps without any sample are left out."""
    doors = [p for p in points if p.compression == "door" and p.id in handles]
    store.doors = {handles[p.id]: p.deadband for p in doors}
    for point in points:
        if point.id not in handles:
            continue
        mine: Origin = "model" if point.driver == "model" else origin
        for start in range(from_ns, to_ns, CHUNK_NS // step_ns * step_ns or step_ns):
            end = min(start + (CHUNK_NS // step_ns * step_ns or step_ns), to_ns)
            one = read_aggregates(store, handles[point.id], mine, start, end, step_ns)
            some = (one.n > 0) | (one.held_ns > 0)
            if some.any():
                values = (_in_unit(point, v[some]) for v in (one.mean, one.low, one.high))
                share = np.round(one.held_ns[some] / step_ns, 6)
                numbers = (*values, one.n[some], share)
                yield Columns(point.id, point.unit, one.start_ns[some], numbers)


def write_csv(file: Path, parts: Iterator[Columns], zone: ZoneInfo, *, stepped: bool) -> int:
    """Write rows as CSV with ISO times of the site; how many."""

    def work(aside: Path) -> int:
        rows = 0
        with aside.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(STEP_COLUMNS if stepped else SAMPLE_COLUMNS)
            for part in parts:
                time = [_iso(int(ns), zone) for ns in part.time_ns]
                columns = [[_plain(v) for v in column.tolist()] for column in part.numbers]
                for at, *numbers in zip(time, *columns, strict=True):
                    if stepped:
                        row = [part.point, at, *numbers[:3], part.unit, *numbers[3:]]
                    else:
                        value, quality = numbers
                        row = [part.point, at, value, part.unit, quality, describe(int(quality))]
                    writer.writerow(row)
                rows += len(part)
        return rows

    return _aside(file, work)


def write_parquet(file: Path, parts: Iterator[Columns], *, stepped: bool) -> int:
    """Write rows as Parquet with UTC times; how many. InputError without the extra."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            [
                Problem(
                    file="",
                    line=None,
                    field="--parquet",
                    found="no pyarrow",
                    expected="the extra: pip install 'ringmain[parquet]'",
                )
            ]
        ) from None
    text = pa.dictionary(pa.int32(), pa.string())
    real = pa.float64()
    numbers = (
        [
            *((name, real) for name in ("mean", "low", "high")),
            ("samples", pa.int64()),
            ("known_share", real),
        ]
        if stepped
        else [("value", real), ("quality", pa.uint32())]
    )
    schema = pa.schema(
        [("point", text), ("time", pa.timestamp("ns", tz="UTC")), *numbers, ("unit", text)]
    )

    def work(aside: Path) -> int:
        rows = 0
        with parquet.ParquetWriter(aside, schema, compression="zstd") as out:
            for part in parts:
                n = len(part)
                columns: list[Any] = [
                    pa.array([part.point] * n).dictionary_encode(),
                    pa.array(part.time_ns).cast(pa.timestamp("ns", tz="UTC")),
                    *[pa.array(column, from_pandas=True) for column in part.numbers],
                    pa.array([part.unit] * n).dictionary_encode(),
                ]
                out.write_table(pa.table(columns, schema=schema))
                rows += n
        return rows

    return _aside(file, work)


def _aside(file: Path, work: Callable[[Path], int]) -> int:
    """Write beside the file and rename: nobody ever finds half of one."""
    aside = file.with_name(file.name + ".part")
    try:
        rows = work(aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    return rows


def _in_unit(point: Point, value: np.ndarray) -> np.ndarray:
    unit = UNITS.get(point.unit)
    if unit is None:
        return value
    zero = unit.from_si(0.0)
    return np.asarray(value * (unit.from_si(1.0) - zero) + zero)


def _plain(value: float) -> float | str:
    """Nine digits are more than any instrument has; nothing stands for no number."""
    if isinstance(value, int):
        return value
    return "" if value != value else float(f"{value:.9g}")  # noqa: PLR0124  NaN


def _iso(ns: int, zone: ZoneInfo) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
    return when.astimezone(zone).isoformat(timespec="milliseconds")
