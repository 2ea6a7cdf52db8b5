"""A remark of the planner, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """One remark."""

    zh: str
    en: str
