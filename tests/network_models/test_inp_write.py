"""Writing .inp files: what was read comes back number for number; the rest is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_networks import networks

from network_models import Network, NetworkError, read_network, write_inp
from network_models.elements import Junction, Pipe, Reservoir
from network_models.formats.inp.units import Ratio, file_units
from network_models.operation import MapLabel, Options

once = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@once
@given(net=networks())
def test_read_write_read_is_exact(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.inp"
    write_inp(net, path)
    first = read_network(path)
    assert set(first.nodes) == set(net.nodes)
    assert set(first.links) == set(net.links)
    write_inp(first, path)
    assert read_network(path) == first


@once
@given(net=networks())
def test_what_is_written_is_what_was_meant(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.inp"
    write_inp(net, path)
    again = read_network(path)
    for name, node in net.nodes.items():
        read = again.nodes[name]
        assert read.elevation_m == pytest.approx(node.elevation_m, rel=1e-14)
        assert (read.position, read.comment) == (node.position, node.comment)
        if isinstance(node, Junction):
            assert isinstance(read, Junction)
            assert len(read.demands) == len(node.demands)
            for theirs, ours in zip(read.demands, node.demands, strict=True):
                assert theirs.base_m3s == pytest.approx(ours.base_m3s, rel=1e-14)
                assert (theirs.pattern, theirs.category) == (ours.pattern, ours.category)
    assert again.patterns == net.patterns
    assert again.options.default_pattern == net.options.default_pattern
    assert [c.link for c in again.controls] == [c.link for c in net.controls]
    assert again.times == net.times or again.times.report_start_s == 0


@given(
    value=st.floats(-1e9, 1e9, allow_subnormal=False),
    unit=st.sampled_from(["GPM", "MGD", "AFD", "LPS", "CMH", "MLD"]),
)
def test_words_of_a_converted_value_convert_back_to_it(value: float, unit: str) -> None:
    units = file_units(Options(flow_unit=unit))  # type: ignore[arg-type]
    for ratio in (units.flow, units.length, units.diameter, units.pressure, units.emitter):
        si = ratio.to_si(value)
        assert ratio.to_si(float(ratio.words(si))) == si


def test_words_are_as_short_as_the_file_had_them() -> None:
    inch = Ratio(254.0, 10000.0)
    assert [inch.words(inch.to_si(v)) for v in (12.0, 0.1, 123.456)] == ["12", "0.1", "123.456"]


def small() -> Network:
    return Network(
        nodes={"J": Junction(id="J"), "R": Reservoir(id="R")},
        links={"P": Pipe(id="P", start="R", end="J", length_m=1.0, diameter_m=1.0, roughness=1.0)},
    )


def test_a_network_made_by_a_program_can_be_written(tmp_path: Path) -> None:
    write_inp(small(), tmp_path / "net.inp")
    assert set(read_network(tmp_path / "net.inp").links) == {"P"}


def renamed(name: str) -> Network:
    net = small()
    return replace(net, nodes=net.nodes | {name: Junction(id=name)})


@pytest.mark.parametrize(
    "net",
    [
        replace(small(), medium="gas"),
        renamed("a;b"),
        renamed('a "b'),
        renamed("[a"),
        replace(small(), nodes={"R": Reservoir(id="R", pattern="*")}),
        renamed("a\nb"),
        replace(small(), nodes={"J": Junction(id="J", comment="two\nlines")}),
        replace(small(), title="[JUNCTIONS]"),
        replace(small(), title="a\n\nb"),
        replace(small(), labels=(MapLabel(position=(0.0, 0.0), text='a "b'),)),
    ],
)
def test_what_the_format_cannot_say_is_refused(net: Network, tmp_path: Path) -> None:
    path = tmp_path / "net.inp"
    with pytest.raises(NetworkError):
        write_inp(net, path)
    assert not path.exists()
