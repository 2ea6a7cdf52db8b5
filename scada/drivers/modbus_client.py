"""A Modbus client that trusts no reply: pymodbus carries, we frame and judge.

`modbus_framer` hands over only what answers the request on its way; here function and length are
judged too. The connection is plain TCP, a serial line behind a converter (RTU over TCP), or TLS.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Literal

from pymodbus.client import AsyncModbusTcpClient, AsyncModbusTlsClient
from pymodbus.exceptions import ConnectionException, ModbusIOException
from pymodbus.pdu import ModbusPDU

from scada.drivers.modbus_framer import (
    ERROR_BIT,
    FrameCounts,
    RawReply,
    StrictFramer,
    StrictRtuFramer,
)

Framing = Literal["tcp", "rtu"]

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


class ModbusLink:
    """One connection; one request at a time. Raises ModbusError's children."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float,
        retries: int = 0,
        framing: Framing = "tcp",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        # pymodbus logs every lost reply as an error of its own; callers get an exception instead
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self._serial = framing == "rtu"
        self._framer = (StrictRtuFramer if self._serial else StrictFramer)(self._garbage)
        # reconnecting is the driver's business
        self._client = (
            AsyncModbusTcpClient(
                host,
                port=port,
                timeout=timeout_s,
                retries=retries,
                reconnect_delay=0,
                trace_connect=self._connection_changed,
            )
            if tls is None
            else AsyncModbusTlsClient(
                host,
                port=port,
                sslctx=tls,
                timeout=timeout_s,
                retries=retries,
                reconnect_delay=0,
                trace_connect=self._connection_changed,
            )
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
            if self._serial:
                await self._start_afresh()
            raise NoReply(f"unit {request.dev_id} did not answer") from error
        _honour_cancellation()
        assert isinstance(reply, RawReply)
        if reply.function_code == request.function_code | ERROR_BIT and len(reply.data) == 1:
            raise Refused(reply.data[0])
        if reply.function_code != request.function_code:
            raise WrongReply(
                f"function {reply.function_code} where {request.function_code} was asked"
            )
        if len(reply.data) != size:
            raise WrongReply(f"{len(reply.data)} bytes where {size} were expected")
        return reply.data

    async def _start_afresh(self) -> None:
        """Frames of a serial line have no number: a new connection keeps a late reply away."""
        self.close()
        await self.connect()

    def _garbage(self) -> None:
        self._client.ctx.connection_lost(ConnectionError("bytes that are no Modbus TCP frame"))

    def _connection_changed(self, connected: bool) -> None:
        """Fail the request on its way at once instead of letting it run into its timeout."""
        waiting = self._client.ctx.response_future
        if not connected and not waiting.done():
            waiting.set_exception(ConnectionException("connection lost"))
            waiting.add_done_callback(_retrieve)


def _honour_cancellation() -> None:
    """Stop when asked to: `asyncio.wait_for` forgets that if the reply came at the same instant."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _retrieve(future: asyncio.Future[ModbusPDU]) -> None:
    """Take the exception, so that asyncio does not report one nobody waited for."""
    if not future.cancelled():
        future.exception()
