"""Event filters by type: what a client asks for of a type holds for its subtypes too.

asyncua (2.1) takes `OfType` for "exactly this type" (Part 4 says: or a subtype of it), so a client
that asks for all alarms by their common type would hear of none.
"""

from __future__ import annotations

from typing import Any

from asyncua import ua
from asyncua.server import monitored_item_service as library
from asyncua.server.monitored_item_service import WhereClauseEvaluator

_SUBTYPE = ua.NodeId(ua.ObjectIds.HasSubtype)


class TypedFilter(WhereClauseEvaluator):  # type: ignore[misc]
    """The library's evaluation, but for `OfType`."""

    def _eval_el(self, index: int, event: Any) -> Any:
        element = self.elements[index]
        if element.FilterOperator != ua.FilterOperator.OfType:
            return super()._eval_el(index, event)
        wanted = self._eval_op(element.FilterOperands[0], event)
        found, seen = event.EventType, set()
        while found is not None and found not in seen:
            if found == wanted:
                return True
            seen.add(found)
            found = self._parent(found)
        return False

    def _parent(self, node_id: ua.NodeId) -> ua.NodeId | None:
        """The type a type is derived from."""
        if node_id not in self._aspace:
            return None
        return next(
            (
                one.NodeId
                for one in self._aspace[node_id].references
                if one.ReferenceTypeId == _SUBTYPE and not one.IsForward
            ),
            None,
        )


def filter_by_type() -> None:
    """Servers that start from now on filter so: the library finds its evaluator by this name."""
    library.WhereClauseEvaluator = TypedFilter
