"""What the tests of the commands share."""

from __future__ import annotations

import pytest

from tests.hmi.command import Command


@pytest.fixture
def ringmain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, called inside the test's own process."""
    return Command(monkeypatch, capsys)
