"""Requests of an inspection, the facts of each response, and how they are read: by a crawl's readers and pipelines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

from caravan_crawler.frontier.schedule import month_of
from caravan_crawler.items import Article, ExchangeRate, PageKind, TrendingEntry, Weather
from caravan_crawler.normalise.dates import date_form, decide_publication, parse_date
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.document import Bounds, Document, parse_document
from caravan_crawler.pages.encoding import codec_of, declared_charset
from caravan_crawler.pages.headline import title_candidates
from caravan_crawler.pages.labels import fold
from caravan_crawler.pages.listing import article_links, linked_headlines, read_listing, section_links
from caravan_crawler.pages.page import PageReading, article_record, page_records, read_page
from caravan_crawler.pages.syndication import Entry, Form, read_syndication
from caravan_crawler.pipelines import run_pipelines
from caravan_crawler.urls import Address, Site


class Role(StrEnum):
    """The purpose of a request."""

    ROBOTS = "robots"
    SITEMAP = "sitemap"
    HOME = "home"
    FEED = "feed"
    LISTING = "listing"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page to request. With ``is_promised``, the site itself says that the page has this ``role``.

    ``month`` (``YYYY-MM``) is the month in the name of the sitemap that lists the article, else None.
    """

    url: str
    role: Role
    found_in: str = ""
    is_promised: bool = False
    month: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request, or in ``problem`` why there is none. ``url`` is the URL after redirects.

    ``is_challenged`` is set if the response's headers mark it as a challenge.
    """

    asked: Asked
    url: str
    received_at: datetime
    status: int | None = None
    body: bytes = b""
    content_type: str = ""
    is_challenged: bool = False
    problem: str | None = None

    @classmethod
    def of_page(cls, body: bytes, url: str, charset: str | None, at: datetime) -> Self:
        """Return a single page with the role that its content has: a page that is no article is a listing."""
        role = Role.LISTING
        if (listed := read_syndication(body, url, charset)) is not None:
            role = Role.FEED if listed.form is Form.FEED else Role.SITEMAP
        return cls(Asked(url, role), url, at, 200, body, f"text/html; charset={charset}" if charset else "")


@dataclass(frozen=True, slots=True)
class Found:
    """A URL listed by a source: an article's, or another sitemap's if ``address`` is None.

    ``day`` is the day of the URL's ``stamp`` as ``YYYY-MM-DD``, ``month`` the month in the sitemap's name.
    """

    url: str
    address: Address | None = None
    day: str | None = None
    month: str | None = None
    is_promised: bool = True
    headline: str | None = None
    stamp: str | None = None


@dataclass
class SourceFacts:
    """The entries of a source; ``found`` are the URLs of articles on this site among them.

    ``in_future`` and ``unreadable`` are numbers of entries with such a stamp; after a hundred unreadable ones, the
    stamps of further entries are ignored. A page has paths of ``sections`` and a ``feed`` that it names in its head.
    """

    entries: int = 0
    found: list[Found] = field(default_factory=list)
    sitemaps: list[Found] = field(default_factory=list)
    oldest: str | None = None
    newest: str | None = None
    in_future: int = 0
    unreadable: int = 0
    sections: list[str] = field(default_factory=list)
    feed: str | None = None
    next_page: str | None = None

    @property
    def numbered(self) -> int:
        """Number of article URLs with an article id."""
        return sum(one.address is not None and one.address.article_id is not None for one in self.found)

    @property
    def plain(self) -> int:
        """Number of article URLs without one."""
        return len(self.found) - self.numbered


@dataclass
class ArticleFacts:
    """An article's page: ``raw`` as read, ``record`` as a crawl would store it.

    ``verdict`` is the date of publication that counts: the printed one or that of the metadata; ``in_future`` is set if
    one of them is in the future, ``is_damaged`` if headline or body have characters that could not be decoded.
    """

    raw: ArticleReading
    record: Article
    verdict: str
    in_future: bool = False
    fits_title: bool = True
    is_damaged: bool = False


@dataclass
class Facts:
    """The facts of one response. ``kind`` is the page's kind, or ``sitemap index``, ``broken`` or ``nothing``.

    ``problem`` is a message: why there is nothing to read; ``encoding`` one about an unusual encoding of the page.
    ``aliases`` are the AMP page and the short link that the page declares.
    """

    asked: Asked
    url: str
    status: int | None
    kind: str
    problem: str | None = None
    source: SourceFacts | None = None
    article: ArticleFacts | None = None
    reading: PageReading | None = None
    title: str | None = None
    canonical: str | None = None
    encoding: str | None = None
    aliases: list[Found] = field(default_factory=list)
    rates: list[ExchangeRate] = field(default_factory=list)
    weather: list[Weather] = field(default_factory=list)
    trending: list[TrendingEntry] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """Fields not found on the article's page."""
        return self.reading.missing if self.reading else []

    @property
    def is_page(self) -> bool:
        """Whether this is a valid HTML page, which may have a header."""
        return self.status == 200 and self.kind in ("article", "home", "listing", "tag", "search", "other")


