"""Every saved page, every field: the reader against what a person reads on it.

Each ``saved/NAME.html`` is an invented page in one of the many shapes the site's markup may have, with
``NAME.json`` beside it: its address, its kind, and what each field must be. To add a page, save both.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.normalise.counts import parse_count
from caravan_crawler.normalise.dates import decide_publication, parse_date
from caravan_crawler.normalise.rates import parse_rate, parse_temperature
from caravan_crawler.normalise.text import clean
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.site import Site

SAVED = Path(__file__).parent / "saved"
NAMES = sorted(path.stem for path in SAVED.glob("*.json"))
FETCHED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SITE = Site("http://127.0.0.1:8000/")


def expectation(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((SAVED / f"{name}.json").read_text(encoding="utf-8"))
    return case


def actual(name: str) -> dict[str, Any]:
    case = expectation(name)
    body = (SAVED / f"{name}.html").read_bytes()
    reading = read_page(parse_document(body, case["url"], SITE, case["charset"]))
    values = surroundings(reading)
    if reading.article is not None:
        values |= article_fields(reading.article)
    return values


def article_fields(article: ArticleReading) -> dict[str, Any]:
    assert article.address is not None
    publication = decide_publication(article.date_published, article.date_structured, FETCHED)
    return {
        "article_id": article.address.article_id,
        "url": SITE.canonical(article.address),
        "section": article.address.section,
        "language": article.language,
        "headline": clean(article.headline) if article.headline else None,
        "lede": clean(article.lede) if article.lede else None,
        "body": clean(article.body) if article.body else None,
        "date_published": publication.date.iso,
        "date_published_raw": article.date_published or article.date_structured,
        "views": parse_count(article.views) if article.views else None,
        "photo_credit": article.photo_credit,
        "source": article.source,
        "authors": article.authors,
        "tags": article.tags,
        "images": article.images,
        "links": [{"text": text, "url": url} for text, url in article.links],
    }


def surroundings(reading: PageReading) -> dict[str, Any]:
    masthead = reading.masthead
    return {
        "trending": [[line.topic, line.headline, SITE.canonical(line.address)] for line in reading.trending],
        "rates": {currency: str(parse_rate(raw)) for currency, raw in masthead.rates.items()},
        "temperature": parse_temperature(masthead.temperature) if masthead.temperature else None,
        "city": masthead.city,
        "page_date": parse_date(masthead.date, FETCHED).iso if masthead.date else None,
        "kind": str(reading.kind),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_field(name: str) -> None:
    case = expectation(name)
    expected = {"kind": case["kind"], **case["expect"]}
    found = actual(name)
    assert {field: found.get(field) for field in expected} == expected


def test_every_page_has_its_expectation_and_back() -> None:
    assert {path.stem for path in SAVED.glob("*.html")} == set(NAMES)
    assert len(NAMES) > 200
