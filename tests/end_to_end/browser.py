"""A headless Chromium that notes every request and every complaint of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, async_playwright, expect

expect.set_options(timeout=30_000)
"""A busy machine draws slowly; what never comes still fails."""

CHROMIUM = shutil.which("chromium") or ""
SHOTS = os.environ.get("RINGMAIN_SHOTS", "")
"""A folder for pictures of what the tests see, for looking at them by hand."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A page with what it asked for and what it complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        """Note a host; data and blob addresses have none."""
        host = urlsplit(request.url).hostname
        if host:
            self.hosts.add(host)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error":
            self.errors.append(message.text)


@asynccontextmanager
async def browser_page(width: int = 1440, height: int = 900) -> AsyncIterator[Watched]:
    """A page in a browser of its own; skips the test, saying so, where there is no Chromium."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            page = await browser.new_page(
                viewport={"width": width, "height": height},
                ignore_https_errors=True,  # rooms make their own certificates
            )
            watched = Watched(page)
            page.on("request", watched.request)
            page.on("websocket", lambda socket: watched.hosts.add(urlsplit(socket.url).hostname))
            page.on("console", watched.console)
            page.on("pageerror", lambda error: watched.errors.append(str(error)))
            yield watched
        finally:
            await browser.close()


async def shot(page: Page, name: str) -> None:
    """A picture of the page, where `RINGMAIN_SHOTS` names a folder for it."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")