@dataclass
class Robots:
    """The content of robots.txt. ``status`` is None if it was not requested or did not respond."""

    status: int | None = None
    problem: str | None = None
    sitemaps: list[str] = field(default_factory=list)
    crawl_delay: float | None = None
    allows_home: bool = True


@dataclass
class Inspection:
    """All results of an inspection. ``ended`` is a message: why it ended early."""

    base: str
    began_at: datetime
    robots: Robots = field(default_factory=Robots)
    facts: list[Facts] = field(default_factory=list)
    requests: int = 0
    ended: str | None = None

    @property
    def sources(self) -> list[Facts]:
        """The facts of sources, in request order."""
        return [one for one in self.facts if one.asked.role is not Role.ARTICLE]

    @property
    def articles(self) -> list[Facts]:
        """The facts of article URLs, in request order."""
        return [one for one in self.facts if one.asked.role is Role.ARTICLE]


_DECLARED_IN_PAGE = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w\-]{2,20})""", re.IGNORECASE)
_REPLACEMENT = "\ufffd"
#: Maximum unreadable stamps per source: each costs 2 ms, and a sitemap may have 50,000.
_MOST_UNREADABLE = 100


class FactReader:
    """Reads the responses of one site; ``pipelines`` are a crawl's pipelines that turn texts into values."""

    def __init__(self, site: Site, pipelines: Iterable[Any], bounds: Bounds) -> None:
        self._site = site
        self._bounds = bounds
        self._pipelines = list(pipelines)

    def read(self, answer: Answer) -> Facts:
        """Return the facts of a response; an error in a reader is reported as kind ``broken``."""
        if answer.problem is not None or answer.status is None:
            return Facts(answer.asked, answer.url, None, "nothing", answer.problem)
        try:
            return self._read(answer)
        except Exception as error:  # noqa: BLE001 (continue with the other pages)
            problem = f"the reader broke on it ({type(error).__name__}: {error})"
            return Facts(answer.asked, answer.url, answer.status, "broken", problem)

    def _read(self, answer: Answer) -> Facts:
        is_listed = answer.asked.role in (Role.FEED, Role.SITEMAP) and answer.status == 200
        if is_listed and (listed := self._syndication(answer)) is not None:
            return listed
        charset = declared_charset(answer.content_type)
        document = parse_document(answer.body, answer.url, self._site, charset, self._bounds)
        reading = read_page(document)
        kind = PageKind.CHALLENGE if answer.is_challenged else reading.kind
        facts = Facts(answer.asked, answer.url, answer.status, str(kind))
        if answer.status != 200:
            facts.problem = f"HTTP {answer.status}"
            return facts
        facts.reading = reading
        facts.title = document.structured.title
        facts.canonical = document.structured.links.get("canonical")
        facts.encoding = _encoding(answer)
        facts.aliases = [*self._aliases(document)]
        records = [
            run_pipelines(self._pipelines, record) for record in page_records(reading, self._site, answer.received_at)
        ]
        facts.rates = [record for record in records if isinstance(record, ExchangeRate)]
        facts.weather = [record for record in records if isinstance(record, Weather)]
        facts.trending = [record for record in records if isinstance(record, TrendingEntry)]
        facts.article = self._article(document, reading, answer.received_at)
        if facts.article is None and answer.asked.role is not Role.ARTICLE:
            facts.source = self._page_as_source(document, answer)
        return facts

    def _syndication(self, answer: Answer) -> Facts | None:
        read = read_syndication(answer.body, answer.url, declared_charset(answer.content_type))
        if read is None:
            return None
        is_index = bool(read.sitemaps) or read.form is Form.INDEX
        source = self._listed(read.sitemaps if is_index else read.pages, answer, are_sitemaps=is_index)
        kind = "sitemap index" if is_index else "feed" if read.form is Form.FEED else "sitemap"
        facts = Facts(answer.asked, answer.url, answer.status, kind, source=source)
        if read.loss is not None:
            facts.problem = "it breaks off" if read.loss == "cut" else "it is larger than a sitemap may be"
        return facts

    def _listed(self, entries: Iterable[Entry], answer: Answer, *, are_sitemaps: bool) -> SourceFacts:
        source = SourceFacts()
        month = answer.asked.month or month_in(answer.url)
        for entry in entries:
            source.entries += 1
            day = _day(entry.stamp, answer.received_at, source)
            url = self._site.resolve(entry.url, self._site.base)
            if url is None:
                continue
            if are_sitemaps:
                source.sitemaps.append(Found(url, None, day, month_in(url), stamp=entry.stamp))
            elif (address := self._site.address(url, self._site.base)) is not None:
                source.found.append(Found(url, address, day, month, headline=entry.title, stamp=entry.stamp))
        return source

    def _page_as_source(self, document: Document, answer: Answer) -> SourceFacts:
        feeds = (self._site.resolve(href, document.base_url) for href in document.structured.feeds)
        feed = next((url for url in feeds if url is not None and "comments" not in url), None)
        source = SourceFacts(sections=section_links(document), feed=feed)
        if answer.asked.role is Role.LISTING:
            listing, headlines = read_listing(document), linked_headlines(document)
            for card in listing.cards:
                address, day = card.address, _day(card.date, answer.received_at, source)
                is_promised, headline = address.article_id is not None, headlines.get(address.key)
                source.found.append(Found(card.url, address, day, None, is_promised, headline, card.date))
            if listing.next_path is not None:
                source.next_page = f"{self._site.base}{listing.next_path.lstrip('/')}"
        else:
            for address, href in article_links(document):
                if url := self._site.resolve(href, document.base_url):
                    source.found.append(Found(url, address, is_promised=address.article_id is not None))
        source.entries = len(source.found)
        return source

    def _aliases(self, document: Document) -> Iterator[Found]:
        for name in ("amphtml", "shortlink"):
            href = document.structured.links.get(name)
            url = self._site.resolve(href, document.base_url) if href else None
            address = self._site.address(url, self._site.base) if url else None
            if url and address and address.alias:
                yield Found(url, address)

    def _article(self, document: Document, reading: PageReading, seen_at: datetime) -> ArticleFacts | None:
        article = reading.article
        if article is None or article.address is None:
            return None
        printed, stamp = article.date_published, article.date_structured
        decision = decide_publication(printed, stamp, seen_at)
        witnesses = [parse_date(raw, seen_at) for raw in (printed, stamp) if raw]
        record = run_pipelines(self._pipelines, article_record(article, self._site, document.url, seen_at))
        headline = record.headline or ""
        return ArticleFacts(
            raw=article,
            record=record,
            verdict=decision.verdict,
            in_future=any(witness.problem == "future" for witness in witnesses),
            fits_title=_fits(headline, title_candidates(document.structured)),
            is_damaged=_REPLACEMENT in headline + (record.body or ""),
        )


