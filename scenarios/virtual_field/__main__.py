"""`python -m scenarios.virtual_field FOLDER`: a site's field alone, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

from network_models.problems import InputError
from scenarios.site import load_site
from scenarios.virtual_field import FieldError, run_field


async def _until_told(folder: Path) -> None:
    def say(endpoints: object) -> None:
        sys.stdout.write(json.dumps(endpoints) + "\n")
        sys.stdout.flush()

    task = asyncio.ensure_future(run_field(load_site(folder), on_ready=say))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m scenarios.virtual_field FOLDER")
    try:
        asyncio.run(_until_told(Path(sys.argv[1])))
    except (FieldError, InputError) as error:
        sys.exit(str(error))
