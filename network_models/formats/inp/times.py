"""Section TIMES: the clock of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from network_models.formats.inp.draft import Draft
from network_models.formats.inp.sections import Row
from network_models.operation import Times

_TIME_FIELDS = {
    "DURA": "duration_s",
    "HYDR": "hydraulic_step_s",
    "QUAL": "quality_step_s",
    "RULE": "rule_step_s",
    "PATT TIME": "pattern_step_s",
    "PATT STAR": "pattern_start_s",
    "REPO TIME": "report_step_s",
    "REPO STAR": "report_start_s",
    "STAR": "start_clocktime_s",
}
_TIME_WORDS = ("DURA", "HYDR", "QUAL", "RULE", "PATT", "REPO", "STAR", "STAT", "MINI")
STATISTICS = ("NONE", "AVERAGE", "MINIMUM", "MAXIMUM", "RANGE")
_STATISTIC_WORDS = (("NO", "NONE"), *((word, word) for word in STATISTICS))
_DAY_S = 86400


def read_times(draft: Draft, rows: list[Row]) -> None:
    """The clock of the run, with EPANET's own corrections of steps that do not fit together."""
    values: dict[str, Any] = {}
    for row in rows:
        keyword = draft.word(row, 0, "keyword", _TIME_WORDS)
        if keyword is None or not draft.count(row, 2, 4):
            continue
        if keyword == "STAT":
            word = draft.word(row, len(row.tokens) - 1, "STATISTIC", _STATISTICS_READ)
            if word is not None:
                values["statistic"] = dict(_STATISTIC_WORDS)[word]
            continue
        first = 1
        if keyword in ("PATT", "REPO"):
            second = draft.word(row, 1, keyword, ("TIME", "STAR"))
            if second is None:
                continue
            keyword, first = f"{keyword} {second}", 2
        elif keyword != "DURA":
            first = 2
        if len(row.tokens) <= first:
            # EPANET takes the last token for the time, so `QUALITY 0:05` needs no second keyword.
            first = len(row.tokens) - 1
        seconds = draft.clock(row, first, " ".join(row.tokens[:first]))
        if keyword != "MINI":  # MINIMUM TRAVELTIME is from EPANET 1 and means nothing any more
            values[_TIME_FIELDS[keyword]] = int(seconds + 0.5)
    draft.times = _fitted(Times(**values))


_STATISTICS_READ = tuple(word for word, _ in _STATISTIC_WORDS)


def _fitted(times: Times) -> Times:
    pattern = times.pattern_step_s or 3600
    report = times.report_step_s or pattern
    hydraulic = min(times.hydraulic_step_s or 3600, pattern, report)
    return replace(
        times,
        pattern_step_s=pattern,
        report_step_s=report,
        hydraulic_step_s=hydraulic,
        report_start_s=0 if times.report_start_s > times.duration_s else times.report_start_s,
        quality_step_s=min(times.quality_step_s or hydraulic // 10, hydraulic),
        rule_step_s=min(times.rule_step_s or hydraulic // 10, hydraulic),
        start_clocktime_s=times.start_clocktime_s % _DAY_S,
    )
