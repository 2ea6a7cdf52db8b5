"""Names of elements: `water/link:P12`, `link:P12` or `P12`.

Ids may collide between utilities and between nodes and links, so a full name carries both.
"""

from __future__ import annotations

from dataclasses import dataclass

from network_models.problems import InputError, Problem

UTILITIES = ("water", "gas", "heat")
KINDS = ("node", "link")


@dataclass(frozen=True, slots=True)
class ElementName:
    """An element's id with what its name says of utility and kind; None where it is silent."""

    utility: str | None
    kind: str | None
    id: str

    def __str__(self) -> str:
        utility = f"{self.utility}/" if self.utility else ""
        kind = f"{self.kind}:" if self.kind else ""
        return f"{utility}{kind}{self.id}"


def element_name(text: str) -> ElementName:
    """The parts of an element's name; what is no known prefix belongs to the id."""
    utility: str | None = None
    kind: str | None = None
    rest = text.strip()
    head, slash, tail = rest.partition("/")
    if slash and head in UTILITIES:
        utility, rest = head, tail
    head, colon, tail = rest.partition(":")
    if colon and head in KINDS:
        kind, rest = head, tail
    return ElementName(utility, kind, rest)


def medium_of(element: str) -> str:
    """The network an element is looked for in: the one its name says, or water's."""
    return element_name(element).utility or "water"


def check_medium(element: str, medium: str) -> None:
    """InputError for an element that its name puts into another network than `medium`'s.

    Rights are asked by the medium: an order must not reach into a network beside it.
    """
    if element_name(element).utility not in (None, medium):
        raise InputError(
            [
                Problem(
                    file="request",
                    line=None,
                    field="element",
                    found=element,
                    expected=f"an element of the {medium} network",
                )
            ]
        )
