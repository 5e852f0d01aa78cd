"""Archived pages to items, with the crawl's own readers and pipelines, in a pool of processes."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import Settings

from caravan_crawler.archive.sources import ArchivedPage, Part, Skipped
from caravan_crawler.items import UNSOUND, ExchangeRate, PageKind, TrendingEntry, Weather
from caravan_crawler.normalise.text import encodable, printable
from caravan_crawler.pages.article import ArticleReading, read_article
from caravan_crawler.pages.article_parts import Parts, next_part, part_number
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.page import ChangeFilter, article_record, page_records, read_page, stamp
from caravan_crawler.pipelines import run_pipelines, value_pipelines
from caravan_crawler.store.article_history import Observation
from caravan_crawler.store.article_store import article_key
from caravan_crawler.urls import Site

logger = logging.getLogger(__name__)

#: The kind of the second and further pages of an article.
_LATER = "later_page"


@dataclass
class ParsedPage:
    """The items of a page, and its kind; for a record that is not a page, the reason.

    ``seen`` is its article; ``keys`` are that one's number and path, by either of which a run knows it. ``lines`` are
    trending topics, rates and weather if they differ from those of the page before.
    """

    kind: str
    observed_at: str = ""
    keys: tuple[str, ...] = ()
    seen: Observation | None = None
    lines: list[TrendingEntry | ExchangeRate | Weather] = field(default_factory=list)
    is_partial: bool = False
    """Whether later pages of the article are missing, which the store may have from the site."""


@dataclass
class _Pending:
    """An article with later pages to come, and its first page."""

    parts: Parts
    page: ArchivedPage


class PageParser:
    """Reads the pages of one site in order.

    The pages of one article are joined if they are in the same part of an archive, as a crawl writes them. The article
    is in the reading of the last page.
    """

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        """``base`` is the site's address; ``settings`` name the pipelines."""
        self._site = Site(base)
        self._bounds = Bounds.of(Settings(settings))
        self._pipelines = value_pipelines(settings)
        self._pending: dict[str, _Pending] = {}
        self._run_id = ""

    def read(self, pages: Iterable[ArchivedPage | Skipped], run_id: str) -> Iterator[ParsedPage]:
        """Yield the readings of pages that a run has fetched, and then the articles whose later pages are missing."""
        changes = ChangeFilter()
        self._run_id = run_id
        self._pending = {}
        for page in pages:
            if isinstance(page, Skipped):
                yield ParsedPage(page.reason)
                continue
            try:
                yield self._read(page, changes)
            except Exception:
                logger.exception("The reader broke on %s", printable(page.url))
                yield ParsedPage("reader_error", stamp(page.observed_at))
        for left in self._pending.values():
            partial = ParsedPage("", stamp(left.page.observed_at), is_partial=True)
            self._add_article(partial, left.parts.first, left.page)
            yield partial

    def _read(self, page: ArchivedPage, changes: ChangeFilter) -> ParsedPage:
        if not self._is_of_site(page.url):
            return ParsedPage("other_site")
        charset = declared_charset(page.content_type)
        document = parse_document(page.body, page.url, self._site, charset, self._bounds)
        reading = read_page(document)
        result = ParsedPage(reading.kind, stamp(page.observed_at))
        if reading.kind in UNSOUND:
            return result
        address = self._site.address(page.url, page.url)
        if pending := self._pending_of(page.url):
            result.kind = _LATER
            self._join(pending, document, reading.article or read_article(document), result)
        elif address is not None and address.part > 1:
            result.kind = _LATER
        elif (article := reading.article) is not None and article.address is not None:
            path = article.address.path
            if path is not None and next_part(document, path, 1):
                self._pending[path] = _Pending(Parts(path, article), page)
            else:
                self._add_article(result, article, page)
        if changes.is_new("page", reading.surroundings):
            records = page_records(reading, self._site, page.observed_at)
            result.lines = [run_pipelines(self._pipelines, record) for record in records]
        return result

    def _is_of_site(self, url: str) -> bool:
        try:
            return self._site.is_host(urlsplit(url).netloc)
        except ValueError:  # brackets that hold no address
            return False

    def _pending_of(self, url: str) -> _Pending | None:
        """Return the article whose next page has this URL."""
        pending = self._pending.items()
        return next((one for path, one in pending if part_number(url, path) == one.parts.number + 1), None)

    def _join(self, pending: _Pending, document: Document, part: ArticleReading, result: ParsedPage) -> None:
        """Join a later page to its article; if it is the last one, add the article to the result."""
        parts = pending.parts
        if parts.add(part) and not parts.is_full and next_part(document, parts.path, parts.number):
            return
        del self._pending[parts.path]
        self._add_article(result, parts.first, pending.page)

    def _add_article(self, result: ParsedPage, article: ArticleReading, page: ArchivedPage) -> None:
        address = article.address
        assert address is not None
        record = article_record(article, self._site, page.url, page.observed_at)
        result.keys = tuple(str(key) for key in (address.article_id, address.path) if key is not None)
        # The validators of one page do not fit an article of several.
        validators = (page.etag, page.last_modified) if result.kind == PageKind.ARTICLE else (None, None)
        etag, last_modified = (encodable(value) if value else None for value in validators)
        key, found_by = article_key(record), article.found_by
        result.seen = Observation(
            key, run_pipelines(self._pipelines, record), self._run_id, found_by, etag, last_modified
        )


