"""``scrapy inspect``: one page read field by field, for when the site's markup has changed, or a whole site judged."""

import argparse
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from scrapy.utils.conf import closest_scrapy_cfg
from w3lib.url import safe_url_string

from caravan_crawler.addons import browser_problem
from caravan_crawler.arguments import SAMPLE, ArgumentError, CrawlArguments
from caravan_crawler.atomic import home_problem, user_path
from caravan_crawler.console import floors_of, is_terminal, print_err, print_json, print_out
from caravan_crawler.normalise.text import clean
from caravan_crawler.outcome import CRASHED, REFUSED, STOPPED, UNREACHABLE
from caravan_crawler.own_commands import OwnCommand
from caravan_crawler.urls import PUBLIC_BASE, Site, is_page_address

# The reader and the inspection are imported on use: Scrapy imports all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.inspection.facts import Answer, Facts, Inspection
    from caravan_crawler.inspection.page_report import PageFolder

#: Requests per inspection of a site: default, minimum and maximum.
REQUESTS, FEWEST, MOST = 25, 5, 100
#: A Crawl-delay in seconds from which an inspection takes long enough to warn the user.
_LONG_DELAY = 10
_OF_ONE_PAGE, _OF_A_SITE = ("url", "full", "all", "why", "save_fixture"), ("requests", "save_pages")
_FIXTURE = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+")


