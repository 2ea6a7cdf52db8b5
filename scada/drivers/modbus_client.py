"""A Modbus TCP client that trusts no reply: pymodbus carries, we frame and judge.

pymodbus' own socket framer accepts a reply with transaction id 0 and its decoder a reply with
fewer registers than were asked for. `StrictFramer` takes the framer's place: it hands over only
the frame that answers the request on its way, by transaction id, unit, function and length, and
leaves the data as bytes for `scada.registers`. Late and foreign replies are counted and dropped;
garbage (no Modbus frame at all) ends the connection, because nothing after it can be framed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusIOException
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

_HEADER = 7
_LONGEST = 260
_ERROR_BIT = 0x80

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, still working",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}


class ModbusError(RuntimeError):
    """A request that brought no usable reply. LinkLost, NoReply, Refused, WrongReply."""


class LinkLost(ModbusError):  # noqa: N818  # says what happened
    """The connection is gone or could not be made."""


class NoReply(ModbusError):  # noqa: N818
    """The unit did not answer in time."""


class WrongReply(ModbusError):  # noqa: N818
    """The reply does not fit the request."""


class Refused(ModbusError):  # noqa: N818
    """The unit answered with an exception; `code` is the Modbus exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exception {code}: {EXCEPTIONS.get(code, 'unknown')}")


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


class ModbusLink:
    """One connection; one request at a time. Raises ModbusError's children."""

    def __init__(self, host: str, port: int, *, timeout_s: float, retries: int = 0) -> None:
        # pymodbus logs every lost reply as an error of its own; callers get an exception instead
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self._framer = StrictFramer(self._garbage)
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=timeout_s,
            retries=retries,
            reconnect_delay=0,  # reconnecting is the driver's business
            trace_connect=self._connection_changed,
        )
        self._client.ctx.framer = self._framer
        # a burst of late replies may be longer than the 264 bytes beyond which pymodbus throws
        # everything away, the wanted reply included; the framer takes all bytes each time anyway
        self._client.ctx.max_buffer_size = 1 << 20

    @property
    def counts(self) -> FrameCounts:
        """Replies that were dropped so far."""
        return self._framer.counts

    async def connect(self) -> None:
        """Open the connection; LinkLost when nobody listens."""
        self._framer.forget()
        if not await self._client.connect():
            where = f"{self._client.comm_params.host}:{self._client.comm_params.port}"
            raise LinkLost(f"cannot connect to {where}")

    def close(self) -> None:
        """Close the connection; it can be opened again."""
        self._client.close()

    async def ask(self, request: ModbusPDU, size: int) -> bytes:
        """The reply's bytes after the function code, exactly `size` of them."""
        garbage = self.counts.garbage
        try:
            reply = await self._client.execute(False, request)
        except ConnectionException as error:
            if self.counts.garbage > garbage:
                raise LinkLost("closed: bytes that are no Modbus TCP frame came") from error
            raise LinkLost("connection lost") from error
        except ModbusIOException as error:
            raise NoReply(f"unit {request.dev_id} did not answer") from error
        assert isinstance(reply, RawReply)
        if reply.function_code == request.function_code | _ERROR_BIT and len(reply.data) == 1:
            raise Refused(reply.data[0])
        if reply.function_code != request.function_code:
            raise WrongReply(
                f"function {reply.function_code} where {request.function_code} was asked"
            )
        if len(reply.data) != size:
            raise WrongReply(f"{len(reply.data)} bytes where {size} were expected")
        return reply.data

    def _garbage(self) -> None:
        self._client.ctx.connection_lost(ConnectionError("bytes that are no Modbus TCP frame"))

    def _connection_changed(self, connected: bool) -> None:
        """Fail the request on its way at once instead of letting it run into its timeout."""
        waiting = self._client.ctx.response_future
        if not connected and not waiting.done():
            waiting.set_exception(ConnectionException("connection lost"))
            waiting.add_done_callback(_retrieve)


def _retrieve(future: asyncio.Future[ModbusPDU]) -> None:
    """Take the exception, so that asyncio does not report one nobody waited for."""
    if not future.cancelled():
        future.exception()
