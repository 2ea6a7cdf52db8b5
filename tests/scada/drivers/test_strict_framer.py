"""The framer without sockets: however the bytes are cut, only the asked-for reply comes out."""

import itertools

from field import reply, words
from hypothesis import given
from hypothesis import strategies as st

from scada.drivers.modbus_framer import StrictFramer

WANTED = reply(7, 1, 3, words(10, 20))


def _feed(data, cuts):
    """Hand `data` over in pieces; (replies' bytes, framer, whether it called it garbage)."""
    garbage = []
    framer = StrictFramer(lambda: garbage.append(True))
    places = sorted({min(c, len(data)) for c in cuts} | {0, len(data)})
    replies = []
    for start, end in itertools.pairwise(places):
        used, answer = framer.handleFrame(data[start:end], 1, 7)
        assert used == end - start
        if answer is not None:
            replies.append(bytes([answer.function_code]) + answer.data)
    return replies, framer, bool(garbage)


_foreign = st.builds(
    reply,
    st.integers(0, 65535).filter(lambda t: t != 7),
    st.integers(0, 255),
    st.integers(1, 255),
    st.binary(max_size=250),
)


@given(
    st.lists(_foreign, max_size=6),
    st.lists(_foreign, max_size=3),
    st.lists(st.integers(0, 2000), max_size=20),
)
def test_the_reply_is_found_among_foreign_ones_however_the_bytes_are_cut(before, after, cuts):
    data = b"".join([*before, WANTED, *after])
    replies, framer, garbage = _feed(data, cuts)
    assert replies == [b"\3" + words(10, 20)]
    assert framer.counts.foreign == len(before) + len(after)
    assert not garbage


@given(st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=10))
def test_no_bytes_make_it_fail(data, cuts):
    replies, framer, garbage = _feed(data, cuts)
    assert garbage == (framer.counts.garbage > 0)
    assert len(replies) <= len(data) // 8


def test_another_unit_with_the_right_transaction_is_foreign():
    replies, framer, _ = _feed(reply(7, 2, 3, words(1)), [])
    assert replies == []
    assert framer.counts.foreign == 1


def test_half_a_frame_of_an_old_connection_is_forgotten():
    framer = StrictFramer(lambda: None)
    framer.handleFrame(WANTED[:9], 1, 7)
    framer.forget()
    _, answer = framer.handleFrame(WANTED, 1, 7)
    assert answer.data == words(10, 20)
