"""Pages in Chromium, with their requests and errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.support.optional_parts import need

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_WITHIN = 60_000


@dataclass
class Visit:
    """A loaded page, with its console messages and requests."""

    page: "Page"
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Start Chromium, and close it in the end."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need("chromium-headless-shell"), args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(
    browser: "Browser",
    file: Path,
    scheme: Literal["light", "dark"] = "light",
    *,
    width: int = 1100,
    has_scripts: bool = True,
) -> Iterator[Visit]:
    """Open a file, wait until its charts are drawn, and close the page in the end."""
    page = browser.new_page(
        color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=has_scripts
    )
    try:
        read = Visit(page)
        page.on("console", lambda message: read.complaints.append(message.text))
        page.on("pageerror", lambda error: read.complaints.append(str(error)))
        page.on("requestfailed", lambda request: read.complaints.append(request.url))
        page.on("request", lambda request: read.asked.append(request.url))
        page.goto(file.as_uri())
        if has_scripts and page.locator(".chart").count():
            page.wait_for_selector("html[data-drawn]", timeout=_WITHIN)
        yield read
    finally:
        page.close()
