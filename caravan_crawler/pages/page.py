"""Read one page: what kind it is, and everything it says."""

from dataclasses import dataclass

from caravan_crawler.pages.article import ArticleReading, read_article
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.kind import PageKind, kind_of
from caravan_crawler.pages.layout import find_layout
from caravan_crawler.pages.masthead import Masthead, read_masthead
from caravan_crawler.pages.parts import take_out_pager
from caravan_crawler.pages.trending import TopicLine, TrendingBlock, find_trending

#: Fields an article may be without; their absence is counted all the same.
COUNTED_FIELDS = ("headline", "lede", "body", "date_published", "views", "photo_credit", "source", "authors", "tags")


@dataclass
class PageReading:
    """A page as read. ``article`` is None for every kind but an article."""

    kind: PageKind
    masthead: Masthead
    trending: tuple[TopicLine, ...]
    article: ArticleReading | None = None

    @property
    def surroundings(self) -> tuple[object, ...]:
        """What the page shows around its article, as one comparable value; most pages repeat the one before."""
        shown = self.masthead
        return tuple(shown.rates.items()), shown.temperature, shown.city, shown.date, self.trending

    @property
    def parts(self) -> dict[str, bool]:
        """Which of the parts around the article the page shows."""
        return {
            "rates": bool(self.masthead.rates),
            "weather": self.masthead.temperature is not None,
            "page_date": self.masthead.date is not None,
            "trending": bool(self.trending),
        }

    @property
    def missing(self) -> list[str]:
        """The fields that the article's page does not give; a date of the metadata counts as given."""
        if self.article is None:
            return []
        found = self.article.found_by
        return [
            name
            for name in COUNTED_FIELDS
            if name not in found and not (name == "date_published" and "date_structured" in found)
        ]


def read_page(document: Document) -> PageReading:
    """Read the page; a page of any kind gives what header and trending block it shows."""
    take_out_pager(document)
    layout = find_layout(document)
    reading = read_article(document, layout)
    has_date = "date_published" in reading.found_by or "date_structured" in reading.found_by
    kind = kind_of(document, layout, text_length=len(reading.body or ""), has_date=has_date)
    is_article = kind is PageKind.ARTICLE
    masthead = read_masthead(document.blocks, layout.first_headline if is_article else None)
    shown = layout.trending or _trending_above(document, layout.first_headline if is_article else None)
    trending = shown.lines if shown else ()
    return PageReading(kind, masthead, trending, reading if is_article else None)


def _trending_above(document: Document, headline: int | None) -> TrendingBlock | None:
    """Return the trending block over an article, in a column that stands before it in the source."""
    if headline is None:
        return None
    return find_trending(document.blocks[:headline], document.site, document.base_url, headed_only=True)