def month_in(url: str) -> str | None:
    """Return the month in a sitemap's name as ``YYYY-MM``, or None."""
    month = month_of(urlsplit(url).path)
    return f"{month:%Y-%m}" if month else None


def _day(stamp: str | None, seen_at: datetime, source: SourceFacts) -> str | None:
    """Return the day of a stamp, and count it in ``source``."""
    if not stamp or source.unreadable >= _MOST_UNREADABLE:
        return None
    parsed = parse_date(stamp, seen_at)
    source.in_future += parsed.problem == "future" and not _is_relative(stamp)
    source.unreadable += parsed.problem not in (None, "future")
    if parsed.day is None:
        return None
    day = parsed.day.isoformat()
    source.oldest, source.newest = min(source.oldest or day, day), max(source.newest or day, day)
    return day


def _is_relative(stamp: str) -> bool:
    """Whether a stamp names no day, such as ``14:30``: on a page that was saved it may be of any day."""
    form = date_form(stamp)
    return form is not None and form.parts is not None and form.parts.get("day") is None


def _fits(headline: str, titles: Iterable[str]) -> bool:
    """Whether the headline equals a title, or one starts with the other: titles may be cut."""
    own = fold(headline)
    others = [folded for title in titles if (folded := fold(title))]
    return not own or not others or any(own.startswith(other) or other.startswith(own) for other in others)


def _encoding(answer: Answer) -> str | None:
    """Return a problem if the page is not UTF-8, or is UTF-8 and declared as something else; else None."""
    in_page = _DECLARED_IN_PAGE.search(answer.body, 0, 2048)
    declared = declared_charset(answer.content_type) or (in_page[1].decode("ascii").lower() if in_page else None)
    try:
        answer.body.decode("utf-8")
    except UnicodeDecodeError:
        return f"not UTF-8, declared as {declared or 'nothing'}"
    if declared is None or codec_of(declared) == "utf_8" or answer.body.isascii():
        return None
    return f"UTF-8, but declared as {declared}"
