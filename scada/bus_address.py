"""Where a socket bus listens: `unix:/path/bus.sock` or `tcp:127.0.0.1:PORT`, this machine only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from scada.ports import BusError

READ_AHEAD = 2**20
UNIX_PATH_BYTES = 100
"""Paths of sockets are short on every system (108 bytes on Linux, 104 on BSD)."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


def _split(address: str) -> tuple[str, str, int]:
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        if len(rest.encode()) > UNIX_PATH_BYTES:
            raise ValueError(f"{address}: a socket path holds at most {UNIX_PATH_BYTES} bytes")
        return scheme, rest, 0
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    if scheme != "tcp" or host not in LOOPBACK or not port.isdigit():
        raise ValueError(f"{address}: expected unix:/path or tcp:127.0.0.1:PORT")
    return scheme, host, int(port)


def is_address(address: str) -> bool:
    """Whether a bus can listen there."""
    try:
        _split(address)
    except ValueError:
        return False
    return True


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the hub; OSError when nobody listens."""
    scheme, place, port = _split(address)
    if scheme == "unix":
        return await asyncio.open_unix_connection(place, limit=READ_AHEAD)
    return await asyncio.open_connection(place, port, limit=READ_AHEAD)


async def listen(address: str, serve: Serve) -> tuple[asyncio.Server, str]:
    """A listening server and its address (port 0 becomes the port given by the system).

    BusError when another hub listens there already.
    """
    scheme, place, port = _split(address)
    if scheme == "tcp":
        try:
            server = await asyncio.start_server(serve, place, port, limit=READ_AHEAD)
        except OSError as problem:
            raise BusError(f"{address}: {problem}") from problem
        return server, f"tcp:{place}:{server.sockets[0].getsockname()[1]}"
    # A socket file stays behind when its process is killed; only a living hub answers.
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_unix_connection(place)
        writer.close()
        raise BusError(f"{address}: another hub is running there")
    remove_socket(address)
    server = await asyncio.start_unix_server(serve, place, limit=READ_AHEAD)
    _for_owner_only(place)
    return server, address


def remove_socket(address: str) -> None:
    """Delete the file of a unix address, if there is one."""
    scheme, place, _ = _split(address)
    if scheme == "unix":
        Path(place).unlink(missing_ok=True)


def _for_owner_only(place: str) -> None:
    Path(place).chmod(0o600)
