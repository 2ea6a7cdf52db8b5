"""What a stranger may send to the OPC UA server before anybody knows who it is.

asyncua (2.1) waits for whatever size a message claims, and keeps what it cannot read and tries it
again with every byte that follows: a gigabyte from one stranger would be kept. Here a connection
that sends what cannot become a message is closed.
"""

from __future__ import annotations

import struct
from contextvars import ContextVar
from typing import Any

from asyncua.server import server as library
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol

HEAD = struct.Struct("<3scI")
TYPES = (b"HEL", b"OPN", b"MSG", b"CLO")
CHUNKS = (b"F", b"C", b"A")
MESSAGE_BYTES = 4_000_000
"""The longest request: ten thousand monitored items take half of it."""
CHUNK_COUNT = 64
SESSION_MS = 60_000.0
"""The longest that a session outlives its connection, whatever its client asks for: a thousand of
them, and nobody is let in. Clients are told, and keep theirs alive."""
CALLER: ContextVar[str] = ContextVar("caller", default="")
"""The name of the user whose message is being worked on."""


class GuardedProtocol(OPCUAProtocol):  # type: ignore[misc]
    """One connection."""

    def data_received(self, data: bytes) -> None:
        """Let the library have it, if what is to come can be a message."""
        if self.transport is None or self.transport.is_closing():
            return
        super().data_received(data)
        if not self._may_become_message():
            self._buffer = b""
            self.transport.close()

    def _may_become_message(self) -> bool:
        """Whether what the library kept is the beginning of a message."""
        if len(self._buffer) < HEAD.size:
            return True
        kind, chunk, size = HEAD.unpack_from(self._buffer)
        known = kind in TYPES and chunk in CHUNKS
        # A whole message that is still here is one that could not be read.
        return known and len(self._buffer) < size <= int(self.limits.max_recv_buffer)

    async def _process_one_msg(self, header: Any, buf: Any) -> bool:
        # A method of the address space is called without its session: this is how it knows who.
        session = self.processor.session if self.processor is not None else None
        CALLER.set(str(getattr(getattr(session, "user", None), "name", None) or ""))
        return bool(await super()._process_one_msg(header, buf))


class GuardedListener(BinaryServer):  # type: ignore[misc]
    """Makes guarded connections."""

    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        self.limits.max_message_size, self.limits.max_chunk_count = MESSAGE_BYTES, CHUNK_COUNT
        self.iserver.max_session_timeout_ms = SESSION_MS

    def _make_protocol(self) -> GuardedProtocol:
        return GuardedProtocol(
            self.iserver, self._policies, self.clients, self.closing_tasks, self.limits
        )


def guard_servers() -> None:
    """Servers that start from now on are guarded: the library makes its listener by this name."""
    library.BinaryServer = GuardedListener
