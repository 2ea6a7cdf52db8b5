"""The tables of the history in PostgreSQL, and how its connections are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scada.store.port import StoreError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "ringmain_history"
LEADER = f"{SCHEMA}.leader"
"""The table of the lease of a pair of rooms."""
FENCED = "ringmain epoch "
"""How a session that writes under an epoch is called: by this name its successor ends it."""
FENCE = f"""SELECT epoch, set_config('application_name', '{FENCED}' || epoch, false)
FROM {LEADER} FOR KEY SHARE"""  # noqa: S608  constants only
"""Asked first in each transaction of a leader: the epoch cannot change before its end.

The lease is renewed meanwhile: that changes no key (`EPOCH_KEY`), so a long transaction of a leader
does not cost it its lease.
"""
EPOCH_KEY = f"CREATE UNIQUE INDEX leader_epoch ON {LEADER} (epoch)"
VERSION = 1
CONNECT_S = 5
LOCK_KEY = 0x52494E48  # any fixed number: the advisory lock under which tables are made

TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE {SCHEMA}.version (version integer NOT NULL);
INSERT INTO {SCHEMA}.version VALUES ({VERSION});
CREATE TABLE {SCHEMA}.point_handle (
    handle bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE
);
CREATE TABLE {SCHEMA}.mark (
    gateway text NOT NULL, epoch bigint NOT NULL, number bigint NOT NULL,
    PRIMARY KEY (gateway, epoch)
);
CREATE TABLE {SCHEMA}.journal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin smallint NOT NULL, samples integer NOT NULL, data bytea NOT NULL
);
ALTER TABLE {SCHEMA}.journal ALTER data SET STORAGE EXTERNAL;
CREATE TABLE {SCHEMA}.last_value (
    origin smallint NOT NULL, handle bigint NOT NULL, value float8, quality bigint NOT NULL,
    source_ns bigint NOT NULL, arrival_ns bigint NOT NULL,
    PRIMARY KEY (origin, handle)
);
CREATE TABLE {SCHEMA}.span (
    hour bigint NOT NULL, hours smallint NOT NULL, samples bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (hour, hours)
);
CREATE TABLE {SCHEMA}.page (
    hour bigint NOT NULL, hours smallint NOT NULL, bucket bigint NOT NULL,
    origin smallint NOT NULL, part bigint NOT NULL, samples bigint NOT NULL,
    rows bytea NOT NULL, data bytea NOT NULL,
    PRIMARY KEY (hour, hours, bucket, origin, part)
) PARTITION BY RANGE (hour);
ALTER TABLE {SCHEMA}.page ALTER rows SET STORAGE EXTERNAL, ALTER data SET STORAGE EXTERNAL;
CREATE TABLE {SCHEMA}.leader (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch bigint NOT NULL, holder text NOT NULL, until timestamptz NOT NULL
);
INSERT INTO {SCHEMA}.leader (epoch, holder, until) VALUES (0, '', '-infinity');
"""  # noqa: S608  constants only


def need_psycopg() -> Any:
    """The driver; StoreError that names the extra when it is not installed."""
    try:
        import psycopg
    except ImportError as problem:
        raise StoreError(
            "storage on PostgreSQL needs the extra: pip install 'ringmain[postgres]'"
        ) from problem
    return psycopg


def without_password(url: str) -> str:
    """An address as it may be shown."""
    head, at, tail = url.rpartition("@")
    if not at:
        return url
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{tail}"


def connect(url: str, *, autocommit: bool) -> Connection:
    """A connection whose statements find the history's tables."""
    psycopg = need_psycopg()
    connection: Connection = psycopg.connect(
        url,
        autocommit=autocommit,
        connect_timeout=CONNECT_S,
        options=f"-c search_path={SCHEMA} -c jit=off",
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )
    return connection
