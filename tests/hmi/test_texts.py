"""The page's texts: both languages have every key, and every key the page asks for exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

from scada.quality import NAMES

SOURCES = Path(__file__).parents[2] / "hmi" / "web" / "src"
TEXTS = {
    language: json.loads((SOURCES / "lib" / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("zh", "en")
}
CODE = "\n".join(
    path.read_text("utf-8")
    for path in sorted(SOURCES.rglob("*"))
    if path.suffix in (".ts", ".svelte")
)


def test_both_languages_have_the_same_keys_and_no_empty_text() -> None:
    assert list(TEXTS["zh"]) == list(TEXTS["en"])
    assert [k for texts in TEXTS.values() for k, text in texts.items() if not text.strip()] == []


def test_both_languages_fill_in_the_same_values() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    differing = [k for k in TEXTS["zh"] if places(TEXTS["zh"][k]) != places(TEXTS["en"][k])]
    assert differing == []


def test_every_key_the_page_names_is_translated() -> None:
    named = set(re.findall(r'\bt\(\s*"([a-z0-9.\-]+)"', CODE))
    assert len(named) > 100
    assert sorted(named - set(TEXTS["zh"])) == []


def test_no_text_is_left_that_the_page_never_uses() -> None:
    named = set(re.findall(r'"([a-z]+\.[a-z0-9_.\-]+)"', CODE))
    groups = set(re.findall(r'\bword\(\s*"([a-z\-]+)"', CODE))
    groups |= set(re.findall(r"\bt\(\s*`([a-z\-]+)\.", CODE))
    stems = set(re.findall(r"\bt\(\s*`([a-z\-]+\.[a-z\-]+)\$", CODE))
    unused = [
        key
        for key in TEXTS["zh"]
        if key not in named
        and key.partition(".")[0] not in groups
        and not any(key.startswith(stem) for stem in stems)
    ]
    assert unused == []


def test_every_quality_has_its_words() -> None:
    assert [code for code in NAMES if f"quality.{code}" not in TEXTS["en"]] == []


def test_the_page_names_no_other_host() -> None:
    hosts = re.findall(r"https?://(?!www\.w3\.org/2000/svg)[\w.\-]+", CODE)
    assert hosts == []
