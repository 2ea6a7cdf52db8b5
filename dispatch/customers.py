"""Who lives and works at the network: customers by node, with their communities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dispatch.element import element_name
from network_models.formats.table import choice, integer, number, optional, read_table, text
from network_models.problems import InputError

RESIDENTIAL = "residential"
PRIORITY_CLASSES = ("hospital", "dialysis", "school")
"""Customers named one by one in every plan, before all others."""
CLASSES = (RESIDENTIAL, *PRIORITY_CLASSES, "industry", "commercial", "public")

_ID = text("id")
_ELEMENT = text("element")
_HOUSEHOLDS = integer("households", minimum=0)
_PEOPLE = integer("people", minimum=0)
_CLASS = choice("class", CLASSES)
_COMMUNITY = optional(text("community"), "")
_NAME_ZH = text("name_zh")
_NAME_EN = text("name_en")
_X = number("x")
_Y = number("y")
CUSTOMER_COLUMNS = (
    _ID,
    _ELEMENT,
    _HOUSEHOLDS,
    _PEOPLE,
    _CLASS,
    _COMMUNITY,
    _NAME_ZH,
    _NAME_EN,
    _X,
    _Y,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer at a node (`water/node:J7`, `J7`) or along a link (`link:P12`); x, y plan metres.

    `kind` is one of CLASSES (the table's column `class`); `community` is empty outside of any.
    """

    id: str
    element: str
    households: int
    people: int
    kind: str
    community: str
    name_zh: str
    name_en: str
    x: float
    y: float

    @property
    def node(self) -> str:
        """The id of the node that supplies the customer; empty for one along a link."""
        return "" if self.link else element_name(self.element).id

    @property
    def link(self) -> str:
        """The id of the link a customer is connected along; empty for one at a node."""
        name = element_name(self.element)
        return name.id if name.kind == "link" else ""


def read_customers(
    path: Path | str, *, nodes: Iterable[str] | None = None, links: Iterable[str] | None = None
) -> tuple[Customer, ...]:
    """The customers in a CSV file, in its order.

    With `nodes` (`links`), one that is at none of them is a fault. InputError lists all faults.
    """
    table = read_table(path, CUSTOMER_COLUMNS, key=_ID)
    known_nodes = None if nodes is None else frozenset(nodes)
    known_links = None if links is None else frozenset(links)
    customers = []
    for row in table.rows:
        customer = Customer(
            id=row[_ID],
            element=row[_ELEMENT],
            households=row[_HOUSEHOLDS],
            people=row[_PEOPLE],
            kind=row[_CLASS],
            community=row[_COMMUNITY],
            name_zh=row[_NAME_ZH],
            name_en=row[_NAME_EN],
            x=row[_X],
            y=row[_Y],
        )
        known = known_links if customer.link else known_nodes
        if known is not None and (customer.link or customer.node) not in known:
            expected = "a link of the network" if customer.link else "a node of the network"
            table.problem(row.line, "element", customer.element, expected)
        customers.append(customer)
    if table.problems:
        raise InputError(table.problems)
    return tuple(customers)


def community_names(customers: Iterable[Customer]) -> dict[str, tuple[str, str]]:
    """Each community's Chinese and English names.

    The table calls a community by its Chinese name; the English one is what its homes' English
    names have in common before their last comma (`Dawn Gardens, block 3`), if they all do.
    """
    english: dict[str, set[str]] = {}
    for customer in customers:
        if customer.community and customer.kind == RESIDENTIAL:
            stem = customer.name_en.rpartition(",")[0].strip()
            english.setdefault(customer.community, set()).add(stem)
    return {
        name: (name, stems.pop() or name) if len(stems) == 1 else (name, name)
        for name, stems in english.items()
    }
