"""The Scrapy add-on: unused components, other spiders, workers, feeds; the settings of the browser."""

import shutil
from enum import StrEnum
from importlib.util import find_spec
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from caravan_crawler import settings as own_settings
from caravan_crawler.items import RUN_DIR, TABLES, column_names


class CrawlerComponent:
    """A component that Scrapy creates from its crawler, and whatever else it gives."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's constructor."""
        return cls(crawler, *args, **kwargs)


#: Where Scrapy lists a component, the component, and the setting that switches it.
_SWITCHED = [
    ("EXTENSIONS_BASE", "scrapy.extensions.remote_control.RemoteControl", "REMOTE_CONTROL_ENABLED"),
    ("DOWNLOADER_MIDDLEWARES_BASE", "scrapy.downloadermiddlewares.cookies.CookiesMiddleware", "COOKIES_ENABLED"),
    ("DOWNLOADER_MIDDLEWARES", "caravan_crawler.archive.archive_middleware.ArchiveMiddleware", "ARCHIVE"),
]
_BROWSER = "caravan_crawler.browser.browser_middleware.BrowserMiddleware"


def _remove_disabled_components(settings: BaseSettings) -> None:
    """Remove what is switched off from the lists; set to None, it would still be loaded."""
    for base, component, switch in _SWITCHED:
        if not settings.getbool(switch):
            settings[base].pop(component, None)
    if mode_of(settings) is BrowserMode.OFF:
        settings["DOWNLOADER_MIDDLEWARES"].pop(_BROWSER, None)


#: Components that need a run's spider and store, by where they are listed.
_RUN_COMPONENTS = [
    ("EXTENSIONS", "caravan_crawler.extensions.run_monitor.RunMonitor"),
    ("ITEM_PIPELINES", "caravan_crawler.pipelines.PeriodPipeline"),
    ("ITEM_PIPELINES", "caravan_crawler.pipelines.StorePipeline"),
]


def disable_run_components(settings: BaseSettings) -> None:
    """Disable store, archive, outcome and the feeds in a run's folder. Other feeds use Scrapy's storages."""
    feeds = {uri: options for uri, options in settings.getdict("FEEDS").items() if not str(uri).startswith(RUN_DIR)}
    without = {"FEEDS": feeds, "FEED_STORAGES": {}, "STORE_URL": "none", "SHARED_CRAWL": False, "ARCHIVE": False}
    settings.setdict(without, priority="cmdline")
    for name, component in _RUN_COMPONENTS:
        settings[name].pop(component, None)


def is_caravan_spider(crawler: Crawler) -> bool:
    """Whether the crawler's spider is this project's, to which ``CrawlStore`` adds the store."""
    return hasattr(crawler.spidercls, "crawl_store")


class SpiderAddon(CrawlerComponent):
    """Add-on that completes the settings by the spider, and removes what they switch off.

    This project's spider gets the feeds' defaults and, with ``SHARED_CRAWL``, the components of a shared crawl. Others,
    as those of ``scrapy shell`` and ``scrapy bench``, have no run and no store, and their items are no articles.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before it creates the spider and its components."""
        if is_caravan_spider(self.crawler):
            if settings.getbool("SHARED_CRAWL"):
                _share(settings)
            _complete_feeds(settings)
        else:
            disable_run_components(settings)
        _remove_disabled_components(settings)
        if mode_of(settings) is not BrowserMode.OFF:
            settings.setdict(_playwright_settings(settings), priority="addon")


def complete_components(settings: BaseSettings) -> None:
    """Add the project's components where ``-s`` or another file of settings names others, in place of them all."""
    for name, components in vars(own_settings).items():
        if isinstance(components, dict) and isinstance(settings.get(name), BaseSettings) and name != "FEEDS":
            for component, place in components.items():
                if component not in settings[name]:
                    settings[name].set(component, place, priority="project")


_PARTS = "caravan_crawler.extensions.shared_crawl"


def _share(settings: BaseSettings) -> None:
    """Replace the scheduler and the throttle, and add the leader's middleware."""
    settings.set("SCHEDULER", f"{_PARTS}.ClaimScheduler", priority="addon")
    settings["SPIDER_MIDDLEWARES"].set(f"{_PARTS}.LeaderMiddleware", 0, priority="cmdline")
    for name, place in {"caravan_crawler.downloadhandlers.Throttle": None, f"{_PARTS}.SharedThrottle": 0}.items():
        settings["EXTENSIONS"].set(name, place, priority="cmdline")


def _complete_feeds(settings: BaseSettings) -> None:
    """Make a feed that names no ``item_classes`` hold the articles alone, and have all columns of its classes."""
    feeds: dict[str, dict[str, Any]] = {}
    for uri, options in settings.getdict("FEEDS").items():
        options = dict(options)
        named = options.setdefault("item_classes", [TABLES["articles"]])
        classes = list(map(load_object, named or TABLES.values()))
        # Without fields, a CSV has the columns of the first record alone.
        if set(classes) <= set(TABLES.values()) and not settings.getdictorlist("FEED_EXPORT_FIELDS"):
            options.setdefault("fields", column_names(*classes))
        # A run without items must not empty the file of an earlier run.
        options.setdefault("store_empty", False)
        feeds[uri] = options
    settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)


#: The first one, which cannot open a window, needs a third of the processor time of the others.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


class BrowserMode(StrEnum):
    """Values of the setting BROWSER."""

    OFF = "off"
    AUTO = "auto"
    """Pages that lack values which scripts may add."""
    ALWAYS = "always"
    """Every page."""


def mode_of(settings: BaseSettings) -> BrowserMode:
    """Return the setting BROWSER; raise ValueError for an unknown value."""
    return BrowserMode(str(settings["BROWSER"] or BrowserMode.OFF).lower())


def browser_path(settings: BaseSettings) -> str | None:
    """Return the path of the browser, or None."""
    programs = [str(settings["BROWSER_PATH"])] if settings["BROWSER_PATH"] else _PROGRAMS
    return next(filter(None, map(shutil.which, programs)), None)


def browser_problem(settings: BaseSettings) -> str | None:
    """Return in one line why the browser cannot be used as set, or None."""
    try:
        mode = mode_of(settings)
    except ValueError:
        return f"BROWSER={settings['BROWSER']} is none of {', '.join(BrowserMode)}"
    if mode is BrowserMode.OFF:
        return None
    if find_spec("scrapy_playwright") is None or find_spec("playwright") is None:
        return f"BROWSER={mode} needs scrapy-playwright: pip install -e '.[browser]'"
    if browser_path(settings) is not None:
        return None
    if settings["BROWSER_PATH"]:
        return f"BROWSER_PATH={settings['BROWSER_PATH']} is no program"
    return f"BROWSER={mode} needs a browser: apt-get install chromium-headless-shell (or chromium), or BROWSER_PATH"


#: Switches off features that reading a page does not need. As root and in containers Debian's Chromium does not start
#: without the first two.
_FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --blink-settings=imagesEnabled=false"
).split()


def _playwright_settings(settings: BaseSettings) -> dict[str, Any]:
    """Return the settings of scrapy-playwright."""
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
    return {
        "PLAYWRIGHT_LAUNCH_OPTIONS": launch_options,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
        # playwright.py starts another browser, after killing the processes of the first.
        "PLAYWRIGHT_RESTART_DISCONNECTED_BROWSER": False,
    }
