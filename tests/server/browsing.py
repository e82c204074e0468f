"""A real Chromium, driven by Playwright, and what tests do in it: talk, look, check with axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 320, "height": 640}
MAX_PICTURE = 300_000
"""Bytes of a screenshot that may be committed."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A tab with a profile of its own. `faults` are errors of scripts and breaches of the policy, `hosts` who was asked for anything."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self._context = browser.new_context(**{"viewport": WIDE, "locale": "en-US"} | options)
        self.page: Page = self._context.new_page()
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _console(self, message: Any) -> None:
        # An unknown user is a 404, which Chromium notes as an error.
        if message.type == "error" and "status of 404" not in message.text:
            self.faults.append(message.text)

    def open(self, path: str = "/") -> Visit:
        """Go to a page of the server."""
        self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")
        return self

    def close(self) -> None:
        """Close the tab; nothing may have gone wrong in it, and nobody else have been asked for anything."""
        self._context.close()
        assert self.faults == []
        assert self.hosts <= {urlsplit(self.url).netloc, ""}

    @property
    def user(self) -> str:
        """The name under which the server knows this tab."""
        return str(self.page.evaluate("localStorage.getItem('tastemaker.user')"))

    def settle(self) -> None:
        """Wait until the reply is whole and nothing moves any more."""
        self.page.wait_for_selector("body:not(.running)")
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")

    def say(self, text: str) -> None:
        """Type a message, send it by Enter, and wait for the whole reply."""
        self.page.fill("#message", text)
        self.page.press("#message", "Enter")
        self.settle()

    def titles(self) -> list[str]:
        """The titles of the cards."""
        return self.page.locator(".card h3").all_inner_texts()

    def chips(self) -> list[str]:
        """The conditions in force."""
        return self.page.locator(".chip").all_inner_texts()

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def violations(self) -> list[str]:
        """What axe finds wrong on the page as it is."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]

    def picture(self, name: str, folder: Path, *, whole: bool = False) -> None:
        """Take a screenshot into `folder`, or into the folder that `TASTEMAKER_SCREENSHOTS` names."""
        path = Path(os.environ.get("TASTEMAKER_SCREENSHOTS") or folder) / name
        self.page.mouse.move(0, 0)
        self.page.screenshot(path=path, full_page=whole)
        assert path.stat().st_size < MAX_PICTURE
