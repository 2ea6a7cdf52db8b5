"""A process whose work has ended goes, whatever still holds it."""

from __future__ import annotations

import subprocess
import sys
import time

HELD = """
import threading
from hmi.parent import end_within
threading.Thread(target=threading.Event().wait).start()
end_within(0.5)
"""


def test_a_thread_that_never_ends_does_not_keep_a_process_whose_work_is_over() -> None:
    began = time.monotonic()
    assert subprocess.run([sys.executable, "-c", HELD], timeout=60, check=False).returncode == 1
    assert time.monotonic() - began >= 0.5
