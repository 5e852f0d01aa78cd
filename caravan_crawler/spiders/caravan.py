"""The spider: reads every article of the site once."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

from caravan_crawler.arguments import SAMPLE, CrawlArguments, check_on_site
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.downloadhandlers import received_at
from caravan_crawler.frontier.articles import Discovery, Frontier, Target
from caravan_crawler.frontier.listings import Listings
from caravan_crawler.frontier.period import Period, day_of_article
from caravan_crawler.frontier.sitemaps import ABSENT, NO_INDEX, UNREADABLE, Child, Sitemaps
from caravan_crawler.frontier.source_schedule import SourceSchedule
from caravan_crawler.frontier.speculative_urls import FOUND_ON, Reach
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import NOT_PARSED, UNSOUND, PageKind, PageReading, read_page, says_nothing_is_here
from caravan_crawler.pages.syndication import Form, Syndication, read_syndication
from caravan_crawler.pages.to_items import ChangeFilter, article_record, page_records
from caravan_crawler.spiders.article_pages import WORTH_RETRYING, LaterPages
from caravan_crawler.spiders.base import FEED, HOME, KNOWN_SECTIONS, header, path_of
from caravan_crawler.spiders.start import NOT_MODIFIED
from caravan_crawler.store import crawl_state, database, failed_pages, publication
from caravan_crawler.store.article_store import ArticleStore, PageWrites
from caravan_crawler.store.crawl_state import load_sources
from caravan_crawler.store.publication import LeftRecords
from caravan_crawler.store.store import Store, open_store
from caravan_crawler.urls import Address, Site, has_moved, listing_of

_LOCAL_MANNERS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}
_LOCAL_MANNERS |= {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}

#: Moved articles from which the whole site counts as moved; fewer may be an editor's changes.
_MOVED = 3


class CaravanSpider(LaterPages):
    """Crawl caravan.kz or a copy. ``scrapy crawl -h`` lists the arguments, ``arguments.py`` checks them."""

    name = "caravan"
    _bounds: Bounds

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.site = site
        self.period = Period(arguments)
        self.frontier = Frontier(site)
        self.changes = ChangeFilter()
        self.lists = Listings(arguments.since, is_bounded=self.period.is_bounded)
        self.started_at = datetime.now(UTC)
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
        self._sitemaps: list[str] = []
        self._has_moved = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, store: Store | None = None, **kwargs: Any) -> "CaravanSpider":
        """Check the arguments, open the store, start the sample site if requested, and set the delays.

        A ``store`` passed by the command is closed by the command; otherwise the spider opens and closes its own.
        """
        arguments = CrawlArguments.parse(kwargs)
        server = None
        base = arguments.site
        if base == SAMPLE:
            from caravan_crawler.sample_site import SampleSite, serve

            server = serve(SampleSite()).start()
            base = server.url
        site = Site(base, crawler.settings.getint("URLLENGTH_LIMIT"))
        spider = cls(arguments, site)
        spider._set_crawler(crawler)
        spider._bounds = Bounds.of(crawler.settings)
        spider.crawl_stats = CrawlStats(crawler)
        site.on_refused = spider.crawl_stats.refused
        spider.reach = Reach(crawler)
        if site.is_local:
            # A local copy needs no delays, unless the user sets them.
            crawler.settings.setdict(_LOCAL_MANNERS, priority="spider")
        for url in arguments.urls:
            check_on_site(url, site)
        if store is None:
            settings = crawler.settings
            shared = settings.getbool("SHARED_CRAWL")
            store = open_store(settings["STORE_URL"], settings["DATA_DIR"], arguments.site, shared=shared)
            crawler.signals.connect(store.close, signals.engine_stopped, weak=False)
        spider._take_up(store)
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        crawler.signals.connect(spider.on_dropped, signals.request_dropped)
        if server is not None:
            crawler.signals.connect(server.close, signals.engine_stopped, weak=False)
        return spider

    def _take_up(self, store: Store) -> None:
        """Load what earlier runs left in the store."""
        publication.resume(store)
        scope, started_at = crawl_state.scope_of(self.arguments), database.stamp(self.started_at)
        if not store.was_empty:
            crawl_state.put_right(store)
        self.resumed_runs = crawl_state.begin(store, self.run_id, self.arguments, started_at)
        if self.settings.getbool("ACCEPT_DRIFT"):
            failed_pages.accept_losses(store)
        self.article_store = ArticleStore(store, self.run_id, scope)
        self.left = LeftRecords(store, self.run_id, self._is_asked_for)
        self.continues = self.left.runs()
        self._plan()
        hops = self.settings.getint("MAX_HOPS_FROM_ARTICLE", 3)
        self.discovery = Discovery(self.site, self.period, self.frontier, self.article_store, self._note_day, hops)

    def _note_day(self, key: int | str, day: date | None) -> None:
        self.lists.note_day(key, day)

    def _is_asked_for(self, row: Any) -> bool:
        """Whether a stored article is in this run's period and sections, or among its ``urls``."""
        if self.arguments.urls and row["key"] not in self._named_keys():
            return False
        return self.period.wants(row["section"], row["date_published"])

    def _named_keys(self) -> set[str]:
        addresses = (self._address(url) for url in self.arguments.urls)
        return {str(address.key) for address in addresses if address}

    def _plan(self) -> None:
        """Load when earlier runs read the sources."""
        scope = crawl_state.scope_of(self.arguments)
        own = load_sources(self.article_store.store, scope)
        self.schedule = SourceSchedule(
            own, load_sources(self.article_store.store, "") if scope else own, self.resumed_runs
        )
        self.sitemaps = Sitemaps(self.schedule, self.period, self.started_at.astimezone(ALMATY).date())

    def look_again(self) -> None:
        """Reload what other runs have stored since this one began, like a new run."""
        self.resumed_runs = crawl_state.continued(
            self.article_store.store, self.run_id, crawl_state.scope_of(self.arguments), database.now()
        )
        self.article_store.look_again()
        self.changes = ChangeFilter()
        self.lists = Listings(self.arguments.since, is_bounded=self.period.is_bounded)
        self._plan()

    def new_lists(self) -> Iterator[Request]:
        """Request the listings that other runs have found since this one began."""
        self.schedule.learn(load_sources(self.article_store.store, crawl_state.scope_of(self.arguments)))
        for path in self.schedule.known_lists:
            yield from self._list(path)

    def closed(self, reason: str) -> None:
        """Write the final stats when Scrapy closes the spider."""
        self.crawl_stats.count("links/known", self.discovery.known)
        self.crawl_stats.count("skipped/byway", self.discovery.skipped)
        self.crawl_stats.close()

    @property
    def data_dir(self) -> str:
        """Data directory of the run, for the URIs of its feeds."""
        return str(Path(self.settings["DATA_DIR"]).expanduser())

    # What came back

    def parse_home(self, response: Response) -> Iterator[Any]:
        """Read the home page; then request feed, sections and sitemaps."""
        document = self._document(response)
        sections = [path for path in (*KNOWN_SECTIONS, *section_links(document)) if self._is_section(path)]
        yield from self._read(response, document, sources=[self.schedule.read_now(HOME)], lists=sections)
        yield from self._elsewhere(sections)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links to other articles."""
        if response.status == NOT_MODIFIED:
            self.crawl_stats.count("articles/not_modified")
            self.article_store.confirmed(self._asked(response).asked_key or "", response.url)
            return
        yield from self._read(response, self._document(response))

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page of ``urls`` and follow nothing."""
        yield from self._read(response, self._document(response), follow=False)

    def parse_list(self, response: Response, walk: int) -> Iterator[Any]:
        """Read a listing page; request its articles and the next page."""
        document = self._document(response)
        reading = self._read_page(document)
        asked_path = path_of(self._asked(response).asked_url)
        if reading is not None and reading.kind is PageKind.ERROR and says_nothing_is_here(document):
            self.crawl_stats.count("absent/nothing_here")
            self.note_missing_section(asked_path)
            following = self.lists.ended(walk)
            self._keep_lists(self._asked(response))
            yield from self._list_requests(following)
            return
        if reading is None or reading.kind in UNSOUND:
            number = listing_of(urlsplit(response.url).path)[1]
            yield from self._again(response, reading) or self._list_requests(self.lists.failed(walk, number))
            return
        listing = read_listing(document)
        page = self._asked(response)
        links = [(card.address, card.url) for card in listing.cards if self.period.is_open_to(card.date)]
        if not any(card.address.section == asked_path.strip("/") for card in listing.cards):
            self.note_missing_section(asked_path)
        self._warn_of_links(document)
        page.reach = {FOUND_ON: listing.path}
        targets = self.discovery.look_at(links, document.base_url, page, is_named=True)
        around = frozenset(line.address.key for line in reading.trending)
        if targets and self.sitemaps.name_everything:
            self.sitemaps.are_incomplete = True
        is_named = self.sitemaps.name_everything
        following = self.lists.read(walk, listing, around, len(targets), is_named_elsewhere=is_named)
        self._keep_lists(page)
        self.crawl_stats.reading(reading)
        yield from self._surroundings(reading, received_at(response))
        yield from self._targets(targets, meta=page.reach)
        if not self.reach.is_over(listing.path):  # else the next run continues here
            yield from self._list_requests(following)

    def parse_feed(self, response: Response) -> Iterator[Request]:
        """Follow the entries of the feed; if all are new, request their sections' listings too."""
        page = self._asked(response)
        read = self._syndication(response)
        if read is None:
            yield from self._unreadable(response, page, "feed")
            return
        known = self.discovery.known
        targets = self._entries(read.pages, page)
        due = self._due_children(read, page)
        page.sources.append(self.schedule.read_now(FEED))
        lists: list[str] = []
        if targets and self.discovery.known == known:
            sections = {address.section for target in targets if (address := self._address(target.url))}
            lists = [f"/{section}/" for section in sorted(filter(None, sections))]
        page.sources += self.schedule.due_lists(path for path in lists if not self.lists.is_begun(path))
        self._keep_syndication(read, page, "feed")
        yield from due
        yield from self._targets(targets)
        for path in lists:
            yield from self._list(path, must=True)

    def parse_sitemap(self, response: Response, stamp: str | None = None) -> Iterator[Request]:
        """Follow a sitemap's articles and the sitemaps an index names."""
        page = self._asked(response)
        path = path_of(page.asked_url)
        read = self._syndication(response)
        if read is None:
            yield from self._unreadable(response, page, "sitemap", stamp)
            return
        due = self._due_children(read, page)
        targets = self._entries(read.pages, page, is_in_period=self.sitemaps.is_month_wanted(path))
        if any(self._address(entry.url) for entry in read.pages[:100]):
            self.sitemaps.names_articles()
        if read.loss is None:
            self.sitemaps.is_read(path)
            is_root = stamp is None and path in self._roots()
            its_stamp = NO_INDEX if is_root and read.form is not Form.INDEX else stamp
            page.sources.append(self.schedule.read_now(path, stamp=its_stamp))
        else:
            self.sitemaps.failed(path)
            page.sources.append(self.schedule.new_sitemap(path, stamp))
        self._keep_syndication(read, page, "sitemap")
        yield from due
        yield from self._targets(targets)

    def _syndication(self, response: Response) -> Syndication | None:
        charset = declared_charset(header(response, "Content-Type") or "")
        return read_syndication(response.body, response.url, charset)

    def _due_children(self, read: Syndication, page: PageWrites) -> list[Request]:
        """Return requests for an index's due sitemaps, and add their rows to ``page``."""
        urls = ((self._resolve(entry.url), entry.stamp) for entry in read.sitemaps)
        due = self.sitemaps.choose([Child(path_of(url), stamp) for url, stamp in urls if url])
        page.sources += [self.schedule.new_sitemap(child.path, child.stamp) for child in due]
        return [self._sitemap(child.path, child.stamp) for child in due if self._may_be_tried(child.path)]

    def _keep_syndication(self, read: Syndication, page: PageWrites, what: str) -> None:
        """Store the writes of a feed or sitemap; a part that could not be read is a failure."""
        self.crawl_stats.page(PageKind.FEED if read.form is Form.FEED else PageKind.SITEMAP)
        if read.skipped:
            self.crawl_stats.count("skipped/sitemap_of_no_articles", len(read.skipped))
        if read.loss is None:
            self.article_store.page(page)
            return
        why = {"cut": "it breaks off", "too_large": "it is larger than a sitemap may be"}[read.loss]
        number = len(read.pages) + len(read.sitemaps)
        self._fail_syndication(page, f"{what}_{read.loss}", f"{why}; {number} addresses are read")

    def _unreadable(
        self, response: Response, page: PageWrites, what: str, stamp: str | None = None
    ) -> Iterator[Request]:
        """Keep the failure of a feed or sitemap that is none; a page in place of an optional one is no failure."""
        assert response.request is not None
        path = path_of(page.asked_url)
        is_page = b"<html" in response.body[:4096].lower()
        reading = self._read_page(self._document(response)) if is_page else None
        if reading is not None and reading.kind in WORTH_RETRYING:
            again = self._again(response, reading)
            if not again:
                self.sitemaps.failed(path)
            yield from again
            return
        earlier = self.schedule.stamp_of(path)
        was_there = earlier == UNREADABLE or (bool(self.schedule.read_at(path)) and earlier != ABSENT)
        if is_page and response.request.meta.get("optional") and not was_there:
            self.crawl_stats.page(PageKind.OTHER)
            self.crawl_stats.count("absent/soft_404")
            self.sitemaps.is_read(path)
            page.sources.append(self.schedule.read_now(path, stamp=ABSENT))
            self.article_store.page(page)
            return
        self.sitemaps.failed(path)
        if what == "sitemap":
            page.sources.append(self.schedule.new_sitemap(path, stamp or UNREADABLE))
        words = "a page" if is_page else "something else" if response.body else "empty"
        self._fail_syndication(page, f"{what}_unreadable", f"it is no {what} but {words}")

    def _fail_syndication(self, page: PageWrites, reason: str, words: str) -> None:
        self.crawl_stats.fail(page.asked_url, reason, words)
        self.article_store.partly(page, reason, words)

    # Reading

    def _document(self, response: Response) -> Document:
        charset = declared_charset(header(response, "Content-Type") or "")
        return parse_document(response.body, response.url, self.site, charset, self._bounds)

    def _warn_of_links(self, document: Document) -> None:
        """Log that links of a page are left out."""
        if document.has_more_links:
            most = document.bounds.links
            self.logger.warning("Only %d links are followed of %s (PAGE_MAX_LINKS)", most, document.url)
            self.crawl_stats.count("links/left_out")

    def _read_page(self, document: Document) -> PageReading | None:
        """Return a page's reading, or None if the reader raised an error, so that the run continues."""
        try:
            return read_page(document)
        except Exception:
            self.logger.exception("The reader broke on %s", document.url)
            return None

    def _read(
        self,
        response: Response,
        document: Document,
        *,
        follow: bool = True,
        sources: Iterable[dict[str, Any]] = (),
        lists: Iterable[str] = (),
    ) -> Iterator[Any]:
        reading = self._read_page(document)
        if reading is None or reading.kind in UNSOUND:
            yield from self._again(response, reading)
            return
        page = self._asked(response)
        if first := self._first_page(response, page):
            yield first
            return
        self.crawl_stats.reading(reading)
        page.sources += sources
        page.new_lists += self.schedule.new_lists(lists)
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
        is_past = article is not None and self.period.is_before(day_of_article(article))
        if follow and reach is not None and not is_past and not self.sitemaps.covers_period:
            links = article_links(document)
            self._warn_of_links(document)
            targets = self.discovery.look_at(links, document.base_url, page)
        if article is None or address is None:
            self._keep_other(document, reading, page, follow)
            targets += self._another(page)
        elif is_new:
            yield from self._whole_article(document, reading, address, page, received_at(response))
        else:
            self.crawl_stats.count("dropped/known_under_another_address")
            # The next run makes the new URL of a moved article the canonical one.
            key = None if has_moved(address.path, address.article_id) else str(address.key)
            self.article_store.page(page, key)
        yield from self._surroundings(reading, received_at(response))
        yield from self._targets(targets, meta=reach)
        yield from self._after_move()

    def _after_move(self) -> Iterator[Request]:
        """Read all sitemaps again once several stored articles have new URLs: the site has moved."""
        if self.article_store.moved >= _MOVED and not self._has_moved:
            self._has_moved = True
            self.logger.warning("The site has moved its articles to other addresses; all sitemaps are read again")
            yield from [self._sitemap(child.path, child.stamp) for child in self.sitemaps.all_again()]

    def _article(
        self, document: Document, reading: PageReading, address: Address, page: PageWrites, seen_at: datetime
    ) -> Iterator[Any]:
        """Yield the article's record, and the request for its section's listing if that is new."""
        article = reading.article
        assert article is not None
        record = article_record(article, self.site, document.url, seen_at)
        page.found_by = article.found_by
        for url in {page.asked_url, document.url} - {record.url}:
            page.aliases.append((url, str(address.key)))
        is_listed = address.section and not self.arguments.urls and not self.sitemaps.covers_period
        section = f"/{address.section}/" if is_listed else None
        if section is not None and not self.lists.is_begun(section) and self._is_section(section):
            page.new_lists += self.schedule.new_lists([section])
        self.lists.note_day(address.key, day_of_article(article))
        self.article_store.fields.count_parts(reading.parts, document.url)
        self.article_store.expect(str(address.key), page)
        yield record
        if section is not None:
            yield from self._list(section)

    def _keep_other(self, document: Document, reading: PageReading, page: PageWrites, follow: bool) -> None:
        """Store a non-article page; a failure if its URL has an article number or the user named it."""
        address = self._address(document.url)
        if not follow or (address is not None and address.article_id is not None):
            kind = reading.kind if document.blocks else "empty"
            self._fail(page.asked_url, page.asked_key, f"kind_{kind}", f"it is no article but: {kind}")
        elif page.asked_key is not None:
            self.article_store.no_article(page, page.asked_key, page.asked_url, reading.kind)
        else:
            self.article_store.page(page)

    def _again(self, response: Response, reading: PageReading | None) -> list[Request]:
        """Return the retry of a truncated or blocked page; after the last retry, store the failure."""
        assert response.request is not None
        kind = reading.kind if reading else None
        if kind in WORTH_RETRYING:
            retry = get_retry_request(response.request, spider=self, reason=f"page is {kind}")
            if retry is not None:
                return [retry]
        asked = self._asked(response)
        if kind is None:
            self._fail(asked.asked_url, asked.asked_key, "reader_error", "the reader broke on it")
        elif kind in NOT_PARSED:
            self._fail(asked.asked_url, asked.asked_key, kind, NOT_PARSED[kind])
        else:
            self.crawl_stats.page(kind)
            self._fail(asked.asked_url, asked.asked_key, f"kind_{kind}", f"it came as a page of kind: {kind}")
        return [] if kind is None or kind in WORTH_RETRYING else [*self._targets(self._another(asked))]

    def _surroundings(self, reading: PageReading, seen_at: datetime) -> Iterator[Any]:
        if self.changes.is_new("page", reading.surroundings):
            # Build the list first: pages are read concurrently, and a block's records belong together.
            records = page_records(reading, self.site, seen_at)
            yield from [record for record in records if self.changes.is_new(*record.change_key())]
