"""Why a network could not be solved."""

from __future__ import annotations


class SolveError(Exception):
    """The network could not be solved; the message names the element and the next step.

    `elements` are the ids concerned, `time_s` the instant of the run.
    """

    def __init__(
        self, message: str, *, elements: tuple[str, ...] = (), time_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.elements = elements
        self.time_s = time_s
