"""Frames of the socket bus: two lengths, a msgpack envelope, raw payload.

    u32 envelope bytes | u32 payload bytes | envelope | payload        (little-endian)

The user's header travels inside the envelope as undecoded msgpack, so that the hub passes it on
without looking at it. A reader checks both lengths before it takes any memory.
"""

from __future__ import annotations

import asyncio
import struct

import msgspec

from scada.ports import BusError, Header

MAX_PAYLOAD = 64 * 2**20
MAX_ENVELOPE = 8 * 2**20
LENGTHS = struct.Struct("<II")
EMPTY = msgspec.Raw(b"\x80")


class FrameError(BusError):
    """Bytes that are not a frame of this bus; the connection they came on cannot go on."""


class Envelope(msgspec.Struct, array_like=True, frozen=True):
    """What a frame is about.

    `kind` is one of hello, proof, welcome, topics, serve, publish, call, reply, cancel, lost;
    `name` a topic or service, `id` pairs a reply with its call, `error` says why it failed.
    """

    kind: str
    name: str = ""
    id: int = 0
    header: msgspec.Raw = EMPTY
    error: str | None = None


_ENVELOPES = msgspec.msgpack.Decoder(Envelope)


def encode_header(header: Header) -> msgspec.Raw:
    """A header as msgpack; BusError when it holds something that is not JSON-like."""
    try:
        return msgspec.Raw(msgspec.msgpack.encode(header))
    except (TypeError, ValueError, OverflowError) as problem:
        raise BusError(f"the header cannot be sent: {problem}") from problem


def decode_header(raw: msgspec.Raw) -> Header:
    """The header of an envelope; FrameError when it is not a table of names and values."""
    try:
        return msgspec.msgpack.decode(raw, type=Header)
    except (msgspec.DecodeError, ValueError) as problem:
        raise FrameError(f"unreadable header: {problem}") from problem


def encode_frame(envelope: Envelope, payload: bytes = b"") -> bytes:
    """The bytes of a frame; BusError when it is larger than a receiver takes."""
    head = msgspec.msgpack.encode(envelope)
    if len(payload) > MAX_PAYLOAD:
        raise BusError(f"a payload of {len(payload)} bytes is over the limit of {MAX_PAYLOAD}")
    if len(head) > MAX_ENVELOPE:
        raise BusError(f"a header of {len(head)} bytes is over the limit of {MAX_ENVELOPE}")
    return b"".join((LENGTHS.pack(len(head), len(payload)), head, payload))


async def read_frame(
    reader: asyncio.StreamReader,
    *,
    max_envelope: int = MAX_ENVELOPE,
    max_payload: int = MAX_PAYLOAD,
) -> tuple[Envelope, bytes]:
    """The next frame.

    FrameError when it is oversized or not a frame; IncompleteReadError when the other side left.
    """
    head_bytes, payload_bytes = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    if head_bytes > max_envelope or payload_bytes > max_payload:
        raise FrameError(f"a frame of {head_bytes} + {payload_bytes} bytes is refused")
    head = await reader.readexactly(head_bytes)
    try:
        envelope = _ENVELOPES.decode(head)
    except (msgspec.DecodeError, ValueError) as problem:
        raise FrameError(f"not a frame of this bus: {problem}") from problem
    return envelope, await reader.readexactly(payload_bytes)
