"""The frame of an HTML report: one file, both languages, no address outside itself.

Tables sort by a click on a heading; without scripts they stand in the report's own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

STYLE = """
:root{color-scheme:light;--ink:#1f2933;--muted:#66727f;--line:#d9dee3;--bad:#b3261e;--ok:#1b6e3c}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif;
color:var(--ink);margin:0 auto;padding:28px 24px 60px;max-width:1180px;background:#fff}
h1{font-size:26px;margin:0 0 2px}h2{font-size:19px;margin:34px 0 8px}
.en{color:var(--muted);font-weight:400}h1 .en,h2 .en{display:block;font-size:.72em}
p{margin:6px 0}.muted{color:var(--muted)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:10px;
margin:16px 0}
.fact{border:1px solid var(--line);border-radius:6px;padding:8px 12px}
.fact b{display:block;font-size:21px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.fact span{color:var(--muted);font-size:12.5px;display:block;line-height:1.35}
.alert{border-left:5px solid var(--bad);background:#fdf1f0;padding:8px 14px;margin:10px 0}
.calm{border-left:5px solid var(--ok);background:#eff7f2;padding:8px 14px;margin:10px 0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 9px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;background:#f4f6f8;position:sticky;top:0}
th .en{display:block;font-size:11.5px;line-height:1.25}
table.sortable th{cursor:pointer}th[aria-sort=ascending]::after{content:" \\25B2";font-size:9px}
th[aria-sort=descending]::after{content:" \\25BC";font-size:9px}
td.n,th.n{text-align:right}.nowrap{white-space:nowrap}tr:hover td{background:#f8fafb}
.bad{color:var(--bad);font-weight:600}.ok{color:var(--ok);font-weight:600}
svg{max-width:100%;height:auto;border:1px solid var(--line);border-radius:6px;background:#fff}
footer{margin-top:40px;color:var(--muted);font-size:12.5px}
@media print{body{padding:0;max-width:none}th{position:static}}
"""

SORT = """
for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("th").forEach((head, column) => head.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") !== "descending";
    table.querySelectorAll("th").forEach(h => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = row => {
      const cell = row.cells[column], given = cell.dataset.v;
      return given === undefined ? cell.textContent : given === "" ? -Infinity : Number(given);
    };
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const x = value(a), y = value(b);
      const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, {numeric: true});
      return down ? -order : order;
    });
    table.tBodies[0].append(...rows);
  }));
}
"""


class Text(NamedTuple):
    """The same words in Chinese and in English."""

    zh: str
    en: str


class Cell(NamedTuple):
    """A table cell: what is shown, the number it sorts by (None: by its text), a CSS class."""

    shown: str
    value: float | None = None
    kind: str = ""


def page(title: Text, body: Iterable[str]) -> str:
    """A whole HTML document."""
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title.zh)} · {escape(title.en)}</title><style>{STYLE}</style></head>\n"
        f"<body>\n<h1>{both(title)}</h1>\n" + "\n".join(body) + f"\n<script>{SORT}</script>\n"
        "</body></html>\n"
    )


def both(text: Text) -> str:
    """Chinese, and English in a lighter tone behind it."""
    return f'{escape(text.zh)} <span class="en" lang="en">{escape(text.en)}</span>'


def heading(zh: str, en: str) -> str:
    """A section's heading."""
    return f"<h2>{both(Text(zh, en))}</h2>"


def paragraph(zh: str, en: str, kind: str = "") -> str:
    """A paragraph in both languages; `kind` is a CSS class such as `alert`."""
    css = f' class="{kind}"' if kind else ""
    return f'<p{css}>{escape(zh)}<br><span class="en" lang="en">{escape(en)}</span></p>'


def facts(rows: Iterable[tuple[str, Text]]) -> str:
    """Figures in boxes, each with its meaning."""
    boxes = "".join(
        f'<div class="fact"><b>{escape(value)}</b><span>{escape(text.zh)}</span>'
        f'<span lang="en">{escape(text.en)}</span></div>'
        for value, text in rows
    )
    return f'<div class="facts">{boxes}</div>'


def table(heads: Sequence[Text], rows: Iterable[Sequence[Cell]]) -> str:
    """A table that sorts on a click; a column of numbers stands right."""
    rows = list(rows)
    number = [
        bool(rows) and any(row[i].value is not None for row in rows) for i in range(len(heads))
    ]
    top = "".join(
        f"<th{' class=n' * n}>{escape(h.zh)}{_english(h)}</th>"
        for h, n in zip(heads, number, strict=True)
    )
    body = "\n".join(
        "<tr>" + "".join(_cell(cell, n) for cell, n in zip(row, number, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table class="sortable"><thead><tr>{top}</tr></thead>'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _english(text: Text) -> str:
    return f'<span class="en" lang="en">{escape(text.en)}</span>'


def _cell(cell: Cell, is_number: bool) -> str:
    css = " ".join(filter(None, ("n" if is_number else "", cell.kind)))
    attributes = f' class="{css}"' if css else ""
    if is_number:
        value = "" if cell.value is None else f"{cell.value:.9g}"
        attributes += f' data-v="{value}"'
    return f"<td{attributes}>{escape(cell.shown)}</td>"
