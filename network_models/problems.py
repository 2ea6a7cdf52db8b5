"""What is wrong with an input: every problem at once, each with its place.

Readers collect `Problem` records and raise one `NetworkError` that holds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of an input file: where it stands, what was found and what was expected."""

    file: str
    line: int | None
    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field}: found {self.found}, expected {self.expected}"

    def as_dict(self) -> dict[str, str | int | None]:
        """The record as JSON-ready values."""
        return asdict(self)


class InputError(ValueError):
    """Input that cannot be used; `problems` lists every fault that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class NetworkError(InputError):
    """A network file or network that cannot be used."""
