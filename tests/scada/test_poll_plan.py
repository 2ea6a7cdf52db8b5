"""The read planner: every point read once, nothing split, limits and cuts respected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scada.poll_plan import MAX_BITS, MAX_REGISTERS, Item, plan_reads, split

AREAS = ("co", "di", "hr", "ir")


@st.composite
def _items(draw, max_address=700):
    places = draw(
        st.lists(
            st.tuples(
                st.sampled_from(AREAS),
                st.integers(0, max_address),
                st.sampled_from((1, 1, 2, 4)),
            ),
            min_size=1,
            max_size=60,
        )
    )
    return [
        Item(area, address, 1 if area in ("co", "di") else count, key)
        for key, (area, address, count) in enumerate(places)
    ]


def _check(items, reads):
    """Every item in one read, whole; reads within the limits of the protocol."""
    assert sorted(i.key for r in reads for i in r.items) == sorted(i.key for i in items)
    for read in reads:
        limit = MAX_BITS if read.area in ("co", "di") else MAX_REGISTERS
        assert 1 <= read.count <= limit
        for item in read.items:
            assert item.area == read.area
            assert read.start <= item.address
            assert item.end <= read.start + read.count


@given(_items(), st.integers(0, 32))
def test_every_item_is_read_once_and_whole(items, max_gap):
    _check(items, plan_reads(items, max_gap=max_gap))


@given(_items(), st.integers(0, 32))
def test_no_gap_is_wider_than_allowed(items, max_gap):
    for read in plan_reads(items, max_gap=max_gap):
        allowed = max_gap * (16 if read.area in ("co", "di") else 1)
        end = read.items[0].end
        for item in read.items[1:]:
            assert item.address - end <= allowed
            end = max(end, item.end)


@given(_items(), _items(), st.integers(0, 32))
def test_adding_points_never_corrupts_the_others(items, more, max_gap):
    added = [Item(i.area, i.address, i.count, i.key + 1000) for i in more]
    _check(items + added, plan_reads(items + added, max_gap=max_gap))


@given(_items(), st.sets(st.tuples(st.sampled_from(AREAS), st.integers(0, 700)), max_size=20))
def test_no_read_crosses_a_cut(items, cuts):
    reads = plan_reads(items, max_gap=16, cuts=cuts)
    _check(items, reads)
    for read in reads:
        starts = [item.address for item in read.items]
        for area, at in cuts:
            if area == read.area:
                assert not (min(starts) < at <= max(starts))


@given(_items(max_address=300), st.data())
def test_cutting_refused_reads_finds_every_address_the_unit_has(items, data):
    """A unit without some registers: all that can be read is read, the rest is found singly."""
    missing = data.draw(st.sets(st.tuples(st.sampled_from(AREAS), st.integers(0, 304))))

    def refused(read):
        span = range(read.start, read.start + read.count)
        return any((read.area, address) in missing for address in span)

    cuts, todo, good, bad = set(), plan_reads(items, max_gap=16), set(), set()
    while todo:
        read = todo.pop()
        if not refused(read):
            good.update(i.key for i in read.items)
            continue
        cut = split(read)
        if cut is None:
            bad.update(i.key for i in read.items)
            continue
        assert cut not in cuts
        cuts.add(cut)
        todo += plan_reads(read.items, max_gap=16, cuts=cuts)
    assert good | bad == {i.key for i in items}
    # planned again with what was learnt, only values that are refused alone are refused
    for read in plan_reads(items, max_gap=16, cuts=cuts):
        if refused(read):
            assert split(read) is None
    for item in items:
        has_all = all((item.area, a) not in missing for a in range(item.address, item.end))
        if item.key in good:
            assert has_all


def test_near_points_share_a_read_and_far_ones_do_not():
    items = [Item("hr", 0, 2, 0), Item("hr", 10, 2, 1), Item("hr", 21, 2, 2)]
    reads = plan_reads(items, max_gap=8)
    assert [(r.start, r.count) for r in reads] == [(0, 12), (21, 2)]


def test_a_value_is_not_split_at_the_limit_of_125():
    items = [Item("hr", 2 * i, 2, i) for i in range(100)]
    assert [(r.start, r.count) for r in plan_reads(items)] == [(0, 124), (124, 76)]


def test_a_word_and_its_bits_are_read_together():
    items = [Item("hr", 5, 1, 0), Item("hr", 5, 1, 1), Item("hr", 4, 4, 2)]
    (read,) = plan_reads(items)
    assert (read.start, read.count, len(read.items)) == (4, 4, 3)
    assert split(read) is None


def test_a_refused_read_is_cut_at_its_widest_gap():
    (read,) = plan_reads([Item("hr", a, 1, a) for a in (0, 1, 2, 9, 11)], max_gap=8)
    assert split(read) == ("hr", 9)


def test_a_refused_read_without_gaps_is_halved():
    (read,) = plan_reads([Item("hr", a, 1, a) for a in range(8)])
    assert split(read) == ("hr", 4)


def test_an_item_larger_than_a_read_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        plan_reads([Item("hr", 0, 4, 0)], max_registers=3)
