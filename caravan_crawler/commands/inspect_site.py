"""``scrapy inspect --site``: the first contact with a site, run and judged."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.crawler import CrawlerProcessBase

from caravan_crawler.arguments import SAMPLE, ArgumentError, CrawlArguments
from caravan_crawler.console import is_terminal, print_err, print_out
from caravan_crawler.normalise.text import clean
from caravan_crawler.outcome import CRASHED, REFUSED
from caravan_crawler.urls import PUBLIC_BASE

# The inspection is imported on use, because Scrapy loads all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.inspection.facts import Answer, Facts, Inspection
    from caravan_crawler.inspection.fixtures import PageFolder

#: Requests per inspection: default, minimum and maximum.
REQUESTS, FEWEST, MOST = 25, 5, 100
_STOPPED = 128
#: A Crawl-delay in seconds from which an inspection takes long enough to warn the user.
_LONG_DELAY = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of an inspection."""
    parser.add_argument(
        "--site",
        nargs="?",
        const="",
        metavar="URL",
        help=f"inspect a whole site with some {REQUESTS} requests: its base URL, or '{SAMPLE}' (default {PUBLIC_BASE})",
    )
    parser.add_argument(
        "--requests", metavar="N", help=f"with --site: send at most N requests, {FEWEST} to {MOST} (default {REQUESTS})"
    )
    parser.add_argument(
        "--save-pages", metavar="DIR", help="with --site: save each page and what is read on it as a test case in DIR"
    )


def options_problem(args: list[str], opts: argparse.Namespace) -> str | None:
    """Return a problem of the options of an inspection, in one line, or None."""
    if opts.site is None:
        given = [name for name in ("requests", "save_pages") if getattr(opts, name) is not None]
        return f"--{given[0].replace('_', '-')} is for --site only" if given else None
    if opts.url is not None or opts.full:
        return f"{'--url' if opts.url is not None else '--full'} is not for --site"
    if len(args) + bool(opts.site) > 1:
        return "inspect --site takes one site"
    try:
        _base(args, opts)
    except ArgumentError as error:
        return str(error)
    number = opts.requests
    if number is not None and not (number.isdecimal() and len(number) < 5 and FEWEST <= int(number) <= MOST):
        return f"requests={number} is not a number from {FEWEST} to {MOST}"
    return None


def inspect_site(process: CrawlerProcessBase, args: list[str], opts: argparse.Namespace) -> int:
    """Inspect a site and print the report; return the exit code."""
    from caravan_crawler.inspection.fixtures import PageFolder, SaveError
    from caravan_crawler.inspection.oddities import judge
    from caravan_crawler.inspection.site_report import as_json, as_table
    from caravan_crawler.inspection.site_spider import InspectionSpider
    from caravan_crawler.reparse.reader import value_pipelines
    from caravan_crawler.settings_checks import settings_problem

    if problem := settings_problem(process.settings):
        return _refused(problem)
    try:
        folder = PageFolder(Path(opts.save_pages).expanduser()) if opts.save_pages is not None else None
    except SaveError as error:
        return _refused(str(error))
    base = _base(args, opts)
    most = int(opts.requests or REQUESTS)
    pages = _Pages(folder, value_pipelines(process.settings), most)
    with ExitStack() as stack:
        if base == SAMPLE:
            from caravan_crawler.sample_site import SampleSite, serve

            base = stack.enter_context(serve(SampleSite())).url
        crawler = process.create_crawler(InspectionSpider)
        process.crawl(crawler, base=base, most=most, on_facts=pages.take)
        process.start()
    spider = crawler.spider
    if not isinstance(spider, InspectionSpider):
        print_err("scrapy inspect: the inspection did not start")
        return CRASHED
    if spider.signal:
        print_err(f"scrapy inspect: stopped on request after {spider.inspection.requests} requests")
        return _STOPPED + spider.signal
    floors = {name: float(share) for name, share in process.settings.getdict("FLOORS").items()}
    odd, verdict = judge(spider.inspection, floors)
    print_out([as_json(spider.inspection, odd, verdict)] if opts.json else as_table(spider.inspection, odd, verdict))
    if folder is not None:
        print_err(f"scrapy inspect: {folder.saved} pages are saved in {folder.folder}")
    if pages.problem:
        print_err(f"scrapy inspect: {pages.problem}")
        return CRASHED
    return verdict.code


def _base(args: list[str], opts: argparse.Namespace) -> str:
    """Return the base URL of the given site, or ``sample``; raise :class:`ArgumentError` if it is not a site."""
    named = opts.site or (args[0] if args else "")
    return CrawlArguments.parse({"site": named}).site if named else PUBLIC_BASE


def _refused(problem: str) -> int:
    print_err(f"scrapy inspect: {problem}")
    return REFUSED


class _Pages:
    """Prints the progress on a terminal, and saves the pages if requested."""

    def __init__(self, folder: "PageFolder | None", pipelines: list[Any], most: int) -> None:
        self._folder = folder
        self._pipelines = pipelines
        self._most = most
        self.problem: str | None = None
        self._is_delay_told = False

    def take(self, answer: "Answer", facts: "Facts", inspection: "Inspection") -> None:
        """Print and save one answer."""
        from caravan_crawler.inspection.fixtures import SaveError

        if is_terminal():
            print_err(f"{inspection.requests:>3} of {self._most}  {clean(answer.asked.url)}  {facts.kind}")
        delay = inspection.robots.crawl_delay or 0
        if delay >= _LONG_DELAY and not self._is_delay_told:
            self._is_delay_told = True
            print_err(
                f"scrapy inspect: robots.txt asks for {delay:g} seconds between requests, so this takes up to"
                f" {self._most * delay / 60:.0f} minutes; --requests shortens it"
            )
        if self._folder is None or self.problem:
            return
        try:
            self._folder.save(answer, facts.kind, self._pipelines)
        except SaveError as error:
            self.problem = str(error)
