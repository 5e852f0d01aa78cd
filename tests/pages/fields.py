"""The fields of a page as a test compares them: read by the readers, then normalised."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.normalise.dates import decide_publication, parse_date
from caravan_crawler.normalise.numbers import parse_count, parse_rate, parse_temperature
from caravan_crawler.normalise.text import clean
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.pages.listing import linked_headlines, read_listing
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.pages.syndication import read_syndication
from caravan_crawler.urls import Site

SITE = Site("https://www.caravan.kz/")
FETCHED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def fields_of(body: bytes, url: str, charset: str | None = None, fetched_at: datetime = FETCHED) -> dict[str, Any]:
    """Return every field of the page, its kind among them; of a list, its cards or entries."""
    parts = urlsplit(url)
    site = Site(f"{parts.scheme}://{parts.netloc}/")
    if (listed := read_syndication(body, url, charset)) is not None:
        pages = [entry for entry in listed.pages if site.address(entry.url, url) is not None]
        values = {"entries": pages, "sitemaps": listed.sitemaps}
        return {"kind": str(listed.form)} | {
            name: [[each.url, each.title, _day(each.stamp, fetched_at)] for each in entries]
            for name, entries in values.items()
        }
    document = parse_document(body, url, site, charset)
    reading = read_page(document)
    if reading.article is not None:
        own = article_fields(reading.article, site, fetched_at)
    else:
        own = listing_fields(document, fetched_at)
    return surroundings(reading, site, fetched_at) | own


def listing_fields(document: Document, fetched_at: datetime) -> dict[str, Any]:
    listing, headlines = read_listing(document), linked_headlines(document)
    cards = [[card.url, headlines.get(card.address.key), _day(card.date, fetched_at)] for card in listing.cards]
    number = listing.next_number
    following = f"{document.site.base}{listing.path.lstrip('/')}page/{number}/" if number is not None else None
    return {"cards": cards, "next_page": following}


def _day(stamp: str | None, fetched_at: datetime) -> str | None:
    day = parse_date(stamp, fetched_at).day if stamp else None
    return day.isoformat() if day else None


def article_fields(article: ArticleReading, site: Site, fetched_at: datetime) -> dict[str, Any]:
    assert article.address is not None
    publication = decide_publication(article.date_published, article.date_structured, fetched_at)
    return {
        "article_id": article.address.article_id,
        "url": site.canonical(article.address),
        "section": article.address.section,
        "language": article.language,
        "headline": clean(article.headline) if article.headline else None,
        "lede": clean(article.lede) if article.lede else None,
        "body": clean(article.body) if article.body else None,
        "date_published": day.isoformat() if (day := publication.date.day) else None,
        "published_at": publication.date.moment,
        "date_published_raw": article.date_published or article.date_structured,
        "views": parse_count(article.views) if article.views else None,
        "photo_credit": article.photo_credit,
        "source": article.source,
        "authors": article.authors,
        "tags": article.tags,
        "images": article.images,
        "links": [{"text": text, "url": url} for text, url in article.links],
    }


def surroundings(reading: PageReading, site: Site, fetched_at: datetime) -> dict[str, Any]:
    header = reading.header
    return {
        "trending": [[line.topic, line.headline, site.canonical(line.address)] for line in reading.trending],
        "rates": {currency: str(parse_rate(raw)) for currency, raw in header.rates.items()},
        "temperature": parse_temperature(header.temperature) if header.temperature else None,
        "city": header.city,
        "page_date": parse_date(header.date, fetched_at).iso if header.date else None,
        "kind": str(reading.kind),
    }
