"""Changing points, alarms, links and scan classes while the room runs: try, apply, undo."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.parts import Body, Comment, PartsDep, User
from hmi.security.roles import Identity
from network_models.problems import InputError
from scada.ports import BusError
from scenarios.site import ALARMS, Site, load_site
from scenarios.site_change import difference, is_empty, try_change, utilities_of
from scenarios.site_versions import SiteVersions, VersionError

router = APIRouter(prefix="/api/config", tags=["configuration"])

Engineer = Annotated[Identity, Depends(Needs("configure"))]
FileText = Annotated[str, StringConstraints(max_length=24 * 2**20)]
_MOST_SHOWN = 2000
"""Points of a difference that an answer lists; all are counted."""


class Files(Body):
    """Whole files as texts; what is not given stays as it is."""

    points_csv: FileText | None = None
    alarms_csv: FileText | None = None
    site_toml: FileText | None = None

    def contents(self) -> dict[str, bytes]:
        """The files by name."""
        given = {
            "points.csv": self.points_csv,
            ALARMS: self.alarms_csv,
            "site.toml": self.site_toml,
        }
        return {name: text.encode() for name, text in given.items() if text is not None}


class Change(Files):
    """Files to run with from now on; `based_on` is the version they were made from."""

    based_on: int
    user: User | None = None
    comment: Comment = ""


class Undo(Body):
    """Back to what ran before the present version."""

    based_on: int
    user: User | None = None


@router.get("")
async def versions(parts: PartsDep, _identity: Engineer) -> dict[str, Any]:
    """The version of the site folder, earlier ones, and the point list each process runs with."""
    kept = SiteVersions(_folder(parts))
    found = await asyncio.to_thread(lambda: (kept.current, kept.all()))
    core: dict[str, Any] = {}
    with contextlib.suppress(BusError):
        core = (await parts.bus.call("core.status", {}, timeout_s=3.0))[0]
    return {
        "version": found[0],
        "versions": [asdict(version) for version in found[1]],
        "points_digest": {
            "web": parts.view.points_digest,
            "core": core.get("points_digest"),
            **{name: told.get("points") for name, told in core.get("gateways", {}).items()},
        },
    }


@router.get("/{name}")
async def file(name: str, parts: PartsDep, _identity: Engineer) -> Response:
    """points.csv or alarms.csv as it stands; site.toml holds secrets and is not given out."""
    path = _folder(parts) / name
    if name not in ("points.csv", ALARMS) or not path.is_file():
        raise ApiError(404, "no-such-file", f"no file {name!r} to be read here")
    content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type="text/csv; charset=utf-8")


@router.post("/check")
async def check(body: Files, parts: PartsDep, _identity: Engineer) -> dict[str, Any]:
    """What a change would do, and every problem of it; nothing is changed."""
    folder = _folder(parts)
    try:
        _, _, told = await asyncio.to_thread(_tried, folder, body.contents())
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems], "difference": None}
    return {"problems": [], "difference": _shortened(told)}


@router.post("/apply")
async def apply(body: Change, parts: PartsDep, identity: Engineer) -> dict[str, Any]:
    """Run with other files from now on; each process takes them by itself within seconds.

    409 when the site has changed since `based_on`; 422 with every problem.
    """
    folder, user = _folder(parts), acting(identity, body.user)
    before, after, told = await _sound(folder, body.contents())
    for utility in sorted(utilities_of(before, after, told)):
        require(identity, "configure", utility)
    if is_empty(told):
        return {"version": SiteVersions(folder).current, "difference": _shortened(told)}
    number = await _step(
        parts,
        user,
        {"comment": body.comment, **_counts(told)},
        lambda kept: kept.apply(
            body.contents(), based_on=body.based_on, user=user, comment=body.comment
        ),
    )
    return {"version": number, "difference": _shortened(told)}


@router.post("/undo")
async def undo(body: Undo, parts: PartsDep, identity: Engineer) -> dict[str, Any]:
    """Back to the files before the present version, as a new version."""
    folder, user = _folder(parts), acting(identity, body.user)
    kept = SiteVersions(folder)
    try:
        if body.based_on != kept.current:
            raise VersionError(f"the site is at version {kept.current}, not {body.based_on}")
        files = await asyncio.to_thread(kept.before)
    except VersionError as error:
        raise ApiError(409, "version", str(error)) from error
    before, after, told = await _sound(folder, files)
    for utility in sorted(utilities_of(before, after, told)):
        require(identity, "configure", utility)
    number = await _step(parts, user, _counts(told), lambda kept: kept.undo(user=user))
    return {"version": number, "difference": _shortened(told)}


async def _sound(folder: Path, files: dict[str, bytes]) -> tuple[Site, Site, dict[str, Any]]:
    try:
        return await asyncio.to_thread(_tried, folder, files)
    except InputError as error:
        problems = [p.as_dict() for p in error.problems]
        raise ApiError(422, "invalid", f"{len(problems)} problem(s)", problems) from error


def _tried(folder: Path, files: dict[str, bytes]) -> tuple[Site, Site, dict[str, Any]]:
    before, after = load_site(folder), try_change(folder, files)
    return before, after, difference(before, after)


async def _step(parts: Any, user: str, details: dict[str, Any], work: Any) -> int:
    """Note who changes what, then change it: what cannot be noted is not done."""
    header = {"user": user, "action": "config.change", "details": details}
    await parts.bus.call("security.note", header)
    try:
        return int(await asyncio.to_thread(work, SiteVersions(_folder(parts))))
    except VersionError as error:
        raise ApiError(409, "version", str(error)) from error


def _folder(parts: Any) -> Path:
    if parts.view.folder is None:
        raise ApiError(404, "no-site-folder", "this room does not run on a site folder")
    folder: Path = parts.view.folder
    return folder


def _counts(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: len(part[kind]) for kind in ("added", "removed", "changed")}
        for name, part in told.items()
    }


def _shortened(told: dict[str, Any]) -> dict[str, Any]:
    """A difference with its counts, lists cut to what a person can look through."""
    short: dict[str, Any] = {"counts": _counts(told)}
    for name, part in told.items():
        short[name] = {
            "added": part["added"][:_MOST_SHOWN],
            "removed": part["removed"][:_MOST_SHOWN],
            "changed": dict(list(part["changed"].items())[:_MOST_SHOWN]),
        }
    return short
