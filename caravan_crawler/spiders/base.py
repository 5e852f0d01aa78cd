"""Base of the spider: requests and priorities, listings, failures, and what is stored per page."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from caravan_crawler import failures
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.failures import RunEndsError
from caravan_crawler.frontier.articles import Discovery, Target
from caravan_crawler.frontier.listings import Listings, ListPage
from caravan_crawler.frontier.period import Period, day_of
from caravan_crawler.frontier.sitemaps import ABSENT, MAIN_SITEMAP, OTHER_SITEMAPS, Sitemaps, month_of
from caravan_crawler.frontier.source_schedule import SourceSchedule
from caravan_crawler.frontier.speculative_urls import Reach
from caravan_crawler.normalise.text import encodable
from caravan_crawler.outcome import NO_SECTION_STAT, OTHER_SITE_STAT
from caravan_crawler.pages.syndication import Entry
from caravan_crawler.store.article_store import ArticleStore, PageWrites
from caravan_crawler.urls import Address, Site, listing_of

#: Known listings; others are found by links. The first one shows new articles.
KNOWN_SECTIONS = ("/news/", "/gazeta/")
HOME = "/"
FEED = "/rss/"

# Priorities. Articles go before their sources, so that the queue stays as short as one sitemap or one listing page.
# Sitemaps go before listings, which then have few new articles; a sitemap's priority grows by one per month, so that
# the newest is read first. Refreshes wait until all new articles are read; retries of earlier failures come last.
ARTICLE, FRONT, SITEMAP, LIST, REFRESH, RETRY = 20_000, 10_000, 1_000, 10, 5, -10

#: ``meta`` of optional pages, such as the one after a listing's last: a 404 is no failure.
_OPTIONAL = {"optional": True}
_GONE = ("http_404", "http_410")


class BaseSpider(Spider):
    """Navigation of the site; subclasses add the callbacks that read the pages."""

    arguments: CrawlArguments
    site: Site
    period: Period
    lists: Listings
    crawl_stats: CrawlStats
    article_store: ArticleStore
    schedule: SourceSchedule
    sitemaps: Sitemaps
    discovery: Discovery
    reach: Reach
    _sitemaps: list[str]
    """The sitemaps that robots.txt names."""
    _undated_asked = 0
    """Articles without a date in any source, requested with ``since`` set."""

    def parse_home(self, response: Response) -> Iterator[Any]:
        """Read the home page."""
        raise NotImplementedError

    def parse_list(self, response: Response, walk: int) -> Iterator[Any]:
        """Read a page of a listing, for the walk with this number."""
        raise NotImplementedError

    def parse_feed(self, response: Response) -> Iterator[Request]:
        """Read the feed."""
        raise NotImplementedError

    def parse_sitemap(self, response: Response, stamp: str | None = None) -> Iterator[Request]:
        """Read a sitemap; ``stamp`` is its ``lastmod`` in the index."""
        raise NotImplementedError

    # Asking

    def _request(self, url: str, callback: Any, priority: int, **kwargs: Any) -> Request:
        return Request(url, callback=callback, errback=self.failed, priority=priority, **kwargs)

    def _targets(
        self, targets: list[Target], priority: int = ARTICLE, *, meta: dict[str, Any] | None = None
    ) -> Iterator[Request]:
        for target in targets:
            its_own = {"key": target.key, "alias": target.alias}
            yield self._request(target.url, self.parse, priority, meta=(meta or {}) | its_own)

    def _entries(self, entries: Iterable[Entry], page: PageWrites, *, is_in_period: bool = False) -> list[Target]:
        """Return the articles to request.

        The day of an undated entry is known only from the article's page. ``MAX_UNDATED`` limits these requests,
        unless the source itself is in the period (``is_in_period``).
        """
        links, undated = [], []
        for entry in entries:
            address = self._address(entry.url)
            if address is None:
                continue
            published, updated = day_of(entry.published), day_of(entry.updated)
            if published is None and updated is None and self.arguments.since and not is_in_period:
                undated.append((address, entry.url))
            elif self.period.is_open_to(entry.published) and not self.period.is_before(updated):
                links.append((address, entry.url))
        targets = self.discovery.look_at(links, self.site.base, page, is_named=True)
        return targets + self._undated(undated, page)

    def _undated(self, links: list[tuple[Address, str]], page: PageWrites) -> list[Target]:
        """Return the articles to request for undated entries, up to ``MAX_UNDATED``."""
        targets: list[Target] = []
        while links and (room := self.settings.getint("MAX_UNDATED") - self._undated_asked) > 0:
            found = self.discovery.look_at(links[:room], self.site.base, page, is_named=True)
            links = links[room:]
            self._undated_asked += len(found)
            targets += found
        if links:
            self.crawl_stats.count("skipped/entry_without_stamp", len(links))
            self.logger.warning(
                "%d entries of %s have no date and are left to the next run (MAX_UNDATED)", len(links), page.asked_url
            )
            self.sitemaps.hides_days()
        return targets

    def _list(self, path: str, *, optional: bool = True, must: bool = False) -> Iterator[Request]:
        """Request a listing from its top if due or ``must``, and from where an earlier run stopped."""
        if self.lists.is_begun(path) or not self._is_section(path):
            return
        state = self.schedule.list_state(path)
        from_top = (must or self.schedule.is_list_due(path)) and not self.schedule.is_just_read(path)
        if from_top or state.open:
            pages = self.lists.begin(path, state, from_top=from_top)
            yield from self._list_requests(pages, optional=optional)

    def _list_requests(self, pages: list[ListPage], *, optional: bool = True) -> list[Request]:
        return [
            self._request(
                urljoin(self.site.base, page.path),
                self.parse_list,
                LIST,
                meta=_OPTIONAL if optional else None,
                dont_filter=True,  # a walk tracks its pages, and reads some again on purpose
                cb_kwargs={"walk": page.walk},
            )
            for page in pages
        ]

    def _is_section(self, path: str) -> bool:
        """Whether a section's listing is requested."""
        return self.period.has_section(path.strip("/"))

    def _sitemap(self, path: str, stamp: str | None = None, *, optional: bool = False) -> Request:
        month = month_of(path)
        return self._request(
            urljoin(self.site.base, path),
            self.parse_sitemap,
            SITEMAP + (12 * (month.year - 1900) + month.month if month else 0),
            meta=_OPTIONAL if optional else None,
            cb_kwargs={"stamp": stamp},
        )

    def _resolve(self, url: str) -> str | None:
        return self.site.resolve(url, self.site.base)

    def _address(self, url: str) -> Address | None:
        return self.site.address(url, self.site.base)

    def _elsewhere(self, sections: list[str]) -> Iterator[Request]:
        """Request the sources other than the home page that are due."""
        if not self.schedule.is_just_read(FEED):
            yield self._request(urljoin(self.site.base, FEED), self.parse_feed, FRONT)
        named_sections = [f"/{section}/" for section in sorted(self.arguments.sections)]
        for path in dict.fromkeys([*named_sections, *sections, *self.schedule.known_lists]):
            is_leading = path == KNOWN_SECTIONS[0] or path in named_sections
            yield from self._list(path, optional=path not in named_sections, must=is_leading)
        yield from self._due_sitemaps()

    def _due_sitemaps(self) -> Iterator[Request]:
        """Request the sitemaps that are due: the site's own, robots.txt's, WordPress', and unread ones."""
        for path, stamp in self.schedule.named_sitemaps:
            self.sitemaps.expect(path)
            if path not in self._roots() and not self._may_be_tried(path):
                continue
            yield self._sitemap(path, stamp, optional=path in (MAIN_SITEMAP, *OTHER_SITEMAPS))
        for path, is_optional in self._roots().items():
            if self.sitemaps.is_due(path):
                yield self._sitemap(path, optional=is_optional)

    def _may_be_tried(self, path: str) -> bool:
        """Whether a sitemap has not failed, or its retry is due."""
        if self.article_store.failing.may_be_asked(urljoin(self.site.base, path)):
            return True
        self.sitemaps.failed(path)
        return False

    def _roots(self) -> dict[str, bool]:
        """Return the root sitemaps, each with whether it is optional."""
        named = [path_of(url) for url in map(self._resolve, self._sitemaps) if url]
        return dict.fromkeys((MAIN_SITEMAP, *OTHER_SITEMAPS), True) | dict.fromkeys(named, False)

    # What did not come

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Handle a failed request; if the home page failed, try the known listings."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failures.reason(failure)
        asked = self._asked_by(request)
        if reason == RunEndsError.__name__ or self.crawler.stats.get_value(OTHER_SITE_STAT):
            self.crawl_stats.count("unasked")
            return  # the next run requests it
        if reason == "robots":
            self.crawl_stats.count("forbidden")
            self.logger.info("Forbidden by robots.txt: %s", request.url)
            self.article_store.page(asked)
            if request.callback == self.parse_home:
                yield from self._elsewhere(list(KNOWN_SECTIONS))
            return
        walk = request.cb_kwargs.get("walk")
        if request.meta.get("optional") and reason in _GONE:
            self.crawl_stats.count(f"absent/{reason}")
            if walk is not None:
                following = self.lists.ended(walk)
                self._keep_lists(asked)
                yield from self._list_requests(following)
            elif request.callback == self.parse_sitemap:
                self.sitemaps.is_read(path_of(asked.asked_url))
                asked.sources.append(self.schedule.read_now(path_of(asked.asked_url), stamp=ABSENT))
                self.article_store.page(asked)
            return
        if asked.asked_key is not None and self.article_store.has_read(asked.asked_key):
            self.crawl_stats.count("absent/read_elsewhere")  # an old address of an article that has moved
            return
        if (alias := request.meta.get("alias")) and reason in _GONE:
            # Only the AMP page exists.
            yield self._request(alias, self.parse, ARTICLE, meta={"key": asked.asked_key})
            return
        self._fail(asked.asked_url, asked.asked_key, reason, failures.words(failure))
        if request.callback == self.parse_sitemap:
            self.sitemaps.failed(path_of(asked.asked_url))
        if failures.is_answer(failure):  # without an answer the site failed, not the URL
            yield from self._targets(self._another(asked))
        if reason in _GONE:
            self.note_missing_section(path_of(asked.asked_url))
        if request.callback == self.parse_home and failures.is_answer(failure):
            yield from self._elsewhere(list(KNOWN_SECTIONS))
        if walk is not None:
            number = listing_of(urlsplit(request.url).path)[1]
            following = self.lists.failed(walk, number)
            self._keep_lists(PageWrites())
            yield from self._list_requests(following)

    def note_missing_section(self, path: str) -> None:
        """Record that a requested section lists no article; sitemaps may still name some."""
        if path.strip("/") in self.arguments.sections:
            self.crawler.stats.set_value(NO_SECTION_STAT, path.strip("/"))

    def _another(self, page: PageWrites) -> list[Target]:
        """Return the next URL of the requested article, as this one did not lead to it."""
        if page.asked_key is None or self.arguments.urls:
            return []
        return self.discovery.another(page.asked_key, page.asked_url)

    def on_dropped(self, request: Request) -> None:
        """Handle a redirect to a page requested before; it is a failure unless it leads to an article."""
        first = (request.meta.get("redirect_urls") or [request.url])[0]
        if first == request.url:
            return
        if request.callback == self.parse_sitemap:  # WordPress has one sitemap under two names
            self.sitemaps.is_read(path_of(first))
            self.article_store.page(PageWrites(first, sources=[self.schedule.read_now(path_of(first))]))
            return
        key = request.meta.get("key")
        if self.site.address(request.url, self.site.base) is None:
            self._fail(first, key, "redirected", f"it redirects to {request.url}")
            self.note_missing_section(path_of(first))
            for other in self._targets(self._another(PageWrites(first, key))):
                self.crawler.engine.crawl(other)
        elif key is not None:
            self.article_store.redirected(first, key)

    # Keeping

    def _asked(self, response: Response) -> PageWrites:
        """Return the :class:`PageWrites` of a response, with its URL before redirects and its validators."""
        assert response.request is not None
        page = self._asked_by(response.request)
        page.etag = header(response, "ETag")
        page.last_modified = header(response, "Last-Modified")
        return page

    @staticmethod
    def _asked_by(request: Request) -> PageWrites:
        url = (request.meta.get("redirect_urls") or [request.url])[0]
        return PageWrites(url, request.meta.get("key"))

    def _fail(self, url: str, key: str | None, reason: str, words: str) -> None:
        self.crawl_stats.fail(url, reason, words)
        self.article_store.fail(url, key, reason, words)

    def _keep_lists(self, page: PageWrites) -> None:
        """Store the progress of the listings together with the page's writes."""
        changed = self.lists.take_changed().items()
        page.sources += [self.schedule.read_now(path, state=state.to_json()) for path, state in changed]
        self.article_store.page(page)


def path_of(url: str) -> str:
    """Return path and query of a URL; they are the same on every copy of the site."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def header(response: Response, name: str) -> str | None:
    """Return a response header as text that can be stored, or None."""
    value = response.headers.get(name)
    return encodable(value.decode("latin-1")) if value else None
