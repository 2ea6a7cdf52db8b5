"""The command line."""

from __future__ import annotations


def main() -> None:
    """Run the `ringmain` command."""
    from hmi.cli.app import run

    run()


__all__ = ["main"]
