"""``scrapy inspect URL-or-FILE``: what is read on one page: an article's fields, or the entries of a list.

Use it when the site's markup has changed. ``--site`` inspects a whole site: inspect_site.py.
"""

import argparse
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.conf import closest_scrapy_cfg
from twisted.python.failure import Failure

from caravan_crawler.archive.pages import claimed_address, is_page_address
from caravan_crawler.browser.addon import browser_problem
from caravan_crawler.commands import inspect_site
from caravan_crawler.console import print_err, print_out
from caravan_crawler.downloadhandlers import header
from caravan_crawler.failures import words
from caravan_crawler.logformatter import log_problem
from caravan_crawler.normalise.text import printable
from caravan_crawler.outcome import CRASHED, CRAWL_DELAY_STAT, REFUSED, UNREACHABLE
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.urls import PUBLIC_BASE, Site

_FIXTURE = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+")


class Command(ScrapyCommand):
    """Read one page and print each field."""

    requires_project = True

    def syntax(self) -> str:
        """Return the arguments for the help text."""
        return "[options] <url or file> | --site [url]"

    def short_desc(self) -> str:
        """Return the description for the list of commands."""
        return "Read one page and show each field: as printed, normalised, and which reader found it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--url", help="the address a saved file came from (default: its canonical link)")
        parser.add_argument("--full", action="store_true", help="print whole texts, not their first line")
        parser.add_argument("--all", action="store_true", help="print all entries of a list, and the trending block")
        parser.add_argument(
            "--why", action="store_true", help="print what each block of the page is taken for, and the evidence"
        )
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")
        parser.add_argument(
            "--save-fixture", metavar="TOPIC/CASE", help="save one page and what is read on it in tests/pages/cases"
        )
        inspect_site.add_options(parser)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Silence the log, so that only the page is printed."""
        super().process_options(args, opts)
        assert self.settings is not None
        if problem := log_problem(self.settings):
            print_err(f"scrapy inspect: {problem}")
            sys.exit(REFUSED)
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the page, from the network or a file."""
        from caravan_crawler.settings_checks import command_problem  # imports settings that depend on the environment

        problem = command_problem(self, args) or inspect_site.options_problem(args, opts)
        if problem is None and opts.site is None and len(args) != 1:
            problem = "inspect takes one URL or one file"
        assert self.settings is not None
        problem = problem or (_fixture_problem(opts) if opts.save_fixture is not None else None)
        if problem:
            self._end(problem, REFUSED)
            return
        if opts.site is not None:
            assert self.crawler_process is not None
            self.exitcode = inspect_site.inspect_site(self.crawler_process, args, opts)
            return
        target = args[0]
        given = opts.url if opts.url is not None else target if "://" in target else None
        if given is not None and not is_page_address(given):
            self._end(f"{given} is no address of a page (http://… or https://…)", REFUSED)
            return
        if "://" in target:
            self._inspect_url(target, opts)
            return
        path = Path(target)
        if path.exists() and not path.is_file() and not path.is_dir():
            self._end(f"{target} is a pipe or a device, not a file", REFUSED)
            return
        try:
            body = path.read_bytes()
        except OSError as error:
            self._end(f"{target} cannot be read: {error.strerror}", REFUSED)
            return
        if opts.save_fixture is not None and opts.url is None and _address_of(body) is None:
            self._end(f"{target} does not name its own address, which a case needs: give it with --url", REFUSED)
            return
        document = _saved_document(body, path, opts.url)
        if problem := _print(body, document, None, self.settings, opts):
            self._end(problem, CRASHED)

    def _inspect_url(self, url: str, opts: argparse.Namespace) -> None:
        assert self.crawler_process is not None
        if problem := browser_problem(self.crawler_process.settings):
            self._end(problem, REFUSED)
            return
        crawler = self.crawler_process.create_crawler(_OnePage)
        self.crawler_process.crawl(crawler, url=url, options=opts)
        self.crawler_process.start()
        problem = getattr(crawler.spider, "problem", "the crawl did not start")
        if problem:
            self._end(problem, getattr(crawler.spider, "code", CRASHED))
        elif crawler.stats.get_value("caravan/browser/failed"):
            print_err("scrapy inspect: the browser could not show the page; this is how it came")

    def _end(self, problem: str, code: int = UNREACHABLE) -> None:
        print_err(f"scrapy inspect: {printable(problem)}")
        self.exitcode = code


