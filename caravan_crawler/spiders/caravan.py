"""The spider: from the home page to every article of the site, each once."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from caravan_crawler.arguments import SAMPLE, CrawlArguments, check_on_site
from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.pages.kind import PageKind
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.pages.syndication import Entry, read_feed, read_sitemap
from caravan_crawler.records import article_record, page_records
from caravan_crawler.site import Address, Site
from caravan_crawler.visit import failures
from caravan_crawler.visit.changes import Changes
from caravan_crawler.visit.charset import declared_charset
from caravan_crawler.visit.frontier import Frontier, one_for_each_article
from caravan_crawler.visit.ledger import Ledger
from caravan_crawler.visit.lists import ListPage, Lists
from caravan_crawler.visit.period import Period, day_of, day_of_article

#: Lists known to exist; others are found by the links to them.
KNOWN_SECTIONS = ("/news/", "/gazeta/")
FEED = "/rss/"
#: Where WordPress and its SEO plugins keep their sitemaps; asked only where robots.txt names none.
USUAL_SITEMAPS = ("/wp-sitemap.xml", "/sitemap_index.xml")

_LOCAL_MANNERS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}
_LOCAL_MANNERS |= {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}

#: Of a page that need not exist, a 404 is an answer and no failure: the page behind a list's last, for one.
_OPTIONAL = {"optional": True}
_GONE = ("http_404", "http_410")

# A page that says nothing of what was asked for. The first two may be better the next time.
_WORTH_RETRYING = (PageKind.CUT, PageKind.CHALLENGE)
_UNSOUND = (*_WORTH_RETRYING, PageKind.ERROR)

# Articles go before further lists, so that the queue stays as short as one list's page.
_ARTICLE, _LIST, _SITEMAP = 20, 10, 0


class CaravanSpider(Spider):
    """Crawls caravan.kz or a copy of it. ``scrapy crawl -h`` lists its arguments, ``arguments.py`` checks them."""

    name = "caravan"
    ledger: Ledger

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.site = site
        self.period = Period(arguments)
        self.frontier = Frontier(site)
        self.changes = Changes()
        self.lists = Lists(arguments.since, is_bounded=self.period.is_bounded)
        self.started_at = datetime.now(UTC)
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
        self._sitemaps: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "CaravanSpider":
        """Check the arguments, start the sample site if asked for, and set the manners for the site."""
        arguments = CrawlArguments.parse(kwargs)
        server = None
        base = arguments.site
        if base == SAMPLE:
            from caravan_crawler.sample_site import SampleSite, serve

            server = serve(SampleSite()).start()
            base = server.url
        site = Site(base)
        spider = cls(arguments, site)
        spider._set_crawler(crawler)
        spider.ledger = Ledger(crawler)
        if site.is_local:
            # A copy on this machine needs no patience, unless the user asks for it.
            crawler.settings.setdict(_LOCAL_MANNERS, priority="spider")
        for url in arguments.urls:
            check_on_site(url, site)
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        crawler.signals.connect(spider.on_dropped, signals.request_dropped)
        if server is not None:
            crawler.signals.connect(server.close, signals.engine_stopped, weak=False)
        return spider

    def closed(self, reason: str) -> None:
        """Close the ledger, when Scrapy closes the spider."""
        self.ledger.close()

    @property
    def data_dir(self) -> str:
        """Where everything this run writes lies, for the addresses of its feeds."""
        return str(Path(self.settings["DATA_DIR"]).expanduser())

    # Where to begin

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the pages named, or for the home page, from which everything else follows."""
        if self.arguments.urls:
            named = [check_on_site(url, self.site) for url in self.arguments.urls]
            for url in one_for_each_article(named, self.site):
                yield self._request(url, self.parse_named, _ARTICLE)
        else:
            yield self._request(self.site.base, self.parse_home, _LIST)

    def on_robots(self, robotparser: Any, request: Request) -> None:
        """Take the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        if isinstance(rules, Protego):
            self._sitemaps += [url for url in rules.sitemaps if url not in self._sitemaps]

    def on_dropped(self, request: Request) -> None:
        """Count a redirect that led to a page asked for before; only to another article is that no failure."""
        first = (request.meta.get("redirect_urls") or [request.url])[0]
        if first != request.url and self.site.address(request.url, self.site.base) is None:
            self.ledger.fail(first, "redirected", f"it redirects to {request.url}")

    def on_idle(self) -> None:
        """When nothing is left to do: pages of lists held back or given up, shifted tops, short links."""
        requests = self._list_requests(self.lists.when_idle())
        self.crawler.stats.set_value("caravan/abandoned_lists", self.lists.abandoned)
        requests = requests or [self._request(url, self.parse, _ARTICLE) for url in self.frontier.take_short_links()]
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    # What came back

    def parse_home(self, response: Response) -> Iterator[Any]:
        """Read the home page, and go on to feed, sections and sitemaps."""
        document = self._document(response)
        yield from self._read(response, document)
        yield from self._elsewhere([*KNOWN_SECTIONS, *section_links(document)])

    def _elsewhere(self, sections: list[str]) -> Iterator[Request]:
        yield self._request(urljoin(self.site.base, FEED), self.parse_feed, _LIST)
        named_sections = [f"/{section}/" for section in sorted(self.arguments.sections)]
        for path in dict.fromkeys([*named_sections, *sections]):
            yield from self._list(path, optional=path not in (*KNOWN_SECTIONS, *named_sections))
        named = [url for url in map(self._resolve, self._sitemaps) if url]
        for url in named:
            yield self._request(url, self.parse_sitemap, _SITEMAP)
        for path in () if named else USUAL_SITEMAPS:
            yield self._request(urljoin(self.site.base, path), self.parse_sitemap, _SITEMAP, meta=_OPTIONAL)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links to other articles."""
        yield from self._read(response, self._document(response))

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page of ``urls`` and follow nothing."""
        yield from self._read(response, self._document(response), follow=False)

    def parse_list(self, response: Response) -> Iterator[Any]:
        """Read a section's page, its articles, and the page after it."""
        document = self._document(response)
        reading = self._read_page(document)
        if reading is None or reading.kind in _UNSOUND:
            failed_path = urlsplit(response.url).path
            yield from self._again(response, reading) or self._list_requests(self.lists.failed(failed_path))
            return
        yield from self._yield_records(document, reading)
        listing = read_listing(document)
        for card in listing.cards:
            if self.period.is_open_to(card.date):
                yield from self._article(card.address, card.url, document.base_url)
        yield from self._list_requests(self.lists.read(listing))

    def parse_feed(self, response: Response) -> Iterator[Request]:
        """Follow the entries of the site's feed."""
        entries = read_feed(response.body)
        self.ledger.page(PageKind.FEED if entries is not None else PageKind.OTHER)
        for entry in entries or ():
            yield from self._entry(entry, stamp_is_publication=True)

    def parse_sitemap(self, response: Response) -> Iterator[Request]:
        """Follow a sitemap's articles and the sitemaps an index names."""
        sitemap = read_sitemap(response.body)
        self.ledger.page(PageKind.SITEMAP if sitemap is not None else PageKind.OTHER)
        if sitemap is None:
            return
        for entry in sitemap.sitemaps:
            url = self._resolve(entry.url)
            if url and not self.period.is_before(day_of(entry.stamp)):
                yield self._request(url, self.parse_sitemap, _SITEMAP)
        for entry in sitemap.pages:
            yield from self._entry(entry, stamp_is_publication=False)

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Count a page that could not be fetched; without its home page the site's lists are tried still."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failures.reason(failure)
        if reason == "robots":
            self.ledger.count("forbidden")
            self.logger.info("Forbidden by robots.txt: %s", request.url)
            if request.callback == self.parse_home:
                yield from self._elsewhere(list(KNOWN_SECTIONS))
            return
        if request.meta.get("optional") and reason in _GONE:
            self.ledger.count(f"absent/{reason}")
            return
        if (alias := request.meta.get("alias")) and reason in _GONE:
            yield self._request(alias, self.parse, _ARTICLE)  # only its AMP page is there
            return
        self.ledger.fail(request.url, reason, failures.words(failure))
        if request.callback == self.parse_home and failures.is_answer(failure):
            yield from self._elsewhere(list(KNOWN_SECTIONS))
        if request.callback == self.parse_list:
            yield from self._list_requests(self.lists.failed(urlsplit(request.url).path))

    # Reading

    def _document(self, response: Response) -> Document:
        return parse_document(response.body, response.url, self.site, declared_charset(response))

    def _read_page(self, document: Document) -> PageReading | None:
        """Read a page; None where the reader itself broke on it, which must not cost the other pages."""
        try:
            return read_page(document)
        except Exception:
            self.logger.exception("The reader broke on %s", document.url)
            return None

    def _read(self, response: Response, document: Document, *, follow: bool = True) -> Iterator[Any]:
        reading = self._read_page(document)
        if reading is None or reading.kind in _UNSOUND:
            yield from self._again(response, reading)
            return
        yield from self._yield_records(document, reading)
        if reading.article is None and self._should_be_article(document, follow):
            self.ledger.fail(document.url, f"kind_{reading.kind}", f"it is no article but: {reading.kind}")
        if reading.article and self.period.is_before(day_of_article(reading.article)):
            return  # articles link to earlier ones, so this one leads only further away from the period
        if follow:
            for address, href in article_links(document):
                yield from self._article(address, href, document.base_url)

    def _should_be_article(self, document: Document, follow: bool) -> bool:
        """Whether a page without article is a loss: its address has an article's number, or it was named."""
        address = self.site.address(document.url, document.url)
        return not follow or (address is not None and address.article_id is not None)

    def _again(self, response: Response, reading: PageReading | None) -> list[Request]:
        """Return the request for another try at a page that came cut or blocked; at the last, count the failure."""
        assert response.request is not None
        kind = reading.kind if reading else None
        if kind in _WORTH_RETRYING:
            retry = get_retry_request(response.request, spider=self, reason=f"page is {kind}")
            if retry is not None:
                return [retry]
        if kind is None:
            self.ledger.fail(response.url, "reader_error", "the reader broke on it")
        else:
            self.ledger.page(kind)
            self.ledger.fail(response.url, f"kind_{kind}", f"it came as a page of kind: {kind}")
        return []

    def _yield_records(self, document: Document, reading: PageReading) -> Iterator[Any]:
        now = datetime.now(UTC)
        self.ledger.reading(reading)
        article = reading.article
        if article is not None and article.address is not None:
            if self.frontier.record(article.address):
                self.lists.note_day(article.address.key, day_of_article(article))
                yield article_record(article, self.site, document.url, now)
                yield from self._section_of(article.address.section)
            else:
                self.ledger.count("dropped/known_under_another_address")
        if self.changes.is_new("page", reading.surroundings):
            # Claimed all at once: pages are read side by side, and a block's lines belong together.
            records = page_records(reading, self.site, now)
            yield from [record for record in records if self.changes.is_new(*record.change_key())]

    # Going on

    def _request(self, url: str, callback: Any, priority: int, **kwargs: Any) -> Request:
        return Request(url, callback=callback, errback=self.failed, priority=priority, **kwargs)

    def _article(self, address: Address, href: str, page_url: str) -> Iterator[Request]:
        if not self.period.has_section(address.section):
            return
        # Most links on a page were seen before, so this comes before anything is built.
        if self.frontier.knows(address):
            return
        url = self.site.resolve(href, page_url)
        target = self.frontier.admit(address, url) if url else None
        if target is not None:
            yield self._request(target, self.parse, _ARTICLE, meta={"alias": url} if address.alias else None)

    def _entry(self, entry: Entry, *, stamp_is_publication: bool) -> Iterator[Request]:
        address = self.site.address(entry.url, self.site.base)
        if address is None:
            return
        if self.arguments.since and entry.stamp is None:
            self.ledger.count("skipped/entry_without_stamp")
            return
        if self.period.is_before(day_of(entry.stamp)) or (
            stamp_is_publication and not self.period.is_open_to(entry.stamp)
        ):
            return
        yield from self._article(address, entry.url, self.site.base)

    def _section_of(self, section: str | None) -> Iterator[Request]:
        if section is not None and not self.arguments.urls:
            yield from self._list(f"/{section}/")

    def _list(self, path: str, *, optional: bool = True) -> Iterator[Request]:
        if self.period.has_section(path.strip("/")) and self.lists.begin(path):
            meta = _OPTIONAL if optional else None
            yield self._request(urljoin(self.site.base, path), self.parse_list, _LIST, meta=meta)

    def _list_requests(self, pages: list[ListPage]) -> list[Request]:
        return [
            self._request(
                urljoin(self.site.base, page.path),
                self.parse_list,
                _LIST,
                meta=_OPTIONAL,
                dont_filter=page.is_repeated,
            )
            for page in pages
        ]

    def _resolve(self, url: str) -> str | None:
        return self.site.resolve(url, self.site.base)