class Command(OwnCommand):
    """Read one page and print each field, or inspect a site."""

    usage = "[options] <url or file> | --site [url]"
    purpose = "Read one page and show each field: as printed, normalised, and which reader found it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--url", help="the address a saved file came from (default: its canonical link)")
        add("--full", action="store_true", help="print whole texts, not their first line")
        add("--all", action="store_true", help="print all entries of a list, and the trending block")
        add("--why", action="store_true", help="print what each block of the page is taken for, and the evidence")
        add("--json", action="store_true", help="print JSON, for programs")
        add("--save-fixture", metavar="TOPIC/CASE", help="save one page and what is read on it in tests/pages/cases")
        site = f"its base URL, or '{SAMPLE}' (default {PUBLIC_BASE})"
        help_text = f"inspect a whole site with some {REQUESTS} requests: {site}"
        add("--site", nargs="?", const="", metavar="URL", help=help_text)
        limits = f"{FEWEST} to {MOST} (default {REQUESTS})"
        add("--requests", metavar="N", help=f"with --site: send at most N requests, {limits}")
        help_text = "with --site: save each page and what is read on it as a test case in DIR"
        add("--save-pages", metavar="DIR", help=help_text)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the page, from the network or a file, or inspect a site."""
        if problem := _options_problem(args, opts):
            self.end(problem, REFUSED)
            return
        if opts.site is not None:
            self._inspect_site(args, opts)
            return
        target = args[0]
        given = opts.url if opts.url is not None else target if "://" in target else None
        if given is not None and not is_page_address(given):
            self.end(f"{given} is no address of a page (http://… or https://…)", REFUSED)
        elif "://" in target:
            self._inspect_url(target, opts)
        else:
            self._inspect_file(target, opts)

    def _inspect_file(self, target: str, opts: argparse.Namespace) -> None:
        from caravan_crawler.inspection.facts import Answer
        from caravan_crawler.pages.article import named_url
        from caravan_crawler.pages.document import parse_document

        path = Path(target)
        if path.exists() and not path.is_file() and not path.is_dir():
            self.end(f"{target} is a pipe or a device, not a file", REFUSED)
            return
        try:
            body = path.read_bytes()
        except OSError as error:
            self.end(f"{target} cannot be read: {error.strerror}", REFUSED)
            return
        url = opts.url or named_url(parse_document(body, PUBLIC_BASE, Site(PUBLIC_BASE)))
        if url is None:
            if opts.save_fixture is not None:
                self.end(f"{target} does not name its own address, which a case needs: give it with --url", REFUSED)
                return
            print_err("the page does not name its own address; with --url it is read as what it is")
            name = quote(path.stem, errors="surrogateescape")
            url = f"{PUBLIC_BASE}saved/{name}/"
        if problem := self._show_page(Answer.of_page(body, url, None, datetime.now(UTC)), opts):
            self.end(problem, CRASHED)

    def _inspect_url(self, url: str, opts: argparse.Namespace) -> None:
        from caravan_crawler.inspection.facts import Answer, Role
        from caravan_crawler.inspection.site_spider import InspectionSpider
        from caravan_crawler.pages.encoding import declared_charset

        process = self.crawler_process
        if problem := browser_problem(process.settings):
            self.end(problem, REFUSED)
            return
        process.settings.set("RETRY_TIMES", 0, priority="spider")
        crawler = process.create_crawler(InspectionSpider)
        answers: dict[Role, Answer] = {}
        process.crawl(
            crawler,
            base=_site_of(url).base,
            most=MOST,
            only=url,
            on_facts=lambda answer, *_: answers.update({answer.asked.role: answer}),
        )
        process.start()
        spider = crawler.spider
        if not isinstance(spider, InspectionSpider):
            self.end("the crawl did not start", CRASHED)
            return
        if spider.signal:
            self.end("stopped on request", STOPPED + spider.signal)
            return
        page = answers.get(Role.LISTING)
        if page is None or page.status != HTTPStatus.OK:
            inspection, status = spider.inspection, f"HTTP {page.status}" if page else "the crawl has ended"
            problem = (page and page.problem) or inspection.robots.problem or inspection.ended or status
            if spider.site.is_local and "onnection refused" in problem:
                serve = "python -m caravan_crawler.sample_site"
                problem += f"; a crawl's sample site ends with it, {serve} serves the same pages on port 8000"
            self.end(f"{url} was not read: {problem}", UNREACHABLE)
            return
        charset = declared_charset(page.content_type)
        if problem := self._show_page(Answer.of_page(page.body, page.url, charset, page.received_at), opts):
            self.end(problem, CRASHED)
        elif crawler.stats.get_value("caravan/browser/failed"):
            print_err("scrapy inspect: the browser could not show the page; this is how it came")

    def _show_page(self, answer: "Answer", opts: argparse.Namespace) -> str | None:
        """Read a page, print what is read and save it if requested; return a message about a problem, or None."""
        from caravan_crawler.inspection.facts import FactReader
        from caravan_crawler.inspection.page_report import SaveError, evidence_lines, page_json, page_lines, save_case
        from caravan_crawler.pages.document import Bounds, parse_document
        from caravan_crawler.pages.encoding import declared_charset
        from caravan_crawler.pipelines import value_pipelines

        pipelines, bounds, site = value_pipelines(self.settings), Bounds.of(self.settings), _site_of(answer.url)
        facts = FactReader(site, pipelines, bounds).read(answer)
        if facts.kind == "broken":
            return f"{facts.url}: {facts.problem}; this is a bug: send the page"
        if opts.json:
            print_json(page_json(facts))
        else:
            print_out(page_lines(facts, full=opts.full, show_all=opts.all or opts.full))
            if opts.why and facts.reading is not None:
                charset = declared_charset(answer.content_type)
                print_out(evidence_lines(parse_document(answer.body, answer.url, site, charset, bounds)))
        if opts.save_fixture is None:
            return None
        case = _cases() / opts.save_fixture
        try:
            save_case(case, answer, pipelines)
        except SaveError as error:
            return str(error)
        print_err(f"scrapy inspect: saved in {case}")
        return None

    def _inspect_site(self, args: list[str], opts: argparse.Namespace) -> None:
        from caravan_crawler.inspection.page_report import PageFolder, SaveError
        from caravan_crawler.settings_checks import settings_problem

        if problem := settings_problem(self.crawler_process.settings):
            self.end(problem, REFUSED)
            return
        try:
            folder = PageFolder(user_path(opts.save_pages)) if opts.save_pages is not None else None
        except SaveError as error:
            self.end(str(error), REFUSED)
            return
        with ExitStack() as stack:
            if (base := _base(args, opts)) == SAMPLE:
                from caravan_crawler.sample_site import SampleSite, serve

                base = stack.enter_context(serve(SampleSite())).url
            self._judge_site(base, folder, opts)

    def _judge_site(self, base: str, folder: "PageFolder | None", opts: argparse.Namespace) -> None:
        """Inspect a site and print the report."""
        from caravan_crawler.inspection.findings import judge
        from caravan_crawler.inspection.site_report import as_json, as_table
        from caravan_crawler.inspection.site_spider import InspectionSpider
        from caravan_crawler.pipelines import value_pipelines

        process, most = self.crawler_process, int(opts.requests or REQUESTS)
        pages = _Pages(folder, value_pipelines(process.settings), most)
        crawler = process.create_crawler(InspectionSpider)
        process.crawl(crawler, base=base, most=most, on_facts=pages.take)
        process.start()
        spider = crawler.spider
        if not isinstance(spider, InspectionSpider):
            self.end("the inspection did not start", CRASHED)
            return
        inspection = spider.inspection
        if spider.signal:
            self.end(f"stopped on request after {inspection.requests} requests", STOPPED + spider.signal)
            return
        odd, verdict = judge(inspection, floors_of(process.settings))
        if opts.json:
            print_json(as_json(inspection, odd, verdict))
        else:
            print_out(as_table(inspection, odd, verdict))
        self.exitcode = verdict.code
        if folder is not None:
            self.end(f"{folder.saved} pages are saved in {folder.folder}", verdict.code)
        if pages.problem:
            self.end(pages.problem, CRASHED)


def _site_of(url: str) -> Site:
    parts = urlsplit(safe_url_string(url))  # a Cyrillic host in ASCII, as in the requests
    return Site(f"{parts.scheme}://{parts.netloc.lower()}/")


def _cases() -> Path:
    """Return the folder of page cases in the clone that the project's scrapy.cfg lies in."""
    return Path(closest_scrapy_cfg()).parent / "tests" / "pages" / "cases"


