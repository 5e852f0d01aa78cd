"""The tables of a dataset: columns, keys and order, derived from the item classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Table as StoreTable

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather, fields_of
from caravan_crawler.store import schema

Values = Sequence[Any]
Batch = list[Values]
"""Some hundred rows as a list of columns.

Numbers and texts are as stored, a decimal is its exact text, a list is its JSON without spaces.
"""


class Kind(Enum):
    """The type of a column's values."""

    TEXT = auto()
    INTEGER = auto()
    DECIMAL = auto()
    DAY = auto()
    """``YYYY-MM-DD``."""
    MOMENT = auto()
    """ISO 8601 with its offset, to the second."""
    TEXTS = auto()
    """A list of texts."""
    LINKS = auto()
    """A list of links, each with ``text`` and ``url``."""


@dataclass(frozen=True)
class Column:
    """A column of a table; ``stored`` is its name in the store."""

    name: str
    kind: Kind
    description: str
    stored: str
    nullable: bool = False

    @property
    def is_list(self) -> bool:
        """Whether each value is a list."""
        return self.kind in (Kind.TEXTS, Kind.LINKS)


@dataclass(frozen=True)
class Table:
    """A table with its source in the store and the columns its rows are sorted by.

    ``key`` names the columns of the primary key, none if rows may be equal. ``of_articles`` is set for tables with
    an article key.
    """

    name: str
    description: str
    source: StoreTable
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...] = ()
    of_articles: bool = False


def _column(name: str, annotation: str, description: str) -> Column:
    if "list" in annotation:
        kind = Kind.LINKS if "Link" in annotation else Kind.TEXTS
    elif "int" in annotation:
        kind = Kind.INTEGER
    elif "Decimal" in annotation:
        kind = Kind.DECIMAL
    elif name.endswith("_at"):
        kind = Kind.MOMENT
    else:
        kind = Kind.DAY if name in ("date_published", "page_date") else Kind.TEXT
    return Column(name, kind, description.replace("None", "null"), name, nullable="None" in annotation)


def _columns(item_class: type) -> tuple[Column, ...]:
    return tuple(_column(*field) for field in fields_of(item_class))


def _moment(name: str, description: str) -> Column:
    return Column(name, Kind.MOMENT, f"{description}: ISO 8601, UTC.", name)


def _of_articles(name: str, description: str, source: StoreTable, *columns: Column, key: tuple[str, ...]) -> Table:
    """Return a table with an article key; ``key`` is the rest of its primary key, which also sorts it."""
    stored = "key" if source is schema.articles else "article_key"
    article = Column("article_key", Kind.TEXT, "The article: its `article_id`, else the path of its `url`.", stored)
    key = ("article_key", *key)
    return Table(name, description, source, (article, *columns), order=key, key=key, of_articles=True)


_OF_ARTICLE = {column.name: column for column in _columns(Article)}
_VERSION = Column("version", Kind.INTEGER, "Number of the text's version, from 1; an edit makes a new one.", "version")

ARTICLES = _of_articles(
    "articles",
    "The latest state of each article.",
    schema.articles,
    *_OF_ARTICLE.values(),
    _VERSION,
    _moment("first_seen_at", "When the crawler first read the article"),
    key=(),
)

VERSIONS = _of_articles(
    "versions",
    "Each article's text at each time: an edit to headline, lede or body makes a new version.",
    schema.article_versions,
    _VERSION,
    _moment("observed_at", "When this version was first seen"),
    *(_OF_ARTICLE[name] for name in ("headline", "lede", "body")),
    key=("version",),
)

VIEWS = _of_articles(
    "views",
    "Each article's view counts, each when it was first seen to differ.",
    schema.view_counts,
    _moment("observed_at", "When the count was read"),
    Column("views", Kind.INTEGER, "The view count as read then.", "views"),
    key=("observed_at",),
)


def _page_facts(name: str, description: str, item_class: type, first: str) -> Table:
    """Return a table of facts read from every page, sorted by time, by ``first``, then by all columns.

    Row ids are not used: they differ between two stores of the same data.
    """
    columns = _columns(item_class)
    order = dict.fromkeys(("observed_at", first, *(column.name for column in columns)))
    return Table(name, description, schema.metadata.tables[name], columns, tuple(order))


TRENDING = _page_facts("trending", "The lines of the trending block, each when it changed.", TrendingEntry, "rank")
RATES = _page_facts("rates", "The exchange rates of the header, each when it changed.", ExchangeRate, "currency")
WEATHER = _page_facts("weather", "The weather of the header, each when it changed.", Weather, "city")

#: Name to table, in writing order.
TABLES = {table.name: table for table in (ARTICLES, VERSIONS, VIEWS, TRENDING, RATES, WEATHER)}
