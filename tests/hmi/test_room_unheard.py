"""A room whose terminal is gone goes on, and stops when it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from scenarios.init_site import init_site

PATIENCE_S = 90.0
RUN = "from hmi.cli import main; main()"


def test_a_room_nobody_listens_to_goes_on_and_stops(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    init_site(folder, example="empty")
    room = subprocess.Popen(
        [sys.executable, "-c", RUN, "gateway", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert room.stderr is not None
    room.stderr.close()
    try:
        end = time.monotonic() + PATIENCE_S
        log = folder / "data" / "logs" / "gateway.log"
        while not log.exists() and room.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        # Its first words have been said to nobody by now.
        assert log.exists()
        assert room.poll() is None
        room.send_signal(signal.SIGINT)
        assert room.wait(PATIENCE_S) == 0
    finally:
        room.kill()
        room.wait()
