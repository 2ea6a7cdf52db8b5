"""Versions of a site's changeable files: each change is one step, and can be undone as one.

A version is written whole below `versions/` before anything of it stands in the site folder; a
process that dies in the middle of a change leaves a note by which the next one finishes it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scenarios.site_change import CHANGEABLE

FOLDER = "versions"
_PENDING = "pending"
_CURRENT = "current"


class VersionError(RuntimeError):
    """A change that does not fit what runs now."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who made it, when (ISO 8601, UTC), and why."""

    number: int
    time: str
    user: str
    comment: str


class SiteVersions:
    """The versions of one site folder; the web process alone changes it."""

    def __init__(self, folder: Path) -> None:
        self._site = folder
        self._folder = folder / FOLDER

    @property
    def current(self) -> int:
        """The number of the version in the site folder; 0 before the first change."""
        try:
            return int((self._folder / _CURRENT).read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def all(self) -> list[Version]:
        """Every version, the newest first."""
        found = []
        for path in self._folder.glob("[0-9]*/about.json"):
            about = json.loads(path.read_text("utf-8"))
            found.append(Version(int(path.parent.name), **about))
        return sorted(found, key=lambda version: -version.number)

    def files(self, number: int) -> dict[str, bytes]:
        """The files of a version; VersionError when there is none of that number."""
        folder = self._folder / f"{number:06d}"
        if not (folder / "about.json").is_file():
            raise VersionError(f"there is no version {number}")
        return {
            name: (folder / name).read_bytes() for name in CHANGEABLE if (folder / name).is_file()
        }

    def present(self) -> dict[str, bytes]:
        """The files as they stand in the site folder."""
        return {
            name: (self._site / name).read_bytes()
            for name in CHANGEABLE
            if (self._site / name).is_file()
        }

    def apply(self, files: Mapping[str, bytes], *, based_on: int, user: str, comment: str) -> int:
        """Put files in place of the site's, as one step; the new version's number.

        VersionError when the site is no longer at the version the change was made for. Files that
        are not given stay; an empty one is removed. What was edited by hand since the last version
        is kept as a version first.
        """
        if based_on != self.current:
            raise VersionError(f"the site is at version {self.current}, not {based_on}")
        present = self.present()
        number = self.current
        if number == 0 or self.files(number) != present:
            number += 1
            self._write(number, present, user, "as found in the site folder")
        wanted = {**present, **files}
        number += 1
        self._write(number, {n: c for n, c in wanted.items() if c}, user, comment)
        _replace(self._folder / _PENDING, str(number).encode())
        self.finish()
        return number

    def undo(self, *, user: str) -> int:
        """Go back to the files before the current version, as a new version; its number.

        VersionError when there is nothing to go back to.
        """
        current = self.current
        return self.apply(
            self.before(),
            based_on=current,
            user=user,
            comment=f"back to version {current - 1}",
        )

    def before(self) -> dict[str, bytes]:
        """What to apply to go back before the current version; VersionError if it is the first."""
        current = self.current
        if current < 2:
            raise VersionError("there is no earlier version")
        before = self.files(current - 1)
        return {**{name: b"" for name in self.files(current) if name not in before}, **before}

    def finish(self) -> None:
        """Complete a change that was begun; nothing happens when there is none."""
        pending = self._folder / _PENDING
        if not pending.is_file():
            return
        number = int(pending.read_text("ascii"))
        files = self.files(number)
        for name in CHANGEABLE:
            if name in files:
                _replace(self._site / name, files[name])
            else:
                (self._site / name).unlink(missing_ok=True)
        _replace(self._folder / _CURRENT, str(number).encode())
        pending.unlink()

    def _write(self, number: int, files: Mapping[str, bytes], user: str, comment: str) -> None:
        folder = self._folder / f"{number:06d}"
        shutil.rmtree(folder, ignore_errors=True)  # of a change that did not come about
        folder.mkdir(parents=True)
        for name, content in files.items():
            _replace(folder / name, content)
        about = {"time": datetime.now(UTC).isoformat(), "user": user, "comment": comment}
        _replace(folder / "about.json", json.dumps(about, ensure_ascii=False).encode())


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