def _options_problem(args: list[str], opts: argparse.Namespace) -> str | None:
    """Return a problem of the options in one line, or None."""
    unfit = _OF_A_SITE if opts.site is None else _OF_ONE_PAGE
    if given := next((name for name in unfit if getattr(opts, name) not in (None, False)), None):
        return f"--{given.replace('_', '-')} is {'for --site only' if opts.site is None else 'not for --site'}"
    if opts.site is None:
        return _fixture_problem(opts.save_fixture) if len(args) == 1 else "inspect takes one URL or one file"
    if opts.save_pages is not None and (problem := home_problem(opts.save_pages)):
        return f"{opts.save_pages}: {problem}"
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


def _fixture_problem(name: str | None) -> str | None:
    """Return why a page cannot be saved under the given name, if there is one, in one line, or None."""
    if name is None:
        return None
    if not _FIXTURE.fullmatch(name):
        return f"save-fixture={name} is not TOPIC/CASE, of small letters, digits, - and _"
    folder = _cases()
    if not folder.is_dir():
        return f"{folder} is not there: --save-fixture is for a clone of the repository"
    taken = folder / name
    return f"{taken} is there already; delete it to save it again" if taken.exists() else None


def _base(args: list[str], opts: argparse.Namespace) -> str:
    """Return the base URL of the given site, or ``sample``; raise :class:`ArgumentError` if it is not a site."""
    named = opts.site or (args[0] if args else "")
    return CrawlArguments.parse({"site": named}).site if named else PUBLIC_BASE


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
        from caravan_crawler.inspection.page_report import SaveError

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
