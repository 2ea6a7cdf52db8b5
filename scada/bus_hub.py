"""The hub of the socket bus: passes calls to servers and news to subscribers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scada.bus_address import listen, remove_socket
from scada.bus_frames import Envelope, decode_header, encode_frame, read_frame
from scada.bus_outbox import Outbox
from scada.bus_queue import matches
from scada.bus_secret import admit, make_secret, read_secret
from scada.ports import BusError

MAX_MEMBERS = 256
MAX_NAMES = 1024
"""Topics or services of one member."""
MAX_OPEN_CALLS = 4096


@dataclass(slots=True, eq=False)
class _Member:
    outbox: Outbox = field(default_factory=Outbox)
    topics: tuple[str, ...] = ()
    services: set[str] = field(default_factory=set)


@dataclass(slots=True, frozen=True)
class _OpenCall:
    caller: _Member
    caller_id: int
    server: _Member
    service: str


class SocketHub:
    """Listens at an address; members prove that they know the secret file's content.

    `refused` counts connections that were turned away, `last_refusal` says why the last was.
    """

    def __init__(self, address: str, secret_file: Path) -> None:
        self.address = address
        self.refused = 0
        self.last_refusal = ""
        self._secret_file = secret_file
        self._server: asyncio.Server | None = None
        self._members: dict[_Member, asyncio.Task[None]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._calls: dict[int, _OpenCall] = {}
        self._last_call = 0
        self._kinds: dict[str, Callable[[_Member, Envelope, bytes], None]] = {
            "publish": self._publish,
            "call": self._call,
            "reply": self._reply,
            "cancel": self._cancel,
            "topics": self._topics,
            "serve": self._serve,
        }

    async def start(self) -> None:
        """Make the secret if there is none and listen; BusError when the address is taken."""
        make_secret(self._secret_file)
        read_secret(self._secret_file)
        self._server, self.address = await listen(self.address, self._connected)

    async def close(self) -> None:
        """Stop listening and drop every member."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        remove_socket(self.address)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._welcome(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._connections) > MAX_MEMBERS:
                raise BusError("too many members")
            await admit(reader, writer, read_secret(self._secret_file))
            await self._keep(reader, writer)
        except (BusError, asyncio.IncompleteReadError, TimeoutError) as problem:
            self.refused += 1
            self.last_refusal = str(problem) or "no proof came in time"
        except OSError as problem:
            self.last_refusal = str(problem)
        finally:
            writer.close()

    async def _keep(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a member until it leaves."""
        member = _Member()
        writing = asyncio.create_task(member.outbox.write_to(writer))
        writing.add_done_callback(lambda _: writer.transport.abort())
        self._members[member] = writing
        try:
            while True:
                try:
                    envelope, payload = await read_frame(reader)
                except asyncio.IncompleteReadError:
                    return
                act = self._kinds.get(envelope.kind)
                if act is None:
                    raise BusError(f"unknown kind of frame {envelope.kind!r}")
                act(member, envelope, payload)
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await writing
            self._forget(member)

    def _forget(self, member: _Member) -> None:
        self._members.pop(member, None)
        for number, call in list(self._calls.items()):
            if call.caller is member:
                del self._calls[number]
            elif call.server is member:
                del self._calls[number]
                self._answer(
                    call.caller,
                    call.caller_id,
                    f"{call.service}: the connection to its server was lost; it may have been done",
                )

    def _topics(self, member: _Member, envelope: Envelope, _payload: bytes) -> None:
        topics = decode_header(envelope.header).get("topics")
        if not isinstance(topics, list) or len(topics) > MAX_NAMES:
            raise BusError("topics are a list of names")
        member.topics = tuple(str(t) for t in topics)
        self._answer(member, envelope.id)

    def _serve(self, member: _Member, envelope: Envelope, _payload: bytes) -> None:
        if len(member.services) >= MAX_NAMES:
            raise BusError("too many services")
        for other in self._members:
            other.services.discard(envelope.name)
        member.services.add(envelope.name)
        self._answer(member, envelope.id)

    def _publish(self, _member: _Member, envelope: Envelope, payload: bytes) -> None:
        frame = encode_frame(envelope, payload)
        for other in self._members:
            if matches(other.topics, envelope.name):
                other.outbox.tell(frame)

    def _call(self, member: _Member, envelope: Envelope, payload: bytes) -> None:
        service = envelope.name
        server = next((m for m in self._members if service in m.services), None)
        if server is None:
            self._answer(member, envelope.id, f"{service}: nobody serves it")
            return
        if len(self._calls) >= MAX_OPEN_CALLS:
            self._answer(member, envelope.id, f"{service}: too many calls are open")
            return
        self._last_call += 1
        self._calls[self._last_call] = _OpenCall(member, envelope.id, server, service)
        onward = Envelope("call", service, self._last_call, envelope.header)
        self._owe(server, encode_frame(onward, payload))

    def _reply(self, member: _Member, envelope: Envelope, payload: bytes) -> None:
        call = self._calls.get(envelope.id)
        if call is None or call.server is not member:
            return  # the caller has given up
        del self._calls[envelope.id]
        back = Envelope("reply", "", call.caller_id, envelope.header, envelope.error)
        self._owe(call.caller, encode_frame(back, payload))

    def _cancel(self, member: _Member, envelope: Envelope, _payload: bytes) -> None:
        for number, call in list(self._calls.items()):
            if call.caller is member and call.caller_id == envelope.id:
                del self._calls[number]

    def _answer(self, member: _Member, number: int, error: str | None = None) -> None:
        self._owe(member, encode_frame(Envelope("reply", id=number, error=error)))

    def _owe(self, member: _Member, frame: bytes) -> None:
        try:
            member.outbox.owe(frame)
        except BusError as problem:
            # Only the one that does not read is dropped, not the one that wrote to it.
            self.last_refusal = str(problem)
            writing = self._members.get(member)
            if writing is not None:
                writing.cancel()
