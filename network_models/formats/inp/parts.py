"""An .inp file parted into its long sections, for reading by columns, and all the rest."""

from __future__ import annotations

from typing import NamedTuple

from network_models.formats.inp.columns import LONG
from network_models.formats.inp.sections import section_named

_BLANKS = " \t\r"


class Parts(NamedTuple):
    """The text behind the headings of long sections, and the other sections with theirs."""

    long: dict[str, str]
    short: str


def part(text: str) -> Parts | None:
    """The parts of a file's text; None where its headings are not plain."""
    long: dict[str, list[str]] = {}
    short: list[str] = []
    begin, section = 0, ""

    def close(end: int) -> None:
        if section in LONG:
            long.setdefault(section, []).append(text[begin:end].partition("\n")[2])
        else:
            short.append(text[begin:end])

    at = text.find("[")
    while at >= 0:
        line = text.rfind("\n", 0, at) + 1
        lead = text[line:at]
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        at_heading = not lead.strip(_BLANKS)
        if not at_heading and not lead.strip(_BLANKS + '"\x0b\x0c\x1c\x1d\x1e\x1f'):
            return None
        if at_heading:
            close(line)
            word = text[at:end].partition(";")[0].split()[0]
            begin, section = line, section_named(word)
            if not section:
                return None
            if section == "END":
                break
        at = text.find("[", end if at_heading else at + 1)
    if section != "END":
        close(len(text))
    return Parts({name: "\n".join(bodies) for name, bodies in long.items()}, "".join(short))
