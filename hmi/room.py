"""A site's room as a whole: its processes, and the moment it is ready.

`ready.json` in the data folder appears when the page answers and the first values have come in;
it holds the endpoints of the page, the Modbus and the OPC UA links.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hmi.faces import wanted as faces_wanted
from hmi.security.first import FIRST_FILE
from hmi.security.tls import LOOPBACK, certificate_of, fingerprint
from hmi.supervisor import Supervisor, write_json
from network_models.problems import InputError, Problem
from scenarios.site import Site, load_site

READY_PATIENCE_S = 180.0
UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104


class Room:
    """Starts and stops the processes of a site."""

    def __init__(
        self,
        folder: Path,
        roles: Sequence[str],
        *,
        port: int | None = None,
        lab: bool = False,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """`lab`: no login, whatever the site says; InputError unless only this machine sees it."""
        self.site: Site = load_site(folder)
        self.lab = lab or self.site.security_mode == "lab"
        if self.lab and self.site.web_host not in LOOPBACK:
            found = f"a lab with the page at {self.site.web_host}"
            raise InputError([_problem(folder, "--lab", found, "a web.host of 127.0.0.1")])
        self._certificate = certificate_of(self.site) if "web" in roles else None
        self.folder = folder
        self.roles = tuple(roles)
        if "core" in roles and faces_wanted(self.site):
            self.roles += ("faces",)
        self.port = port or self.site.web_port
        self._say = _unheard(say)
        self.data = self.site.data
        self._field_file = self.data / "field.json"
        waits = {"gateway": self._field_serves} if "field" in self.roles else None
        self._supervisor = Supervisor(folder, self.data, self.roles, waits=waits, say=self._say)
        self._lock = self.data / "running.lock"

    @property
    def url(self) -> str:
        """Address of the page."""
        scheme = "https" if self._certificate else "http"
        host = self.site.web_host
        return f"{scheme}://{'127.0.0.1' if host in UNSPECIFIED else host}:{self.port}/"

    async def start(self) -> None:
        """Start the processes; InputError when this site runs already."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._hold_lock()
        for stale in (self.data / "ready.json", self._field_file):
            stale.unlink(missing_ok=True)
        write_json(self.data / "run.json", {"web_port": self.port, "lab": self.lab})
        await self._supervisor.start()

    async def stop(self) -> None:
        """Stop the processes."""
        await self._supervisor.stop()
        (self.data / "ready.json").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._lock_file.close()

    async def wait_ready(self, patience_s: float = READY_PATIENCE_S) -> dict[str, Any]:
        """Wait until the page answers with values; the content of ready.json.

        TimeoutError, with what was seen last, when that takes longer than `patience_s`.
        """
        end = time.monotonic() + patience_s
        status: dict[str, Any] = {}
        while time.monotonic() < end:
            status = await asyncio.to_thread(_status, self.url, self._certificate)
            if status.get("ready"):
                ready = {
                    "web": self.url,
                    "modbus": [
                        {"name": d.name, "host": d.host, "port": d.port, "unit": d.unit}
                        for d in self.site.drivers
                        if d.kind == "modbus_tcp"
                    ],
                    "opcua": [
                        {"name": d.name, "url": d.url}
                        for d in self.site.drivers
                        if d.kind == "opcua"
                    ],
                }
                write_json(self.data / "ready.json", ready)
                return ready
            await asyncio.sleep(0.25)
        raise TimeoutError(
            f"no value reached the page within {patience_s:g} s; "
            f"the page said {status or 'nothing'}; see the logs in {self.data / 'logs'}"
        )

    async def run_until_stopped(self) -> None:
        """Start, say when ready, and stay until SIGINT or SIGTERM."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stopped.set)
        began = time.monotonic()
        await self.start()
        self._say(f"Starting {', '.join(self.roles)} ...")
        announce = asyncio.create_task(self._announce(began)) if "web" in self.roles else None
        try:
            await stopped.wait()
        finally:
            if announce is not None:
                announce.cancel()
            self._say("Stopping ...")
            await self.stop()

    async def _announce(self, began: float) -> None:
        try:
            await self.wait_ready()
        except TimeoutError as error:
            self._say(str(error))
            return
        took = time.monotonic() - began
        self._say(f"Ready after {took:.1f} s: open {self.url}  (Ctrl-C stops everything)")
        for line in self._door():
            self._say(line)

    def _door(self) -> list[str]:
        """How to get in."""
        lines = []
        if self.lab:
            lines.append("Lab: no login, everybody on this machine may do everything.")
        elif (self.data / FIRST_FILE).exists():
            lines.append(f"First login: name and password are in {self.data / FIRST_FILE}")
        if self._certificate and not self.site.web_certificate:
            print_ = fingerprint(self._certificate[0])
            lines.append(f"The certificate was made here; its SHA-256 is {print_}")
        return lines

    def _field_serves(self) -> bool:
        """Whether every server of the simulated field answers."""
        try:
            said = json.loads(self._field_file.read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return all(endpoint["ready"] for endpoint in said["endpoints"])

    def _hold_lock(self) -> None:
        """One room a data folder: two writers of one store would spoil it."""
        import fcntl

        self._lock_file = self._lock.open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock_file.close()
            found = "a room that runs on it already"
            expected = "one room a site; stop the other one first"
            raise InputError([_problem(self.folder, "data folder", found, expected)]) from error


def _unheard(say: Callable[[str], None]) -> Callable[[str], None]:
    """`say` to a terminal or pipe that may be gone: the room goes on without listeners."""

    def tell(text: str) -> None:
        with contextlib.suppress(OSError):
            say(text)

    return tell


def _problem(folder: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(folder), line=None, field=field, found=found, expected=expected)


def _status(url: str, certificate: tuple[Path, Path] | None) -> dict[str, Any]:
    """Whether the page's service has values, or nothing while it does not answer."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if certificate is not None:
        # The service is asked under an address its certificate may not name.
        context = ssl.create_default_context(cafile=str(certificate[0]))
        context.check_hostname = False
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url + "api/ready", timeout=5) as reply:
            value = json.load(reply)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
