"""Alarms told outside the room: rules, real servers that take and refuse, nothing doubled."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hmi.notify.adapters import SMS_LONGEST, SmsAdapter, adapters_of
from hmi.notify.config import Channel, read_notify
from hmi.notify.notifier import Notifier
from hmi.records import SqlOutbox, engine, migrate
from hmi.records.outbox import Waiting, send_due
from network_models.problems import InputError
from scada.escalation import EscalationRule, due
from scada.point import Limits, Point
from tests.scada.core_room import CoreRoom, open_room

S = 10**9
MIN = 60 * S
UTILITY = {"P": "water", "G": "gas"}


def alarm(id_: str = "P.low", state: str = "unacknowledged", **more: Any) -> dict[str, Any]:
    base = {"id": id_, "source": id_.partition(".")[0], "state": state, "priority": "urgent"}
    return {**base, "raised_ns": 0, "held": False, **more}


def rule(**more: Any) -> EscalationRule:
    usual: dict[str, Any] = {"name": "r", "channels": ("mail",), "priorities": {"urgent"}}
    return EscalationRule(**{**usual, **more})


@pytest.mark.parametrize(
    ("one", "way", "now_ns", "told"),
    [
        (alarm(), rule(), 0, 1),
        (alarm(state="returned"), rule(), 0, 1),
        (alarm(state="acknowledged"), rule(), 0, 0),
        (alarm(held=True), rule(), 0, 0),
        (alarm(priority="low"), rule(), 0, 0),
        (alarm(), rule(after_s=600.0), 10 * MIN - 1, 0),
        (alarm(), rule(after_s=600.0), 10 * MIN, 1),
        (alarm(), rule(utilities={"gas"}), 0, 0),
        (alarm("G.low"), rule(utilities={"gas"}), 0, 1),
        (alarm("link/rtu.communication"), rule(utilities={"gas"}), 0, 0),
        (alarm("link/rtu.communication"), rule(), 0, 1),
        (alarm(), rule(channels=("mail", "sms")), 0, 2),
    ],
)
def test_who_is_told_when(one: Any, way: Any, now_ns: int, told: int) -> None:
    assert len(due([one], [way], UTILITY, now_ns)) == told  # type: ignore[arg-type]


def test_each_occurrence_has_a_key_of_its_own() -> None:
    keys = {
        due([alarm(raised_ns=t)], [rule(name=name)], {}, MIN)[0].key
        for t in (0, 1)
        for name in ("a", "b")
    }
    assert len(keys) == 4


# ---- real servers ----------------------------------------------------------------------------


@dataclass
class Heard:
    """What a server took; `refuses` says no to so many first."""

    refuses: int = 0
    taken: list[Any] = field(default_factory=list)


@contextmanager
def http_server() -> Iterator[tuple[str, Heard]]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            refused = heard.refuses > 0
            heard.refuses -= 1
            if not refused:
                heard.taken.append((self.headers, body))
            self.send_response(503 if refused else 202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[int, Heard]]:
    """A mail server that speaks enough SMTP (RFC 5321) to take a message."""
    heard = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 here")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                say("354 go on")
                text = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                if heard.refuses > 0:
                    heard.refuses -= 1
                    say("451 not now")
                else:
                    heard.taken.append(message_from_bytes(text, policy=policy.default))
                    say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("250 well")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


def message(id_: str = "alarm:P.low:1:r:mail", **content: str) -> Waiting:
    usual = {"title_zh": "报警", "title_en": "Alarm", "zh": "压力低", "en": "low pressure"}
    return Waiting(
        id=id_, channel="mail", audience="staff", attempts=0, content={**usual, **content}
    )


def mail(port: int) -> Channel:
    said = {"host": "127.0.0.1", "port": port, "sender": "room@x", "to": ["a@x", "b@x"]}
    return Channel("mail", "smtp", {**said, "starttls": False})


async def test_a_mail_is_taken_by_a_real_server() -> None:
    async with mail_server() as (port, heard):
        adapter = adapters_of([mail(port)])["mail"]
        await asyncio.to_thread(adapter.send, message())
    (taken,) = heard.taken
    assert taken["To"] == "a@x, b@x"
    assert "报警" in taken["Subject"]
    assert "low pressure" in taken.get_content()


def test_a_password_is_never_sent_in_the_clear() -> None:
    said = {**mail(25).settings, "user": "room"}
    with pytest.raises(ValueError, match="TLS"):
        adapters_of([Channel("mail", "smtp", said, "secret")])


def test_a_web_hook_signs_its_body() -> None:
    with http_server() as (url, heard):
        adapter = adapters_of([Channel("hook", "webhook", {"url": url}, "s3cret")])["hook"]
        assert adapter.send(message()) == "HTTP 202"
    headers, body = heard.taken[0]
    assert headers["x-ringmain-signature"] == hmac.new(b"s3cret", body, "sha256").hexdigest()
    assert json.loads(body)["id"] == headers["idempotency-key"] == message().id


def test_a_short_message_goes_to_the_gateway_and_stays_short() -> None:
    with http_server() as (url, heard):
        adapter = SmsAdapter(url, ["+8613800000000"], "k3y")
        adapter.send(message(zh="水" * 500))
        heard.refuses = 1
        with pytest.raises(OSError, match="503"):
            adapter.send(message())
    headers, body = heard.taken[0]
    sent = json.loads(body)
    assert headers["Authorization"] == "Bearer k3y"
    assert sent["to"] == ["+8613800000000"]
    assert len(sent["text"]) == SMS_LONGEST


# ---- the notifier ----------------------------------------------------------------------------

POINT = Point(
    id="P",
    utility="water",
    quantity="pressure",
    unit="Pa",
    driver="rtu",
    priority="urgent",
    limits=Limits(low=140e3),
    text_zh="压力",
    text_en="Pressure",
)
RULES = (rule(name="at once"), rule(name="nobody looks", after_s=60.0, channels=("hook",)))


@pytest.fixture
def records(tmp_path: Path) -> Engine:
    made = engine(tmp_path / "records.db")
    migrate(made)
    return made


def notifier(room: CoreRoom, records: Engine) -> Notifier:
    ways = ["mail", "hook"]
    return Notifier(room.core.desk, SqlOutbox(records), RULES, ways, {"P": "water"}, room.clock)


async def test_an_alarm_is_told_once_escalated_once_and_its_refusals_are_loud(
    records: Engine,
) -> None:
    async with mail_server() as (port, mails), open_room([POINT]) as room:
        with http_server() as (url, hooks):
            adapters = adapters_of([mail(port), Channel("hook", "webhook", {"url": url})])
            box = SqlOutbox(records)
            mails.refuses = 3

            async def turn(watcher: Notifier) -> None:
                await watcher.look()
                await asyncio.to_thread(send_due, box, adapters, room.clock.now_ns())

            up = {"rtu": "up"}
            await room.links(**up)
            await room.send((0, 100e3))
            first = notifier(room, records)
            for _ in range(4):  # three tries, at 0, 2 and 6 s
                await turn(first)
                await room.advance(2.0, links=up)
            await turn(first)
            failing = "notify/mail.communication"
            assert (await room.states())[failing] == "unacknowledged"
            for _ in range(8):
                await room.advance(2.0, links=up)
                await turn(first)
            assert len(mails.taken) == 1
            assert "压力" in mails.taken[0]["Subject"]
            assert (await room.states())[failing] == "returned"

            # A core that starts again tells nobody a second time.
            again = notifier(room, records)
            await turn(again)
            assert (len(mails.taken), len(hooks.taken)) == (1, 0)
            await room.advance(60.0, links=up)
            await turn(again)
            await turn(again)
            assert (len(mails.taken), len(hooks.taken)) == (1, 1)


async def test_an_acknowledged_alarm_is_not_escalated(records: Engine) -> None:
    async with open_room([POINT]) as room:
        await room.links(rtu="up")
        await room.send((0, 100e3))
        watcher = notifier(room, records)
        await watcher.look()
        await room.ask("core.acknowledge", ids=["P.low"], user="li")
        await room.advance(70.0, links={"rtu": "up"})
        await watcher.look()
        waiting = SqlOutbox(records).due(2**62)
        assert [m.channel for m in waiting] == ["mail"]


# ---- notify.toml -----------------------------------------------------------------------------


def test_channels_and_rules_are_read_with_their_secrets(tmp_path: Path) -> None:
    secret = tmp_path / "mail.secret"
    secret.write_text("pass word\n")
    secret.chmod(0o600)
    text = """
