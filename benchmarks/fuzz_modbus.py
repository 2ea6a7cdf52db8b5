"""Malformed Modbus frames at our codec: `python benchmarks/fuzz_modbus.py [--frames 1000000]`.

Sound replies are cut, joined, changed, repeated and mixed with noise, in both framings, and fed to
the framers and decoders in pieces of any size. Nothing may raise, hang or grow, and what is handed
over must be a reply that was asked for. Prints frames a second and the memory before and after.
"""

from __future__ import annotations

import argparse
import random
import resource
import struct
import time

from scada.drivers.modbus_framer import RawReply, StrictFramer, StrictRtuFramer
from scada.registers import Field, Layout, unpack_bits

UNIT = 1
LAYOUT = Layout(
    [
        Field(offset=0, type="float32"),
        Field(offset=2, type="uint16", bit=3, bits=4),
        Field(offset=3, type="bcd32", order="CDAB"),
        Field(offset=5, type="int64", order="DCBA"),
        Field(offset=9, type="bool", bit=15),
    ]
)


def sound(chance: random.Random, transaction: int, serial: bool) -> bytes:
    """A reply as a device sends it."""
    function = chance.choice((1, 2, 3, 4, 5, 6, 15, 16, 22, 0x83, 0x84, 0x90))
    if function & 0x80:
        body = bytes((function, chance.randrange(256)))
    elif function <= 4:
        data = chance.randbytes(chance.choice((1, 2, 20, 20, 20, 250)))
        body = bytes((function, len(data))) + data
    else:
        body = bytes((function,)) + chance.randbytes(6 if function == 22 else 4)
    if serial:
        frame = bytes((UNIT,)) + body
        return frame + StrictRtuFramer.compute_CRC(frame).to_bytes(2, "big")
    return struct.pack(">HHHB", transaction, 0, len(body) + 1, UNIT) + body


def spoiled(chance: random.Random, frame: bytes) -> bytes:
    """What a bad line, a bad device or an attacker makes of it."""
    kind = chance.randrange(8)
    if kind == 0:
        return frame[: chance.randrange(len(frame))]
    if kind == 1:
        return chance.randbytes(chance.randrange(1, 12)) + frame
    if kind == 2:
        return frame + frame
    if kind == 3:
        return chance.randbytes(chance.randrange(1, 300))
    if kind == 4:
        at = chance.randrange(len(frame))
        return frame[:at] + frame[at + 1 :]
    if kind == 5:
        return frame[:4] + chance.randbytes(2) + frame[6:]
    data = bytearray(frame)
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def run(frames: int, seed: int) -> dict[str, float]:
    """Feed both framers; counts of what came out."""
    chance = random.Random(seed)
    framers = (StrictFramer(lambda: None), StrictRtuFramer(lambda: None))
    found = {"frames": 0, "replies": 0, "decoded": 0, "refused": 0, "largest_pending": 0}
    transaction = 0
    while found["frames"] < frames:
        transaction = (transaction + 1) % 65_536
        serial = chance.random() < 0.5
        framer = framers[serial]
        expected = 0 if serial else transaction
        good = sound(chance, transaction, serial)
        data = good if chance.random() < 0.2 else spoiled(chance, good)
        cut = chance.randrange(len(data) + 1)
        for part in (data[:cut], data[cut:]):
            used, reply = framer.handleFrame(part, UNIT, expected)
            assert used == len(part)
            if reply is not None:
                assert isinstance(reply, RawReply)
                assert reply.dev_id == UNIT
                assert reply.transaction_id == expected
                found["replies"] += 1
                decode(reply, found)
        found["largest_pending"] = max(found["largest_pending"], len(framer._pending))
        found["frames"] += 1
        if chance.random() < 0.01:
            framer.forget()  # a new connection
    return {**found, "foreign": sum(f.counts.foreign for f in framers)}


def decode(reply: RawReply, found: dict[str, float]) -> None:
    """As the driver does; too short a reply is refused in words."""
    try:
        if reply.function_code in (3, 4):
            LAYOUT.decode(reply.data[1:])
        elif reply.function_code in (1, 2):
            unpack_bits(reply.data[1:], 8)
        found["decoded"] += 1
    except ValueError:
        found["refused"] += 1


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    run(20_000, chosen.seed)
    before, began = memory_mb(), time.process_time()
    found = run(chosen.frames, chosen.seed)
    took = time.process_time() - began
    print(
        f"{chosen.frames} frames in {took:.1f} s of processor time: {found['replies']} replies "
        f"handed over ({found['decoded']} decoded, {found['refused']} refused as too short), "
        f"{found['foreign']} foreign, at most {found['largest_pending']} bytes pending; "
        f"memory {before:.0f} MB before, {memory_mb():.0f} MB after"
    )


if __name__ == "__main__":
    main()
