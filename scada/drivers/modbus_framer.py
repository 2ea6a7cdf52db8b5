"""Framers that trust no reply: only the frame that answers the request on its way is handed over.

pymodbus' own framers accept a reply with transaction id 0 and one with fewer registers than were
asked for. These take their place; the data stays bytes, for `scada.registers`. Late and foreign
replies are counted and dropped; garbage (no Modbus frame at all) ends the connection, because
nothing after it can be framed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

_HEADER = 7
_LONGEST = 260
ERROR_BIT = 0x80
_RTU_NOISE = 512
"""Bytes without a frame in them after which a serial line is given up as garbage."""
_RTU_FIXED = {5: 8, 6: 8, 15: 8, 16: 8, 22: 10}
"""Bytes of a reply by function, unit and checksum included; reads tell their own length."""


class RawReply(ModbusPDU):
    """A reply as it came: function code and the bytes after it."""

    def __init__(self, unit: int, transaction: int, pdu: bytes) -> None:
        super().__init__(dev_id=unit, transaction_id=transaction)
        self.function_code = pdu[0]
        self.data = pdu[1:]


@dataclass(slots=True)
class FrameCounts:
    """What came that was not asked for."""

    foreign: int = 0
    garbage: int = 0


class StrictFramer(FramerSocket):
    """Frames of Modbus TCP, kept across reads of the socket until they are whole."""

    def __init__(self, on_garbage: Callable[[], None]) -> None:
        super().__init__(DecodePDU(False))
        self.counts = FrameCounts()
        self._on_garbage = on_garbage
        self._pending = bytearray()

    def forget(self) -> None:
        """Drop half a frame, when a new connection begins."""
        self._pending.clear()

    def handleFrame(  # noqa: N802  # pymodbus' name
        self, data: bytes, exp_devid: int, exp_tid: int
    ) -> tuple[int, ModbusPDU | None]:
        """Take all of `data`; the reply to the request on its way, if it is complete."""
        self._pending += data
        reply: RawReply | None = None
        while len(self._pending) > _HEADER:
            length = int.from_bytes(self._pending[4:6], "big")
            if self._pending[2:4] != b"\0\0" or not 2 <= length <= _LONGEST - 6:
                self.counts.garbage += 1
                self._pending.clear()
                self._on_garbage()
                return len(data), None
            if len(self._pending) < 6 + length:
                break
            frame = bytes(self._pending[: 6 + length])
            del self._pending[: 6 + length]
            transaction = int.from_bytes(frame[:2], "big")
            if transaction == exp_tid and frame[6] == exp_devid and reply is None:
                reply = RawReply(frame[6], transaction, frame[_HEADER:])
            else:
                self.counts.foreign += 1
        return len(data), reply


class StrictRtuFramer(FramerRTU):
    """Frames of a serial line behind a plain converter (RTU over TCP).

    They carry no transaction id: a reply counts when unit and checksum fit. What is before it
    (noise, an echo, another unit's reply) is dropped and counted.
    """

    def __init__(self, on_garbage: Callable[[], None]) -> None:
        super().__init__(DecodePDU(False))
        self.counts = FrameCounts()
        self._on_garbage = on_garbage
        self._pending = bytearray()

    def forget(self) -> None:
        """Drop half a frame, when a new connection begins."""
        self._pending.clear()

    def handleFrame(  # noqa: N802  # pymodbus' name
        self, data: bytes, exp_devid: int, exp_tid: int
    ) -> tuple[int, ModbusPDU | None]:
        """Take all of `data`; the reply of the unit that was asked, if it is complete."""
        self._pending += data
        for at in range(len(self._pending) - 4):
            size = self._size(at, exp_devid)
            frame = bytes(self._pending[at : at + size])
            if not size or len(frame) < size:
                continue
            if self.compute_CRC(frame[:-2]).to_bytes(2, "big") == frame[-2:]:
                self.counts.foreign += at > 0
                self.counts.foreign += len(self._pending) > at + size
                self._pending.clear()
                return len(data), RawReply(exp_devid, exp_tid, frame[1:-2])
        if len(self._pending) > _RTU_NOISE:
            self.counts.garbage += 1
            self._pending.clear()
            self._on_garbage()
        return len(data), None

    def _size(self, at: int, unit: int) -> int:
        """Bytes of a frame of `unit` that would begin at a place; 0 when none can."""
        head = self._pending[at : at + 3]
        if head[0] != unit:
            return 0
        if head[1] & ERROR_BIT:
            return 5
        return 5 + head[2] if head[1] in (1, 2, 3, 4) else _RTU_FIXED.get(head[1], 0)
