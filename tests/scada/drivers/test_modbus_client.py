"""Replies that must not be believed: late, foreign, short, torn, garbage."""

import asyncio

import pytest
from field import FakeServer, counting, free_port, reply, words
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from scada.drivers.modbus_client import (
    LinkLost,
    ModbusLink,
    NoReply,
    Refused,
    WrongReply,
)
from scada.drivers.modbus_framer import RawReply


def _read(start, count, unit=1):
    return ReadHoldingRegistersRequest(address=start, count=count, dev_id=unit)


async def _ask(link, start, count=1, unit=1):
    return await asyncio.wait_for(link.ask(_read(start, count, unit), 1 + 2 * count), 20.0)


class _Linked:
    """A server with a behaviour, and a link connected to it."""

    def __init__(self, behaviour, timeout_s=0.3):
        self.server = FakeServer(behaviour)
        self.timeout_s = timeout_s

    async def __aenter__(self):
        await self.server.__aenter__()
        self.link = ModbusLink("127.0.0.1", self.server.port, timeout_s=self.timeout_s)
        await self.link.connect()
        return self.link

    async def __aexit__(self, *_):
        self.link.close()
        await self.server.__aexit__()


async def test_a_sound_reply_is_handed_over_as_bytes():
    async with _Linked(counting) as link:
        assert await _ask(link, 7, 3) == words(7, 8, 9)
        assert link.counts.foreign == 0


async def test_transaction_zero_is_not_an_answer():
    async def zero(frame, writer):
        _, unit, function, _ = frame
        writer.write(reply(0, unit, function, words(1)))

    async with _Linked(zero) as link:
        with pytest.raises(NoReply):
            await _ask(link, 7)
        assert link.counts.foreign == 1


async def test_foreign_replies_before_the_right_one_are_dropped():
    async def foreign_first(frame, writer):
        transaction, unit, function, _ = frame
        writer.write(reply(transaction ^ 0x5555, unit, function, words(666)))
        writer.write(reply(transaction, unit + 1, function, words(667)))
        await counting(frame, writer)

    async with _Linked(foreign_first) as link:
        assert await _ask(link, 7) == words(7)
        assert link.counts.foreign == 2


async def test_a_late_reply_is_not_taken_for_the_next_one():
    held = []

    async def late(frame, writer):
        if not held:
            held.append(frame)
            return
        if len(held) == 1:
            await counting(held[0], writer)
            held.append(frame)
        await counting(frame, writer)

    async with _Linked(late) as link:
        with pytest.raises(NoReply):
            await _ask(link, 100)
        assert await _ask(link, 200) == words(200)
        assert await _ask(link, 300) == words(300)


async def test_a_burst_of_late_replies_does_not_drown_the_right_one():
    async def burst(frame, writer):
        transaction, unit, function, _ = frame
        late = [reply(transaction + 100 + i, unit, function, words(*range(125))) for i in range(6)]
        writer.write(b"".join(late) + reply(transaction, unit, function, words(42)))

    async with _Linked(burst) as link:
        assert await _ask(link, 1) == words(42)


async def test_the_first_half_of_a_late_reply_does_not_shift_the_frames():
    halves = []

    async def torn(frame, writer):
        transaction, unit, function, _ = frame
        if not halves:
            whole = reply(transaction, unit, function, words(1))
            writer.write(whole[:5])
            halves.append(whole[5:])
            return
        writer.write(halves.pop() if halves[0] else b"")
        halves.append(b"")
        await counting(frame, writer)

    async with _Linked(torn) as link:
        with pytest.raises(NoReply):
            await _ask(link, 100)
        assert await _ask(link, 200) == words(200)


async def test_a_reply_may_come_byte_by_byte():
    async def slowly(frame, writer):
        transaction, unit, function, _ = frame
        for byte in reply(transaction, unit, function, words(5)):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.001)

    async with _Linked(slowly, timeout_s=5.0) as link:
        assert await _ask(link, 5) == words(5)


async def test_one_register_where_four_were_asked_is_refused():
    async def short(frame, writer):
        transaction, unit, function, _ = frame
        writer.write(reply(transaction, unit, function, words(1)))

    async with _Linked(short) as link:
        with pytest.raises(WrongReply, match="3 bytes where 9"):
            await _ask(link, 0, 4)


async def test_the_reply_to_another_function_is_refused():
    async def other(frame, writer):
        transaction, unit, _, _ = frame
        writer.write(reply(transaction, unit, 4, words(1)))

    async with _Linked(other) as link:
        with pytest.raises(WrongReply, match="function 4 where 3"):
            await _ask(link, 0)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6, 10, 11, 99])
async def test_an_exception_keeps_its_code(code):
    async def refuse(frame, writer):
        transaction, unit, function, _ = frame
        writer.write(reply(transaction, unit, function | 0x80, bytes([code])))

    async with _Linked(refuse) as link:
        with pytest.raises(Refused) as caught:
            await _ask(link, 0)
        assert caught.value.code == code


async def test_garbage_ends_the_connection_at_once():
    async def garbage(frame, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with _Linked(garbage, timeout_s=60.0) as link:
        with pytest.raises(LinkLost, match="no Modbus TCP frame"):
            await _ask(link, 0)
        assert link.counts.garbage == 1


async def test_a_connection_closed_during_a_request_fails_it_at_once():
    async def hang_up(frame, writer):
        writer.close()

    async with _Linked(hang_up, timeout_s=60.0) as link:
        with pytest.raises(LinkLost):
            await _ask(link, 0)
        with pytest.raises(LinkLost):
            await _ask(link, 0)


async def test_a_link_can_be_opened_again():
    async with _Linked(counting) as link:
        assert await _ask(link, 1) == words(1)
        link.close()
        await link.connect()
        assert await _ask(link, 2) == words(2)


async def test_nobody_listening_is_a_lost_link():
    link = ModbusLink("127.0.0.1", free_port(), timeout_s=0.5)
    with pytest.raises(LinkLost, match="cannot connect"):
        await link.connect()


async def test_a_request_to_stop_is_not_lost_when_the_reply_comes_at_the_same_instant():
    async def silent(_frame, _writer):
        pass

    async with _Linked(silent, timeout_s=5.0) as link:
        asking = asyncio.create_task(link.ask(_read(0, 1), 3))
        await asyncio.sleep(0.05)
        link._client.ctx.response_future.set_result(RawReply(1, 1, b"\x03" + words(7)))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
