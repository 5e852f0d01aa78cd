"""What an inspection asks for, and what it learns from each answer."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.urls import Address


class Role(StrEnum):
    """What a request is for."""

    ROBOTS = "robots"
    SITEMAP = "sitemap"
    HOME = "home"
    FEED = "feed"
    LISTING = "listing"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page to ask for. ``is_promised`` says that the site itself names it as what ``role`` says.

    ``month`` is the month in the name of the sitemap (``YYYY-MM``) that names an article, None where there is none.
    """

    url: str
    role: Role
    found_in: str = ""
    is_promised: bool = False
    month: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for a request, or in ``problem`` why nothing came. ``url`` is the page's after redirects."""

    asked: Asked
    url: str
    received_at: datetime
    status: int | None = None
    body: bytes = b""
    content_type: str = ""
    is_challenged: bool = False
    """Whether the server's headers say that this is a challenge."""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An address that a source names: an article's, or with ``address`` None a further sitemap's.

    ``day`` is that of the stamp beside it, ``month`` the one in the name of the sitemap.
    """

    url: str
    address: Address | None = None
    day: date | None = None
    month: str | None = None
    is_promised: bool = True


@dataclass
class SourceFacts:
    """What a source names: ``entries``, of which some are addresses of articles on this site."""

    entries: int = 0
    found: list[Found] = field(default_factory=list)
    sitemaps: list[Found] = field(default_factory=list)
    oldest: date | None = None
    newest: date | None = None
    in_future: int = 0
    """Entries whose stamp lies in the future."""
    unreadable: int = 0
    """Entries whose stamp cannot be read; after a hundred of them no more are tried."""
    sections: list[str] = field(default_factory=list)
    """Paths of sections the page links to."""
    feed: str | None = None
    """The feed that the page names in its head."""
    next_page: str | None = None

    @property
    def numbered(self) -> int:
        """How many of the articles' addresses have a number."""
        return sum(one.address is not None and one.address.article_id is not None for one in self.found)


@dataclass
class ArticleFacts:
    """What is read on an article's page; ``record`` is what a crawl would store."""

    record: Article
    found_by: dict[str, str]
    day: str | None
    moment: str | None
    is_disputed: bool = False
    """Whether the metadata names another day than the page prints."""
    in_future: bool = False
    """Whether the printed date or that of the metadata lies in the future."""
    stamp: str | None = None
    """The date of the metadata as written."""
    fits_title: bool = True
    is_damaged: bool = False
    """Whether headline or body hold characters that could not be decoded."""


@dataclass
class Facts:
    """What one answer says. ``kind`` is that of the page, or ``sitemap index``, ``broken`` or ``nothing``.

    ``problem`` says why there is nothing to read, in words.
    """

    asked: Asked
    url: str
    status: int | None
    kind: str
    problem: str | None = None
    source: SourceFacts | None = None
    article: ArticleFacts | None = None
    missing: list[str] = field(default_factory=list)
    """Fields that an article's page does not give."""
    title: str | None = None
    canonical: str | None = None
    encoding: str | None = None
    """What is odd about the page's encoding, in words."""
    aliases: list[Found] = field(default_factory=list)
    """AMP page and short link that the page names for itself."""
    rates: list[ExchangeRate] = field(default_factory=list)
    weather: list[Weather] = field(default_factory=list)
    trending: list[TrendingEntry] = field(default_factory=list)

    @property
    def is_page(self) -> bool:
        """Whether this is a sound page in HTML, on which a header may stand."""
        return self.status == 200 and self.kind in ("article", "home", "listing", "tag", "search", "other")


@dataclass
class Robots:
    """What robots.txt says. ``status`` is None where it was not asked for or gave no answer."""

    status: int | None = None
    problem: str | None = None
    sitemaps: list[str] = field(default_factory=list)
    crawl_delay: float | None = None
    allows_home: bool = True


@dataclass
class Inspection:
    """All that an inspection has learned. ``ended`` says why it ended before its time, in words."""

    base: str
    began_at: datetime
    robots: Robots = field(default_factory=Robots)
    facts: list[Facts] = field(default_factory=list)
    requests: int = 0
    ended: str | None = None

    @property
    def sources(self) -> list[Facts]:
        """The answers of sources, in the order asked."""
        return [one for one in self.facts if one.asked.role is not Role.ARTICLE]

    @property
    def articles(self) -> list[Facts]:
        """The answers at addresses of articles, in the order asked."""
        return [one for one in self.facts if one.asked.role is Role.ARTICLE]
