"""The nodes, or the links, of a file under construction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from network_models.elements import Link, Node
from network_models.formats.bulk import make_records

Kind = type[Node] | type[Link]


@dataclass(slots=True)
class ElementDraft:
    """An element whose fields are not all known yet."""

    kind: Kind
    values: dict[str, Any]


@dataclass(slots=True)
class Group:
    """Drafts by id, in the file's order.

    The elements of one long section may be taken up as columns; they come first. One of them
    becomes a draft of its own when a later line is about it.
    """

    kind: Kind | None = None
    columns: dict[str, list[Any]] = field(default_factory=dict)
    place: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, ElementDraft] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.place or name in self.drafts

    def __iter__(self) -> Iterator[str]:
        return chain(self.place, (name for name in self.drafts if name not in self.place))

    def get(self, name: str) -> ElementDraft | None:
        """The draft of an element to be read or changed."""
        draft = self.drafts.get(name)
        at = None if draft is not None else self.place.get(name)
        if at is not None and self.kind is not None:
            values = {field: column[at] for field, column in self.columns.items()}
            draft = self.drafts[name] = ElementDraft(self.kind, values)
        return draft

    def single(self) -> Iterable[ElementDraft]:
        """The drafts of those that were not taken up as columns, or have left them."""
        return self.drafts.values()

    def take_columns(self, kind: Kind, ids: list[str], columns: dict[str, list[Any]]) -> bool:
        """Take up a whole section; false if an id is there twice or elements are there already."""
        place = dict(zip(ids, range(len(ids)), strict=True))
        if len(place) < len(ids) or self.place or self.drafts:
            return False
        self.kind, self.columns, self.place = kind, columns, place
        return True

    def set_field(self, field: str, names: list[str], values: list[Any], default: Any) -> bool:
        """Give elements a value of one field, the last one if there are several.

        The others of the columns have `default`. False if a name is none of this group.
        """
        before, count = self.columns.get(field), len(self.place)
        given = dict(zip(names[count:], values[count:], strict=True))
        if names[:count] == list(self.place) and not given.keys() & self.place.keys():
            # Most files name the same elements in the same order in every section.
            self.columns[field] = values[:count]
            both = self.drafts.keys() & self.place.keys()
            given |= {name: values[self.place[name]] for name in both}
        else:
            given = dict(zip(names, values, strict=True))
            before = [default] * count if before is None else before
            self.columns[field] = list(map(given.get, self.place, before))
        if not given.keys() <= self.drafts.keys() | self.place.keys():
            return False
        for name in given.keys() & self.drafts.keys():
            self.drafts[name].values[field] = given[name]
        return True

    def records(self) -> dict[str, Any]:
        """The elements themselves."""
        found: dict[str, Any] = {}
        if self.kind is not None:
            made = make_records(self.kind, len(self.place), {"id": self.place, **self.columns})
            found = dict(zip(self.place, made, strict=True))
        for name, draft in self.drafts.items():
            found[name] = draft.kind(id=name, **draft.values)
        return found
