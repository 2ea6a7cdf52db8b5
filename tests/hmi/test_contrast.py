"""The page's inks can be read on its grounds in both themes: 4.5 to 1, as WCAG's level AA asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "hmi" / "web" / "src" / "app.css").read_text("utf-8")
INKS = ("text", "text-2", "text-3", "accent", "warn-text", "bad-text")
GROUNDS = ("ground", "panel", "raised", "sunken", "urgent-soft", "accent-soft")
AA = 4.5


def theme(head: str) -> dict[str, str]:
    """The six-digit colours of a theme's block by name."""
    block = CSS[CSS.index(head) :]
    rows = re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block[: block.index("}")])
    return dict(rows)


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("head", [":root {", ':root[data-theme="dark"] {'])
def test_every_ink_can_be_read_on_every_ground(head: str) -> None:
    colours = theme(head)
    poor = {}
    for ink in INKS:
        for ground in GROUNDS:
            low, high = sorted(luminance(colours[name]) for name in (ink, ground))
            ratio = (high + 0.05) / (low + 0.05)
            if ratio < AA:
                poor[f"{ink} on {ground}"] = round(ratio, 2)
    assert poor == {}
