"""notify.toml: channels, rules of alarms and ways of orders, read with every mistake at once.

Secrets stand in files of their own, readable by the owner only, never in notify.toml.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from dispatch.outages.texts import FORMS
from network_models.problems import InputError
from scada.escalation import EscalationRule
from scada.point import Priority, Utility
from scenarios.toml_file import TomlFile, read_toml

KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "smtp": (
        frozenset({"host", "port", "sender", "to"}),
        frozenset({"user", "password_file", "starttls"}),
    ),
    "webhook": (frozenset({"url"}), frozenset({"secret_file"})),
    "sms": (frozenset({"url", "to"}), frozenset({"key_file"})),
}
"""Settings a channel of each kind needs, and those it may have."""

FILE = "file"
"""The channel every site has: messages as files in its data folder."""

ORDER_FORMS = tuple(sorted({form for forms in FORMS.values() for form in forms}))
"""Forms of the messages of an outage order, each of which may go its own ways."""

RULE_KEYS = frozenset({"name", "channels", "priorities", "utilities", "after_min"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell somebody; `secret` is the content of its secret file."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """What a site wants told, and how."""

    channels: tuple[Channel, ...] = ()
    rules: tuple[EscalationRule, ...] = ()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Channels of each form of an order's messages; a form that is not named goes to files."""


def read_notify(path: Path) -> NotifyConfig:
    """The channels and rules of a file; none when there is no file. InputError with all faults."""
    if not path.exists():
        return NotifyConfig()
    toml = read_toml(path)
    for name in set(toml.values) - {"channels", "rules", "orders"}:
        toml.problem(name, "an unknown key", "[[channels]], [[rules]] and [orders]")
    channels = [
        made
        for number, table in enumerate(_tables(toml, "channels"), start=1)
        if (made := _channel(toml, path.parent, number, table)) is not None
    ]
    names = {channel.name for channel in channels}
    rules = [
        rule
        for number, table in enumerate(_tables(toml, "rules"), start=1)
        if (rule := _rule(toml, number, table, names)) is not None
    ]
    for what, given in (("channels", channels), ("rules", rules)):
        if len({one.name for one in given}) != len(given):
            toml.problem(what, "a name given twice", "names of their own")
    orders = _orders(toml, names)
    if FILE in names:
        toml.problem("channels", f"the name {FILE!r}", "another: every site has a channel of it")
    if toml.problems:
        raise InputError(toml.problems)
    return NotifyConfig(tuple(channels), tuple(rules), orders)


def _orders(toml: TomlFile, channels: set[str]) -> Mapping[str, tuple[str, ...]]:
    table = toml.values.get("orders", {})
    if not isinstance(table, dict):
        toml.problem("orders", repr(table), "a table [orders]")
        return {}
    known = channels | {FILE}
    for form, ways in table.items():
        if form not in ORDER_FORMS:
            toml.problem(f"orders.{form}", "an unknown form", "one of " + ", ".join(ORDER_FORMS))
        elif not isinstance(ways, list) or not ways or not set(map(str, ways)) <= known:
            toml.problem(f"orders.{form}", repr(ways), "some of " + ", ".join(sorted(known)))
    return {} if toml.problems else {form: tuple(ways) for form, ways in table.items()}


def _tables(toml: TomlFile, name: str) -> list[dict[str, Any]]:
    value = toml.values.get(name, [])
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    toml.problem(name, "no list of tables", f"[[{name}]] tables")
    return []


def _channel(toml: TomlFile, folder: Path, number: int, table: Mapping[str, Any]) -> Channel | None:
    at = f"channels.{number}"
    before = len(toml.problems)
    name, kind = table.get("name"), table.get("kind")
    if not isinstance(name, str) or not name:
        toml.problem(f"{at}.name", repr(name), "a name")
    if kind not in KINDS:
        toml.problem(f"{at}.kind", repr(kind), "one of " + ", ".join(KINDS))
        return None
    needs, may = KINDS[str(kind)]
    for key in sorted(needs - set(table)):
        toml.problem(f"{at}.{key}", "nothing", "a value")
    for key in sorted(set(table) - needs - may - {"name", "kind"}):
        toml.problem(f"{at}.{key}", "an unknown key", "one of " + ", ".join(sorted(needs | may)))
    _judge(toml, at, table)
    secret = ""
    for key in ("password_file", "secret_file", "key_file"):
        if key in table:
            secret = _secret(toml, f"{at}.{key}", folder / str(table[key]))
    if len(toml.problems) > before:
        return None
    return Channel(str(name), str(kind), dict(table), secret)


def _judge(toml: TomlFile, at: str, table: Mapping[str, Any]) -> None:
    for key in ("host", "sender", "user"):
        if key in table and (not isinstance(table[key], str) or not table[key]):
            toml.problem(f"{at}.{key}", repr(table[key]), "a text")
    port = table.get("port", 25)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        toml.problem(f"{at}.port", repr(port), "a whole number from 1 to 65535")
    if not str(table.get("url", "http://")).startswith(("http://", "https://")):
        toml.problem(f"{at}.url", repr(table["url"]), "an http or https address")
    to = table.get("to", ["x"])
    if not isinstance(to, list) or not to or not all(isinstance(one, str) and one for one in to):
        toml.problem(f"{at}.to", repr(to), "a list of addresses or numbers")
    if not isinstance(table.get("starttls", True), bool):
        toml.problem(f"{at}.starttls", repr(table["starttls"]), "true or false")


def _secret(toml: TomlFile, key: str, file: Path) -> str:
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            toml.problem(key, f"{file.name} is open to others", "a file of mode 600")
            return ""
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        toml.problem(key, f"{file.name} cannot be read", "a file with the secret")
        return ""


def _rule(
    toml: TomlFile, number: int, table: Mapping[str, Any], channels: set[str]
) -> EscalationRule | None:
    at = f"rules.{number}"
    before = len(toml.problems)
    for key in sorted(set(table) - RULE_KEYS):
        toml.problem(f"{at}.{key}", "an unknown key", "one of " + ", ".join(sorted(RULE_KEYS)))
    name = table.get("name")
    if not isinstance(name, str) or not name:
        toml.problem(f"{at}.name", repr(name), "a name")
    after = table.get("after_min", 0)
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after <= 1440:
        toml.problem(f"{at}.after_min", repr(after), "minutes from 0 to 1440")
    lists = {
        "channels": channels,
        "priorities": set(get_args(Priority)),
        "utilities": set(get_args(Utility)),
    }
    for key, allowed in lists.items():
        value = table.get(key, None if key == "utilities" else [])
        if value is None:
            continue
        if not isinstance(value, list) or not value or not set(map(str, value)) <= allowed:
            toml.problem(f"{at}.{key}", repr(value), "some of " + ", ".join(sorted(allowed)))
    if len(toml.problems) > before:
        return None
    utilities = table.get("utilities")
    return EscalationRule(
        name=str(name),
        channels=tuple(table["channels"]),
        priorities=frozenset(table["priorities"]),
        utilities=None if utilities is None else frozenset(utilities),
        after_s=float(after) * 60.0,
    )
