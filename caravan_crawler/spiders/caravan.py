"""The spider: reads every article of the site once."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from twisted.python.failure import Failure as RequestFailure

from caravan_crawler import failures
from caravan_crawler.arguments import SAMPLE, CrawlArguments, check_on_site
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.downloadhandlers import received_at
from caravan_crawler.failures import RunEndsError
from caravan_crawler.frontier.articles import Frontier, Target, day_of_article
from caravan_crawler.frontier.discovery import Discovery
from caravan_crawler.frontier.listings import Listings
from caravan_crawler.frontier.schedule import (
    ABSENT,
    FEED,
    HOME,
    KNOWN_SECTIONS,
    MAIN_SITEMAP,
    Child,
    Sitemaps,
    SourceSchedule,
)
from caravan_crawler.frontier.speculative_urls import FOUND_ON, Reach
from caravan_crawler.outcome import NO_SECTION_STAT, OTHER_SITE_STAT
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.article import read_article
from caravan_crawler.pages.article_parts import Parts, next_part, part_number
from caravan_crawler.pages.document import Bounds, Document
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import NOT_PARSED, UNSOUND, PageKind, PageReading, says_nothing_is_here
from caravan_crawler.pages.syndication import Entry, Form, Syndication
from caravan_crawler.pages.to_items import ChangeFilter, article_record, page_records
from caravan_crawler.spiders import http
from caravan_crawler.spiders.http import Requests, ResponseReader, writes_of, writes_of_request
from caravan_crawler.urls import Address, Site, has_moved, listing_of, path_of

_LOCAL_MANNERS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}
_LOCAL_MANNERS |= {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}

_GONE = ("http_404", "http_410")
#: Reason of a request that robots.txt forbids.
_FORBIDDEN = "robots"
#: Kinds of pages that a retry may fix.
WORTH_RETRYING = (PageKind.CUT, PageKind.CHALLENGE)
#: Moved articles from which the whole site counts as moved; fewer may be an editor's changes.
_MOVED = 3


@dataclass
class PendingArticle:
    """An article whose first page is read, at ``url``; later pages are joined to it in ``parts``."""

    url: str
    address: Address
    writes: PageWrites
    seen_at: datetime
    parts: Parts


class CaravanSpider(Spider):
    """Crawl caravan.kz or a copy. ``scrapy crawl -h`` lists the arguments, ``arguments.py`` checks them.

    A callback yields a :class:`PageWrites` for its page, which ``PageCommitMiddleware`` commits, then items and
    requests. The errback and signal handlers call :attr:`commit`, because their output passes no middleware.
    """

    name = "caravan"

    # ``extensions/crawl_store.py`` sets these before the crawl starts, from what earlier runs stored.
    discovery: Discovery
    schedule: SourceSchedule
    sitemaps: Sitemaps
    continues: list[str]
    """Earlier runs whose records this run publishes."""
    crawl_store: Any = None
    """The :class:`~caravan_crawler.extensions.crawl_store.CrawlStore`, for other components."""
    commit: Callable[[PageWrites], None]
    """Set by ``PageCommitMiddleware``."""
    sections: set[str]
    """With the argument ``sections``: those of the stored articles, and those that the home page links to."""

    crawl_stats: CrawlStats
    reach: Reach
    responses: ResponseReader

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.site = site
        self.frontier = Frontier(site)
        self.started_at = datetime.now(UTC)
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
        self.requests = Requests(
            site, article=self.parse, listing=self.parse_list, sitemap=self.parse_sitemap, errback=self.failed
        )
        self.is_exhausted = False
        """Whether the spider was idle and had no further request to make."""
        self._are_sources_left = False
        self._has_moved = False
        self.reset()

    def reset(self) -> None:
        """Forget listings under way and page facts seen, as a worker does when it becomes the leader."""
        self.lists = Listings(self.arguments.since, is_bounded=self.arguments.is_bounded)
        self._changes = ChangeFilter()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "CaravanSpider":
        """Check the arguments, start the sample site if requested, and lift the delays for a local copy."""
        arguments = CrawlArguments.parse(kwargs)
        base = arguments.site
        if base == SAMPLE:
            from caravan_crawler.sample_site import SampleSite, serve

            server = serve(SampleSite()).start()
            crawler.signals.connect(server.close, signals.engine_stopped, weak=False)
            base = server.url
        site = Site(base, crawler.settings.getint("URLLENGTH_LIMIT"))
        for url in arguments.urls:
            check_on_site(url, site)
        if site.is_local:
            # A local copy needs no delays, unless the user sets them.
            crawler.settings.setdict(_LOCAL_MANNERS, priority="spider")
        spider = cls(arguments, site)
        spider._set_crawler(crawler)
        spider.crawl_stats = CrawlStats(crawler)
        spider.reach = Reach(crawler)
        spider.responses = ResponseReader(site, Bounds.of(crawler.settings), spider.crawl_stats)
        site.on_refused = spider.crawl_stats.refused
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        crawler.signals.connect(spider.on_dropped, signals.request_dropped)
        return spider

    @property
    def data_dir(self) -> str:
        """Data directory of the run, for the URIs of its feeds."""
        return str(Path(self.settings["DATA_DIR"]).expanduser())

    # Start and end

    async def start(self) -> AsyncIterator[Any]:
        """Request the named pages, or the leftovers of earlier runs and the sources."""
        for request in self._named() if self.arguments.urls else self._beginnings():
            yield request

    def _named(self) -> Iterator[Request]:
        for key, url in self.discovery.named():
            yield self.requests.page(url, self.parse_named, http.ARTICLE, meta={"key": key})

    def _beginnings(self) -> Iterator[Request]:
        yield from self.requests.articles(self.discovery.unread())
        for key, url, headers in self.discovery.due_for_refresh():
            yield self.requests.refresh(key, url, headers)
        yield from self.requests.articles(self.discovery.failed(), http.RETRY)
        if self.sitemaps.can_cover_period:
            # Sitemaps may make all other sources unnecessary; if not, those are requested when idle.
            self._are_sources_left = True
            yield self.requests.sitemap(Child(MAIN_SITEMAP, None), is_optional=True)
        else:
            yield from self._sources()

    def _sources(self) -> Iterator[Request]:
        """Request the home page, which leads to the other sources, or these if it was just read.

        With the argument ``sections`` it is always read: it names the sections that the site has.
        """
        if self.schedule.is_just_read(HOME) and not self.arguments.sections:
            yield from self._other_sources(KNOWN_SECTIONS)
        else:
            yield self.requests.page(HOME, self.parse_home, http.FRONT)

    def _other_sources(self, sections: Iterable[str]) -> Iterator[Request]:
        """Request the sources other than the home page that are due."""
        if not self.schedule.is_just_read(FEED):
            yield self.requests.page(FEED, self.parse_feed, http.FRONT)
        named_sections = [f"/{section}/" for section in sorted(self.arguments.sections)]
        for path in dict.fromkeys([*named_sections, *sections, *self.schedule.known_lists]):
            is_leading = path == KNOWN_SECTIONS[0] or path in named_sections
            yield from self.listing_requests(path, is_optional=path not in named_sections, must=is_leading)
        for child, is_optional in self.sitemaps.due():
            yield self.requests.sitemap(child, is_optional=is_optional)

    def on_robots(self, robotparser: Any) -> None:
        """Register the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        for url in rules.sitemaps if isinstance(rules, Protego) else ():
            if resolved := self.site.resolve(url):
                self.sitemaps.add_named(path_of(resolved))
            else:
                self.logger.warning("A sitemap that robots.txt names is not read, as it is not of this site: %s", url)

    def on_idle(self) -> None:
        """Make the requests that wait for idle: held or failed listing pages, deferred URLs, short links."""
        requests: list[Request] = []
        if self._are_sources_left:
            self._are_sources_left = False
            requests = [] if self.sitemaps.covers_period else [*self._sources()]
        requests = requests or self.requests.listing_pages(self.lists.when_idle())
        self.commit(self._with_lists(PageWrites()))
        self.crawler.stats.set_value("caravan/abandoned_lists", self.lists.abandoned)
        requests = requests or [*self.requests.articles(self.discovery.take_aside())]
        requests = requests or [*self.requests.articles(self.frontier.take_short_links())]
        for request in requests:
            self.crawler.engine.crawl(request)
        self.is_exhausted = not requests
        if self.is_exhausted:
            self.discovery.drop_aside()

    def closed(self, reason: str) -> None:
        """Write the final stats when Scrapy closes the spider."""
        self.crawl_stats.count("links/known", self.discovery.known)
        self.crawl_stats.count("skipped/byway", self.discovery.skipped)
        self.crawl_stats.close()

    # Articles

    def parse_home(self, response: Response) -> Iterator[Any]:
        """Read the home page; then request feed, sections and sitemaps."""
        page, (document, reading) = writes_of(response), self.responses.page(response)
        linked = section_links(document)
        self.sections.update(path.strip("/") for path in linked)
        sections = [path for path in (*KNOWN_SECTIONS, *linked) if self._is_section(path)]
        page.sources, page.new_lists = [self.schedule.read_now(HOME)], self.schedule.new_lists(sections)
        yield from self._read(response, page, document, reading)
        yield from self._other_sources(sections)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links to other articles."""
        page = writes_of(response)
        if response.status == http.NOT_MODIFIED:
            self.crawl_stats.count("articles/not_modified")
            yield PageWrites(response.url, page.asked_key, article_key=page.asked_key, is_unmodified=True)
        else:
            yield from self._read(response, page, *self.responses.page(response))

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page of ``urls`` and follow nothing."""
        yield from self._read(response, writes_of(response), *self.responses.page(response), follow=False)

    def _read(
        self,
        response: Response,
        page: PageWrites,
        document: Document,
        reading: PageReading | None,
        *,
        follow: bool = True,
    ) -> Iterator[Any]:
        if reading is None or reading.kind in UNSOUND:
            yield from self._unusable(response, reading)
            return
        if request := self._first_part(response, page):
            yield request
            return
        self.crawl_stats.reading(reading)
        article = reading.article
        self.discovery.read(page.asked_url, is_article=article is not None)
        is_new = False
        if article is not None and article.address is not None and (own := self.frontier.record(article.address)):
            is_new, article.address = True, own
        address = article.address if article else None
        reach = self.reach.page(response.url, response.meta, article, is_address=page.asked_key is not None)
        page.reach = reach or {}
        targets: list[Target] = []
        # Articles link to earlier ones, so links of an article before the period lead outside it.
        is_past = article is not None and self.arguments.is_before(day_of_article(article))
        if follow and reach is not None and not is_past and not self.sitemaps.covers_period:
            links = article_links(document)
            self.responses.warn_of_links(document)
            targets = self.discovery.look_at(links, document.base_url, page)
        if article is None or address is None:
            yield self._without_article(document, reading, page, follow)
            targets += self._another(page)
        elif is_new:
            page.found_by, page.page_facts = article.found_by, reading.parts
            parts = Parts(str(address.path), article)
            first = PendingArticle(document.url, address, page, received_at(response), parts)
            yield from self._whole_article(first, document)
        else:
            self.crawl_stats.count("dropped/known_under_another_address")
            # The next run makes the new URL of a moved article the canonical one.
            page.article_key = None if has_moved(address.path, address.article_id) else str(address.key)
            yield page
        yield from self._page_facts(reading, received_at(response))
        yield from self.requests.articles(targets, meta=reach)
        yield from self._after_move()

    def _article(self, first: PendingArticle) -> Iterator[Any]:
        """Yield the article's item, and the request for its section's listing if that is new."""
        page, address, article = first.writes, first.address, first.parts.first
        item = article_record(article, self.site, first.url, first.seen_at)
        page.article_key, page.has_item = str(address.key), True
        page.aliases += [(url, page.article_key) for url in {page.asked_url, first.url} - {item.url}]
        is_listed = address.section and not self.arguments.urls and not self.sitemaps.covers_period
        section = f"/{address.section}/" if is_listed else None
        if section is not None and not self.lists.is_begun(section) and self._is_section(section):
            page.new_lists += self.schedule.new_lists([section])
        self.lists.note_day(address.key, day_of_article(article))
        yield page
        yield item
        if section is not None:
            yield from self.listing_requests(section)

    def _without_article(self, document: Document, reading: PageReading, page: PageWrites, follow: bool) -> PageWrites:
        """Return the writes of a page that is no article; it is a failure if its URL or the user promised one."""
        address = self.site.address(document.url)
        if not follow or (address is not None and (address.article_id is not None or not document.blocks)):
            kind = reading.kind if document.blocks else "empty"
            return self._failure(page, f"kind_{kind}", f"it is no article but: {kind}")
        asked = self.site.address(page.asked_url)
        if address is None and asked is not None and asked.article_id is not None:
            return self._failure(page, "redirected", f"it redirects to {document.url}")
        if page.asked_key is not None:
            page.other_kind = reading.kind
        return page

    def _page_facts(self, reading: PageReading, seen_at: datetime) -> Iterator[Any]:
        """Yield trending entries, rates and weather that differ from those of the page before."""
        if self._changes.is_new("page", reading.surroundings):
            # Build the list first: pages are read concurrently, and a block's records belong together.
            records = page_records(reading, self.site, seen_at)
            yield from [record for record in records if self._changes.is_new(*record.change_key())]

    def _after_move(self) -> Iterator[Request]:
        """Read all sitemaps again once several stored articles have new URLs: the site has moved."""
        if self.discovery.moved >= _MOVED and not self._has_moved:
            self._has_moved = True
            self.logger.warning("The site has moved its articles to other addresses; all sitemaps are read again")
            yield from [self.requests.sitemap(child) for child in self.sitemaps.all_again()]

    # Articles of several pages are read as one. If a page fails, nothing is stored, and a later run tries again; if
    # robots.txt forbids one, the article ends before it.

    def _whole_article(self, first: PendingArticle, document: Document) -> Iterator[Any]:
        """Yield the article's item, or the request for its second page."""
        path, article = first.address.path, first.parts.first
        url = next_part(document, path, 1) if path is not None else None
        # Judging by the first page, whether the article may be stored.
        printed = article.date_structured or article.date_published
        if url is None or not (self._is_section(first.address.section) and self.arguments.is_open_to(printed)):
            yield from self._article(first)
            return
        # A 304 for the first page would not cover the other pages.
        first.writes.etag = first.writes.last_modified = None
        yield self._part(url, first)

    def _first_part(self, response: Response, page: PageWrites) -> Request | None:
        """Return the request for an article's first page if a later one was requested."""
        assert response.request is not None
        asked = self.site.address(page.asked_url)
        if asked is None or asked.part == 1:
            return None
        url, callback, meta = self.site.canonical(asked), response.request.callback, {"key": str(asked.key)}
        return self.requests.page(url, callback, http.ARTICLE, meta=meta, dont_filter=True)

    def _part(self, url: str, first: PendingArticle) -> Request:
        return self.requests.page(url, self.parse_part, http.ARTICLE + 1, dont_filter=True, cb_kwargs={"first": first})

    def parse_part(self, response: Response, first: PendingArticle) -> Iterator[Any]:
        """Read a later page of an article; yield the request for the next page, or the item."""
        document, reading = self.responses.page(response)
        if reading is None or reading.kind in UNSOUND:
            kind = reading.kind if reading else None
            reason, words = _why_unusable(kind)
            again = self._retry(response, kind)
            yield again or self._writes_of_failed_part(first, reason, f"{response.url}: {words}")
            return
        parts = first.parts
        number = part_number(response.url, parts.path)
        if number is None:
            words = f"its page {parts.number + 1} redirects to {response.url}"
            yield self._writes_of_failed_part(first, "redirected", words)
            return
        is_new = number == parts.number + 1 and parts.add(reading.article or read_article(document))
        if is_new:
            self.crawl_stats.count("pages/part")
        url = next_part(document, parts.path, parts.number) if is_new and not parts.is_full else None
        if url is not None:
            yield self._part(url, first)
        else:
            yield from self._article(first)

    def on_part_failed(self, first: PendingArticle, reason: str, words: str, url: str) -> Iterator[Any]:
        """Store an article's failure if a later page failed; if robots.txt forbids it, yield the item so far."""
        if reason != _FORBIDDEN:
            self.commit(self._writes_of_failed_part(first, reason, f"{words} at {url}"))
            return
        self.crawl_stats.count("forbidden")
        self.logger.info("Forbidden by robots.txt: %s; the article is kept as far as it may be read", url)
        for each in self._article(first):
            if isinstance(each, PageWrites):
                self.commit(each)
            else:
                yield each

    def _writes_of_failed_part(self, first: PendingArticle, reason: str, words: str) -> PageWrites:
        page = PageWrites(first.writes.asked_url, first.writes.asked_key or str(first.address.key))
        return self._failure(page, f"part_{reason}", words)

    # Listings

    def listing_requests(self, path: str, *, is_optional: bool = True, must: bool = False) -> Iterator[Request]:
        """Request a listing from its top if due or ``must``, and from where an earlier run stopped.

        The top of one that is not optional is always read, else a run would not notice that the site has no such
        section because the run before has just noticed it.
        """
        if self.lists.is_begun(path) or not self._is_section(path):
            return
        state = self.schedule.list_state(path)
        is_due = must or self.schedule.is_list_due(path)
        from_top = not is_optional or (is_due and not self.schedule.is_just_read(path))
        if from_top or state.open:
            pages = self.lists.begin(path, state, from_top=from_top)
            yield from self.requests.listing_pages(pages, is_optional=is_optional)

    def _is_section(self, path: str | None) -> bool:
        """Whether a section, or its listing, is requested."""
        return self.arguments.has_section(path and path.strip("/"))

    def parse_list(self, response: Response, walk: int) -> Iterator[Any]:
        """Read a listing page, for the walk with this number; request its articles and the next page."""
        page, (document, reading) = writes_of(response), self.responses.page(response)
        asked_path = path_of(page.asked_url)
        if reading is not None and reading.kind is PageKind.ERROR and says_nothing_is_here(document):
            self.crawl_stats.count("absent/nothing_here")
            self._note_missing_section(asked_path)
            following = self.lists.ended(walk)
            yield self._with_lists(page)
            yield from self.requests.listing_pages(following)
            return
        if reading is None or reading.kind in UNSOUND:
            output = [*self._unusable(response, reading)]
            yield from output
            if not any(isinstance(each, Request) for each in output):
                number = listing_of(urlsplit(response.url).path)[1]
                yield from self.requests.listing_pages(self.lists.failed(walk, number))
            return
        listing = read_listing(document)
        links = [(card.address, card.url) for card in listing.cards if self.arguments.is_open_to(card.date)]
        if not any(card.address.section == asked_path.strip("/") for card in listing.cards):
            self._note_missing_section(asked_path)
        self.responses.warn_of_links(document)
        page.reach = {FOUND_ON: listing.path}
        targets = self.discovery.look_at(links, document.base_url, page, is_named=True)
        around = frozenset(line.address.key for line in reading.trending)
        is_named = self.sitemaps.name_everything
        if targets and is_named:
            self.sitemaps.are_incomplete = True
            is_named = False
        following = self.lists.read(walk, listing, around, len(targets), is_named_elsewhere=is_named)
        yield self._with_lists(page)
        self.crawl_stats.reading(reading)
        yield from self._page_facts(reading, received_at(response))
        yield from self.requests.articles(targets, meta=page.reach)
        if not self.reach.is_over(listing.path):  # else the next run continues here
            yield from self.requests.listing_pages(following)

    def _with_lists(self, page: PageWrites) -> PageWrites:
        """Add the progress of the listings to a page's writes."""
        changed = self.lists.take_changed().items()
        page.sources += [self.schedule.read_now(path, state=state.to_json()) for path, state in changed]
        return page

    def _note_missing_section(self, path: str) -> None:
        """Record that a requested section lists no article; sitemaps may still name some."""
        if (section := path.strip("/")) in self.arguments.sections:
            known = ", ".join(sorted(self.sections - {section}))
            self.crawler.stats.set_value(NO_SECTION_STAT, f"'{section}'" + (f"; it has {known}" if known else ""))

    # Feed and sitemaps

    def parse_feed(self, response: Response) -> Iterator[Any]:
        """Follow the entries of the feed; if all are new, request their sections' listings too."""
        page, read = writes_of(response), self.responses.syndication(response)
        if read is None:
            yield from self._unreadable(response, page, "feed")
            return
        known = self.discovery.known
        targets = self._entries(read.pages, page)
        due = self.sitemaps.find(self._children(read), page)
        page.sources.append(self.schedule.read_now(FEED))
        lists: list[str] = []
        if targets and self.discovery.known == known:
            sections = {address.section for target in targets if (address := self.site.address(target.url))}
            lists = [f"/{section}/" for section in sorted(filter(None, sections))]
        page.sources += self.schedule.due_lists(path for path in lists if not self.lists.is_begun(path))
        yield self._read_syndication(read, page, "feed")
        yield from map(self.requests.sitemap, due)
        yield from self.requests.articles(targets)
        for path in lists:
            yield from self.listing_requests(path, must=True)

    def parse_sitemap(self, response: Response, stamp: str | None = None, nesting: int = 0) -> Iterator[Any]:
        """Follow a sitemap's articles and the sitemaps an index names; ``stamp`` is its ``lastmod`` in the index.

        ``nesting`` is the number of indexes that led to it.
        """
        page, read = writes_of(response), self.responses.syndication(response)
        if read is None:
            yield from self._unreadable(response, page, "sitemap", stamp)
            return
        is_nested = nesting >= http.MOST_NESTED and bool(read.sitemaps)
        due = [] if is_nested else self.sitemaps.find(self._children(read), page)
        is_in_period = self.sitemaps.is_month_wanted(path_of(page.asked_url))
        targets = self._entries(read.pages, page, is_in_period=is_in_period)
        if any(self.site.address(entry.url) for entry in read.pages[:100]):
            self.sitemaps.names_articles = True
        self.sitemaps.read(page, stamp, is_index=read.form is Form.INDEX, is_whole=read.loss is None)
        yield self._read_syndication(read, page, "sitemap", is_nested=is_nested)
        yield from (self.requests.sitemap(child, nesting=nesting + 1) for child in due)
        yield from self.requests.articles(targets)

    def _entries(self, entries: Iterable[Entry], page: PageWrites, *, is_in_period: bool = False) -> list[Target]:
        targets, left = self.discovery.look_at_entries(entries, page, is_in_period=is_in_period)
        if left:
            self.crawl_stats.count("skipped/entry_without_stamp", left)
            words = "%d entries of %s have no date and are left to the next run (MAX_UNDATED)"
            self.logger.warning(words, left, page.asked_url)
            self.sitemaps.covers_period = False  # some of them may be in the period
        return targets

    def _children(self, read: Syndication) -> Iterator[Child]:
        for entry in read.sitemaps:
            if url := self.site.resolve(entry.url):
                yield Child(path_of(url), entry.stamp)

    def _read_syndication(
        self, read: Syndication, page: PageWrites, what: str, *, is_nested: bool = False
    ) -> PageWrites:
        """Count a feed or sitemap; return its writes, with a failure if a part could not be read."""
        self.crawl_stats.page(PageKind.FEED if read.form is Form.FEED else PageKind.SITEMAP)
        if read.skipped:
            self.crawl_stats.count("skipped/sitemap_of_no_articles", len(read.skipped))
        if read.loss is not None:
            why = {"cut": "it breaks off", "too_large": "it is larger than a sitemap may be"}[read.loss]
            number = len(read.pages) + len(read.sitemaps)
            self.crawl_stats.fail(page, f"{what}_{read.loss}", f"{why}; {number} addresses are read")
        elif is_nested:
            words = f"{http.MOST_NESTED} indexes led to it one by one, so the sitemaps that it names are not read"
            self.crawl_stats.fail(page, "sitemap_nested", words)
        elif self.responses.is_elsewhere(read):
            self.crawl_stats.fail(page, f"{what}_elsewhere", "none of its entries has an address of this site")
        return page

    def _unreadable(self, response: Response, page: PageWrites, what: str, stamp: str | None = None) -> Iterator[Any]:
        """Yield the failure of a feed or sitemap that is none; a page in place of an optional one is no failure."""
        assert response.request is not None
        path = path_of(page.asked_url)
        is_page = b"<html" in response.body[:4096].lower()
        _, reading = self.responses.page(response) if is_page else (None, None)
        if reading is not None and reading.kind in WORTH_RETRYING:
            for each in self._unusable(response, reading):
                if isinstance(each, PageWrites):
                    self.sitemaps.mark_failed(path)
                yield each
            return
        if is_page and response.request.meta.get("optional") and not self.sitemaps.was_there(path):
            self.crawl_stats.page(PageKind.OTHER)
            self.crawl_stats.count("absent/soft_404")
            self.sitemaps.mark_read(page, ABSENT)
            yield page
            return
        if what == "sitemap":
            self.sitemaps.mark_unreadable(page, stamp)
        else:
            self.sitemaps.mark_failed(path)
        words = "a page" if is_page else "something else" if response.body else "empty"
        yield self.crawl_stats.fail(page, f"{what}_unreadable", f"it is no {what} but {words}")

    # Failures

    def failed(self, failure: RequestFailure) -> Iterator[Any]:
        """Handle a page that was not fetched: store why, and request what takes its place."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason, page = failures.reason(failure), writes_of_request(request)
        key, alias, walk = page.asked_key, request.meta.get("alias"), request.cb_kwargs.get("walk")
        if isinstance(failure.value, RunEndsError) or self.crawler.stats.get_value(OTHER_SITE_STAT):
            self.crawl_stats.count("unasked")  # the run ends, and the next one requests it
        elif first := request.cb_kwargs.get("first"):
            yield from self.on_part_failed(first, reason, failures.words(failure), request.url)
        elif reason == _FORBIDDEN:
            self.crawl_stats.count("forbidden")
            self.logger.info("Forbidden by robots.txt: %s", request.url)
            self.commit(page)
            if request.callback == self.parse_home:
                yield from self._other_sources(KNOWN_SECTIONS)
        elif request.meta.get("optional") and reason in _GONE:
            self.crawl_stats.count(f"absent/{reason}")
            if walk is None:
                self.sitemaps.mark_read(page, ABSENT)
                self.commit(page)
            else:
                following = self.lists.ended(walk)
                self.commit(self._with_lists(page))
                yield from self.requests.listing_pages(following)
        elif key is not None and self.discovery.has_read(key):
            self.crawl_stats.count("absent/read_elsewhere")  # an old address of an article that has moved
        elif key is not None and alias and reason in _GONE:
            # Only the AMP page exists.
            yield from self.requests.articles([Target(key, alias, None)])
        else:
            self.commit(self.crawl_stats.fail(page, reason, failures.words(failure)))
            if walk is not None:
                if reason in _GONE:
                    self._note_missing_section(path_of(page.asked_url))
                following = self.lists.failed(walk, listing_of(urlsplit(request.url).path)[1])
                self.commit(self._with_lists(PageWrites()))
                yield from self.requests.listing_pages(following)
            elif request.callback == self.parse_sitemap:
                self.sitemaps.mark_failed(path_of(page.asked_url))
            elif failures.is_answer(failure):  # without an answer the site failed, not the URL
                if request.callback == self.parse_home:
                    yield from self._other_sources(KNOWN_SECTIONS)
                yield from self.requests.articles(self._another(page))

    def on_dropped(self, request: Request) -> None:
        """Handle a redirect to a page requested before; it is a failure unless it leads to an article."""
        page = writes_of_request(request)
        if page.asked_url == request.url:
            return
        if request.callback == self.parse_sitemap:  # WordPress has one sitemap under two names
            self.sitemaps.mark_read(page, None)
            self.commit(page)
        elif self.site.address(request.url) is None:
            self.commit(self.crawl_stats.fail(page, "redirected", f"it redirects to {request.url}"))
            self._note_missing_section(path_of(page.asked_url))
            for other in self.requests.articles(self._another(page)):
                self.crawler.engine.crawl(other)
        elif page.asked_key is not None:
            page.other_kind = "alias"
            self.commit(page)

    def _unusable(self, response: Response, reading: PageReading | None) -> Iterator[Any]:
        """Yield the retry of a truncated or blocked page, else its failure and the article's next URL."""
        kind = reading.kind if reading else None
        if (retry := self._retry(response, kind)) is not None:
            yield retry
            return
        if kind is not None and kind not in NOT_PARSED:
            self.crawl_stats.page(kind)
        reason, words = _why_unusable(kind)
        page = writes_of(response)
        yield self._failure(page, reason, words)
        if kind is not None and kind not in WORTH_RETRYING:
            yield from self.requests.articles(self._another(page))

    def _retry(self, response: Response, kind: PageKind | None) -> Request | None:
        """Return the request to repeat for a page of a kind that a retry may fix, until the retries are used up."""
        assert response.request is not None
        if kind not in WORTH_RETRYING:
            return None
        return get_retry_request(response.request, spider=self, reason=f"page is {kind}")

    def _another(self, page: PageWrites) -> list[Target]:
        """Return the next URL of the requested article, as this one did not lead to it."""
        if page.asked_key is None or self.arguments.urls:
            return []
        return self.discovery.another(page.asked_key, page.asked_url)

    def _failure(self, page: PageWrites, reason: str, words: str) -> PageWrites:
        """Count a failed page and return its writes, without what was found on it."""
        return self.crawl_stats.fail(PageWrites(page.asked_url, page.asked_key), reason, words)


def _why_unusable(kind: PageKind | None) -> tuple[str, str]:
    """Return reason and message for a page of ``kind`` that cannot be used; None is one the reader failed on."""
    if kind is None:
        return "reader_error", "the reader broke on it"
    if kind in NOT_PARSED:
        return kind, NOT_PARSED[kind]
    return f"kind_{kind}", f"it came as a page of kind: {kind}"
