"""Indicators of a period as JSON, or as a report in HTML, CSV or PDF."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from hmi.api.errors import ApiError
from hmi.api.outages import PLAN_PATIENCE_S
from hmi.api.parts import PartsDep
from network_models.problems import InputError

router = APIRouter(prefix="/api/indicators", tags=["indicators"])


@router.get("", response_model=None)
async def indicators(
    parts: PartsDep,
    of: Annotated[str, Query(max_length=20)],
    exclude_planned: bool = False,
    format_: Annotated[Literal["json", "html", "csv", "pdf"], Query(alias="format")] = "json",
) -> Response | dict[str, Any]:
    """The indicators of a day (2026-11-25), month (2026-11), quarter (2026-Q4) or year (2026)."""
    ask = {"of": of, "exclude_planned": exclude_planned}
    answer, _ = await parts.bus.call("model.indicators", ask, timeout_s=PLAN_PATIENCE_S)
    if answer.get("problems"):
        raise ApiError(422, "invalid", "no indicators can be given", answer["problems"])
    report: dict[str, Any] = answer["report"]
    if format_ == "json":
        return {"report": report}
    names = (parts.view.name_zh, parts.view.name_en)
    return await asyncio.to_thread(_written, report, names, format_)


def _written(report: dict[str, Any], names: tuple[str, str], kind: str) -> Response:
    """The report as a file to keep: the page's own rules would not let it style itself."""
    content, media = _content(report, names, kind)
    name = f"indicators-{report['period']['name']}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)


def _content(report: dict[str, Any], names: tuple[str, str], kind: str) -> tuple[str | bytes, str]:
    if kind == "html":
        from hmi.reports.indicator_html import indicator_html

        return indicator_html(report, names), "text/html"
    if kind == "csv":
        from hmi.reports.indicator_rows import indicator_csv

        return "\ufeff" + indicator_csv(report), "text/csv; charset=utf-8"
    from hmi.reports.indicator_pdf import indicator_pdf
    from hmi.reports.notice_pdf import chinese_font

    try:
        return indicator_pdf(report, names, chinese_font()), "application/pdf"
    except InputError as error:
        problems = [problem.as_dict() for problem in error.problems]
        raise ApiError(503, "no-font", "no font with Chinese characters", problems) from error
    except ImportError as error:
        raise ApiError(503, "no-pdf", "install ringmain[pdf] to make PDF files") from error
