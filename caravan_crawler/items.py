"""Items and page results, as the spider yields them. ``docs/data.md`` is made from the docstrings of the items.

Field names are schema.org's terms in snake case. ``None`` always means that the page does not have the value.
"""

import ast
import inspect
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple


def _number(value: Decimal | None) -> Any:
    """Return a Decimal as a JSON number; a float represents a rate's six significant digits exactly."""
    return None if value is None else float(value)


@dataclass(slots=True)
class Link:
    """A link inside an article's body."""

    text: str
    """The linked text, as printed."""

    url: str
    """Absolute URL of the target."""


class Item:
    """A record that the spider yields to the pipelines."""

    is_stored = False
    """Whether an earlier run has stored it, and this run publishes it."""


@dataclass
class Article(Item):
    """One article of the site, once per run, whatever URLs lead to it."""

    article_id: int | None = None
    """The site's number, 4 to 9 digits, the same in all URLs of the article; None if none of them has one. Not in
    chronological order before about 2015."""

    url: str = ""
    """Canonical URL: the crawled site's base and the article's own path with a final slash, never an AMP page;
    ``?p=<id>`` only if no page names the own path."""

    fetched_url: str = ""
    """The URL this copy was fetched from, after redirects."""

    section: str | None = None
    """First part of the own path: ``news``, ``gazeta``, ``sport`` … None if only a short link is known."""

    language: str = ""
    """ISO 639-1: ``ru`` or ``kk``, by the letters of the text."""

    headline: str | None = None
    """Headline as printed, without the site's suffix `` - Караван``."""

    lede: str | None = None
    """The paragraph between headline and date as printed, even if the site cut it inside a word; or a text's first
    paragraph, if it alone is in bold, italics or a larger font. Not part of ``body``: join the two unless ``lede`` is a
    prefix of ``body``."""

    body: str | None = None
    """Paragraphs joined by a blank line, in reading order. Sub-headings, quotations, list items and rows of a table
    (cells joined by a tab) are paragraphs. Without lede, photo credit, captions, the author's line, boxes of links,
    trending topics and adverts."""

    date_published: str | None = None
    """Day of publication in Almaty, ``YYYY-MM-DD``. The printed date wins over the page's metadata, unless it
    names no day (``вчера``), or the metadata names it as the day of a change and an earlier day of publication. Where a
    page prints no year, it is that of the page's script or metadata, else the latest possible one. None if it cannot be
    read."""

    published_at: str | None = None
    """Moment of publication: ISO 8601, with Almaty's offset at that time. None if neither print nor metadata has a
    time of that day."""

    date_published_raw: str | None = None
    """The date as printed; if none is, that of the page's metadata as it is there."""

    views: int | None = None
    """View count at ``observed_at``."""

    views_raw: str | None = None
    """The view count as printed."""

    photo_credit: str | None = None
    """Name in the photo's credit line or in its caption, without ``Фото - `` or ``Сурет - ``; else the photographers
    named under the text, with commas. ``Caravan.kz`` on most pages, probably a template's default."""

    source: str | None = None
    """The first outside agency or site that the text credits, as printed, with kind and quotation marks
    (``МИА «Казинформ»``, ``Zakon.kz``). None if the text credits nobody or the site itself."""

    authors: list[str] = field(default_factory=list)
    """People named as authors, as printed (``Марина ХЕГАЙ``); without photographers, marked ``(фото)``."""

    tags: list[str] = field(default_factory=list)
    """The article's own topics as printed, not the trending block's."""

    images: list[str] = field(default_factory=list)
    """Absolute URLs of the article's images, in page order."""

    links: list[Link] = field(default_factory=list)
    """The links inside ``body``, in reading order."""

    observed_at: str = ""
    """When the page was fetched, ISO 8601 in UTC."""


