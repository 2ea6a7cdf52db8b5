"""Configuration of a link to the field: one `[[drivers]]` table of site.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from network_models.problems import InputError, Problem

DriverKind = Literal["modbus_tcp", "opcua", "memory"]


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
    """Our certificate (file .der or .pem): with it the session is signed and encrypted
    (Basic256Sha256), and the server must show exactly `server_certificate`."""
    private_key: str = ""
    server_certificate: str = ""
    heartbeat_s: float = 60.0
    """An unchanged value is sent again after so long."""
    backoff_s: float = 5.0
    """Longest wait between two attempts to reconnect."""

    @property
    def endpoint(self) -> str:
        """Where the link leads, for people."""
        return {
            "modbus_tcp": f"modbus+tcp://{self.host}:{self.port}/{self.unit}",
            "opcua": self.url,
        }.get(self.kind, "memory")


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
    "heartbeat_s": (1.0, 3600.0),
    "backoff_s": (0.1, 60.0),
}
_FILES = ("certificate", "private_key", "server_certificate")
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
        if name in names or name == "model":
            what = "a name of its own ('model' is taken by the live model)"
            found.append(
                Problem(file=file, line=None, field=f"{where}.name", found=str(name), expected=what)
            )
        names.add(str(name))
        problems += found
        if not found:
            files = {key: str(folder / table[key]) for key in _FILES if table.get(key)}
            configs.append(DriverConfig(**{**table, **files}))
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
    if kind and kind not in get_args(DriverKind):
        faults.append(("kind", str(kind), "one of " + ", ".join(get_args(DriverKind))))
    if kind == "opcua" and not str(table.get("url", "")).startswith("opc.tcp://"):
        faults.append(("url", repr(table.get("url", "")), "opc.tcp://host:port/path"))
    given = [key for key in _FILES if table.get(key)]
    for key in _FILES:
        name = table.get(key)
        if given and not name:
            faults.append((key, "nothing", "a file, as " + " and ".join(given) + " are given"))
        elif isinstance(name, str) and name and not (folder / name).is_file():
            faults.append((key, name, "a file that exists"))
    for key, value in table.items():
        wanted = _TYPES.get(key)
        if wanted is None:
            faults.append((key, repr(value), "one of " + ", ".join(_TYPES)))
        elif wanted in ("int", "float"):
            number = isinstance(value, int if wanted == "int" else (int, float))
            low, high = _RANGES[key]
            if not number or isinstance(value, bool) or not low <= value <= high:
                what = "a whole number" if wanted == "int" else "a number"
                faults.append((key, repr(value), f"{what} from {low:g} to {high:g}"))
        elif wanted == "bool":
            if not isinstance(value, bool):
                faults.append((key, repr(value), "true or false"))
        elif key != "kind" and not isinstance(value, str):
            faults.append((key, repr(value), "a text"))
    return faults
