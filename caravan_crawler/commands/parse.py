"""``scrapy parse``: Scrapy's own command, without the crawl's store and feeds; the same for fetch, shell and view."""

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.commands.parse import Command as ParseCommand
from scrapy.exceptions import ScrapyDeprecationWarning, UsageError
from scrapy.http import Response
from scrapy.settings import BaseSettings

from caravan_crawler.addons import leave_out_run
from caravan_crawler.arguments import ArgumentError, CrawlArguments
from caravan_crawler.console import print_err
from caravan_crawler.frontier.schedule import FEED
from caravan_crawler.outcome import REFUSED
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.urls import listing_of

if TYPE_CHECKING:
    _Mixin = ScrapyCommand
else:
    _Mixin = object  # Scrapy would take a subclass of its own for another command


class OnePageOptions(_Mixin):
    """The options of ``scrapy fetch``, ``shell`` and ``view``."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Disable what only a crawl needs, and allow saved pages; the spider would refuse pages of other sites."""
        super().process_options(args, opts)
        settings = _without_run(self, args)
        settings["DOWNLOAD_HANDLERS"].pop("file", None)
        if opts.spider == CaravanSpider.name:
            opts.spider = None


class Command(ParseCommand):
    """Scrapy's command, without storing or publishing anything. The callback is a crawl's for such a URL."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the crawl's feeds and store from the settings."""
        super().process_options(args, opts)
        _without_run(self, args)
        # Scrapy's own callback around the spider's returns one.
        warnings.filterwarnings("ignore", ".* returned a Deferred", ScrapyDeprecationWarning)

    def run_callback(self, response: Response, callback: Any, cb_kwargs: dict[str, Any] | None = None) -> Any:
        """Leave out what ``PageCommitMiddleware`` takes out in a crawl."""
        return super().run_callback(response, lambda *args, **kwargs: _visible(callback(*args, **kwargs)), cb_kwargs)

    def set_spidercls(self, url: str, opts: argparse.Namespace) -> None:
        """Use this project's spider, on the page's site, unless another is given."""
        opts.spider = opts.spider or CaravanSpider.name
        parts = urlsplit(url)
        if opts.spider == CaravanSpider.name and parts.netloc:
            opts.spargs.setdefault("site", f"{parts.scheme}://{parts.netloc}/")
            try:
                CrawlArguments.parse(opts.spargs)
            except ArgumentError as error:
                raise UsageError(str(error), print_help=False) from None
        super().set_spidercls(url, opts)

    def prepare_request(self, spider: Spider, request: Request, opts: argparse.Namespace) -> Request:
        """Choose the callback, unless it is given, and begin the walk of a listing."""
        if isinstance(spider, CaravanSpider):
            opts.callback = opts.callback or _callback(spider, request.url)
            if opts.callback == "parse_list":
                path = listing_of(urlsplit(request.url).path)[0]
                (page,) = spider.lists.begin(path, spider.schedule.list_state(path), from_top=True)
                request = request.replace(cb_kwargs={"walk": page.walk})
        return super().prepare_request(spider, request, opts)


def _without_run(command: ScrapyCommand, args: list[str]) -> BaseSettings:
    """Return settings without store and feeds; exit with one line if an option is mistyped, as Scrapy ignores it."""
    from caravan_crawler.settings_checks import option_problem  # imports settings that depend on the environment

    if problem := option_problem(command, args):
        print_err(f"scrapy {command.__module__.rpartition('.')[2]}: {problem}")
        sys.exit(REFUSED)
    assert command.settings is not None
    leave_out_run(command.settings)
    return command.settings


def _callback(spider: CaravanSpider, url: str) -> str:
    path = urlsplit(url).path
    if spider.site.address(url, url) is not None:
        return "parse"
    if path.endswith((".xml", ".xml.gz")):
        return "parse_sitemap"
    return {"/": "parse_home", "": "parse_home", FEED: "parse_feed"}.get(path, "parse_list")


def _visible(output: Iterable[Any]) -> Iterator[Any]:
    return (each for each in output if not isinstance(each, PageWrites))
