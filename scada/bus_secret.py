"""Who may join the socket bus: those who can read the site's secret file.

Both sides prove that they know the secret (HMAC-SHA256 over both sides' nonces) and neither
sends it, so a stranger listening on the address learns nothing from a client that calls there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from scada.bus_frames import (
    Envelope,
    FrameError,
    decode_header,
    encode_frame,
    encode_header,
    read_frame,
)
from scada.ports import BusError

SECRET_BYTES = 32
HANDSHAKE_S = 5.0
HANDSHAKE_BYTES = 1024
"""Nothing larger is read from somebody who has not proved himself."""


class RefusedError(BusError):
    """The other side does not know the secret."""


def make_secret(path: Path) -> None:
    """Write a new secret, readable by its owner only, unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
    with contextlib.suppress(FileExistsError):  # another process was faster: its secret counts
        os.link(draft, path)
    draft.unlink()


def read_secret(path: Path) -> bytes:
    """The secret; BusError when it is missing, damaged or readable by others."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise BusError(f"the bus secret {path} cannot be read: {problem}") from problem
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BusError(f"the bus secret {path} is open to others; set its mode to 600")
    try:
        secret = bytes.fromhex(text)
    except ValueError as problem:
        raise BusError(f"the bus secret {path} is damaged") from problem
    if len(secret) != SECRET_BYTES:
        raise BusError(f"the bus secret {path} is damaged")
    return secret


async def admit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: bytes) -> None:
    """The hub's side of the handshake; BusError when the caller is not to be let in."""
    ours = secrets.token_bytes(SECRET_BYTES)
    _send(writer, "hello", nonce=ours)
    async with asyncio.timeout(HANDSHAKE_S):
        theirs, proof = await _receive(reader, "proof")
    if not hmac.compare_digest(proof, _proof(secret, b"client", ours, theirs)):
        writer.write(encode_frame(Envelope("refused")))
        await writer.drain()
        raise RefusedError("a caller with a wrong secret was refused")
    _send(writer, "welcome", proof=_proof(secret, b"hub", ours, theirs))


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: bytes) -> None:
    """The client's side of the handshake; BusError when either side's secret is wrong."""
    async with asyncio.timeout(HANDSHAKE_S):
        hub_nonce, _ = await _receive(reader, "hello")
        ours = secrets.token_bytes(SECRET_BYTES)
        _send(writer, "proof", nonce=ours, proof=_proof(secret, b"client", hub_nonce, ours))
        _, proof = await _receive(reader, "welcome")
    if not hmac.compare_digest(proof, _proof(secret, b"hub", hub_nonce, ours)):
        raise RefusedError("what answers at the bus address does not know the secret")


def _proof(secret: bytes, side: bytes, hub_nonce: bytes, client_nonce: bytes) -> bytes:
    return hmac.new(secret, side + hub_nonce + client_nonce, hashlib.sha256).digest()


def _send(writer: asyncio.StreamWriter, kind: str, **values: bytes) -> None:
    writer.write(encode_frame(Envelope(kind, header=encode_header(dict(values)))))


async def _receive(reader: asyncio.StreamReader, kind: str) -> tuple[bytes, bytes]:
    envelope, _ = await read_frame(reader, max_envelope=HANDSHAKE_BYTES, max_payload=0)
    if envelope.kind == "refused":
        raise RefusedError("the hub refused this secret")
    header = decode_header(envelope.header)
    nonce, proof = header.get("nonce", b""), header.get("proof", b"")
    if envelope.kind != kind or not isinstance(nonce, bytes) or not isinstance(proof, bytes):
        raise FrameError(f"expected {kind}, received {envelope.kind!r}")
    if kind != "welcome" and len(nonce) != SECRET_BYTES:
        raise FrameError("a nonce of the wrong length")
    return nonce, proof
