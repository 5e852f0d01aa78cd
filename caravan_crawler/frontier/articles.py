"""Articles that this run has requested and recorded, by key, and Scrapy's duplicate filter by the same keys."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.dupefilters import BaseDupeFilter

from caravan_crawler.addons import CrawlerComponent, is_caravan_spider
from caravan_crawler.items import PageKind, PageWrites
from caravan_crawler.normalise.dates import EARLIEST, decide_publication, parse_date
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.urls import Address, Site, has_moved, is_same_article

#: Alternative URLs stored per article until one of its URLs is read.
_MOST_ALTERNATIVES = 5


class Target(NamedTuple):
    """An article to request: its key and its URL."""

    key: str
    url: str


def day_of(printed: str | None) -> date | None:
    """Return the day of a printed date, read now, or None."""
    if printed is None:
        return None
    try:
        day = date.fromisoformat(printed)  # most are days already
    except ValueError:
        return parse_date(printed, datetime.now(UTC)).day
    return day if day >= EARLIEST else None  # a program's zero


def moment_of(stamp: str | None) -> datetime | None:
    """Return the moment of a stamp in ISO 8601, by default in UTC; None of a day alone and of other forms."""
    try:
        moment = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware if len(stamp or "") > len("2026-11-28") else None


def day_of_article(article: ArticleReading) -> date | None:
    """Return the day an article was published, or None if its page has none."""
    return decide_publication(article.date_published, article.date_structured, datetime.now(UTC)).date.day


def one_for_each_article(urls: list[str], site: Site) -> list[str]:
    """Return one URL per article; prefer the article's own path to a short link."""
    chosen: dict[str, str] = {}
    for url in sorted(urls, key=lambda url: (address := site.address(url)) is not None and address.alias):
        address = site.address(url)
        chosen.setdefault(address.key if address else url, url)
    return list(chosen.values())


class Frontier:
    """Articles requested and recorded in this run, by key: the number, or else the own path.

    A number identifies an article only together with the slug before it: ``/news/premiya-10000/`` and
    ``/sport/bilety-po-10000/`` are two articles. If two paths share a number but may be two articles, the key of
    the second is its path (:meth:`key`); only its page shows whether it is the same article.

    Short links (``?p=<id>``) are followed last, and only if no page has linked to the article's own path. Alternative
    URLs of an article are stored until its page is read; if the requested URL fails, they are tried one by one
    (:meth:`failed`), first its own path with the final slash.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked: dict[str, str | None] = {}
        self._recorded: dict[str, str | None] = {}
        self._short_links: dict[str, str] = {}
        self._alternatives: dict[str, dict[str, Address]] = {}
        self._failed: set[str] = set()

    def key(self, address: Address) -> str:
        """Return the key of the article, as far as its address identifies it."""
        path = address.path
        if address.article_id is not None and path is not None:
            asked = self._asked.get(address.key)
            if asked is not None and not is_same_article(address.article_id, asked, path):
                return path
        return address.key

    def is_known(self, address: Address) -> bool:
        """Whether the article was requested, waits as a short link, or failed at this address."""
        if address.path is None:
            waits = address.key in self._asked or address.key in self._short_links
            return waits or address.spelling in self._failed
        return self.key(address) in self._asked or address.spelling in self._failed

    def is_read(self, address: Address) -> bool:
        """Whether the article is recorded, or this own path of it was already requested."""
        return address.key in self._recorded or self._asked.get(address.key) == address.spelling

    def mark_requested(self, key: str, path: str | None = None) -> None:
        """Mark an article as requested: it is in the store, or this run requests it anyway."""
        self._asked[key] = path

    def exclude_url(self, address: Address) -> None:
        """Mark a URL of an article as not to be requested; other URLs of the article may be."""
        self._failed.add(address.spelling)

    def add_alternative(self, address: Address, url: str) -> None:
        """Store an alternative URL of an article that was requested but not read yet."""
        others = self._alternatives.setdefault(self.key(address), {})
        if len(others) < _MOST_ALTERNATIVES:
            others.setdefault(url, address)

    def url_to_request(self, address: Address, url: str) -> str | None:
        """Return the URL to fetch for a link to an article, or None if it is known or deferred."""
        if self.is_known(address):
            return None
        key = self.key(address)
        if address.path is None:
            self._short_links.setdefault(key, url)
            return None
        self._asked[key] = address.path
        if short_link := self._short_links.pop(key, None):
            self.add_alternative(Address(None, address.article_id, alias=True), short_link)
        return self._first_url(address, url)

    def claim(self, key: str, address: Address, url: str) -> str:
        """Return the URL to fetch for an article that this run has claimed."""
        self._asked[key] = address.path
        self._short_links.pop(key, None)
        return url if address.path is None else self._first_url(address, url)

    def _first_url(self, address: Address, url: str) -> str:
        """Return the URL to fetch first: for an AMP page that of the article's own path, which its address names."""
        if not address.alias or address.path in self._failed:
            return _without_query(address, url)
        if address.part == 1:
            self.add_alternative(address, url)
        return self._site.canonical(address)

    def failed(self, key: str, address: Address, landed: Address | None = None) -> str | None:
        """Mark an article's URL as failed; return an alternative URL, or None.

        ``landed`` is the address to which the URL redirects, perhaps another spelling of the same path.
        """
        if key in self._recorded:
            return None
        self._failed.add(address.spelling)
        if landed is not None and landed.path == address.path:
            self._failed.add(landed.spelling)
        others = self._alternatives.pop(key, {})
        self._asked.pop(key, None)
        if address.path is not None and address.path not in self._failed:
            others[self._site.canonical(address)] = Address(address.path, address.article_id)
        while others:
            url, other = others.popitem()
            if other.spelling not in self._failed:
                self._asked[key] = other.path
                self._alternatives[key] = others
                return _without_query(other, url)
        return None

    def has_failed(self, address: Address) -> bool:
        """Whether an article's URL has failed in this run, or is not to be requested."""
        return address.spelling in self._failed

    def pop_short_links(self) -> list[Target]:
        """Remove and return the short links of articles with no other URL."""
        links = [Target(key, url) for key, url in self._short_links.items() if key not in self._asked]
        self._asked.update(dict.fromkeys(self._short_links))
        self._short_links.clear()
        return links

    def record(self, address: Address) -> Address | None:
        """Mark an article as recorded; return its address, or None if it was recorded before.

        The returned address has no number if the number belongs to another article.
        """
        number, path = address.article_id, address.path
        recorded = self._recorded.get(address.key)
        if number is not None and path and recorded and not _is_surely_same(number, recorded, path):
            address = Address(path, None)
        keys = {key for key in (address.key, path) if key is not None}
        if keys & self._recorded.keys():
            return None
        for key in keys:
            self._recorded[key] = path
            self._asked[key] = path
            self._alternatives.pop(key, None)
        return address


