"""What is switched off is not loaded: Scrapy's remote control brings aiohttp along, its cookies requests."""

from scrapy.settings import BaseSettings

#: Where Scrapy lists a component, the component, and the setting that switches it.
_SWITCHED = [
    ("EXTENSIONS_BASE", "scrapy.extensions.remote_control.RemoteControl", "REMOTE_CONTROL_ENABLED"),
    ("DOWNLOADER_MIDDLEWARES_BASE", "scrapy.downloadermiddlewares.cookies.CookiesMiddleware", "COOKIES_ENABLED"),
]


class LeanStart:
    """Add-on that takes such components from Scrapy's lists; as None in a list of ours they would be loaded too."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy before it loads anything on the lists."""
        for base, component, switch in _SWITCHED:
            if not settings.getbool(switch):
                settings[base].pop(component, None)
