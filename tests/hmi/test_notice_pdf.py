"""Documents as PDF: a page a message, a font that is named or missed in words."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import matplotlib as mpl
import pytest

from hmi.reports.notice_pdf import FONT_SETTING, chinese_font, documents_pdf
from network_models.problems import InputError

LATIN = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def message(form: str) -> dict[str, object]:
    content = {"title_zh": "Titel", "title_en": "Title", "zh": "eins", "en": "one\ntwo"}
    return {
        "id": f"OUT-1:4:file:public/{form}",
        "audience": f"public/{form}",
        "state": "sent",
        "receipt": "a.json",
        "content": content,
    }


def test_a_page_a_message() -> None:
    pdf = documents_pdf("OUT-1", [message("bulletin"), message("sms")], LATIN)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 2
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    texts = [zlib.decompress(s) for s in streams if s[:1] == b"x"]
    assert sum(b"Tf" in text for text in texts) == 2


def test_a_named_font_goes_first_and_none_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FONT_SETTING, str(LATIN))
    assert chinese_font(()) == LATIN
    monkeypatch.setenv(FONT_SETTING, str(tmp_path / "none.ttf"))
    with pytest.raises(InputError, match="fonts-wqy-microhei"):
        chinese_font(())
