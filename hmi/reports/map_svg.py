"""A plan of a network as inline SVG, its links coloured by a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape

from hmi.api.geometry import Place
from hmi.reports.layout import places_of
from hmi.reports.page import Text, both
from network_models.elements import Reservoir, Tank
from network_models.network import Network

WIDTH, MOST_HEIGHT, MARGIN = 1100.0, 900.0, 26.0
COLOURS = ("#f6c89a", "#ee9a5b", "#dd6a33", "#b53a1e", "#7a1310")
"""From least to most, readable on white and in grey print."""
PLAIN = "#c9d0d6"


Fit = Callable[[Place], Place]


def link_map(
    net: Network,
    values: Mapping[str, float],
    marked: Mapping[str, str],
    unit: Text,
    spots: Mapping[str, tuple[float, str]] | None = None,
) -> str:
    """The plan: links grey where `values` has none or 0, else in five classes up to the largest.

    `marked` gives links their label on the plan; each has its value as a tooltip. `spots` are
    nodes with a value and a label.
    """
    places, scheme = places_of(net)
    fit, height = _fit(places)
    spots = spots or {}
    top = max([*values.values(), *(value for value, _ in spots.values())], default=0.0)
    classes: list[list[str]] = [[] for _ in range(len(COLOURS) + 1)]
    shown: list[str] = []
    for name, link in net.links.items():
        points = [fit(places[link.start])]
        if not scheme:
            points += [fit(p) for p in link.vertices]
        points.append(fit(places[link.end]))
        line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        value = values.get(name, 0.0)
        level = _level(value, top)
        classes[level].append(line)
        if name in marked:
            middle = points[len(points) // 2 - 1], points[len(points) // 2]
            x, y = ((middle[0][i] + middle[1][i]) / 2.0 for i in (0, 1))
            colour = COLOURS[max(level, 1) - 1]
            tip = escape(f"{name}: {value:,.0f} {unit.zh} {unit.en}")
            shown.append(
                f'<path d="{line}" stroke="{colour}" stroke-width="4.5"><title>{tip}</title></path>'
            )
            shown.append(_label(x, y, marked[name], "#1f2933", tip))
    for name, (value, label) in spots.items():
        x, y = fit(places[name])
        tip = escape(f"{name}: {value:,.0f} {unit.zh} {unit.en}")
        shown.append(_label(x, y, label, COLOURS[max(_level(value, top), 1) - 1], tip))
    paths = [f'<path d="{"".join(classes[0])}" stroke="{PLAIN}" stroke-width="1"/>']
    for level, colour in enumerate(COLOURS, start=1):
        if classes[level]:
            width = 1.3 + 0.45 * level
            lines = "".join(classes[level])
            paths.append(f'<path d="{lines}" stroke="{colour}" stroke-width="{width:.2f}"/>')
    view = f"0 0 {WIDTH:.0f} {height + 34:.0f}"
    inside = [*paths, _sources(net, places, fit), *shown, _legend(top, unit, height)]
    return (
        f'<svg viewBox="{view}" role="img" fill="none" stroke-linecap="round" '
        f'stroke-linejoin="round" font-family="inherit">{"".join(inside)}</svg>'
        f"{_scheme() if scheme else ''}"
    )


def _level(value: float, top: float) -> int:
    """0 for nothing, else 1 to 5; the classes widen upwards, so that small values differ too."""
    if not value > 0.0:
        return 0
    return min(len(COLOURS), 1 + int(len(COLOURS) * math.sqrt(value / top)))


def _label(x: float, y: float, text: str, colour: str, tip: str) -> str:
    return (
        f'<g><title>{tip}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="8.5" fill="#fff" '
        f'stroke="{colour}" stroke-width="1.6"/><text x="{x:.1f}" y="{y + 3.6:.1f}" '
        f'text-anchor="middle" fill="#1f2933" font-size="10.5">{escape(text)}</text></g>'
    )


def _fit(places: Mapping[str, Place]) -> tuple[Fit, float]:
    xs, ys = [p[0] for p in places.values()], [p[1] for p in places.values()]
    left, low = min(xs), min(ys)
    wide, tall = max(xs) - left or 1.0, max(ys) - low or 1.0
    scale = min((WIDTH - 2 * MARGIN) / wide, (MOST_HEIGHT - 2 * MARGIN) / tall)
    height = tall * scale + 2 * MARGIN
    aside = (WIDTH - wide * scale) / 2.0

    def fit(place: Place) -> Place:
        return aside + (place[0] - left) * scale, height - MARGIN - (place[1] - low) * scale

    return fit, height


def _sources(net: Network, places: Mapping[str, Place], fit: Fit) -> str:
    shapes = []
    for node in net.nodes.values():
        if isinstance(node, Reservoir | Tank):
            x, y = fit(places[node.id])
            kind = "reservoir" if isinstance(node, Reservoir) else "tank"
            shape = (
                f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12"'
                if kind == "reservoir"
                else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5"'
            )
            tip = f"<title>{kind} {escape(node.id)}</title>"
            end = ">" + tip + ("</rect>" if kind == "reservoir" else "</circle>")
            shapes.append(f'{shape} fill="#2f6fb0" stroke="#fff"{end}')
    return "".join(shapes)


def _legend(top: float, unit: Text, height: float) -> str:
    parts = []
    x, y = MARGIN, height + 14
    for level, colour in enumerate(COLOURS):
        low, high = (top * ((level + i) / len(COLOURS)) ** 2 for i in (0, 1))
        parts.append(
            f'<rect x="{x:.0f}" y="{y - 6:.0f}" width="22" height="8" fill="{colour}"/>'
            f'<text x="{x + 27:.0f}" y="{y + 2:.0f}" fill="#1f2933" font-size="11">'
            f"{low:,.0f}-{high:,.0f}</text>"
        )
        x += 150
    parts.append(
        f'<text x="{x:.0f}" y="{y + 2:.0f}" fill="#1f2933" font-size="11">'
        f"{escape(unit.zh)} {escape(unit.en)}</text>"
    )
    return "".join(parts)


def _scheme() -> str:
    text = Text("文件没有坐标：示意布局。", "The file has no coordinates: a scheme, not a map.")
    return f'<p class="muted">{both(text)}</p>'
