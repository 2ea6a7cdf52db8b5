"""site.toml: the settings of a site, judged key by key. The files it names are read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.rulebook import RuleBook
from network_models.problems import InputError, Problem
from scada.drivers.config import DriverConfig, DriverKind, read_drivers
from scenarios.toml_file import TomlFile, read_toml

UTILITIES = ("water", "gas", "heat")
LANGUAGES = ("zh", "en")
USUAL_SCAN = {"fast": 1.0, "normal": 2.0, "slow": 10.0}
_URL_PLACE = re.compile(r"opc\.tcp://(\[[^\]]+\]|[^:/]+)(?::(\d+))?")
_OPCUA_PORT = 4840


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """What site.toml says.

    `network_names`, `certificate_name` and `key_name` are files as written, relative to the site
    folder. `large_scope_households` None: every outage counts as large. `security_mode` is `login`
    or `lab` (everybody may do everything, on this machine only). `history_url` and `records_url`
    name a PostgreSQL instead of files (empty).
    """

    name_zh: str = ""
    name_en: str = ""
    language: str = "zh"
    timezone: str = "Asia/Shanghai"
    profile: str = "jinan"
    seed: int = 1
    network_names: Mapping[str, str] = field(default_factory=dict)
    scan: Mapping[str, float] = field(default_factory=lambda: dict(USUAL_SCAN))
    drivers: tuple[DriverConfig, ...] = ()
    driver_kinds: Mapping[str, str] = field(default_factory=dict)
    """Kinds of all drivers by name, those with faults too; "" where the kind is none."""
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    web_names: tuple[str, ...] = ()
    certificate_name: str = ""
    key_name: str = ""
    security_mode: str = "login"
    session_hours: float = 12.0
    two_person: tuple[str, ...] = ()
    needs_order: tuple[str, ...] = ()
    data_folder: str = "data"
    history_url: str = ""
    records_url: str = ""
    keep_days: float = 3653.0
    keep_hours_days: float = 3653.0
    max_gb: float | None = None
    spare: bool = False
    bus_url: str = ""
    bus_space: str = "ringmain"
    opcua_url: str = ""
    opcua_open: bool = False
    opcua_user: str = ""
    opcua_password_hash: str = ""
    sparkplug_url: str = ""
    sparkplug_group: str = "ringmain"
    sparkplug_host: str = ""
    modbus_host: str = "127.0.0.1"
    modbus_port: int | None = None
    live_cycle_s: float = 5.0
    large_scope_households: int | None = None
    gas_night_ban: tuple[time, time] | None = None
    """From and to: between these hours of the site homes get no gas back."""
    leakage_nights: int = 3
    """Whole nights of flow that a metered area's leakage is judged by."""
    litres_per_person_day: float = 20.0
    litres_source: str = ""


Parse = Callable[[Any], Any]
"""Gives the value, or None when it is not one."""


def _text(value: Any) -> Any:
    return value if isinstance(value, str) and value.strip() else None


def _number(low: float, high: float, *, whole: bool = False) -> Parse:
    def parse(value: Any) -> Any:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            return None
        return value if whole else float(value)

    return parse


