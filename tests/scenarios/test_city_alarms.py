"""Every alarm of the example city says why it is there, and what is to be done by when."""

from __future__ import annotations

from pathlib import Path

from scada.point import LIMIT_NAMES
from scenarios.city.alarms import COUNTED, WHY
from scenarios.init_site import init_site
from scenarios.site import load_site


def test_every_limit_has_its_rationalisation(tmp_path: Path) -> None:
    init_site(tmp_path / "city", example="city", network_file=None, seed=2, elements=400)
    site = load_site(tmp_path / "city")
    limits = {
        f"{p.id}.{kind}"
        for p in site.points
        for kind in LIMIT_NAMES
        if getattr(p.limits, kind) is not None
    }
    assert len(limits) > 20
    assert set(site.alarms) == limits
    assert all(setting.rationale.complete for setting in site.alarms.values())
    for setting in site.alarms.values():
        why = setting.rationale
        assert why.cause_zh
        assert why.consequence_zh
        assert why.action_zh
    told = {s.rationale.cause_en for s in site.alarms.values()}
    assert len(told & {words[1] for words in WHY.values()}) >= 8
    counts = {s.point for s in site.alarms.values() if s.rationale.cause_en == COUNTED[1]}
    assert {p.quantity for p in site.points if p.id in counts} <= {"count"}
