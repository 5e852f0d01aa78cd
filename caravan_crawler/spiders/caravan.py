"""The spider: reads every article of the site once."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

from caravan_crawler.arguments import SAMPLE, CrawlArguments, check_on_site
from caravan_crawler.atomic import user_path
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.frontier.articles import Frontier, ListedArticles, Target, day_of_article
from caravan_crawler.frontier.discovery import Discovery
from caravan_crawler.frontier.list_walk import Expected, ListingWalk
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
from caravan_crawler.frontier.speculative_urls import FOUND_ON, HOPS, TrapGuard
from caravan_crawler.items import LISTED, OTHER_ARTICLE, Failure, PageKind, PageWrites
from caravan_crawler.outcome import NO_SECTION_STAT
from caravan_crawler.pages.article import ArticleReading, read_article
from caravan_crawler.pages.article_parts import Parts, next_part, part_number
from caravan_crawler.pages.document import Bounds
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import ChangeFilter, PageReading, article_record, page_records, says_nothing_is_here
from caravan_crawler.pages.syndication import Syndication
from caravan_crawler.spiders.requests import (
    LOCAL_DELAYS,
    MOST_NESTED,
    NOT_MODIFIED,
    WORTH_RETRYING,
    FailedRequest,
    Page,
    Priority,
    Requests,
    ResponseReader,
    errback,
    temporary_redirect,
    writes_of,
    writes_of_request,
)
from caravan_crawler.urls import Address, Site, has_moved, is_other_article, path_of

#: Settings for a site on loopback.
_LOCAL_SETTINGS = LOCAL_DELAYS | {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}

#: Moved articles from which the whole site counts as moved; fewer may be an editor's changes.
_MOVED = 3
#: Sources that name the news of all sections.
_MAIN_SOURCES = (HOME, FEED, MAIN_SITEMAP, KNOWN_SECTIONS[0])
#: Refreshes that are requested at a time.
_REFRESHES = 200
#: Pages that wrongly name another article's URL as their own, from which no such URL is believed.
_VOID_CLAIMS = 3


class CaravanSpider(Spider):
    """Crawl caravan.kz or a copy. ``scrapy crawl -h`` lists the arguments, ``arguments.py`` checks them.

    A callback yields the result of its page (:class:`PageWrites`), then the page's items and requests. Its errback
    yields why the page was not fetched, and requests what takes its place.
    """

    name = "caravan"

    # ``extensions/crawl_store.py`` sets these before the crawl starts, from what earlier runs stored.
    discovery: Discovery
    schedule: SourceSchedule
    sitemaps: Sitemaps
    sections: set[str]
    """With the argument ``sections``: those of the stored articles, and those that the home page links to."""
    continues: list[str]
    """Earlier runs whose records this run publishes."""
    crawl_store: Any = None
    """The :class:`~caravan_crawler.extensions.crawl_store.CrawlStore`, for other components."""
    commit: Callable[[PageWrites], None]
    """Stores the result of a page that passes no spider middleware; ``PageCommitMiddleware`` sets it."""

    # ``from_crawler`` sets these.
    crawl_stats: CrawlStats
    trap_guard: TrapGuard
    responses: ResponseReader

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.site = site
        self.frontier = Frontier(site)
        self.listed_articles = ListedArticles()
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
        self._refreshes: Iterator[Request] = iter(())
        """Requested when idle, as what is new may say that an article has moved."""
        self._has_moved = False
        self._claimants: dict[str, list[Page]] = {}
        self._void_claims = 0
        self.reset()

    def reset(self) -> None:
        """Forget listings under way and page facts seen, as a worker does when it becomes the leader."""
        self.lists = Listings(
            self.arguments.since,
            is_bounded=self.arguments.is_bounded,
            may_be_asked=lambda path: self.discovery.may_be_asked(path),
        )
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
            crawler.settings.setdict(_LOCAL_SETTINGS, priority="spider")
        spider = cls(arguments, site)
        spider._set_crawler(crawler)
        spider.crawl_stats = CrawlStats(crawler)
        spider.trap_guard = TrapGuard(crawler)
        spider.responses = ResponseReader(site, Bounds.of(crawler.settings), spider.crawl_stats)
        site.on_refused = spider.crawl_stats.refused
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        crawler.signals.connect(spider.on_dropped, signals.request_dropped)
        return spider

    @property
    def data_dir(self) -> str:
        """Data directory of the run, for the URIs of its feeds."""
        return str(user_path(self.settings["DATA_DIR"]))

    # Start and end

    async def start(self) -> AsyncIterator[Any]:
        """Request the pages of ``urls``, or the leftovers of earlier runs and the sources."""
        for request in self._requested_pages() if self.arguments.urls else self._beginnings():
            yield request

    def _requested_pages(self) -> Iterator[Request]:
        for key, url in self.discovery.requested_pages():
            handlers = self.parse, self.article_failed
            yield self.requests.page(url, handlers, Priority.ARTICLE, meta={"key": key})

    def _beginnings(self) -> Iterator[Request]:
        yield from self.requests.articles(self.discovery.unread(), listed=self.discovery.listed_waiting())
        self._refreshes = (self.requests.refresh(*due) for due in self.discovery.due_for_refresh(self.started_at))
        failed = [*self.discovery.failed()]
        # Marked as listed, a page that is no article stays a failure, and is retried, whatever led to it.
        listed = {target.key for target in failed if not self.discovery.is_unseen(target.key)}
        yield from self.requests.articles(failed, Priority.RETRY, listed=listed)
        # Their links are followed only if they are articles now: each was as far from an article as allowed.
        hops = {HOPS: self.settings.getint("MAX_HOPS_FROM_ARTICLE")}
        yield from self.requests.articles(self.discovery.doubtful(), Priority.RETRY, meta=hops)
        if self.sitemaps.can_cover_period:
            # Sitemaps may make all other sources unnecessary; if not, those are requested when idle.
            self._are_sources_left = True
            yield self.requests.sitemap(Child(MAIN_SITEMAP, None), is_optional=True)
        else:
            yield self._home()

    def _home(self) -> Request:
        """Return the request for the home page, which leads to the other sources."""
        return self.requests.page(HOME, (self.parse_home, self.home_failed), Priority.FRONT)

    def on_idle(self) -> None:
        """Make the requests that wait for idle: held or failed listing pages, deferred URLs, short links, refreshes."""
        requests: list[Request] = []
        if self._are_sources_left:
            self._are_sources_left = False
            requests = [] if self.sitemaps.covers_period else [self._home()]
        requests = requests or self.requests.listing_pages(self.lists.when_idle())
        self.commit(self._list_writes())
        self.crawler.stats.set_value("caravan/abandoned_lists", self.lists.abandoned)
        requests = requests or [*self.requests.articles(self.discovery.pop_deferred())]
        requests = requests or [*self.requests.articles(self.frontier.pop_short_links())]
        requests = requests or [*islice(self._refreshes, _REFRESHES)][::-1]  # Scrapy sends the last one first
        for request in requests:
            self.crawler.engine.crawl(request)
        self.is_exhausted = not requests
        if self.is_exhausted:
            self.discovery.drop_deferred()
            self.lists.find_gaps()
            self.commit(self._list_writes())

    def closed(self, reason: str) -> None:
        """Write the final stats when Scrapy closes the spider."""
        self.crawl_stats.count("links/known", self.discovery.known)
        self.crawl_stats.count("skipped/byway", self.discovery.skipped)
        self.crawl_stats.entries(self.discovery.entries, self.discovery.unknown_entries, self.discovery.unknown_entry)
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

    @errback
    def home_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store why the home page was not fetched; request the other sources, unless the site does not answer."""
        yield failed.count_failure(self.crawl_stats)
        if failed.is_answered:
            yield from self.source_requests(KNOWN_SECTIONS)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and, unless it is one of ``urls``, follow its links to other articles."""
        if response.status == NOT_MODIFIED:
            key = writes_of(response).asked_key
            self.crawl_stats.count("articles/not_modified")
            yield PageWrites(response.url, key, article_key=key, is_unmodified=True)
        else:
            yield from self._read_page(self.responses.page(response))

    @errback
    def article_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store why an article was not fetched; request its next URL, unless the site does not answer."""
        return self._article_failed(failed)

    def _article_failed(self, failed: FailedRequest) -> Iterator[Any]:
        if failed.is_forbidden:
            yield from self._try_next_url(failed.count_failure(self.crawl_stats), failed.request.url)
        elif self.discovery.is_doubtful(failed.writes.asked_key):
            if not failed.is_answered:
                failed.count_failure(self.crawl_stats)
            yield failed.writes.bare(other_kind=PageKind.OTHER)  # as before, so it fails no run
        elif failed.is_answered or self.discovery.is_settled(failed.writes.asked_url):
            yield from self._try_next_url(failed.writes, failed.request.url, failed.failure)
        else:
            yield failed.count_failure(self.crawl_stats)

    def _read_page(self, page: Page) -> Iterator[Any]:
        """Store what a page says, and request the articles to which it links."""
        reading, writes = page.reading, page.writes
        if reading is None:
            if again := self.retry(page):
                yield again
                return
            self.crawl_stats.page(page.kind)
            if self.discovery.is_doubtful(writes.asked_key):
                yield writes.bare(other_kind=PageKind.OTHER)  # as before, so it fails no run
            elif page.kind is None or page.kind in WORTH_RETRYING:
                yield self.crawl_stats.fail(writes.bare(), page.failure)
            else:
                yield from self._try_next_url(writes, page.document.url, page.failure)
            return
        if first_part := self._first_part(page):
            yield first_part
            return
        self.crawl_stats.reading(reading)
        article = reading.article
        self.discovery.read(writes.asked_url, is_article=article is not None)
        if self.discovery.was_waiting(writes.asked_key):
            self.crawl_stats.count("waiting/no_article" if article is None else "waiting/article")
        meta = self.trap_guard.request_meta(
            page.response.url, page.response.meta, article, is_address=writes.asked_key is not None
        )
        writes.request_meta = meta or {}
        targets = self._linked(page, article) if meta is not None else []
        if article is None:
            yield from self._without_article(page, reading)
        elif article.claimed is not None and self._void_claims < _VOID_CLAIMS:
            yield from self._claimed(page, article.claimed)
        else:
            yield from self._read_article(page, article)
        yield from self.page_facts(page, reading)
        yield from self.requests.articles(targets, meta=meta)
        yield from self._after_move()

    def _linked(self, page: Page, article: ArticleReading | None) -> list[Target]:
        """Return the articles to request to which a page links; none with the argument ``urls``."""
        # Articles link to earlier ones, so links of an article before the period lead outside it.
        is_past = article is not None and self.arguments.is_before(day_of_article(article))
        if is_past or self.sitemaps.covers_period or self.arguments.urls:
            return []
        links = article_links(page.document)
        self.responses.warn_of_links(page.document)
        targets = self.discovery.new_targets(links, page.document.base_url, page.writes)
        self.listed_articles.add_linked(targets)
        return targets

    def _without_article(self, page: Page, reading: PageReading) -> Iterator[Any]:
        """Store a page that is no article: a failure if its URL, the user or a source has promised one."""
        url, writes = page.document.url, page.writes
        address, asked, blocks = self.site.address(url), self.site.address(writes.asked_url), page.document.blocks
        is_needed = bool(self.arguments.urls) or (
            address is not None and (address.article_id is not None or not blocks)
        )
        is_sure = is_needed or (asked is not None and asked.article_id is not None)
        is_listed = LISTED in page.response.meta or self.listed_articles.is_listed(writes.asked_key)
        if is_sure or is_listed:
            failure = _no_article(reading.kind if blocks else "empty")
            if not is_needed and asked is not None and (address is None or address.key != asked.key):
                failure = _redirected(url)
            yield from self._try_next_url(writes, url, failure, is_sure=is_sure)
            return
        if writes.asked_key is not None:
            writes.other_kind = reading.kind
            self.listed_articles.add_other(writes, reading.kind)
        is_misspelt = asked is not None and asked.spelling != asked.path
        yield from self._try_next_url(writes, url) if is_misspelt else [writes]

    def _listed_but_no_article(self, keys: Iterable[str]) -> Iterator[Any]:
        """Register articles that a source names; store the failures of those that were read before and were none."""
        for writes, kind in self.listed_articles.mark_listed(keys):
            yield from self._try_next_url(writes, writes.asked_url, _no_article(kind), is_sure=False)

    def _read_article(self, page: Page, article: ArticleReading) -> Iterator[Any]:
        """Yield the article's item, or the request for its second page; nothing if this run has read it before."""
        address, writes = article.address, page.writes
        assert address is not None
        if failure := self._wrong_redirect(page.request, writes, address):
            url = page.document.url
            yield from self._try_next_url(writes.bare(), url, failure, is_sure=False)
            landed = self.site.address(url)
            writes.asked_url, writes.asked_key = url, landed.key if landed else None
        own = self.frontier.record(address)
        if own is None and self.discovery.is_old(writes.asked_key):
            own = address  # the store merges what it has of the article under its two addresses
        if own is None:
            self.crawl_stats.count("dropped/known_under_another_address")
            # The next run makes the new URL of a moved article the canonical one.
            page.writes.article_key = None if has_moved(address.path, address.article_id) else address.key
            yield page.writes
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
        writes.article_key, writes.has_item = address.key, True
        writes.found_by, writes.page_facts = article.found_by, page.reading.parts
        writes.aliases += [(url, writes.article_key) for url in {writes.asked_url, page.document.url} - {item.url}]
        is_listed = address.section and not self.arguments.urls and not self.sitemaps.covers_period
        section = f"/{address.section}/" if is_listed else None
        if section is not None and not self.lists.is_begun(section) and self.is_section(section):
            writes.new_lists += self.schedule.new_lists([section])
        self.lists.note_day(address.key, day_of_article(article))
        yield writes
        yield item
        if section is not None:
            yield from self.listing_requests(section)

    # A page may name another article's URL as its own: a link had a wrong number, a cache sent the page of another URL,
    # or the metadata is wrong. The page at that URL decides, so it is read first.

    def _claimed(self, page: Page, claimed: Address) -> Iterator[Request]:
        """Let a page wait for the one at the URL that it claims as its own; request that, unless that is under way."""
        handlers, url = (self.parse_claimed, self.claimed_failed), self.site.canonical(claimed)
        claimants = self._claimants.setdefault(url, [])
        claimants.append(page)
        if len(claimants) == 1:
            self.discovery.new_targets([(claimed, url)], url, page.writes, is_listed=True)
            meta, read = {"key": claimed.key}, {"url": url}
            yield self.requests.page(url, handlers, Priority.ARTICLE + 1, meta=meta, dont_filter=True, cb_kwargs=read)

    def parse_claimed(self, response: Response, url: str) -> Iterator[Any]:
        """Read the page at a URL that earlier pages claim as their own; then decide whose pages those are."""
        page = self.responses.page(response)
        if page.reading is None and (again := self.retry(page)):
            yield again
            return
        article = page.reading.article if page.reading else None
        confirming = article
        if article is not None and article.claimed is not None:  # two pages may name each other
            confirming, article.claimed = None, None
        yield from self._read_page(page)
        for claimant in self._claimants.pop(url):
            yield from self._settle(claimant, confirming)

    @errback
    def claimed_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store why a claimed page was not fetched. If it may be there, the pages that claim it wait for a retry."""
        url = failed.request.cb_kwargs["url"]
        yield from self._article_failed(failed)
        for claimant in self._claimants.pop(url):
            if failed.is_gone or failed.is_forbidden:
                yield from self._settle(claimant, None)
            else:
                message = f"it names {url} as its own URL, which cannot be read: {failed.failure.message}"
                yield self.crawl_stats.fail(claimant.writes.bare(), Failure("claimed_url", message))

    def _settle(self, first: Page, other: ArticleReading | None) -> Iterator[Any]:
        """Store the ``first`` page's article, unless it is that of the claimed page (``other``)."""
        assert first.reading is not None
        article = first.reading.article
        assert article is not None
        if other is None or not self.discovery.is_same_text(other, article):
            self._void_claims += 1
            message = "%s names another article's URL as its own, and is stored by its own URL"
            self.logger.warning(message, first.document.url)
            yield from self._read_article(first, article)
            return
        assert article.claimed is not None
        self.crawl_stats.count("dropped/known_under_another_address")
        url = self.site.canonical(article.claimed)
        self.logger.warning("%s has the article of %s and is not stored as another one", first.document.url, url)
        first.writes.failure = Failure(OTHER_ARTICLE, f"it is the article of {url}")
        asked_key, its_address = first.writes.asked_key, other.address or article.claimed
        if asked_key is None or not self.discovery.is_stored(asked_key):
            first.writes.aliases.append((first.writes.asked_url, its_address.key))
        yield from self._try_next_url(first.writes, first.document.url)

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
        asked = self.site.address(page.writes.asked_url)
        if asked is None or asked.part == 1:
            return None
        url, handlers = self.site.canonical(asked), (page.request.callback, page.request.errback)
        meta, read = {"key": asked.key}, page.request.cb_kwargs
        return self.requests.page(url, handlers, Priority.ARTICLE, meta=meta, dont_filter=True, cb_kwargs=read)

    def _part(self, url: str, first: Page, parts: Parts) -> Request:
        handlers, read = (self.parse_part, self.part_failed), {"first": first, "parts": parts}
        return self.requests.page(url, handlers, Priority.ARTICLE + 1, dont_filter=True, cb_kwargs=read)

    def parse_part(self, response: Response, first: Page, parts: Parts) -> Iterator[Any]:
        """Read a later page of an article; yield the request for the next page, or the item."""
        page, number = self.responses.page(response), part_number(response.url, parts.path)
        if page.reading is None:
            if again := self.retry(page):
                yield again
            else:
                reason, message = page.failure
                yield self._failed_part(first, parts, reason, f"{response.url}: {message}")
        elif number is None:
            message = f"its page {parts.number + 1} redirects to {response.url}"
            yield self._failed_part(first, parts, "redirected", message)
        else:
            is_new = number == parts.number + 1 and parts.add(page.reading.article or read_article(page.document))
            if is_new:
                self.crawl_stats.count("pages/part")
            url = next_part(page.document, parts.path, parts.number) if is_new and not parts.is_full else None
            yield from [self._part(url, first, parts)] if url else self._article(first, parts.first)

    @errback
    def part_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store an article's failure if a later page failed; if robots.txt forbids it, yield the item so far."""
        first, parts = failed.request.cb_kwargs["first"], failed.request.cb_kwargs["parts"]
        if failed.is_forbidden:
            self.crawl_stats.count("forbidden")
            message = "Forbidden by robots.txt: %s; the article is kept as far as it may be read"
            self.logger.info(message, failed.request.url)
            yield from self._article(first, parts.first)
        else:
            reason, message = failed.failure
            yield self._failed_part(first, parts, reason, f"{message} at {failed.request.url}")

    def _failed_part(self, first: Page, parts: Parts, reason: str, message: str) -> PageWrites:
        address = parts.first.address
        assert address is not None
        article = PageWrites(first.writes.asked_url, first.writes.asked_key or address.key)
        return self.crawl_stats.fail(article, Failure(f"part_{reason}", message))

    # Sources

    def source_requests(self, sections: Iterable[str]) -> Iterator[Request]:
        """Request the sources other than the home page that are due."""
        yield self.requests.page(FEED, (self.parse_feed, self.feed_failed), Priority.FRONT)
        requested_sections = [f"/{section}/" for section in sorted(self.arguments.sections)]
        for path in dict.fromkeys([*requested_sections, *sections, *self.schedule.known_lists]):
            yield from self.listing_requests(path)
        for child, is_optional in self.sitemaps.due():
            yield self.requests.sitemap(child, is_optional=is_optional)

    def on_robots(self, robotparser: Any) -> None:
        """Register the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        for url in rules.sitemaps if isinstance(rules, Protego) else ():
            if resolved := self.site.resolve(url):
                self.sitemaps.add_from_robots_txt(path_of(resolved))
            else:
                self.logger.warning("A sitemap that robots.txt names is not read, as it is not of this site: %s", url)

    def page_facts(self, page: Page, reading: PageReading) -> Iterator[Any]:
        """Yield trending entries, rates and weather that differ from those of the page before."""
        if self._changes.is_new("page", reading.surroundings):
            # Build the list first: pages are read concurrently, and a block's records belong together.
            records = page_records(reading, self.site, page.received_at)
            yield from [record for record in records if self._changes.is_new(*record.change_key())]

    # Listings

    def listing_requests(self, path: str, *, must: bool = False) -> Iterator[Request]:
        """Request a listing from its top if due or ``must``, and from where an earlier run stopped.

        The tops of the first known section, which shows new articles, and of requested sections are read in every run.
        Otherwise only the first run would report that the site has no such section.
        """
        if self.lists.is_begun(path) or not self.is_section(path):
            return
        is_requested = path.strip("/") in self.arguments.sections
        state = self.schedule.list_state(path)
        from_top = must or is_requested or path == KNOWN_SECTIONS[0] or self.schedule.is_list_due(path)
        if from_top or self.lists.left(path, state):
            pages = self.lists.begin(path, state, from_top=from_top)
            yield from self.requests.listing_pages(pages, is_optional=not is_requested)

    def is_section(self, path: str | None) -> bool:
        """Whether a section, or its listing, is requested."""
        return self.arguments.has_section(path and path.strip("/"))

    def parse_list(self, response: Response, walk: ListingWalk, number: int) -> Iterator[Any]:
        """Read the page with this number of a walk; request its articles and the next page."""
        page = self.responses.page(response)
        if page.kind is PageKind.ERROR and says_nothing_is_here(page.document):
            self.note_missing_section(page.writes)
            failure = Failure("nothing_here", "it says that there is nothing here")
            yield from self._without_list_page(page.writes, walk, number, failure)
        elif page.reading is not None:
            yield from self._read_list(page, page.reading, walk, number)
        elif again := self.retry(page):
            yield again
        else:
            self.crawl_stats.page(page.kind)
            yield from self._list_page_failed(page.writes.bare(), walk, number, page.failure)

    @errback
    def list_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """End the walk if the listing has no such page, else try the next one."""
        if failed.is_forbidden:
            yield failed.count_failure(self.crawl_stats)
            return
        walk, number = failed.request.cb_kwargs["walk"], failed.request.cb_kwargs["number"]
        if failed.is_absent or (failed.is_gone and number > 1):
            yield from self._without_list_page(failed.writes, walk, number, failed.failure)
            return
        if failed.is_gone:
            self.note_missing_section(failed.writes)
        yield from self._list_page_failed(failed.writes, walk, number, failed.failure)

    def _read_list(self, page: Page, reading: PageReading, walk: ListingWalk, number: int) -> Iterator[Any]:
        document, writes = page.document, page.writes
        listing = read_listing(document, walk.place(path_of(document.url)))
        if listing.unknown_next is not None:
            self.crawl_stats.unknown_next(listing.path, listing.unknown_next)
        around = frozenset(line.address.key for line in reading.trending)
        if walk.is_missing(number, listing, around):
            self.crawl_stats.page(PageKind.OTHER)
            failure = Failure("no_articles", "it lists no articles of its own")
            if listing.number != number:
                failure = _redirected(document.url)
            yield from self._without_list_page(writes, walk, number, failure)
            return
        links = [(card.address, card.url) for card in listing.cards if self.arguments.is_open_to(card.date)]
        if not any(card.address.section == path_of(writes.asked_url).strip("/") for card in listing.cards):
            self.note_missing_section(writes)
        self.responses.warn_of_links(document)
        writes.request_meta = {FOUND_ON: listing.path}
        targets = self.discovery.new_targets(links, document.base_url, writes, is_listed=True)
        if targets and self.sitemaps.name_everything:
            self.sitemaps.are_incomplete = True
        listed = {card.address.key for card in listing.cards if card.is_articles}
        writes.listed = {target.key for target in targets if not target.key.isdecimal()} & listed
        is_in_sitemaps = self.sitemaps.name_everything
        following = self.lists.read(walk, listing, around, len(targets), is_in_sitemaps=is_in_sitemaps)
        yield self._list_writes(writes)
        self.crawl_stats.reading(reading)
        yield from self.page_facts(page, reading)
        yield from self._listed_but_no_article(listed)
        yield from self.requests.articles(targets, meta=writes.request_meta, listed=writes.listed)
        if not self.trap_guard.is_over(listing.path):  # else the next run continues here
            yield from self.requests.listing_pages(following)

    def _without_list_page(self, writes: PageWrites, walk: ListingWalk, number: int, failure: Failure) -> Iterator[Any]:
        """Handle a page that a listing does not have: a failure if it must have it, else perhaps its end.

        A later run asks again for a page to which another links.
        """
        expected = walk.expected(number)
        if expected is not Expected.SURE:
            self.crawl_stats.count(f"absent/{failure.reason}")
        failure = Failure(f"list_{failure.reason}", f"{failure.message}; the list seems to go on here")
        if expected is Expected.SURE:
            writes = self.crawl_stats.fail(writes.bare(), failure)
        elif expected is Expected.LINKED:
            self.logger.info("A list ends before %s (%s)", writes.asked_url, failure.message)
            self.lists.note_end(walk, writes.asked_url, failure)
        following = self.lists.missing(walk, number)
        yield self._list_writes(writes)
        yield from self.requests.listing_pages(following)

    def _list_page_failed(self, writes: PageWrites, walk: ListingWalk, number: int, failure: Failure) -> Iterator[Any]:
        """Store a failed page of a listing, and try the next one."""
        yield self._source_failed(writes, failure)
        following = self.lists.failed(walk, number, is_settled=self._is_settled(writes.asked_url))
        yield self._list_writes()
        yield from self.requests.listing_pages(following)

    def _list_writes(self, writes: PageWrites | None = None) -> PageWrites:
        """Count the gaps found in listings as failures; return the listings' progress, with the result of a page."""
        for url, failure in self.lists.take_gaps():
            self.commit(self.crawl_stats.fail(PageWrites(url), failure))
        writes = writes or PageWrites()
        changed = self.lists.take_changed().items()
        writes.sources += [self.schedule.read_now(path, state=state.to_json()) for path, state in changed]
        return writes

    def note_missing_section(self, writes: PageWrites) -> None:
        """Record that a requested section lists no article; sitemaps may still name some."""
        if (section := path_of(writes.asked_url).strip("/")) in self.arguments.sections:
            known = ", ".join(sorted(self.sections - {section}))
            self.crawler.stats.set_value(NO_SECTION_STAT, f"'{section}'" + (f"; it has {known}" if known else ""))

    # Feed and sitemaps

    def parse_feed(self, response: Response) -> Iterator[Any]:
        """Follow the entries of the feed; if all are new, request their sections' listings too."""
        writes, feed = writes_of(response), self.responses.syndication(response)
        if feed is None:
            yield from self._unreadable(response, "feed")
            return
        known_before = self.discovery.known
        children, targets = self._listed_in(feed, writes)
        are_all_new = self.discovery.known == known_before
        sections = {address.section for target in targets if (address := self.site.address(target.url))}
        lists = [f"/{section}/" for section in sorted(filter(None, sections))] if are_all_new else []
        writes.sources.append(self.schedule.read_now(FEED))
        writes.sources += self.schedule.due_lists(path for path in lists if not self.lists.is_begun(path))
        failure = self.responses.judge(feed, writes, "feed")
        yield self._source_failed(writes, failure) if failure else writes
        yield from map(self.requests.sitemap, children)
        yield from self._entries(feed, writes, targets)
        for path in lists:
            yield from self.listing_requests(path, must=True)

    @errback
    def feed_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store why the feed was not fetched."""
        yield failed.count_failure(self.crawl_stats)

    def parse_sitemap(self, response: Response, stamp: str | None = None, nesting: int = 0) -> Iterator[Any]:
        """Follow a sitemap's articles and the sitemaps an index names; ``stamp`` is its ``lastmod`` in the index.

        ``nesting`` is the number of indexes that led to it.
        """
        writes, sitemap = writes_of(response), self.responses.syndication(response)
        if sitemap is None:
            yield from self._unreadable(response, "sitemap", stamp)
            return
        children, targets = self._listed_in(sitemap, writes, nesting)
        if any(self.site.address(entry.url) for entry in sitemap.pages[:100]):
            self.sitemaps.names_articles = True
        doubt = self.sitemaps.doubt(writes, stamp, sitemap)
        is_whole = sitemap.loss is None and doubt is None
        self.sitemaps.read(writes, stamp, sitemap, is_whole=is_whole)
        was_there = self.sitemaps.was_there(path_of(writes.asked_url))
        failure = self.responses.judge(sitemap, writes, "sitemap", nesting=nesting, doubt=doubt, was_there=was_there)
        yield self._source_failed(writes, failure) if failure else writes
        yield from (self.requests.sitemap(child, nesting=nesting + 1) for child in children)
        yield from self._entries(sitemap, writes, targets)

    @errback
    def sitemap_failed(self, failed: FailedRequest) -> Iterator[Any]:
        """Store why a sitemap was not fetched; the site may not have an optional one."""
        if failed.is_forbidden:
            yield failed.count_failure(self.crawl_stats)
        elif failed.is_absent:
            self.crawl_stats.count(f"absent/{failed.failure.reason}")
            self.sitemaps.mark_read(failed.writes, ABSENT)
            yield failed.writes
        else:
            yield self._source_failed(failed.writes, failed.failure)
            self.sitemaps.mark_failed(path_of(failed.writes.asked_url))

    def _is_settled(self, url: str) -> bool:
        """Whether a source has failed before, and the run need not fail with it: others name the news as well."""
        path = path_of(url)
        is_needed = path in _MAIN_SOURCES or path.strip("/") in self.arguments.sections
        return not is_needed and self.discovery.is_settled(url, is_sure=True)

    def _source_failed(self, writes: PageWrites, failure: Failure) -> PageWrites:
        """Return the result of a source that could not be read; it is counted as failed unless it is settled."""
        if self._is_settled(writes.asked_url):
            return self.crawl_stats.fail_again(writes, failure)
        return self.crawl_stats.fail(writes, failure)

    def _listed_in(self, read: Syndication, writes: PageWrites, nesting: int = 0) -> tuple[list[Child], list[Target]]:
        """Return the sitemaps and the articles to request that a feed or a sitemap names; no sitemaps if too deep."""
        entries = read.sitemaps if nesting < MOST_NESTED else ()
        sitemaps = ((self.site.resolve(entry.url), entry.stamp) for entry in entries)
        children = self.sitemaps.find([Child(path_of(url), stamp) for url, stamp in sitemaps if url], writes)
        is_in_period = self.sitemaps.is_month_wanted(path_of(writes.asked_url))
        targets, left = self.discovery.targets_of_entries(read.pages, writes, is_in_period=is_in_period)
        if left:
            self.crawl_stats.count("skipped/entry_without_stamp", left)
            message = "%d entries of %s have no date and are left to the next run (MAX_UNDATED)"
            self.logger.warning(message, left, writes.asked_url)
            self.sitemaps.covers_period = False  # some of them may be in the period
        writes.listed = {target.key for target in targets if not target.key.isdecimal()}
        return children, targets

    def _entries(self, read: Syndication, writes: PageWrites, targets: list[Target]) -> Iterator[Any]:
        """Request the articles that a feed or a sitemap names."""
        addresses = (self.site.address(entry.url) for entry in read.pages)
        yield from self._listed_but_no_article(address.key for address in addresses if address is not None)
        yield from self.requests.articles(targets, listed=writes.listed)

    def _unreadable(self, response: Response, what: str, stamp: str | None = None) -> Iterator[Any]:
        """Handle a feed or sitemap that is none; a page in place of an optional one is no failure."""
        writes, path = writes_of(response), path_of(writes_of(response).asked_url)
        page = self.responses.page(response) if b"<html" in response.body[:4096].lower() else None
        if page is not None and page.kind in WORTH_RETRYING:
            if again := self.retry(page):
                yield again
            else:
                self.crawl_stats.page(page.kind)
                yield self._source_failed(page.writes.bare(), page.failure)
                self.sitemaps.mark_failed(path)
        elif page is not None and response.meta.get("optional") and not self.sitemaps.was_there(path):
            self.crawl_stats.page(PageKind.OTHER)
            self.crawl_stats.count("absent/soft_404")
            self.sitemaps.mark_read(writes, ABSENT)
            yield writes
        else:
            if what == "sitemap":
                self.sitemaps.mark_unreadable(writes, stamp)
            else:
                self.sitemaps.mark_failed(path)
            found = "a page" if page is not None else "something else" if response.body else "empty"
            yield self._source_failed(writes, Failure(f"{what}_unreadable", f"it is no {what} but {found}"))

    # Failures

    def on_dropped(self, request: Request) -> None:
        """Handle a redirect to a page requested before; it is a failure unless it leads to an article."""
        writes = writes_of_request(request)
        if writes.asked_url == request.url:
            return
        if request.callback == self.parse_sitemap:
            if request.cb_kwargs["nesting"]:
                self.sitemaps.mark_unreadable(writes, request.cb_kwargs["stamp"])
                self._source_failed(writes, _redirected(request.url))
            else:  # WordPress has one sitemap under two names
                self.sitemaps.mark_read(writes, None)
            self.commit(writes)
        elif (address := self.site.address(request.url)) is None:
            self.note_missing_section(writes)
            self._crawl(self._try_next_url(writes, request.url, _redirected(request.url)))
        elif failure := self._wrong_redirect(request, writes, address):
            self._crawl(self._try_next_url(writes, request.url, failure, is_sure=False))
        elif self.discovery.is_old(writes.asked_key):
            self.crawler.engine.crawl(request.replace(dont_filter=True))
        elif writes.asked_key is not None:
            writes.other_kind = "alias"
            self.commit(writes)

    def retry(self, page: Page) -> Request | None:
        """Return the request to repeat for a truncated or blocked page, until the retries are used up."""
        if page.kind not in WORTH_RETRYING:
            return None
        return get_retry_request(page.request, spider=self, reason=f"page is {page.kind}")

    def _try_next_url(
        self, writes: PageWrites, url: str, failure: Failure | None = None, *, is_sure: bool = True
    ) -> Iterator[Any]:
        """Store a page that was not the requested article, and request the article's next URL.

        ``url`` is that of the page, after redirects. ``failure`` says why, unless ``writes`` does. Without ``is_sure``,
        the URL may never have had an article.
        """
        key, targets = writes.asked_key, []
        is_read = failure is not None and key is not None and self.discovery.has_read(key)
        if key is not None and not is_read and not self.arguments.urls:
            targets = self.discovery.next_target(key, writes.asked_url, url)
        if is_read:
            self.crawl_stats.count("absent/read_elsewhere")  # an old address of an article that has moved
        elif failure is not None and self.discovery.is_settled(writes.asked_url, is_sure=is_sure):
            writes = self.crawl_stats.fail_again(writes, failure)
        elif failure is not None:
            writes = self.crawl_stats.miss(writes, failure, has_other_url=bool(targets), is_sure=is_sure)
        writes.links += targets  # a run that is killed now leaves it to the next
        yield writes
        yield from self.requests.articles(targets)

    def _wrong_redirect(self, request: Request, writes: PageWrites, address: Address) -> Failure | None:
        """Return the failure if a redirect has led from an article's URL to another article, at ``address``.

        The store decides it for articles that it has.
        """
        if failure := temporary_redirect(request, self.site, address.article_id):
            return failure
        asked, key = self.site.address(writes.asked_url), writes.asked_key
        if asked is None or key is None or self.arguments.urls:
            return None
        if is_other_article(asked, address) and not self.discovery.is_stored(key):
            return Failure(OTHER_ARTICLE, f"it redirects to {request.url}")
        return None

    def _crawl(self, results: Iterable[PageWrites | Request]) -> None:
        """Commit results and make requests outside of a callback."""
        for each in results:
            if isinstance(each, PageWrites):
                self.commit(each)
            else:
                self.crawler.engine.crawl(each)


def _no_article(kind: str) -> Failure:
    return Failure(f"kind_{kind}", f"it is no article but: {kind}")


def _redirected(url: str) -> Failure:
    return Failure("redirected", f"it redirects to {url}")
