"""The example city: streets, three networks under them, and the people they serve, from a seed."""

from scenarios.city.make import make_city

__all__ = ["make_city"]