def _without_query(address: Address, url: str) -> str:
    """Return a URL without its query, which adds nothing to an article's path."""
    return url if address.path is None else url.split("?", 1)[0]


def _is_surely_same(number: int, path: str, other: str) -> bool:
    """Whether two paths with a number are surely one article's; a number in neither may be that of all short links."""
    is_in_neither = has_moved(path, number) and has_moved(other, number)
    return path == other or (is_same_article(number, path, other) and not is_in_neither)


class ArticleDupeFilter(CrawlerComponent, BaseDupeFilter):
    """Duplicate filter by article key or URL; a check costs one set look-up."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._urls: set[str] = set()

    def request_seen(self, request: Request) -> bool:
        """Whether the article or URL was requested before."""
        redirected_from = request.meta.get("redirect_urls") or []
        if request.url in redirected_from:
            return False  # the redirect limit ends a loop, with an error
        spider: Any = self.crawler.spider
        # Spiders of `scrapy shell` and others have no frontier; their pages are compared by URL.
        address = spider.site.address(request.url) if is_caravan_spider(self.crawler) else None
        if address is None:
            seen = request.url in self._urls
            self._urls.add(request.url)
            return seen
        if not redirected_from:
            return False
        first = spider.site.address(redirected_from[0])
        is_other = first is None or first.key != address.key
        return is_other and spider.frontier.url_to_request(address, request.url) is None

    def log(self, request: Request, spider: Spider) -> None:
        """Log nothing: the spider counts dropped requests (``on_dropped``)."""


class ListedArticles:
    """Articles without a number to which pages linked in this run, in case a source lists them later.

    Such a URL may be that of any page of the site, and only its page shows what it is. If a feed, a sitemap or a
    listing names it as an article and its page is not one, that is a failure, and the URL is retried. If only a menu or
    a text links to it, that is no failure. If the source comes first, the request has
    :data:`~caravan_crawler.items.LISTED` in its ``meta`` instead.
    """

    def __init__(self) -> None:
        self._linked: dict[str, tuple[PageWrites, PageKind] | None] = {}
        self._listed: set[str] = set()

    def add_linked(self, targets: Iterable[Target]) -> None:
        """Register articles that are requested because a page links to them."""
        for target in targets:
            if not target.key.isdecimal():
                self._linked.setdefault(target.key, None)

    def is_listed(self, key: str | None) -> bool:
        """Whether a source has named the article since a page linked to it."""
        return key in self._listed

    def add_other(self, page_writes: PageWrites, kind: PageKind) -> None:
        """Register a page that was no article, in case a source names it as one later."""
        if page_writes.asked_key in self._linked:
            self._linked[page_writes.asked_key] = page_writes.bare(), kind

    def mark_listed(self, keys: Iterable[str]) -> list[tuple[PageWrites, PageKind]]:
        """Register what a source names as articles; return those whose pages were read before and were none."""
        if not self._linked:
            return []
        listed = [key for key in keys if key in self._linked]
        self._listed.update(listed)
        return [found for key in listed if (found := self._linked.pop(key, None)) is not None]
