"""The small town of the dispatch tests."""

from tests.dispatch.conftest import roads, town, valves

__all__ = ["roads", "town", "valves"]
