"""Where the page may be, and how: a lab only on this machine, TLS everywhere else."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from hmi.room import Room, _status
from hmi.security.tls import certificate_of, fingerprint, self_signed
from hmi.web_service import serve_web
from network_models.problems import InputError
from scada.bus import MemoryBus
from scada.ports import Header
from scenarios.site import load_site
from tests.hmi.test_alarm_report import site

ELSEWHERE = "127.0.0.2"
"""An address of this machine that is not its usual one: for the room it is a network."""


def with_settings(folder: Path, text: str) -> Path:
    file = folder / "site.toml"
    file.write_text(file.read_text("utf-8") + text, encoding="utf-8")
    return folder


def faults(folder: Path) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        load_site(folder)
    return {p.field: p.expected for p in refused.value.problems}


def test_a_lab_on_the_network_is_refused(tmp_path: Path) -> None:
    folder = with_settings(site(tmp_path), f'[web]\nhost = "{ELSEWHERE}"\n')
    with pytest.raises(InputError, match="--lab"):
        Room(folder, ["web"], lab=True)
    assert Room(folder, ["field"]).lab is False
    with_settings(folder, '[security]\nmode = "lab"\n')
    assert set(faults(folder)) == {"security.mode"}


def test_certificate_and_key_come_together_and_are_there(tmp_path: Path) -> None:
    folder = with_settings(site(tmp_path), '[web]\ncertificate = "web.crt"\n')
    assert set(faults(folder)) == {"web.key", "web.certificate"}


def test_the_key_is_the_owners_and_is_made_once(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "room.example", "10.0.0.7")
    assert key.stat().st_mode & 0o077 == 0
    before = fingerprint(certificate)
    assert fingerprint(self_signed(tmp_path, "room.example")[0]) == before
    assert len(before) == 95


async def test_beyond_this_machine_the_page_is_served_over_tls(tmp_path: Path) -> None:
    folder = with_settings(site(tmp_path), f'[web]\nhost = "{ELSEWHERE}"\n')
    found = load_site(folder)
    certificate = certificate_of(found)
    assert certificate is not None
    bus = MemoryBus()

    async def status(_header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"good": 1, "samples_received": 1}, b""

    await bus.serve("core.status", status)
    with socket.socket() as free:
        free.bind((ELSEWHERE, 0))
        port = free.getsockname()[1]
    serving = asyncio.create_task(serve_web(found, bus.peer(), port))
    url = f"https://{ELSEWHERE}:{port}/"
    try:
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(_status, url, certificate):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await asyncio.to_thread(_status, url, certificate) == {"ready": True}
        plain = await asyncio.to_thread(_status, url.replace("https", "http"), None)
        assert plain == {}
        stranger = await asyncio.to_thread(self_signed, tmp_path / "other", ELSEWHERE)
        assert await asyncio.to_thread(_status, url, stranger) == {}
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
