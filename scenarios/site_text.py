"""Writes site.toml: a small TOML text with a comment beside what is not obvious."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scada.drivers.config import DriverConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteText:
    """What a new site's site.toml says."""

    name_zh: str
    name_en: str
    drivers: Sequence[DriverConfig]
    networks: Mapping[str, str] = field(default_factory=dict)
    language: str = "zh"
    timezone: str = "Asia/Shanghai"
    profile: str = "jinan"
    seed: int = 1
    web_port: int = 8080
    large_scope_households: int | None = None


def write_site_toml(path: Path, site: SiteText) -> None:
    """Write a site's settings."""
    lines = [
        f"name_zh = {_text(site.name_zh)}",
        f"name_en = {_text(site.name_en)}",
        f"language = {_text(site.language)}",
        f"timezone = {_text(site.timezone)}",
        f"profile = {_text(site.profile)}",
        f"seed = {site.seed}",
        "",
        "[networks]",
        *(f"{utility} = {_text(file)}" for utility, file in site.networks.items()),
        "",
        "[scan]  # seconds between two readings, by scan class",
        "fast = 1.0",
        "normal = 2.0",
        "slow = 10.0",
    ]
    for driver in site.drivers:
        lines += ["", "[[drivers]]", f"name = {_text(driver.name)}", f"kind = {_text(driver.kind)}"]
        if driver.kind == "modbus_tcp":
            lines += [
                f"host = {_text(driver.host)}",
                f"port = {driver.port}",
                f"unit = {driver.unit}",
                f"timeout_s = {driver.timeout_s}",
                f"max_gap = {driver.max_gap}",
            ]
        elif driver.kind == "opcua":
            lines += [f"url = {_text(driver.url)}", f"publishing_s = {driver.publishing_s}"]
    lines += [
        "",
        "[web]",
        'host = "127.0.0.1"',
        f"port = {site.web_port}",
        "",
        "[storage]",
        'folder = "data"',
        "",
        "[live]",
        "cycle_s = 5.0  # seconds between two solves of the live model",
        "",
        "[outage]",
        "# an outage of this many households or more is of large scope; unset: every outage is",
        f"large_scope_households = {site.large_scope_households}"
        if site.large_scope_households is not None
        else "# large_scope_households = 5000",
        '# gas_night_ban = "22:00-06:00"',
        "",
        "[indicators]",
        "leakage_nights = 3  # whole nights of flow that a metered area's leakage is judged by",
        "",
        "[trucks]",
        "litres_per_person_day = 20.0",
        'source = "drinking and cooking, 20 to 25 L a person and day: a planning figure, not law"',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _text(value: str) -> str:
    """A TOML basic string: JSON's quoting is a part of TOML's."""
    return json.dumps(value, ensure_ascii=False)
