"""Configuration of a link to the field: one `[[drivers]]` table of site.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from network_models.problems import InputError, Problem
from scada.address import parse_hole

DriverKind = Literal["modbus_tcp", "opcua", "memory"]


TAKEN_NAMES = ("model", "desk", "calc", "sim")
"""Drivers of points that the room itself computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverConfig:
    """One link. `host`, `port`, `unit` and `max_gap` are Modbus', `url` and below OPC UA's."""

    name: str
    kind: DriverKind
    host: str = "127.0.0.1"
    port: int = 502
    unit: int = 1
    timeout_s: float = 1.0
    """How long a reply may take."""
    retries: int = 0
    max_gap: int = 8
    """Registers (or 16-fold bits) that may lie unused between two points of one read."""
    max_registers: int = 125
    holes: tuple[str, ...] = ()
    """Registers that must not be read even to fill a gap: `hr:100-119`, `3/ir:7-7`."""
    framing: str = "tcp"
    """`tcp`, or `rtu` for a serial line behind a converter that passes its frames on."""
    role: str = ""
    """The Modbus role our certificate must give (Modbus/TCP Security)."""
    backup: tuple[str, ...] = ()
    """Other ways to the same points, tried in turn when one fails: `host:port`, or OPC UA urls."""
    return_s: float = 60.0
    """While a backup is in use the first way is tried again so often."""
    skew_s: float = 5.0
    """A server whose clock differs by more than this is reported (OPC UA)."""
    url: str = ""
    publishing_s: float = 0.5
    batch: int = 1000
    """Most monitored items in one call; a server that allows less is obeyed."""
    stale_s: float = 10.0
    """With neither a value nor a keep-alive for so long, the OPC UA session is made anew."""
    server_deadband: bool = False
    """Let the server leave out small changes. Off, because some servers (asyncua's among them)
    compare with the value before instead of the last one sent, and then a slow drift never shows.
    """
    user: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""
    """Our certificate (OPC UA: file .der or .pem; Modbus: .pem): with it the session is signed and
    encrypted. An OPC UA server must then show exactly `server_certificate`, or one of `trusted`; a
    Modbus server `server_certificate` or one signed by it."""
    private_key: str = ""
    server_certificate: str = ""
    trusted: str = ""
    """A folder of certificates (.der or .pem): servers or authorities that are trusted (OPC UA)."""
    policy: str = "Basic256Sha256"
    user_certificate: str = ""
    user_private_key: str = ""
    """A user who proves himself by a certificate instead of a password (OPC UA)."""
    heartbeat_s: float = 60.0
    """An unchanged value is sent again after so long."""
    backoff_s: float = 5.0
    """Longest wait between two attempts to reconnect."""

    @property
    def endpoint(self) -> str:
        """Where the link leads, for people."""
        return self.routes[0]

    @property
    def routes(self) -> tuple[str, ...]:
        """Every way to the points, the first one first, for people."""
        if self.kind == "opcua":
            return (self.url, *self.backup)
        if self.kind != "modbus_tcp":
            return (self.kind,)
        scheme = "modbus+rtu" if self.framing == "rtu" else "modbus+tcp"
        if self.certificate:
            scheme = "modbus+tls"
        ways = (f"{self.host}:{self.port}", *self.backup)
        return tuple(f"{scheme}://{way}/{self.unit}" for way in ways)