def _patterns(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        return None
    return tuple(value)


def _choice(*allowed: str) -> Parse:
    return lambda value: value if value in allowed else None


def _zone(value: Any) -> Any:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        return None
    return value


def _matching(pattern: str) -> Parse:
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


_opcua = _matching(r"opc\.tcp://[^\s/]+(/\S*)?")
_mqtt = _matching(r"mqtts?://[^\s/]+")
_nats = _matching(r"(nats|tls)://[^\s/]+")
_subject_part = _matching(r"[A-Za-z0-9_-]+")
_topic_part = _matching(r"[^\s/+#]+")


def _hours(value: Any) -> Any:
    """`22:00-06:00` as two times of day; the same hour twice would be a ban for ever."""
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        begin, end = time.fromisoformat(match[1]), time.fromisoformat(match[2])
    except ValueError:
        return None
    return None if begin == end else (begin, end)


def _flag(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _postgres(value: Any) -> Any:
    ok = isinstance(value, str) and re.fullmatch(r"postgresql://[^\s/]+/[^\s/]+", value)
    return value if ok else None


_POSTGRES_WORDS = "an address such as postgresql://user@host/database"
_PORT = (_number(1, 65535, whole=True), "a whole number from 1 to 65535")
_KEYS: dict[str, tuple[str, Parse, str]] = {
    "name_zh": ("name_zh", _text, "a text"),
    "name_en": ("name_en", _text, "a text"),
    "language": ("language", _choice(*LANGUAGES), "zh or en"),
    "timezone": ("timezone", _zone, "a time zone such as Asia/Shanghai"),
    "profile": ("profile", _text, "a rule profile"),
    "seed": ("seed", _number(0, 2**63 - 1, whole=True), "a whole number of at least 0"),
    "web.host": ("web_host", _text, "a host name or address"),
    "web.port": ("web_port", *_PORT),
    "web.names": ("web_names", _patterns, "a list of host names"),
    "web.certificate": ("certificate_name", _text, "a PEM file"),
    "web.key": ("key_name", _text, "a PEM file"),
    "security.mode": ("security_mode", _choice("login", "lab"), "login or lab"),
    "security.session_hours": ("session_hours", _number(0.1, 168), "a number from 0.1 to 168"),
    "commands.two_person": ("two_person", _patterns, "a list of point ids, `*` for any text"),
    "commands.needs_order": ("needs_order", _patterns, "a list of point ids, `*` for any text"),
    "storage.folder": ("data_folder", _text, "a folder"),
    "storage.history": ("history_url", _postgres, _POSTGRES_WORDS),
    "storage.records": ("records_url", _postgres, _POSTGRES_WORDS),
    "storage.keep_days": ("keep_days", _number(1, 36_500), "days, from 1 to 36500"),
    "storage.keep_hours_days": ("keep_hours_days", _number(1, 36_500), "days, from 1 to 36500"),
    "storage.spare": ("spare", _flag, "true or false"),
    "storage.max_gb": ("max_gb", _number(0.1, 100_000), "gigabytes, from 0.1 to 100000"),
    "bus.nats": ("bus_url", _nats, "an address such as nats://127.0.0.1:4222"),
    "bus.space": ("bus_space", _subject_part, "a name of letters, digits, - and _"),
    "faces.opcua": ("opcua_url", _opcua, "an address such as opc.tcp://127.0.0.1:4840/ringmain"),
    "faces.opcua_open": ("opcua_open", _flag, "true or false"),
    "faces.opcua_user": ("opcua_user", _text, "a name"),
    "faces.opcua_password_hash": ("opcua_password_hash", _text, "an argon2 hash"),
    "faces.sparkplug": ("sparkplug_url", _mqtt, "an address such as mqtt://127.0.0.1:1883"),
    "faces.sparkplug_group": ("sparkplug_group", _topic_part, "a name without / + #"),
    "faces.sparkplug_host": ("sparkplug_host", _topic_part, "a name without / + #"),
    "faces.modbus_host": ("modbus_host", _text, "a host name or address"),
    "faces.modbus_port": ("modbus_port", *_PORT),
    "live.cycle_s": ("live_cycle_s", _number(0.2, 3600), "a number from 0.2 to 3600"),
    "outage.large_scope_households": (
        "large_scope_households",
        _number(1, 10**9, whole=True),
        "a whole number of at least 1",
    ),
    "outage.gas_night_ban": ("gas_night_ban", _hours, "two times of day such as 22:00-06:00"),
    "indicators.leakage_nights": (
        "leakage_nights",
        _number(1, 366, whole=True),
        "a whole number from 1 to 366",
    ),
    "trucks.litres_per_person_day": (
        "litres_per_person_day",
        _number(0.1, 1000),
        "a number from 0.1 to 1000",
    ),
    "trucks.source": ("litres_source", _text, "a text that says where the figure comes from"),
}
"""Every plain key: its field, how it is read, what is expected."""

_REQUIRED = ("name_zh", "name_en", "timezone", "profile")
_FREE_TABLES = ("networks", "scan")


def read_settings(path: Path) -> tuple[SiteSettings, list[Problem]]:
    """The settings in a site.toml and all its problems; what is wrong has its usual value."""
    toml = read_toml(path)
    if toml.problems:
        return SiteSettings(), toml.problems
    found: dict[str, Any] = {}
    _read_plain(toml, found)
    found["network_names"] = _read_networks(toml)
    found["scan"] = _read_scan(toml)
    found["drivers"] = _read_drivers(toml)
    found["driver_kinds"] = _driver_kinds(toml)
    _check_profile(toml, found)
    settings = SiteSettings(**found)
    _check_ports(toml, settings)
    _check_door(toml, settings)
    if settings.opcua_url and not settings.opcua_open and not settings.opcua_password_hash:
        toml.problem(
            "faces.opcua",
            settings.opcua_url,
            "opcua_user and opcua_password_hash, or opcua_open = true in a lab",
        )
    return settings, toml.problems


def _read_plain(toml: TomlFile, found: dict[str, Any]) -> None:
    flat: dict[str, Any] = {}
    tables = {name.partition(".")[0] for name in _KEYS if "." in name}
    known_top = [name for name in _KEYS if "." not in name]
    for name, value in toml.values.items():
        if name in (*_FREE_TABLES, "drivers"):
            continue
        if name in tables:
            if isinstance(value, dict):
                flat |= {f"{name}.{key}": inner for key, inner in value.items()}
            else:
                toml.problem(name, repr(value), f"a table [{name}]")
        elif name in known_top:
            flat[name] = value
        else:
            every = [*known_top, *_FREE_TABLES, "drivers", *sorted(tables)]
            toml.problem(name, "an unknown key", "one of " + ", ".join(every))
    for name, value in flat.items():
        key = _KEYS.get(name)
        if key is None:
            table = name.partition(".")[0]
            allowed = [k.partition(".")[2] for k in _KEYS if k.startswith(f"{table}.")]
            toml.problem(name, "an unknown key", "one of " + ", ".join(allowed))
            continue
        field_name, parse, expected = key
        parsed = parse(value)
        if parsed is None:
            toml.problem(name, repr(value), expected)
        else:
            found[field_name] = parsed
    for name in _REQUIRED:
        if name not in flat:
            toml.problem(name, "nothing", _KEYS[name][2])


def _table(toml: TomlFile, name: str) -> dict[str, Any]:
    value = toml.values.get(name, {})
    if isinstance(value, dict):
        return value
    toml.problem(name, repr(value), f"a table [{name}]")
    return {}


def _read_networks(toml: TomlFile) -> dict[str, str]:
    networks: dict[str, str] = {}
    for utility, file in _table(toml, "networks").items():
        if utility not in UTILITIES:
            toml.problem(f"networks.{utility}", "an unknown key", "one of " + ", ".join(UTILITIES))
        elif _text(file) is None:
            toml.problem(f"networks.{utility}", repr(file), "a network file")
        else:
            networks[utility] = file
    return networks


def _read_scan(toml: TomlFile) -> dict[str, float]:
    scan: dict[str, float] = {}
    parse = _number(0.05, 86400)
    for name, seconds in _table(toml, "scan").items():
        parsed = parse(seconds)
        if parsed is None:
            toml.problem(f"scan.{name}", repr(seconds), "seconds from 0.05 to 86400")
        scan[name] = parsed or 1.0
    return scan or dict(USUAL_SCAN)


def _read_drivers(toml: TomlFile) -> tuple[DriverConfig, ...]:
    tables = toml.values.get("drivers", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        toml.problem("drivers", "no list of tables", "[[drivers]] tables")
        return ()
    sound: list[DriverConfig] = []
    names: list[Any] = []
    for number, table in enumerate(tables, start=1):
        try:
            sound += read_drivers([table], file=toml.file)
        except InputError as error:
            for problem in error.problems:
                key = problem.field.rpartition(".")[2]
                toml.problem(f"drivers.{number}.{key}", problem.found, problem.expected)
        name = table.get("name")
        if name in names:
            toml.problem(f"drivers.{number}.name", repr(name), "a name of its own")
        names.append(name)
    return tuple({driver.name: driver for driver in sound}.values())


def _driver_kinds(toml: TomlFile) -> dict[str, str]:
    tables = toml.values.get("drivers", [])
    kinds: dict[str, str] = {}
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            kind = table.get("kind")
            kinds[table["name"]] = str(kind) if kind in get_args(DriverKind) else ""
    return kinds


def _check_profile(toml: TomlFile, found: dict[str, Any]) -> None:
    profile = found.get("profile")
    if profile is None:
        return
    try:
        RuleBook.load().on(date.max, profile)
    except InputError as error:
        for problem in error.problems:
            what = problem.found if problem.field == "profile" else f"{profile!r}"
            needs = "" if problem.field == "profile" else f"{problem.field}=NUMBER: "
            toml.problem("profile", what, needs + problem.expected)


def _check_ports(toml: TomlFile, settings: SiteSettings) -> None:
    """Two listeners cannot share a port; Modbus units behind one port are told apart by unit."""
    taken: dict[tuple[str, int], tuple[str, int | None]] = {
        (_host(settings.web_host), settings.web_port): ("the web page", None)
    }
    raw = toml.values.get("drivers", [])
    number = {t.get("name"): i for i, t in enumerate(raw, start=1)} if settings.drivers else {}
    units: set[tuple[str, int, int]] = set()
    for driver in settings.drivers:
        unit: int | None = None
        if driver.kind == "modbus_tcp":
            place, key, unit = (_host(driver.host), driver.port), "port", driver.unit
        elif driver.kind == "opcua" and (match := _URL_PLACE.match(driver.url)):
            place, key = (_host(match[1]), int(match[2] or _OPCUA_PORT)), "url"
        else:
            continue
        where = f"drivers.{number.get(driver.name, 0)}.{key}"
        owner, owner_unit = taken.setdefault(place, (driver.name, unit))
        if owner != driver.name and (unit is None or owner_unit is None):
            toml.problem(where, f"port {place[1]}", f"a port of its own: {owner} has this one")
        elif unit is not None and (*place, unit) in units:
            toml.problem(where, f"port {place[1]}, unit {unit}", "another port or another unit")
        if unit is not None:
            units.add((*place, unit))


LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _check_door(toml: TomlFile, settings: SiteSettings) -> None:
    """A lab is for this machine only; certificate and key come together."""
    if settings.security_mode == "lab" and settings.web_host not in LOOPBACK:
        found = f"lab, with the page at {settings.web_host}"
        toml.problem("security.mode", found, "login, or a web.host of 127.0.0.1")
    for name, given, other in (
        ("web.key", settings.key_name, settings.certificate_name),
        ("web.certificate", settings.certificate_name, settings.key_name),
    ):
        if other and not given:
            toml.problem(name, "nothing", "a PEM file: certificate and key come together")
        elif given and not (Path(toml.file).parent / given).is_file():
            toml.problem(name, given, "a file of the site folder")


def _host(host: str) -> str:
    """Names of this machine are one name."""
    return "127.0.0.1" if host.lower() in ("localhost", "::1", "0.0.0.0") else host.lower()  # noqa: S104