class _OnePage(Spider):
    """Fetches one page, with the project's politeness settings, and prints its fields."""

    name = "one_page"
    # addons.OtherSpiders disables store, feeds and outcome.
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "RETRY_TIMES": 0,
    }
    problem: str | None = "the page was not fetched"
    code = UNREACHABLE

    def __init__(self, url: str, options: argparse.Namespace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        parts = urlsplit(url)
        self.url, self.options = url, options
        self.site = Site(f"{parts.scheme}://{parts.netloc}/")

    async def start(self) -> AsyncIterator[Any]:
        """Request the page; the browser renders only requests with the callback ``parse``."""
        yield Request(self.url, callback=self.parse, errback=self.failed)

    def parse(self, response: Response, **kwargs: Any) -> None:
        """Print the fields of the page."""
        charset = declared_charset(header(response, "Content-Type") or "")
        document = parse_document(response.body, response.url, self.site, charset, Bounds.of(self.settings))
        self.code = CRASHED
        self.problem = _print(response.body, document, charset, self.settings, self.options)

    def failed(self, failure: Failure) -> None:
        """Record why the page was not read."""
        delay = self.crawler.stats.get_value(CRAWL_DELAY_STAT)
        problem = f"robots.txt asks for {delay:g} seconds between requests" if delay else words(failure)
        self.problem = f"{self.url} was not read: {problem}"


def _print(
    body: bytes, document: Document, charset: str | None, settings: BaseSettings, options: argparse.Namespace
) -> str | None:
    """Print what is read on a page, and save it if requested; return a message about a problem, or None."""
    # Imported on use, because Scrapy loads all commands at each start.
    from caravan_crawler.inspection.evidence import evidence_lines
    from caravan_crawler.inspection.fact_reader import FactReader, answer_of
    from caravan_crawler.inspection.fixtures import SaveError, save_case
    from caravan_crawler.inspection.page_report import page_json, page_lines
    from caravan_crawler.reparse.reader import value_pipelines

    answer = answer_of(body, document.url, charset, datetime.now(UTC))
    pipelines = value_pipelines(settings)
    facts = FactReader(document.site, pipelines, document.bounds).read(answer)
    if facts.kind == "broken":
        return f"{facts.url}: {facts.problem}; this is a bug: send the page"
    if options.json:
        print_out([page_json(facts)])
    else:
        print_out(page_lines(facts, full=options.full, show_all=options.all or options.full))
        if options.why and facts.reading is not None:
            print_out(evidence_lines(document))
    if options.save_fixture is not None:
        try:
            save_case(_cases() / options.save_fixture, answer, pipelines)
        except SaveError as error:
            return str(error)
        print_err(f"scrapy inspect: saved in {_cases() / options.save_fixture}")
    return None


def _cases() -> Path:
    """Return the folder of page cases in the clone that the project's scrapy.cfg lies in."""
    return Path(closest_scrapy_cfg()).parent / "tests" / "pages" / "cases"


def _fixture_problem(options: argparse.Namespace) -> str | None:
    """Return why a page cannot be saved under the given name, in one line, or None."""
    if options.site is not None:
        return "--save-fixture is for one page; with --site it is --save-pages"
    if not _FIXTURE.fullmatch(options.save_fixture):
        return f"save-fixture={options.save_fixture} is not TOPIC/CASE, of small letters, digits, - and _"
    folder = _cases()
    if not folder.is_dir():
        return f"{folder} is not there: --save-fixture is for a clone of the repository"
    taken = folder / options.save_fixture
    return f"{taken} is there already; delete it to save it again" if taken.exists() else None


def _address_of(body: bytes) -> str | None:
    """Return the article URL that a saved page declares, or None."""
    return claimed_address(parse_document(body, PUBLIC_BASE, Site(PUBLIC_BASE)))


def _saved_document(body: bytes, path: Path, url: str | None) -> Document:
    """Return the document of a saved file; its URL is ``url``, or the article URL that the page declares."""
    url = url or _address_of(body)
    if url is None:
        print_err("the page does not name its own address; with --url it is read as what it is")
        url = f"{PUBLIC_BASE}saved/{quote(path.stem)}/"
    parts = urlsplit(url)
    return parse_document(body, url, Site(f"{parts.scheme}://{parts.netloc.lower()}/"))
