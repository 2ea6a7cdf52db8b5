"""The documents of an outage as one PDF: a page a message, Chinese above English."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from network_models.problems import InputError, Problem

FONT_SETTING = "RINGMAIN_FONT"
"""Environment variable that names a font file with Chinese characters."""
SYSTEM_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
"""Where Linux distributions put theirs (Debian: fonts-noto-cjk, fonts-wqy-microhei)."""
_TITLE_PT, _TEXT_PT, _SMALL_PT = 16, 11, 8
_LINE_MM = 7


def chinese_font(candidates: Sequence[str] = SYSTEM_FONTS) -> Path:
    """A font file with Chinese characters. InputError says how to give one when there is none."""
    named = os.environ.get(FONT_SETTING)
    for candidate in (named, *candidates):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise InputError(
        [
            Problem(
                file="",
                line=None,
                field=FONT_SETTING,
                found=named or "no font with Chinese characters",
                expected="the path of a .ttf, .otf or .ttc file (Debian: fonts-wqy-microhei)",
            )
        ]
    )


def documents_pdf(title: str, messages: Sequence[Mapping[str, Any]], font: Path) -> bytes:
    """One page a message; `messages` are those of `/api/outage-orders/ID/messages`.

    ImportError without the `pdf` extra.
    """
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_title(title)
    pdf.set_auto_page_break(auto=True, margin=15)
    pdf.add_font("text", fname=font)
    for message in messages:
        content = message["content"]
        pdf.add_page()
        for heading, text in (("title_zh", "zh"), ("title_en", "en")):
            pdf.set_font("text", size=_TITLE_PT)
            pdf.multi_cell(0, _LINE_MM + 3, str(content[heading]), new_x="LMARGIN", new_y="NEXT")
            pdf.set_font("text", size=_TEXT_PT)
            pdf.multi_cell(0, _LINE_MM, str(content[text]), new_x="LMARGIN", new_y="NEXT")
            pdf.ln(_LINE_MM)
        pdf.set_font("text", size=_SMALL_PT)
        foot = f"{message['audience']} - {message['state']} {message['receipt']} - {message['id']}"
        pdf.multi_cell(0, _LINE_MM, foot, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())
