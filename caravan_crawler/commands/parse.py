"""``scrapy parse``: Scrapy's own command, without the crawl's store and feeds."""

import argparse
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.commands.parse import Command as ParseCommand
from scrapy.exceptions import ScrapyDeprecationWarning, UsageError
from scrapy.http import Response

from caravan_crawler.arguments import SPIDER, ArgumentError, CrawlArguments
from caravan_crawler.items import PageWrites
from caravan_crawler.own_commands import OnePageCommand

# The spider and the reader are imported on use: Scrapy imports all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.spiders.caravan import CaravanSpider


class Command(OnePageCommand, ParseCommand):
    """Scrapy's command, without storing or publishing anything. Callback and pipelines are a crawl's for such a URL."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options; items pass the pipelines, as their values are printed ones before."""
        super().add_options(parser)
        parser.set_defaults(pipelines=True)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        # Scrapy's own callback around the spider's returns one.
        warnings.filterwarnings("ignore", ".* returned a Deferred", ScrapyDeprecationWarning)

    def run_callback(self, response: Response, callback: Any, cb_kwargs: dict[str, Any] | None = None) -> Any:
        """Leave out what ``PageCommitMiddleware`` takes out in a crawl."""
        return super().run_callback(response, lambda *args, **kwargs: _visible(callback(*args, **kwargs)), cb_kwargs)

    def set_spidercls(self, url: str, opts: argparse.Namespace) -> None:
        """Use this project's spider, on the page's site, unless another is given."""
        from caravan_crawler.spiders.caravan import CaravanSpider

        opts.spider = opts.spider or SPIDER
        parts = urlsplit(url)
        if opts.spider == SPIDER:
            opts.spargs.setdefault("site", f"{parts.scheme}://{parts.netloc}/")
            try:
                CrawlArguments.parse(opts.spargs)
            except ArgumentError as error:
                raise UsageError(str(error), print_help=False) from None
        if opts.spider == SPIDER and opts.callback and not hasattr(CaravanSpider, opts.callback):
            raise UsageError(f"the spider has no callback '{opts.callback}'", print_help=False)
        super().set_spidercls(url, opts)

    def prepare_request(self, spider: Spider, request: Request, opts: argparse.Namespace) -> Request:
        """Choose the callback, unless it is given, and begin the walk of a listing."""
        from caravan_crawler.pages.listing import listing_of
        from caravan_crawler.spiders.caravan import CaravanSpider

        if isinstance(spider, CaravanSpider):
            opts.callback = opts.callback or _callback(spider, request.url)
            if opts.callback == "parse_list":
                path, number = listing_of(urlsplit(request.url).path)
                (page,) = spider.lists.begin(path, spider.schedule.list_state(path), from_top=True)
                request = request.replace(cb_kwargs={"walk": page.walk, "number": number})
        return super().prepare_request(spider, request, opts)


def _callback(spider: "CaravanSpider", url: str) -> str:
    from caravan_crawler.frontier.schedule import FEED

    path = urlsplit(url).path
    if spider.site.address(url, url) is not None:
        return "parse"
    if path.endswith((".xml", ".xml.gz")):
        return "parse_sitemap"
    return {"/": "parse_home", "": "parse_home", FEED: "parse_feed"}.get(path, "parse_list")


def _visible(output: Iterable[Any]) -> Iterator[Any]:
    return (each for each in output if not isinstance(each, PageWrites))
