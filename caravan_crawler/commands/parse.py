"""``scrapy parse``: Scrapy's own command, without the crawl's store and feeds."""

import argparse
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands.parse import Command as ParseCommand
from scrapy.http import Response

from caravan_crawler.commands.one_page import leave_out_crawl
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.spiders.caravan import CaravanSpider


class Command(ParseCommand):
    """Scrapy's command, without storing or publishing anything."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the crawl's feeds and store from the settings."""
        super().process_options(args, opts)
        assert self.settings is not None
        leave_out_crawl(self.settings)

    def run_callback(self, response: Response, callback: Any, cb_kwargs: dict[str, Any] | None = None) -> Any:
        """Leave out what ``PageCommitMiddleware`` takes out in a crawl."""
        return super().run_callback(response, lambda *args, **kwargs: _visible(callback(*args, **kwargs)), cb_kwargs)

    def set_spidercls(self, url: str, opts: argparse.Namespace) -> None:
        """Use this project's spider, on the page's site, unless another is given."""
        opts.spider = opts.spider or CaravanSpider.name
        parts = urlsplit(url)
        if opts.spider == CaravanSpider.name and parts.netloc:
            opts.spargs.setdefault("site", f"{parts.scheme}://{parts.netloc}/")
        super().set_spidercls(url, opts)


def _visible(output: Iterable[Any]) -> Iterator[Any]:
    return (each for each in output if not isinstance(each, PageWrites))
