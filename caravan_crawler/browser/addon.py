"""The BROWSER setting, its check, and the add-on that applies it."""

import shutil
from enum import StrEnum
from importlib.util import find_spec

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_LIBRARY = "scrapy_playwright"


class Mode(StrEnum):
    """The values of the setting BROWSER."""

    OFF = "off"
    AUTO = "auto"
    """Pages that lack what a script may bring."""
    ALWAYS = "always"
    """Every page."""


def mode_of(settings: BaseSettings) -> Mode:
    """Return the setting BROWSER; ValueError for an unknown one."""
    return Mode(str(settings["BROWSER"] or Mode.OFF).lower())


def browser_path(settings: BaseSettings) -> str | None:
    """Return the path of the browser, or None."""
    given = settings["BROWSER_PATH"]
    for program in [given] if given else _PROGRAMS:
        if found := shutil.which(str(program)):
            return found
    return None


def browser_problem(settings: BaseSettings) -> str | None:
    """Return in one line why the browser cannot be used as the settings ask for, or None."""
    try:
        mode = mode_of(settings)
    except ValueError:
        return f"BROWSER={settings['BROWSER']} is none of {', '.join(Mode)}"
    if mode is Mode.OFF:
        return None
    if find_spec(_LIBRARY) is None:
        return f"BROWSER={mode} needs one library more: pip install scrapy-playwright"
    if browser_path(settings) is None:
        given = settings["BROWSER_PATH"]
        if given:
            return f"BROWSER_PATH={given} is no program"
        return f"BROWSER={mode} needs a browser: apt-get install chromium, or BROWSER_PATH"
    return None


#: Outside of retries, redirects and unpacking: the last to see a page before the spider.
_MIDDLEWARES = {
    "caravan_crawler.browser.browser_middleware.BrowserMiddleware": 60,
    "caravan_crawler.archive.archive_middleware.ShownPages": 55,
}
#: What is not needed to read a page. Debian's Chromium as root, and in containers, needs the first two.
_FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --blink-settings=imagesEnabled=false"
).split()
#: A proxy address on which nothing listens, so that the browser's own requests never leave the machine.
_NO_WAY = {"server": "http://127.0.0.1:9"}


class BrowserAddon:
    """Add-on that enables the middleware and configures scrapy-playwright."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Scrapy's hook."""
        if mode_of(settings) is Mode.OFF:
            raise NotConfigured
        launch = {
            "executable_path": browser_path(settings),
            "args": _FLAGS,
            "proxy": _NO_WAY,
            # A signal is the crawl's to take; it ends the browser in order.
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }
        given = {
            "LAUNCH_OPTIONS": launch,
            "DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
            "RESTART_DISCONNECTED_BROWSER": False,  # playwright.py restarts it and ends its processes
        }
        for name, value in given.items():
            settings.set(f"PLAYWRIGHT_{name}", value, "addon")
        for middleware, place in _MIDDLEWARES.items():
            settings["DOWNLOADER_MIDDLEWARES"].set(middleware, place, "addon")
