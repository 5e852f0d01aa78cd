"""The add-on that puts the browser into a crawl; with ``BROWSER=off`` it does nothing."""

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from caravan_crawler.visit.browser.finding import Mode, browser_path, mode_of

#: Outside of retries, redirects and unpacking: the last to see a page before the spider.
_MIDDLEWARES = {
    "caravan_crawler.visit.browser.middleware.BrowserMiddleware": 60,
    "caravan_crawler.archive.shown.ShownPages": 55,
}
#: What is not needed to read a page. Debian's Chromium as root, and in containers, needs the first two.
_FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --blink-settings=imagesEnabled=false"
).split()
#: Nothing listens there, so that no request of the browser's own leaves the machine.
_NO_WAY = {"server": "http://127.0.0.1:9"}


class BrowserAddon:
    """Sets the middleware, and how scrapy-playwright starts the browser."""

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
        context = {"service_workers": "block", "accept_downloads": False, "user_agent": settings["USER_AGENT"]}
        given = {
            "LAUNCH_OPTIONS": launch,
            "CONTEXTS": {"default": context},
            "DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
            "RESTART_DISCONNECTED_BROWSER": False,  # chromium.py does, and sees to the rest
        }
        for name, value in given.items():
            settings.set(f"PLAYWRIGHT_{name}", value, "addon")
        for middleware, place in _MIDDLEWARES.items():
            settings["DOWNLOADER_MIDDLEWARES"].set(middleware, place, "addon")
