"""Requests of an inspection, and the facts read from each response."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.page import PageReading
from caravan_crawler.urls import Address


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


@dataclass(frozen=True, slots=True)
class Found:
    """A URL listed by a source: an article's, or another sitemap's if ``address`` is None.

    ``day`` is the day of the URL's ``stamp``, ``month`` the month in the sitemap's name.
    """

    url: str
    address: Address | None = None
    day: date | None = None
    month: str | None = None
    is_promised: bool = True
    headline: str | None = None
    stamp: str | None = None

    @property
    def iso_day(self) -> str | None:
        """The day as a text."""
        return self.day.isoformat() if self.day else None


@dataclass
class SourceFacts:
    """The entries of a source; ``found`` are the URLs of articles on this site among them.

    ``in_future`` and ``unreadable`` are numbers of entries with such a stamp; after a hundred unreadable ones, the
    stamps of further entries are ignored. A page has paths of ``sections`` and a ``feed`` that it names in its head.
    """

    entries: int = 0
    found: list[Found] = field(default_factory=list)
    sitemaps: list[Found] = field(default_factory=list)
    oldest: date | None = None
    newest: date | None = None
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
