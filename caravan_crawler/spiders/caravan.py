"""The spider: reads every article of the site once."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure as RequestFailure

from caravan_crawler.arguments import SAMPLE, CrawlArguments, check_on_site
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.frontier.articles import Frontier, Target, day_of_article
from caravan_crawler.frontier.schedule import HOME, KNOWN_SECTIONS, MAIN_SITEMAP, Child
from caravan_crawler.frontier.speculative_urls import Reach
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.article import ArticleReading, read_article
from caravan_crawler.pages.article_parts import Parts, next_part, part_number
from caravan_crawler.pages.document import Bounds
from caravan_crawler.pages.listing import article_links, section_links
from caravan_crawler.pages.page import PageReading
from caravan_crawler.pages.to_items import article_record
from caravan_crawler.spiders import http
from caravan_crawler.spiders.http import WORTH_RETRYING, Page, Requests, ResponseReader, writes_of
from caravan_crawler.spiders.source_pages import SourcesSpider
from caravan_crawler.urls import Site, has_moved

_LOCAL_MANNERS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}
_LOCAL_MANNERS |= {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}

#: Moved articles from which the whole site counts as moved; fewer may be an editor's changes.
_MOVED = 3


class CaravanSpider(SourcesSpider):
    """Crawl caravan.kz or a copy. ``scrapy crawl -h`` lists the arguments, ``arguments.py`` checks them."""

    name = "caravan"

    continues: list[str]
    """Earlier runs whose records this run publishes; ``extensions/crawl_store.py`` sets them."""
    crawl_store: Any = None
    """The :class:`~caravan_crawler.extensions.crawl_store.CrawlStore`, for other components."""

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(arguments, site, **kwargs)
        self.frontier = Frontier(site)
        self.started_at = datetime.now(UTC)
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
        self.requests = Requests(
            site,
            article=(self.parse, self.article_failed),
            listing=(self.parse_list, self.list_failed),
            sitemap=(self.parse_sitemap, self.sitemap_failed),
        )
        self.is_exhausted = False
        """Whether the spider was idle and had no further request to make."""
        self._are_sources_left = False
        self._has_moved = False

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
            yield self.requests.page(url, (self.parse_named, self.article_failed), http.ARTICLE, meta={"key": key})

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
            yield from self.source_requests(KNOWN_SECTIONS)
        else:
            yield self.requests.page(HOME, (self.parse_home, self.home_failed), http.FRONT)

    def on_idle(self) -> None:
        """Make the requests that wait for idle: held or failed listing pages, deferred URLs, short links."""
        requests: list[Request] = []
        if self._are_sources_left:
            self._are_sources_left = False
            requests = [] if self.sitemaps.covers_period else [*self._sources()]
        requests = requests or self.requests.listing_pages(self.lists.when_idle())
        self.commit_lists()
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

    # Home page and articles

    def parse_home(self, response: Response) -> Iterator[Any]:
        """Read the home page; then request feed, sections and sitemaps."""
        page = self.responses.page(response)
        linked = section_links(page.document)
        self.sections.update(path.strip("/") for path in linked)
        sections = [path for path in (*KNOWN_SECTIONS, *linked) if self.is_section(path)]
        page.writes.sources = [self.schedule.read_now(HOME)]
        page.writes.new_lists = self.schedule.new_lists(sections)
        yield from self._read_page(page)
        yield from self.source_requests(sections)

    def home_failed(self, failure: RequestFailure) -> Iterator[Request]:
        """Store why the home page was not fetched; request the other sources, unless the site does not answer."""
        if (failed := self.sent(failure)) is None:
            return
        if not self.note_forbidden(failed):
            self.fail_request(failed)
        if failed.is_answered:
            yield from self.source_requests(KNOWN_SECTIONS)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links to other articles."""
        if response.status == http.NOT_MODIFIED:
            key = writes_of(response).asked_key
            self.crawl_stats.count("articles/not_modified")
            self.commit(PageWrites(response.url, key, article_key=key, is_unmodified=True))
        else:
            yield from self._read_page(self.responses.page(response))

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page of ``urls`` and follow nothing."""
        yield from self._read_page(self.responses.page(response), follow=False)

    def article_failed(self, failure: RequestFailure) -> Iterator[Request]:
        """Store why an article was not fetched; request its next URL, unless the site does not answer."""
        if (failed := self.sent(failure)) is None or self.note_forbidden(failed):
            return
        key, alias = failed.writes.asked_key, failed.request.meta.get("alias")
        if key is not None and self.discovery.has_read(key):
            self.crawl_stats.count("absent/read_elsewhere")  # an old address of an article that has moved
        elif key is not None and alias and failed.is_gone:
            # Only the AMP page exists.
            yield from self.requests.articles([Target(key, alias, None)])
        else:
            self.fail_request(failed)
            if failed.is_answered:
                yield from self.requests.articles(self.another(failed.writes))

    def _read_page(self, page: Page, *, follow: bool = True) -> Iterator[Any]:
        """Store what a page says, and request the articles to which it links."""
        reading, writes = page.reading, page.writes
        if reading is None:
            if again := self.retry_or_fail(page):
                yield again
            elif page.kind is not None and page.kind not in WORTH_RETRYING:
                yield from self.requests.articles(self.another(writes))
            return
        if first_part := self._first_part(page):
            yield first_part
            return
        self.crawl_stats.reading(reading)
        article = reading.article
        self.discovery.read(writes.asked_url, is_article=article is not None)
        reach = self.reach.page(page.response.url, page.response.meta, article, is_address=writes.asked_key is not None)
        writes.reach = reach or {}
        targets = self._linked(page, article) if follow and reach is not None else []
        if article is not None:
            yield from self._read_article(page, article)
        else:
            self._commit_without_article(page, reading, follow)
            targets += self.another(writes)
        yield from self.page_facts(page, reading)
        yield from self.requests.articles(targets, meta=reach)
        yield from self._after_move()

    def _linked(self, page: Page, article: ArticleReading | None) -> list[Target]:
        """Return the articles to request to which a page links."""
        # Articles link to earlier ones, so links of an article before the period lead outside it.
        is_past = article is not None and self.arguments.is_before(day_of_article(article))
        if is_past or self.sitemaps.covers_period:
            return []
        links = article_links(page.document)
        self.responses.warn_of_links(page.document)
        return self.discovery.look_at(links, page.document.base_url, page.writes)

    def _commit_without_article(self, page: Page, reading: PageReading, follow: bool) -> None:
        """Store that a page is no article, which is a failure if its URL or the user promised one."""
        address, blocks = self.site.address(page.document.url), page.document.blocks
        if not follow or (address is not None and (address.article_id is not None or not blocks)):
            kind = reading.kind if blocks else "empty"
            self.fail(page.writes, f"kind_{kind}", f"it is no article but: {kind}")
            return
        if page.writes.asked_key is not None:
            page.writes.other_kind = reading.kind
        self.commit(page.writes)

    def _read_article(self, page: Page, article: ArticleReading) -> Iterator[Any]:
        """Yield the article's item, or the request for its second page; nothing if this run has read it before."""
        address = article.address
        assert address is not None
        own = self.frontier.record(address)
        if own is None:
            self.crawl_stats.count("dropped/known_under_another_address")
            # The next run makes the new URL of a moved article the canonical one.
            page.writes.article_key = None if has_moved(address.path, address.article_id) else str(address.key)
            self.commit(page.writes)
            return
        article.address = own
        second = next_part(page.document, own.path, 1) if own.path is not None else None
        # Judging by the first page, whether the article may be stored.
        printed = article.date_structured or article.date_published
        if second is not None and self.is_section(own.section) and self.arguments.is_open_to(printed):
            # A 304 for the first page would not cover the other pages.
            page.writes.etag = page.writes.last_modified = None
            yield self._part(second, page, Parts(str(own.path), article))
        else:
            yield from self._article(page, article)

    def _article(self, page: Page, article: ArticleReading) -> Iterator[Any]:
        """Yield the article's item, and the request for its section's listing if that is new."""
        writes, address = page.writes, article.address
        assert address is not None
        assert page.reading is not None
        item = article_record(article, self.site, page.document.url, page.received_at)
        writes.article_key, writes.has_item = str(address.key), True
        writes.found_by, writes.page_facts = article.found_by, page.reading.parts
        writes.aliases += [(url, writes.article_key) for url in {writes.asked_url, page.document.url} - {item.url}]
        is_listed = address.section and not self.arguments.urls and not self.sitemaps.covers_period
        section = f"/{address.section}/" if is_listed else None
        if section is not None and not self.lists.is_begun(section) and self.is_section(section):
            writes.new_lists += self.schedule.new_lists([section])
        self.lists.note_day(address.key, day_of_article(article))
        self.commit(writes)
        yield item
        if section is not None:
            yield from self.listing_requests(section)

    def _after_move(self) -> Iterator[Request]:
        """Read all sitemaps again once several stored articles have new URLs: the site has moved."""
        if self.discovery.moved >= _MOVED and not self._has_moved:
            self._has_moved = True
            self.logger.warning("The site has moved its articles to other addresses; all sitemaps are read again")
            yield from [self.requests.sitemap(child) for child in self.sitemaps.all_again()]

    # Articles of several pages are read as one. If a page fails, nothing is stored, and a later run tries again; if
    # robots.txt forbids one, the article ends before it.

    def _first_part(self, page: Page) -> Request | None:
        """Return the request for an article's first page if a later one was requested."""
        request = page.response.request
        assert request is not None
        asked = self.site.address(page.writes.asked_url)
        if asked is None or asked.part == 1:
            return None
        url, handlers, meta = self.site.canonical(asked), (request.callback, request.errback), {"key": str(asked.key)}
        return self.requests.page(url, handlers, http.ARTICLE, meta=meta, dont_filter=True)

    def _part(self, url: str, first: Page, parts: Parts) -> Request:
        handlers, read = (self.parse_part, self.part_failed), {"first": first, "parts": parts}
        return self.requests.page(url, handlers, http.ARTICLE + 1, dont_filter=True, cb_kwargs=read)

    def parse_part(self, response: Response, first: Page, parts: Parts) -> Iterator[Any]:
        """Read a later page of an article; yield the request for the next page, or the item."""
        page, number = self.responses.page(response), part_number(response.url, parts.path)
        if page.reading is None:
            reason, words = page.problem
            if again := self.retry(page):
                yield again
            else:
                self._fail_part(first, parts, reason, f"{response.url}: {words}")
        elif number is None:
            words = f"its page {parts.number + 1} redirects to {response.url}"
            self._fail_part(first, parts, "redirected", words)
        else:
            is_new = number == parts.number + 1 and parts.add(page.reading.article or read_article(page.document))
            if is_new:
                self.crawl_stats.count("pages/part")
            url = next_part(page.document, parts.path, parts.number) if is_new and not parts.is_full else None
            yield from [self._part(url, first, parts)] if url else self._article(first, parts.first)

    def part_failed(self, failure: RequestFailure) -> Iterator[Any]:
        """Store an article's failure if a later page failed; if robots.txt forbids it, yield the item so far."""
        if (failed := self.sent(failure)) is None:
            return
        first, parts = failed.request.cb_kwargs["first"], failed.request.cb_kwargs["parts"]
        if failed.is_forbidden:
            self.crawl_stats.count("forbidden")
            words = "Forbidden by robots.txt: %s; the article is kept as far as it may be read"
            self.logger.info(words, failed.request.url)
            yield from self._article(first, parts.first)
        else:
            self._fail_part(first, parts, failed.reason, f"{failed.words} at {failed.request.url}")

    def _fail_part(self, first: Page, parts: Parts, reason: str, words: str) -> None:
        address = parts.first.address
        assert address is not None
        article = PageWrites(first.writes.asked_url, first.writes.asked_key or str(address.key))
        self.fail(article, f"part_{reason}", words)
