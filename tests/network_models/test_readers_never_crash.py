"""Whatever stands in a GasLib or pandapipes file, a reader gives a network or its problems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandapipes_file import write
from test_gaslib import NET, SCN
from test_pandapipes import GAS, HEAT, WATER

from network_models import Network, NetworkError, read_network, validate

QUIET = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([1e308, -1.0, 0.0, 0.5, 1e-320]),
    st.text(max_size=4),
    st.just([]),
    st.just([[1]]),
    st.just({}),
    st.just({"_class": "DataFrame", "_object": "{}"}),
    st.just({"_class": "Fluid", "_object": "[1]"}),
)


def read(path: Path) -> None:
    """A network that is sound, or problems that can be shown."""
    try:
        net = read_network(path)
    except NetworkError as error:
        assert error.problems
        assert all(str(problem) for problem in error.problems)
    else:
        assert isinstance(net, Network)
        assert validate(net) == []


@QUIET
@given(data=st.data())
def test_pandapipes_cells(data: st.DataObject, tmp_path: Path) -> None:
    kind, tables = data.draw(
        st.sampled_from([("gas", GAS), ("liquid", HEAT), ("liquid", WATER)]), label="network"
    )
    changed: dict[str, Any] = {
        name: {label: dict(row) for label, row in rows.items()} for name, rows in tables.items()
    }
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(n for n, rows in changed.items() if rows)))
        label = data.draw(st.sampled_from(sorted(changed[name])))
        column = data.draw(st.sampled_from(sorted(changed[name][label])))
        changed[name][label][column] = data.draw(JUNK)
    read(write(tmp_path / "n.json", kind, changed))


@QUIET
@given(data=st.data())
def test_pandapipes_parts(data: st.DataObject, tmp_path: Path) -> None:
    path = write(
        tmp_path / "n.json", "liquid", HEAT, user_pf_options={"friction_model": "colebrook"}
    )
    file = json.loads(path.read_text(encoding="utf-8"))
    spot = file["_object"]
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [key for key, value in spot.items() if isinstance(value, dict) and value]
        if not inner:
            break
        spot = spot[data.draw(st.sampled_from(sorted(inner)))]
    spot[data.draw(st.sampled_from(sorted(spot)))] = data.draw(JUNK)
    path.write_text(json.dumps(file), encoding="utf-8")
    read(path)


@QUIET
@given(data=st.data())
def test_gaslib_texts(data: st.DataObject, tmp_path: Path) -> None:
    for suffix, text in (("net", NET), ("scn", SCN)):
        changed = text
        for _ in range(data.draw(st.integers(0, 2))):
            words = changed.split('"')
            spot = data.draw(st.integers(0, len(words) - 1))
            new = data.draw(st.sampled_from(["", "S", "nan", "-1", "1e400", "bar", "<a/>", "&#9;"]))
            changed = '"'.join([*words[:spot], new, *words[spot + 1 :]])
        (tmp_path / f"small.{suffix}").write_text(changed, encoding="utf-8")
    read(tmp_path / "small.net")
