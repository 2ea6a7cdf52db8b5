"""What a transaction of the history does to the tables of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scada.samples import SampleBatch
from scada.store.database import KEPT_BOOTS, last_rows
from scada.store.pages import DAY_HOURS, Page, PageKey
from scada.store.port import Mark
from scada.store.postgres_schema import SCHEMA

if TYPE_CHECKING:
    from scada.store.postgres_schema import Connection


def put_mark(sql: Connection, mark: Mark) -> bool:
    """Whether the mark is news; it is stored then."""
    done = sql.execute(
        "INSERT INTO mark VALUES (%s, %s, %s) ON CONFLICT (gateway, epoch) DO UPDATE "
        "SET number = excluded.number WHERE excluded.number > mark.number",
        (mark.gateway, mark.epoch, mark.number),
    )
    if done.rowcount < 1:
        return False
    sql.execute(
        "DELETE FROM mark WHERE gateway = %s AND epoch NOT IN (SELECT epoch FROM mark "
        "WHERE gateway = %s ORDER BY epoch DESC LIMIT %s)",
        (mark.gateway, mark.gateway, KEPT_BOOTS),
    )
    return True


def partition(day: int) -> str:
    """The table of a day."""
    return f"{SCHEMA}.page_{'m' if day < 0 else ''}{abs(day):d}"


def make_day(sql: Connection, day: int) -> None:
    """Make the table of a day if it is missing."""
    # DDL takes no parameters; both numbers are whole.
    sql.execute(
        f"CREATE TABLE IF NOT EXISTS {partition(day)} PARTITION OF {SCHEMA}.page "
        f"FOR VALUES FROM ({day * DAY_HOURS:d}) TO ({(day + 1) * DAY_HOURS:d})"
    )


def put_pages(sql: Connection, pages: Sequence[Page]) -> None:
    """Store pages and count them in their spans."""
    if not pages:
        return
    with sql.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO page VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (k.hour, k.hours, k.bucket, k.origin, k.part, p.samples, p.hours, p.data)
                for p in pages
                for k in (p.key,)
            ],
        )
        more: dict[tuple[int, int], list[int]] = {}
        for page in pages:
            sums = more.setdefault((page.key.hour, page.key.hours), [0, 0])
            sums[0] += page.samples
            sums[1] += len(page.hours) + len(page.data)
        cursor.executemany(
            "INSERT INTO span VALUES (%s, %s, %s, %s) ON CONFLICT (hour, hours) DO UPDATE "
            "SET samples = span.samples + excluded.samples, bytes = span.bytes + excluded.bytes",
            [(*place, *sums) for place, sums in more.items()],
        )


def drop_pages(sql: Connection, keys: Sequence[PageKey]) -> None:
    """Delete pages, and spans left without any."""
    for key in keys:
        place = (key.hour, key.hours)
        dropped = sql.execute(
            "DELETE FROM page WHERE hour = %s AND hours = %s AND bucket = %s AND origin = %s "
            "AND part = %s RETURNING samples, octet_length(rows) + octet_length(data)",
            (*place, key.bucket, key.origin, key.part),
        ).fetchall()
        for sums in dropped:
            sql.execute(
                "UPDATE span SET samples = samples - %s, bytes = bytes - %s "
                "WHERE hour = %s AND hours = %s",
                (*sums, *place),
            )
    for place in {(key.hour, key.hours) for key in keys}:
        sql.execute(
            "DELETE FROM span WHERE hour = %s AND hours = %s AND NOT EXISTS "
            "(SELECT 1 FROM page WHERE page.hour = span.hour AND page.hours = span.hours)",
            place,
        )


def put_last(sql: Connection, origin: int, newest: SampleBatch) -> None:
    """Keep the latest samples of an origin."""
    rows = last_rows(origin, newest)
    if not rows:
        return
    columns = [list(c) for c in zip(*rows, strict=True)]
    sql.execute(
        "INSERT INTO last_value SELECT * FROM unnest(%s::smallint[], %s::bigint[], "
        "%s::float8[], %s::bigint[], %s::bigint[], %s::bigint[]) "
        "ON CONFLICT (origin, handle) DO UPDATE SET value = excluded.value, "
        "quality = excluded.quality, source_ns = excluded.source_ns, "
        "arrival_ns = excluded.arrival_ns WHERE excluded.arrival_ns >= last_value.arrival_ns",
        tuple(columns),
    )


def arrays(keys: Sequence[PageKey]) -> tuple[list[int], ...]:
    """Keys by column."""
    return (
        [k.hour for k in keys],
        [k.hours for k in keys],
        [k.bucket for k in keys],
        [k.origin for k in keys],
        [k.part for k in keys],
    )