[[channels]]
name = "mail"
kind = "smtp"
host = "mail.example"
port = 587
sender = "room@example"
to = ["chief@example"]
user = "room"
password_file = "mail.secret"
[[rules]]
name = "urgent"
channels = ["mail"]
priorities = ["urgent"]
utilities = ["water"]
after_min = 5
[orders]
bulletin = ["mail", "file"]
"""
    (tmp_path / "notify.toml").write_text(text)
    found = read_notify(tmp_path / "notify.toml")
    assert found.channels[0].secret == "pass word"
    assert "pass word" not in repr(found)
    assert found.rules[0].after_s == 300.0
    assert found.orders == {"bulletin": ("mail", "file")}
    adapters_of(found.channels)
    assert read_notify(tmp_path / "none.toml").channels == ()


def test_every_fault_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "open.secret").write_text("x")
    text = """
[[channels]]
name = "a"
kind = "pigeon"
[[channels]]
name = "b"
kind = "smtp"
host = ""
port = 0
sender = "x"
to = []
colour = "red"
[[channels]]
name = "c"
kind = "webhook"
url = "ftp://x"
secret_file = "open.secret"
[[channels]]
name = "d"
kind = "sms"
url = "http://x"
to = ["1"]
key_file = "missing.secret"
[[rules]]
name = ""
channels = ["nobody"]
priorities = ["huge"]
after_min = -1
[orders]
bulletin = ["nobody"]
pigeon = ["file"]
"""
    (tmp_path / "notify.toml").write_text(text)
    (tmp_path / "open.secret").chmod(0o644)
    with pytest.raises(InputError) as refused:
        read_notify(tmp_path / "notify.toml")
    assert {p.field for p in refused.value.problems} == {
        "channels.1.kind",
        "channels.2.host",
        "channels.2.port",
        "channels.2.to",
        "channels.2.colour",
        "channels.3.url",
        "channels.3.secret_file",
        "channels.4.key_file",
        "rules.1.name",
        "rules.1.channels",
        "rules.1.priorities",
        "rules.1.after_min",
        "orders.bulletin",
        "orders.pigeon",
    }
