"""A virtual field for tests: its own process, free ports, always stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from scenarios.virtual_field import FieldConfig

RUN = """
import asyncio, contextlib, json, signal, sys, msgspec
from scenarios.virtual_field import FieldConfig, run_field

async def main():
    config = msgspec.json.decode(sys.stdin.readline(), type=FieldConfig)
    say = lambda said: print(json.dumps(said), flush=True)
    task = asyncio.ensure_future(run_field(config, on_ready=say))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task

asyncio.run(main())
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class RunningField:
    """The field's own process and what it said when it was ready."""

    def __init__(self, config: FieldConfig) -> None:
        self.config = config
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(msgspec.json.encode(config).decode() + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the field ended before it was ready"
        self.said: dict[str, Any] = json.loads(line)

    def pids(self) -> list[int]:
        """Every process of the field but its parent."""
        return [self.said["plant"]["pid"], *(e["pid"] for e in self.said["endpoints"])]

    def stop(self) -> None:
        """Ask it to end, as a supervisor does; the exit code must be 0."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.close()

    def close(self) -> None:
        """Close the pipes; end the process if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@contextmanager
def running(config: FieldConfig) -> Iterator[RunningField]:
    """A field that runs for the length of a `with` block."""
    field = RunningField(config)
    try:
        yield field
        if field.process.poll() is None:
            field.stop()
    finally:
        field.close()


def data_file(config: FieldConfig, name: str) -> Path:
    """A file of the field's data folder."""
    return config.folder / name