#: Parts in flight per process: one that it parses, and one that waits for it.
_IN_FLIGHT = 2

ParseParts = Callable[[Iterable[Part]], Iterator[tuple[Part, list[ParsedPage]]]]


class ProcessDiedError(Exception):
    """A process of the pool was killed or ran out of memory; the message is one line for the user."""


class Task:
    """Parses the pages of a part; ``base`` is the site's address, ``settings`` name the pipelines."""

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self._settings = settings
        self._base = base
        self._readers: dict[str, PageParser] = {}

    def __call__(self, part: Part) -> list[ParsedPage]:
        """Return the readings of the part's pages."""
        base = part.source.about.site or self._base
        if base not in self._readers:
            self._readers[base] = PageParser(self._settings, base)
        return list(self._readers[base].read(part.pages(base), part.source.run_id))


@contextmanager
def parsing(task: Task, processes: int) -> Iterator[ParseParts]:
    """Yield a function that parses parts, in this process or by a pool, and yields each with its readings, in order.

    The pool's processes are forked here with all imported modules, so no store or lock may be open yet. They end with
    the context.
    """
    if processes == 1:
        yield lambda parts: ((part, task(part)) for part in parts)
        return
    pool = ProcessPoolExecutor(processes, get_context("fork"), _init_process, (task,))
    try:
        _fork_all(pool, processes)
        yield partial(_in_order, pool, processes * _IN_FLIGHT)
    finally:
        pool.shutdown(cancel_futures=True)


def _fork_all(pool: ProcessPoolExecutor, processes: int) -> None:
    """Fork the pool's processes, which happens at its first call."""
    try:
        pool.submit(os.getpid)
    except (OSError, RuntimeError) as error:  # a limit of processes, threads or open files
        for process in active_children():
            process.kill()
        raise ProcessDiedError(f"{processes} processes cannot be started ({error}); --jobs N asks for fewer") from None


def _in_order(pool: ProcessPoolExecutor, most: int, parts: Iterable[Part]) -> Iterator[tuple[Part, list[ParsedPage]]]:
    """Yield results in the order of the parts; at most ``most`` are in memory, as the store may be slower."""
    left = iter(parts)
    in_flight: deque[tuple[Part, Future[list[ParsedPage]]]] = deque()
    part: Part | None = None
    try:
        while True:
            for following in islice(left, most - len(in_flight)):
                in_flight.append((following, pool.submit(_parse, following)))
            if not in_flight:
                return
            part, future = in_flight.popleft()
            yield part, future.result()
    except BrokenProcessPool:
        where = f" reading {part.source.path} from byte {part.start}" if part else ""
        raise ProcessDiedError(f"a process has died{where}; the same command continues from there") from None


_task: Task | None = None
#: Seconds in which a process writes its last result after SIGTERM.
_LAST_WORDS = 0.5


def _init_process(task: Task) -> None:
    """Prepare a new process; it ignores SIGINT, as the parent process decides when the work ends.

    At SIGTERM it ends a moment later: a process that ends while it writes a result would leave the parent process
    waiting for the rest of it forever.
    """
    global _task
    _task = task
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: threading.Timer(_LAST_WORDS, os._exit, (1,)).start())
    try:
        threading.Thread(target=_exit_with_parent, daemon=True).start()
    except RuntimeError:  # a limit of threads
        os._exit(1)


def _exit_with_parent() -> None:
    """Wait until the parent process ends, which may be by a kill, and exit."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _parse(part: Part) -> list[ParsedPage]:
    assert _task is not None
    return _task(part)