_RANGES: dict[str, tuple[float, float]] = {
    "port": (1, 65535),
    "unit": (0, 255),
    "timeout_s": (0.05, 30.0),
    "retries": (0, 5),
    "max_gap": (0, 124),
    "max_registers": (4, 125),
    "publishing_s": (0.05, 60.0),
    "batch": (1, 10000),
    "stale_s": (1.0, 600.0),
    "return_s": (1.0, 86400.0),
    "skew_s": (0.1, 86400.0),
    "heartbeat_s": (1.0, 3600.0),
    "backoff_s": (0.1, 60.0),
}
_FILES = ("certificate", "private_key", "server_certificate")
_PAIR = ("user_certificate", "user_private_key")
_PATHS = (*_FILES, *_PAIR, "trusted")
_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": get_args(DriverKind),
    "framing": ("tcp", "rtu"),
    "policy": ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"),
}
_HOST_PORT = re.compile(r"[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_TYPES = {f.name: str(f.type) for f in fields(DriverConfig)}


def read_drivers(
    tables: Sequence[Mapping[str, Any]], *, file: str = "site.toml"
) -> tuple[DriverConfig, ...]:
    """The links of a site from its `[[drivers]]` tables; InputError with every problem.

    Files that a link names are looked for beside `file`.
    """
    folder = Path(file).parent
    problems: list[Problem] = []
    configs: list[DriverConfig] = []
    names: set[str] = set()
    for number, table in enumerate(tables, start=1):
        name = table.get("name")
        where = f"drivers.{name if isinstance(name, str) and name else number}"
        found = [
            Problem(file=file, line=None, field=f"{where}.{key}", found=value, expected=expected)
            for key, value, expected in _faults(table, folder)
        ]
        if name in names or name in TAKEN_NAMES:
            what = "a name of its own (" + ", ".join(TAKEN_NAMES) + " are taken)"
            found.append(
                Problem(file=file, line=None, field=f"{where}.name", found=str(name), expected=what)
            )
        names.add(str(name))
        problems += found
        if not found:
            files = {key: str(folder / table[key]) for key in _PATHS if table.get(key)}
            lists = {key: tuple(table.get(key, ())) for key in ("backup", "holes")}
            configs.append(DriverConfig(**{**table, **files, **lists}))
    if problems:
        raise InputError(problems)
    return tuple(configs)


def _faults(table: Mapping[str, Any], folder: Path) -> list[tuple[str, str, str]]:
    """(key, found, expected) of every fault of one table."""
    faults: list[tuple[str, str, str]] = []
    for key in ("name", "kind"):
        if not table.get(key):
            faults.append((key, "nothing", "a value"))
    kind = table.get("kind")
    if kind == "opcua" and not str(table.get("url", "")).startswith("opc.tcp://"):
        faults.append(("url", repr(table.get("url", "")), "opc.tcp://host:port/path"))
    faults += _file_faults(table, folder)
    for key, value in table.items():
        wanted = _TYPES.get(key)
        if wanted is None:
            faults.append((key, repr(value), "one of " + ", ".join(_TYPES)))
        elif key in _CHOICES:
            if value and value not in _CHOICES[key]:
                faults.append((key, str(value), "one of " + ", ".join(_CHOICES[key])))
        elif key == "backup":
            faults += _backup_faults(kind, value)
        elif key == "holes":
            faults += _hole_faults(value)
        elif wanted in ("int", "float"):
            number = isinstance(value, int if wanted == "int" else (int, float))
            low, high = _RANGES[key]
            if not number or isinstance(value, bool) or not low <= value <= high:
                what = "a whole number" if wanted == "int" else "a number"
                faults.append((key, repr(value), f"{what} from {low:g} to {high:g}"))
        elif wanted == "bool":
            if not isinstance(value, bool):
                faults.append((key, repr(value), "true or false"))
        elif not isinstance(value, str):
            faults.append((key, repr(value), "a text"))
    return faults


def _file_faults(table: Mapping[str, Any], folder: Path) -> list[tuple[str, str, str]]:
    """Files that belong together, and must exist."""
    faults: list[tuple[str, str, str]] = []
    together = _FILES[:2] if table.get("trusted") else _FILES
    for group in (together, _PAIR):
        given = [key for key in group if table.get(key)]
        for key in group:
            if given and not table.get(key):
                faults.append((key, "nothing", "a file, as " + " and ".join(given) + " are given"))
    for key in _PATHS:
        name = table.get(key)
        if not isinstance(name, str) or not name:
            continue
        if key == "trusted":
            if not (folder / name).is_dir():
                faults.append((key, name, "a folder that exists"))
        elif not (folder / name).is_file():
            faults.append((key, name, "a file that exists"))
    for key in ("role", "trusted"):
        if table.get(key) and not table.get("certificate"):
            faults.append(("certificate", "nothing", f"a file, as {key} is given"))
    if table.get("certificate") and table.get("framing") == "rtu":
        faults.append(("framing", "rtu", "tcp, as a certificate is given"))
    return faults


def _hole_faults(value: Any) -> list[tuple[str, str, str]]:
    if not isinstance(value, list):
        return [("holes", repr(value), "a list of texts")]
    faults: list[tuple[str, str, str]] = []
    for hole in value:
        try:
            parse_hole(str(hole))
        except ValueError as error:
            faults.append(("holes", repr(hole), str(error)))
    return faults


def _backup_faults(kind: Any, value: Any) -> list[tuple[str, str, str]]:
    if not isinstance(value, list):
        return [("backup", repr(value), "a list of texts")]
    if kind == "opcua":
        return [
            ("backup", repr(way), "opc.tcp://host:port/path")
            for way in value
            if not str(way).startswith("opc.tcp://")
        ]
    return [
        ("backup", repr(way), "host:port")
        for way in value
        if not isinstance(way, str) or not _HOST_PORT.fullmatch(way)
    ]
