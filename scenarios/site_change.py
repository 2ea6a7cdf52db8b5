"""A change of a running site: tried beside the site, judged whole, and told as a difference.

Points, alarms, links and scan classes may change while a room runs; what decides where it listens
and stores may not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from network_models.problems import InputError, Problem
from scada.drivers.config import DriverConfig
from scada.point_table import PointTable, point_cells
from scenarios.site import ALARMS, Site, load_site

CHANGEABLE = ("points.csv", ALARMS, "site.toml")
"""Files that may be changed while the room runs."""

_FIXED = (
    *("web_host", "web_port", "data", "history_url", "records_url", "security_mode", "profile"),
    *("timezone", "networks_named", "web_certificate", "web_key", "session_hours"),
    # who may change points must not be able to lift the rules of commands
    *("two_person", "needs_order"),
)
_HIDDEN = "password"


def try_change(folder: Path, files: Mapping[str, bytes]) -> Site:
    """The site as it would be with `files` in place of its own; InputError with every problem.

    Nothing of the folder is touched. Problems name the site's files.
    """
    unknown = [name for name in files if name not in CHANGEABLE]
    if unknown:
        raise InputError(
            [_problem(name, "file", name, "one of " + ", ".join(CHANGEABLE)) for name in unknown]
        )
    running = load_site(folder)
    with tempfile.TemporaryDirectory(prefix="ringmain-change-") as name:
        beside = Path(name)
        for path in folder.iterdir():
            if path.name not in files:
                (beside / path.name).symlink_to(path.resolve())
        for file, content in files.items():
            if content:  # an empty one is a file to be removed
                (beside / file).write_bytes(content)
        try:
            changed = load_site(beside)
        except InputError as error:
            raise InputError([_named(problem, beside) for problem in error.problems]) from None
        fixed = [
            _problem("site.toml", key, str(new), f"{old}, or a restart of the room")
            for key, old, new in _fixed_changes(running, changed, beside)
        ]
        if fixed:
            raise InputError(fixed)
        drivers = tuple(_rooted(config, str(beside), str(folder)) for config in changed.drivers)
        return replace(changed, path=running.path, data=running.data, drivers=drivers)


def difference(before: Site, after: Site) -> dict[str, Any]:
    """What a change does, as JSON: points, links and scan classes added, removed and changed.

    Cells of points stand as in points.csv; a password shows only that it changed.
    """
    return {
        "points": _points(before.points, after.points),
        "drivers": _named_records(_drivers(before.drivers), _drivers(after.drivers)),
        "scan": _named_records(
            {name: {"seconds": value} for name, value in before.scan.items()},
            {name: {"seconds": value} for name, value in after.scan.items()},
        ),
        "alarms": _named_records(
            {name: _fields(setting) for name, setting in before.alarms.items()},
            {name: _fields(setting) for name, setting in after.alarms.items()},
        ),
    }


def is_empty(told: Mapping[str, Any]) -> bool:
    """Whether a difference is none."""
    return not any(part[kind] for part in told.values() for kind in ("added", "removed", "changed"))


def utilities_of(before: Site, after: Site, told: Mapping[str, Any]) -> set[str]:
    """The utilities a change touches; all three when links, scan classes or alarms change."""
    apart = {name: part for name, part in told.items() if name != "points"}
    if not is_empty(apart):
        return {"water", "gas", "heat"}
    names = [*told["points"]["added"], *told["points"]["removed"], *told["points"]["changed"]]
    utilities: set[str] = set()
    for name in names:
        for table in (before.points, after.points):
            if name in table:
                utilities.add(table.point(name).utility)
    return utilities


def _points(before: PointTable, after: PointTable) -> dict[str, Any]:
    return _named_records(
        {p.id: point_cells(p) for p in before}, {p.id: point_cells(p) for p in after}
    )


def _drivers(configs: Iterable[DriverConfig]) -> dict[str, dict[str, Any]]:
    return {config.name: _fields(config) for config in configs}


def _fields(record: Any) -> dict[str, Any]:
    found = {f.name: getattr(record, f.name) for f in fields(record)}
    return {
        name: value if isinstance(value, str | int | float | bool) else str(value)
        for name, value in found.items()
    }


def _named_records(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    changed = {}
    for name, new in after.items():
        old = before.get(name)
        if old is None or old == new:
            continue
        changed[name] = {
            key: {"from": _shown(key, old.get(key)), "to": _shown(key, new.get(key))}
            for key in new
            if old.get(key) != new.get(key)
        }
    return {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": changed,
    }


def _shown(key: str, value: object) -> object:
    return "***" if key == _HIDDEN and value else value


def _fixed_changes(before: Site, after: Site, beside: Path) -> list[tuple[str, object, object]]:
    found = []
    for key in _FIXED:
        if key == "networks_named":
            old: object = {k: f.name for k, f in before.network_files.items()}
            new: object = {k: f.name for k, f in after.network_files.items()}
        else:
            old, new = getattr(before, key), getattr(after, key)
        if isinstance(new, Path) and isinstance(old, Path):
            # the candidate's own folder stands for the site's
            new = _moved(new, beside.resolve(), before.path)
            old = old.resolve()
        if old != new:
            found.append((key, old, new))
    return found


def _moved(path: Path, root: Path, onto: Path) -> Path:
    return (onto / path.relative_to(root)).resolve() if path.is_relative_to(root) else path


def _rooted(config: DriverConfig, beside: str, folder: str) -> DriverConfig:
    """The link with the files it names where they will stand."""
    moved = {
        f.name: value.replace(beside, folder)
        for f in fields(config)
        if isinstance(value := getattr(config, f.name), str) and value.startswith(beside)
    }
    return replace(config, **moved)  # type: ignore[arg-type]  # texts only


def _named(problem: Problem, beside: Path) -> Problem:
    return replace(problem, file=Path(problem.file).name if problem.file else problem.file)


def _problem(file: str, field: str, found: str, expected: str) -> Problem:
    return Problem(file=file, line=None, field=field, found=found, expected=expected)
