"""The BROWSER setting, its check, and the add-on that applies it."""

import shutil
from enum import StrEnum
from importlib.util import find_spec

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class Mode(StrEnum):
    """Values of the setting BROWSER."""

    OFF = "off"
    AUTO = "auto"
    """Pages that lack values which scripts may add."""
    ALWAYS = "always"
    """Every page."""


def mode_of(settings: BaseSettings) -> Mode:
    """Return the setting BROWSER; raise ValueError for an unknown value."""
    return Mode(str(settings["BROWSER"] or Mode.OFF).lower())


def browser_path(settings: BaseSettings) -> str | None:
    """Return the path of the browser, or None."""
    programs = [str(settings["BROWSER_PATH"])] if settings["BROWSER_PATH"] else _PROGRAMS
    return next(filter(None, map(shutil.which, programs)), None)


def browser_problem(settings: BaseSettings) -> str | None:
    """Return in one line why the browser cannot be used as set, or None."""
    try:
        mode = mode_of(settings)
    except ValueError:
        return f"BROWSER={settings['BROWSER']} is none of {', '.join(Mode)}"
    if mode is Mode.OFF:
        return None
    if find_spec("scrapy_playwright") is None:
        return f"BROWSER={mode} needs scrapy-playwright: pip install -e '.[browser]'"
    if browser_path(settings) is not None:
        return None
    if settings["BROWSER_PATH"]:
        return f"BROWSER_PATH={settings['BROWSER_PATH']} is no program"
    return f"BROWSER={mode} needs a browser: apt-get install chromium, or BROWSER_PATH"


#: Nearer to the spider than retries, redirects and decompression.
_MIDDLEWARE, _ORDER = "caravan_crawler.browser.browser_middleware.BrowserMiddleware", 60
#: Switches off features that reading a page does not need. As root and in containers Debian's Chromium does not start
#: without the first two.
_FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --blink-settings=imagesEnabled=false"
).split()


class BrowserAddon:
    """Add-on that enables the middleware and configures scrapy-playwright; disabled with ``BROWSER=off``."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Scrapy's hook."""
        if mode_of(settings) is Mode.OFF:
            raise NotConfigured
        launch_options = {
            "executable_path": browser_path(settings),
            "args": _FLAGS,
            # Nothing listens there, so the browser's own requests never leave the machine.
            "proxy": {"server": "http://127.0.0.1:9"},
            # Signals end the crawl, which closes the browser.
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }
        playwright = {
            "PLAYWRIGHT_LAUNCH_OPTIONS": launch_options,
            "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
            # playwright.py starts another browser, after killing the processes of the first.
            "PLAYWRIGHT_RESTART_DISCONNECTED_BROWSER": False,
        }
        settings.setdict(playwright, priority="addon")
        settings["DOWNLOADER_MIDDLEWARES"].set(_MIDDLEWARE, _ORDER, "addon")
