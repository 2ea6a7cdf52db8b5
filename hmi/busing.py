"""Where a site's processes meet: core opens the bus, the others join it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from scada.bus_address import is_address
from scada.bus_hub import SocketHub
from scada.bus_secret import make_secret
from scada.bus_socket import SocketBus
from scada.ports import Bus

JOIN_PATIENCE_S = 60.0


def bus_address(data: Path) -> str:
    """The address of a site's bus: a socket in its data folder, or beside it when that is deep."""
    address = f"unix:{data.resolve() / 'bus.sock'}"
    if is_address(address):
        return address
    digest = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return f"unix:{Path(folder) / f'ringmain-{digest}.sock'}"


def secret_file(data: Path) -> Path:
    """What a process must be able to read to join the bus."""
    return data / "bus.secret"


async def open_hub(data: Path) -> SocketHub:
    """Start the site's bus in this process; BusError when it runs already."""
    make_secret(secret_file(data))
    hub = SocketHub(bus_address(data), secret_file(data))
    await hub.start()
    return hub


async def join_bus(data: Path, nats_url: str = "", space: str = "") -> Bus:
    """Join the site's bus: core's, waiting for it to open, or that of a NATS server.

    `space` keeps sites apart that share a server.
    """
    if nats_url:
        from scada.bus_nats import NatsBus

        return await NatsBus.open(nats_url, space, patience_s=JOIN_PATIENCE_S)
    make_secret(secret_file(data))
    return await SocketBus.open(bus_address(data), secret_file(data), JOIN_PATIENCE_S)
