"""Where each rule is used: the modules and tests whose source names its id."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("dispatch",)
TESTS = ("tests/dispatch", "tests/stories")
_ID = re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """The modules (dotted) and test files that name a rule, and its boundary cases."""

    modules: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    cases: int = 0


def rule_uses(root: Path, ids: Iterable[str]) -> Mapping[str, RuleUse]:
    """Uses by rule id, read from the sources and tests under `root`."""
    wanted = set(ids)
    modules: dict[str, list[str]] = {name: [] for name in wanted}
    tests: dict[str, list[str]] = {name: [] for name in wanted}
    sources = [p for package in PACKAGES for p in (root / package).rglob("*.py")]
    for path in sorted(sources):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        for rule in _named(path) & wanted:
            modules[rule].append(name)
    for path in sorted(p for folder in TESTS for p in (root / folder).rglob("test_*.py")):
        for rule in _named(path) & wanted:
            tests[rule].append(path.relative_to(root).as_posix())
    text = (root / "tests" / "dispatch" / "rule_cases.toml").read_text(encoding="utf-8")
    cases = Counter(case["rule"] for case in tomllib.loads(text)["case"])
    return {
        name: RuleUse(
            modules=tuple(modules[name]), tests=tuple(tests[name]), cases=cases.get(name, 0)
        )
        for name in wanted
    }


def _named(path: Path) -> set[str]:
    return set(_ID.findall(path.read_text(encoding="utf-8")))