@dataclass
class TrendingEntry(Item):
    """One line of the trending block (``В тренде``), when first seen in a run and again when it changes."""

    rank: int = 0
    """Position in the block, from 1."""

    topic: str = ""
    """The topic's label as printed. It may not fit the headline."""

    headline: str = ""
    """The headline under the label."""

    url: str = ""
    """Canonical URL of the article that it links to."""

    article_id: int | None = None
    """The article's number; None if its URL has none."""

    page_date: str | None = None
    """Day of the visit, from the header: ``YYYY-MM-DD``."""

    observed_at: str = ""
    """When the page was fetched, ISO 8601 in UTC."""

    def change_key(self) -> tuple[Hashable, Hashable]:
        """Return the subject of the record, and its values that may change."""
        return ("trending", self.rank), (self.topic, self.headline, self.url)


@dataclass
class ExchangeRate(Item):
    """One rate of the header's ticker, when first seen in a run and again when it changes."""

    currency: str = ""
    """ISO 4217: ``USD``, ``EUR``. A rate without a sign is the euro if its ratio to the dollar is plausible."""

    rate: Decimal | None = field(default=None, metadata={"serializer": _number})
    """Tenge (KZT) for one unit; None if not between 100 and 2000."""

    rate_raw: str = ""
    """The rate as printed."""

    page_date: str | None = None
    """Day of the visit, from the header: ``YYYY-MM-DD``."""

    observed_at: str = ""
    """When the page was fetched, ISO 8601 in UTC."""

    def change_key(self) -> tuple[Hashable, Hashable]:
        """Return the subject of the record, and its values that may change."""
        return ("rate", self.currency), self.rate_raw


@dataclass
class Weather(Item):
    """The header's weather, when first seen in a run and again when it changes."""

    city: str | None = None
    """The city as printed."""

    temperature_c: int | None = None
    """Degrees Celsius, whole."""

    page_date: str | None = None
    """Day of the visit, from the header: ``YYYY-MM-DD``."""

    observed_at: str = ""
    """When the page was fetched, ISO 8601 in UTC."""

    def change_key(self) -> tuple[Hashable, Hashable]:
        """Return the subject of the record, and its values that may change."""
        return ("weather", self.city), self.temperature_c


