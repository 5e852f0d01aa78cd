"""``scrapy parse``: Scrapy's own command, without the crawl's store and feeds; the same for fetch, shell and view."""

import argparse
import logging
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.commands.fetch import Command as FetchCommand
from scrapy.commands.parse import Command as ParseCommand
from scrapy.commands.shell import Command as ShellCommand
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ScrapyDeprecationWarning,
    UsageError,
)
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.url import guess_scheme

from caravan_crawler.addons import leave_out_run
from caravan_crawler.arguments import ArgumentError, CrawlArguments
from caravan_crawler.atomic import local_path
from caravan_crawler.console import print_err
from caravan_crawler.failures import RobotsUnreadError, error_words
from caravan_crawler.frontier.schedule import FEED
from caravan_crawler.outcome import UNREACHABLE
from caravan_crawler.own_commands import CheckedCommand
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.urls import is_page_address, listing_of

if TYPE_CHECKING:
    _Mixin = FetchCommand
else:
    _Mixin = object  # Scrapy would take a subclass of its own for another command


_NOT_FETCHED = (
    IgnoreRequest,
    RobotsUnreadError,
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)


class _FailedDownloads(logging.Filter):
    """Leaves the stack trace out of the warning that a page was not fetched, and notes that there was one."""

    found = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Let each record through."""
        if record.levelno == logging.WARNING and record.exc_info:
            record.exc_info = None
            self.found = True
        return True


class _OnePage(_Mixin):
    """A page that cannot be fetched is one line and exit code 4."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run Scrapy's command."""
        failed = _FailedDownloads()
        logging.getLogger("scrapy.core.scraper").addFilter(failed)
        try:
            super().run(args, opts)
        except _NOT_FETCHED as error:  # of scrapy shell
            print_err(f"scrapy {self.__module__.rpartition('.')[2]}: not fetched: {error_words(error)}")
            failed.found = True
        if failed.found:
            self.exitcode = UNREACHABLE


class OnePageOptions(_OnePage):
    """The options of ``scrapy fetch``, ``shell`` and ``view``."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Disable what only a crawl needs, and allow saved pages; the spider would refuse pages of other sites."""
        super().process_options(args, opts)
        settings = _without_run(self, args, opts)
        settings["DOWNLOAD_HANDLERS"].pop("file", None)
        if opts.spider == CaravanSpider.name:
            opts.spider = None


class Command(_OnePage, CheckedCommand, ParseCommand):
    """Scrapy's command, without storing or publishing anything. Callback and pipelines are a crawl's for such a URL."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options; items pass the pipelines, as their values are printed ones before."""
        super().add_options(parser)
        parser.set_defaults(pipelines=True)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove the crawl's feeds and store from the settings."""
        super().process_options(args, opts)
        _without_run(self, args, opts)
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
        if opts.spider == CaravanSpider.name and opts.callback and not hasattr(CaravanSpider, opts.callback):
            raise UsageError(f"the spider has no callback '{opts.callback}'", print_help=False)
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


def _without_run(command: ScrapyCommand, args: list[str], opts: argparse.Namespace) -> BaseSettings:
    """Return settings without store and feeds; raise UsageError if options, settings or page cannot be used."""
    from caravan_crawler.settings_checks import page_problem  # imports settings that depend on the environment

    assert command.settings is not None
    problem = page_problem(command, args) or _spider_problem(opts.spider, command.settings)
    if problem := problem or _address_problem(args, is_shell=isinstance(command, ShellCommand)):
        raise UsageError(problem, print_help=False)
    leave_out_run(command.settings)
    return command.settings


def _spider_problem(name: str | None, settings: BaseSettings) -> str | None:
    spiders = get_spider_loader(settings).list()
    return None if name is None or name in spiders else f"there is no spider '{name}', only {', '.join(spiders)}"


def _address_problem(args: list[str], *, is_shell: bool) -> str | None:
    """Return why the arguments are not the one page to fetch; for ``scrapy shell`` also a file, a host, or nothing."""
    if is_shell and not args:
        return None
    if len(args) != 1:
        return "give one URL"
    given = args[0]
    url = guess_scheme(given) if is_shell else given
    if url.startswith("file:"):
        path = local_path(url)
        return None if path.is_file() else f"{path} is no file"
    is_page = is_page_address(url) and ("://" in given or _names_host(urlsplit(url)))
    return None if is_page else f"{given} is no address of a page (http://… or https://…)"


def _names_host(parts: SplitResult) -> bool:
    """Whether the host is more than a word, which is hardly meant as one."""
    return parts.hostname == "localhost" or "." in parts.netloc or ":" in parts.netloc


def _callback(spider: CaravanSpider, url: str) -> str:
    path = urlsplit(url).path
    if spider.site.address(url, url) is not None:
        return "parse"
    if path.endswith((".xml", ".xml.gz")):
        return "parse_sitemap"
    return {"/": "parse_home", "": "parse_home", FEED: "parse_feed"}.get(path, "parse_list")


def _visible(output: Iterable[Any]) -> Iterator[Any]:
    return (each for each in output if not isinstance(each, PageWrites))
