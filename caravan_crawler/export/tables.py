"""The tables of a dataset: columns, keys and order, derived from the item classes."""

from dataclasses import dataclass, fields
from enum import Enum, auto

from sqlalchemy import Table as StoreTable

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather, field_docs
from caravan_crawler.store import schema


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

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


def _column(name: str, annotation: str, description: str) -> Column:
    nullable = "None" in annotation
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
    return Column(name, kind, description, name, nullable)


def _columns(item_class: type) -> tuple[Column, ...]:
    docs = field_docs(item_class)
    return tuple(_column(field.name, _annotation(field.type), docs[field.name]) for field in fields(item_class))


def _annotation(kind: object) -> str:
    return kind.__name__ if type(kind) is type else str(kind)


def _article_key(stored: str) -> Column:
    return Column("article_key", Kind.TEXT, "The article: its `article_id`, else the path of its `url`.", stored)


_OF_ARTICLE = {column.name: column for column in _columns(Article)}
_VERSION = Column("version", Kind.INTEGER, "Number of the text's version, from 1; an edit makes a new one.", "version")

ARTICLES = Table(
    "articles",
    "The latest state of each article.",
    schema.articles,
    (
        _article_key("key"),
        *_OF_ARTICLE.values(),
        _VERSION,
        Column(
            "first_seen_at", Kind.MOMENT, "When the crawler first read the article: ISO 8601, UTC.", "first_seen_at"
        ),
    ),
    order=("article_key",),
    key=("article_key",),
    of_articles=True,
)

VERSIONS = Table(
    "versions",
    "Each article's text at each time: an edit to headline, lede or body makes a new version.",
    schema.article_versions,
    (
        _article_key("article_key"),
        _VERSION,
        Column("observed_at", Kind.MOMENT, "When this version was first seen: ISO 8601, UTC.", "observed_at"),
        *(_OF_ARTICLE[name] for name in ("headline", "lede", "body")),
    ),
    order=("article_key", "version"),
    key=("article_key", "version"),
    of_articles=True,
)

VIEWS = Table(
    "views",
    "Each article's view counts, each when it was first seen to differ.",
    schema.view_counts,
    (
        _article_key("article_key"),
        Column("observed_at", Kind.MOMENT, "When the count was read: ISO 8601, UTC.", "observed_at"),
        Column("views", Kind.INTEGER, "The view count as read then.", "views"),
    ),
    order=("article_key", "observed_at"),
    key=("article_key", "observed_at"),
    of_articles=True,
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
