"""From readings to items, and the filter for items that have not changed since the last page."""

from collections.abc import Hashable, Iterator
from datetime import datetime

from caravan_crawler.items import Article, ExchangeRate, Link, TrendingEntry, Weather
from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.normalise.numbers import parse_temperature
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.page import PageReading
from caravan_crawler.urls import Site


def article_record(reading: ArticleReading, site: Site, url: str, observed_at: datetime) -> Article:
    """Return the article's record, dates and counts still as printed.

    Until the pipeline weighs both, ``date_published`` holds the date of the page's metadata.
    """
    if reading.address is None:
        raise ValueError(f"not an article's address: {url}")
    return Article(
        article_id=reading.address.article_id,
        url=site.canonical(reading.address),
        fetched_url=url,
        section=reading.address.section,
        language=reading.language,
        headline=reading.headline,
        lede=reading.lede,
        body=reading.body,
        date_published=reading.date_structured,
        date_published_raw=reading.date_published or reading.date_structured,
        views_raw=reading.views,
        photo_credit=reading.photo_credit,
        source=reading.source,
        authors=reading.authors,
        tags=reading.tags,
        images=reading.images,
        links=[Link(text, link) for text, link in reading.links],
        observed_at=stamp(observed_at),
    )


def page_records(
    reading: PageReading, site: Site, observed_at: datetime
) -> Iterator[TrendingEntry | ExchangeRate | Weather]:
    """Yield the records of what the page shows around its article: rates, weather, trending topics."""
    header = reading.header
    seen = stamp(observed_at)
    page_date = parse_date(header.date, observed_at).iso if header.date else None
    for currency, raw in header.rates.items():
        yield ExchangeRate(currency, None, raw, page_date, seen)
    if header.temperature is not None:
        yield Weather(header.city, parse_temperature(header.temperature), page_date, seen)
    for rank, line in enumerate(reading.trending, 1):
        url = site.canonical(line.address)
        yield TrendingEntry(rank, line.topic, line.headline, url, line.address.article_id, page_date, seen)


def stamp(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 to the second, with its offset."""
    return moment.isoformat(timespec="seconds")


class ChangeFilter:
    """Remembers the last value of each key."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Hashable] = {}

    def is_new(self, key: Hashable, value: Hashable) -> bool:
        """Note ``value``; return whether it differs from the last one of ``key``."""
        if self._last.get(key) == value:
            return False
        self._last[key] = value
        return True
