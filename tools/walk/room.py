"""A room asked over HTTP by several people, each with a login of their own."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Protocol

PATIENCE_S = 300.0
PEOPLE: dict[str, dict[str, str]] = {
    "pan": {"*": "dispatcher"},
    "du": {"*": "dispatcher"},
    "li": {"*": "supervisor"},
    "cai": {"*": "dispatcher"},
    "wen": {"water": "dispatcher"},
    "vera": {"*": "viewer"},
}
"""Who takes part: planner, dispatcher, leader, crew, a dispatcher for water only, a viewer."""


class Clock(Protocol):
    """The room's clock as the walk sees it."""

    def now(self) -> datetime:
        """The room's time."""
        ...

    def go(self, moment: datetime) -> None:
        """Let it be that time in the room."""
        ...


class ClockStandsError(Exception):
    """The walk needs a later time, and this room's clock cannot be moved."""


class WallClock:
    """The room runs on real time."""

    def now(self) -> datetime:
        """The time of this machine."""
        return datetime.now(UTC)

    def go(self, moment: datetime) -> None:
        """ClockStandsError, unless it is that time already."""
        if moment > self.now():
            raise ClockStandsError(moment.isoformat())


class OffsetClock:
    """The room's processes run under faketime with `FAKETIME_TIMESTAMP_FILE` set to `file`."""

    SETTLES_S = 0.5

    def __init__(self, file: Path) -> None:
        self._file = file
        text = file.read_text().strip() if file.exists() else "+0"
        self._ahead_s = float(text.rstrip("s"))

    def now(self) -> datetime:
        """The time of this machine and what the room is ahead."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    def go(self, moment: datetime) -> None:
        """Move the room forward, to a little after the moment."""
        missing_s = (moment - self.now()).total_seconds()
        if missing_s <= 0:
            return
        self._ahead_s += missing_s + 0.2
        part = self._file.with_suffix(".part")
        part.write_text(f"+{self._ahead_s:.1f}\n")
        part.replace(self._file)
        time.sleep(self.SETTLES_S)


@dataclass
class Answer:
    """What the room said."""

    status: int
    body: Any

    @property
    def reasons(self) -> set[str]:
        """The rules, or gates or fields, that a refusal names."""
        problems = self.body.get("error", {}).get("problems") or []
        return {p.get("rule") or p.get("gate") or p.get("field", "") for p in problems}


@dataclass
class Room:
    """A running room with login; `url` ends with a slash."""

    url: str
    clock: Clock
    admin: str
    password: str
    _sessions: dict[str, urllib.request.OpenerDirector] = field(default_factory=dict)
    _passwords: dict[str, str] = field(default_factory=dict)

    def people(self) -> None:
        """Make the accounts, or give those that are there passwords of this walk."""
        known = {row["name"] for row in self.ask(self.admin, "api/users").body["users"]}
        for name, grants in PEOPLE.items():
            first = secrets.token_hex(12)
            self._passwords[name] = secrets.token_hex(12)
            if name in known:
                change = {"password": first, "grants": grants, "unlock": True}
                self._sure(self.ask(self.admin, f"api/users/{name}", change), 200)
            else:
                record = {"name": name, "password": first, "grants": grants}
                self._sure(self.ask(self.admin, "api/users", record), 201)
            opener = self._opener()
            self._sure(self._send(opener, "api/login", {"name": name, "password": first}), 200)
            change = {"password": first, "new_password": self._passwords[name]}
            self._sure(self._send(opener, "api/password", change), 200)

    def ask(self, who: str, path: str, body: Any = None) -> Answer:
        """GET, or POST with a body, as somebody; logs in where there is no session (any more)."""
        if who not in self._sessions:
            self._login(who)
        answer = self._send(self._sessions[who], path, body)
        if answer.status == 401:
            self._login(who)
            answer = self._send(self._sessions[who], path, body)
        return answer

    def _login(self, who: str) -> None:
        opener = self._opener()
        password = self.password if who == self.admin else self._passwords[who]
        record = {"name": who, "password": password}
        self._sure(self._send(opener, "api/login", record), 200)
        self._sessions[who] = opener

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def _send(self, opener: urllib.request.OpenerDirector, path: str, body: Any) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "origin": self.url.rstrip("/")}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with opener.open(request, timeout=PATIENCE_S) as reply:
                content = reply.read()
                is_json = "json" in reply.headers.get("content-type", "")
                return Answer(reply.status, json.loads(content) if is_json else content)
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read() or b"{}"))

    @staticmethod
    def _sure(answer: Answer, wanted: int) -> None:
        if answer.status != wanted:
            raise RuntimeError(f"the room answered {answer.status}: {answer.body}")
