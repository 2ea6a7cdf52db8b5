"""Faults on the wire, one after another: `python benchmarks/scada_faults.py`.

A driver reads a real device through a proxy (tests/scada/drivers/fault_proxy.py). For each fault:
how long until its points were bad, how long from the fault's end until they were good again, and
how many wrong values were handed over, which must be none. Settings as usual: replies within 1 s,
at most 5 s between attempts to connect.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "scada" / "drivers"))

from fault_proxy import FAULTS, FaultProxy
from field import Running, device, free_port, point, real_server, until

from scada.drivers.config import DriverConfig
from scada.drivers.modbus_tcp import ModbusTcpDriver
from scada.quality import GOOD

WANTED = {0: float(7 << 16 | 8), 1: float(120 << 16 | 121)}
LASTS_S = 6.0


async def one(fault: str, port: int) -> tuple[float | None, float, int]:
    """Seconds until bad (None: never), seconds until good again, wrong values."""
    points = [point("a", "ir:7", "uint32"), point("b", "ir:120", "uint32")]
    async with FaultProxy(port) as proxy:
        config = DriverConfig(name="link", kind="modbus_tcp", port=proxy.port)
        async with Running(ModbusTcpDriver, config, points, {"fast": 1.0}) as (_, got):
            await until(lambda: got.value == WANTED)
            began = time.monotonic()
            proxy.begin(fault)
            bad: float | None = None
            while time.monotonic() - began < LASTS_S:
                if bad is None and GOOD not in got.quality.values():
                    bad = time.monotonic() - began
                await asyncio.sleep(0.01)
            proxy.begin("")
            ended = time.monotonic()
            await until(lambda: set(got.quality.values()) == {GOOD}, 60.0)
            again = time.monotonic() - ended
            wrong = sum(1 for h, v, q in got.history if q == GOOD and v != WANTED[h])
    return bad, again, wrong


async def main() -> int:
    """Print the table; 1 when a wrong value came through."""
    port = free_port()
    server = await real_server(port, device())
    total = 0
    print(f"{'fault':18} bad after   good again after   wrong values")
    for fault in FAULTS:
        bad, again, wrong = await one(fault, port)
        total += wrong
        told = "never" if bad is None else f"{bad:.2f} s"
        print(f"{fault:18} {told:>9} {again:>15.2f} s {wrong:>14}")
    await server.shutdown()
    return int(total > 0)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