def fields_of(item_class: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, type, and docstring as one line of Markdown, of each field of an item class."""
    (node,) = ast.parse(inspect.getsource(item_class)).body
    assert isinstance(node, ast.ClassDef)
    for statement, following in pairwise(node.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            assert isinstance(following, ast.Expr), f"{node.name}.{statement.target.id} has no docstring"
            assert isinstance(following.value, ast.Constant)
            yield statement.target.id, ast.unparse(statement.annotation), in_markdown(str(following.value.value))


def in_markdown(text: str) -> str:
    """Return a docstring as one line of Markdown, with single backticks."""
    return re.sub(r"``\s?(.+?)\s?``", r"`\1`", " ".join(text.split()))


#: Table name to the class of its items.
TABLES: dict[str, type] = {
    "articles": Article,
    "trending": TrendingEntry,
    "rates": ExchangeRate,
    "weather": Weather,
}
# Groups of an article's fields.

#: Required fields.
REQUIRED = ("headline", "body", "date_published")
#: An edit to one of these makes a new version.
TEXT = ("headline", "lede", "body")
#: Fields that each page is counted by: which reader found them, or none.
COUNTED = ("headline", "lede", "body", "date_published", "views", "photo_credit", "source", "authors", "tags")
#: Fields whose stored values are put back if a change of markup has lost them.
RECOVERABLE = ("published_at", "views", "views_raw", "photo_credit", "source", "authors", "tags", "images")
#: Fields that may differ between two readings of an unedited article.
VOLATILE = ("url", "fetched_url", "views", "views_raw", "observed_at")
#: Fields with absolute URLs, whose host differs on a copy of the site.
LINK_FIELDS = ("images", "links")
#: Empty values.
NOTHING: tuple[Any, ...] = (None, [], "")

#: Folder of a run's feeds, as a template of ``FEEDS``.
RUN_DIR = "%(data_dir)s/runs/%(run_id)s"


def column_names(*item_classes: type) -> list[str]:
    """Return the columns of a table, or of several in one file, in their stable order: the fields of the classes."""
    return list(dict.fromkeys(one.name for item_class in item_classes for one in fields(item_class)))


class PageKind(StrEnum):
    """Kinds of pages, by the names under which a run counts them."""

    ARTICLE = "article"
    HOME = "home"
    LISTING = "listing"
    """A section's list of articles."""
    TAG = "tag"
    SEARCH = "search"
    OTHER = "other"
    """A page with text but no article: contacts, rules, advertising rates."""
    ERROR = "error"
    """An error page sent with status 200."""
    CHALLENGE = "challenge"
    """A page that asks to prove that one is no robot."""
    CUT = "cut"
    """A page that breaks off before its end."""
    TOO_MANY_TAGS = "too_many_tags"
    """A page that is not parsed, as is the next."""
    TAG_TOO_LONG = "tag_too_long"
    FEED = "feed"
    SITEMAP = "sitemap"


#: Kinds of pages that are not parsed, and why not.
NOT_PARSED = {
    PageKind.TOO_MANY_TAGS: "it has more tags than PAGE_MAX_TAGS",
    PageKind.TAG_TOO_LONG: "a tag is longer than PAGE_MAX_TAG_BYTES, or many are long",
}
#: Kinds of pages that say nothing of what was asked for.
UNSOUND = frozenset([PageKind.CUT, PageKind.CHALLENGE, PageKind.ERROR, *NOT_PARSED])


#: Reason: the URL leads to another article than the one it names.
OTHER_ARTICLE = "other_article"
#: Reason: robots.txt forbids the URL of an article.
FORBIDDEN = "forbidden"
#: Key in ``Request.meta``, and in that of a waiting article: a feed, a sitemap or a listing names it as an article.
LISTED = "named"


class Failure(NamedTuple):
    """Why a page could not be read: a stats key and a message."""

    reason: str
    message: str


@dataclass
class PageWrites:
    """The result of one page, stored in one transaction: with its item if it has one, else without."""

    asked_url: str = ""
    """The URL that was requested."""
    asked_key: str | None = None
    """The key of the article that was requested."""
    article_key: str | None = None
    """The article that the page is of, if any."""
    has_item: bool = False
    """Whether the article's item follows."""
    other_kind: str | None = None
    """If the requested URL has no article, the kind of its page; ``alias`` for a redirect to an article."""
    failure: Failure | None = None
    """Why the page was not read, or only in part."""
    is_unmodified: bool = False
    """Whether the server responded with 304."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Key and URL of each article found."""
    deferred: list[tuple[str, str]] = field(default_factory=list)
    """Key and URL of each speculative URL that is deferred."""
    listed: set[str] = field(default_factory=set)
    """Keys of those ``links`` that a feed, a sitemap or a listing's card names as articles."""
    aliases: list[tuple[str, str]] = field(default_factory=list)
    """Further URLs of articles, each with the article's key."""
    sources: list[dict[str, Any]] = field(default_factory=list)
    """Rows of listings and sitemaps, the page's own among them."""
    new_lists: list[dict[str, Any]] = field(default_factory=list)
    """Rows of listings met first here."""
    request_meta: dict[str, Any] = field(default_factory=dict)
    """``meta`` for the requests to ``links`` (:class:`~caravan_crawler.frontier.speculative_urls.TrapGuard`)."""
    found_by: dict[str, str] = field(default_factory=dict)
    """Field to reader."""
    etag: str | None = None
    """Header of the response, as is ``last_modified``."""
    last_modified: str | None = None
    page_facts: dict[str, bool] = field(default_factory=dict)
    """For an article's page, whether it has rates, weather and trending topics."""

    def bare(self, **fields: Any) -> "PageWrites":
        """Return a result of the same request with these ``fields``, without what was found on the page."""
        return PageWrites(self.asked_url, self.asked_key, **fields)
