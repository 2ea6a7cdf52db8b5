"""All records of one database into another that is new and empty."""

from __future__ import annotations

from sqlalchemy import Engine, func, insert, select, text

from hmi.records.migrate import SchemaError
from hmi.records.tables import metadata

ROWS_AT_ONCE = 1000


def copy_records(source: Engine, target: Engine) -> int:
    """Copy every table as of one moment; how many rows. SchemaError when the target has any."""
    rows = 0
    isolation = "REPEATABLE READ" if source.dialect.name == "postgresql" else "SERIALIZABLE"
    with (
        source.connect().execution_options(isolation_level=isolation) as reading,
        target.begin() as writing,
    ):
        for table in metadata.sorted_tables:
            if writing.execute(select(func.count()).select_from(table)).scalar_one():
                raise SchemaError(f"table {table.name} of the target is not empty")
            found = reading.execute(select(table)).mappings()
            for part in found.partitions(ROWS_AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in part])
                rows += len(part)
            numbered = table.autoincrement_column
            if target.dialect.name == "postgresql" and numbered is not None:
                # Numbers go on after the highest that was copied.
                writing.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', '{numbered.name}'),"  # noqa: S608
                        f" (SELECT coalesce(max({numbered.name}), 0) + 1 FROM {table.name}), false)"
                    )
                )
    return rows
