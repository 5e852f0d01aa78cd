"""What an inspection found, as one JSON object for programs, and what the table for people shares with it."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from caravan_crawler.inspection.facts import Facts, Inspection, SourceFacts
from caravan_crawler.inspection.oddities import Oddity, Verdict
from caravan_crawler.normalise.text import clean

#: Fields of an article in the order of the table, and under which names ``found_by`` has their readers.
FIELDS = {
    "headline": ("headline",),
    "lede": ("lede",),
    "body": ("body",),
    "date": ("date_published", "date_structured"),
    "moment": ("date_structured", "date_published"),
    "views": ("views",),
    "source": ("source",),
    "authors": ("authors",),
    "tags": ("tags",),
    "images": ("images",),
}


def printable(text: str) -> str:
    """Return ``text`` as one line that does nothing to a terminal."""
    return " ".join(clean(text).split())


def as_json(inspection: Inspection, odd: Iterable[Oddity], verdict: Verdict) -> str:
    """Return the inspection as a JSON object; keys that are there once stay."""
    robots = inspection.robots
    result = {
        "version": 1,
        "site": inspection.base,
        "began_at": inspection.began_at.isoformat(timespec="seconds"),
        "requests": inspection.requests,
        "robots": {
            "status": robots.status,
            "problem": robots.problem,
            "allows_home": robots.allows_home,
            "crawl_delay": robots.crawl_delay,
            "sitemaps": robots.sitemaps,
        },
        "sources": [_source_json(one) for one in inspection.sources],
        "articles": [_article_json(one) for one in inspection.articles],
        "readers": {field: dict(counts) for field, counts in readers_of(inspection.articles).items()},
        "header": header_of(inspection),
        "odd": [{"code": one.code, "counts": one.counts, "words": one.words, "urls": list(one.urls)} for one in odd],
        "verdict": {"exit_code": verdict.code, "outcome": verdict.name, "reason": verdict.reason},
    }
    return dumped(result)


def dumped(value: Any) -> str:
    """Return a value as JSON whose texts do nothing to a terminal."""
    return json.dumps(_cleaned(value), ensure_ascii=False, indent=1, default=str)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value


def _answer_json(one: Facts) -> dict[str, Any]:
    return {
        "url": one.asked.url,
        "final_url": one.url,
        "found_in": one.asked.found_in or None,
        "status": one.status,
        "kind": one.kind,
        "problem": one.problem,
    }


def _source_json(one: Facts) -> dict[str, Any]:
    source = one.source or SourceFacts()
    return _answer_json(one) | {
        "role": str(one.asked.role),
        "entries": source.entries,
        "sitemaps": len(source.sitemaps),
        "articles": len(source.found),
        "with_number": source.numbered,
        "without_number": len(source.found) - source.numbered,
        "oldest": source.oldest.isoformat() if source.oldest else None,
        "newest": source.newest.isoformat() if source.newest else None,
    }


def _article_json(one: Facts) -> dict[str, Any]:
    article = one.article
    return _answer_json(one) | {
        "title": one.title,
        "canonical": one.canonical,
        "article_id": article.record.article_id if article else None,
        "headline": article.record.headline if article else None,
        "body_length": len(article.record.body or "") if article else None,
        "date_published": article.day if article else None,
        "published_at": article.moment if article else None,
        "views": article.record.views if article else None,
        "found": {field: is_found(one, field) for field in FIELDS},
        "found_by": article.found_by if article else {},
    }


def header_of(inspection: Inspection) -> dict[str, Any]:
    """Return what the header shows: each value, and on how many pages."""
    pages = [one for one in inspection.facts if one.is_page]
    rates = Counter((rate.currency, rate.rate_raw, rate.rate) for one in pages for rate in one.rates)
    weather = Counter((value.city, value.temperature_c) for one in pages for value in one.weather)
    return {
        "pages": len(pages),
        "rates": [
            {"currency": currency, "rate_raw": raw, "rate": None if rate is None else str(rate), "pages": count}
            for (currency, raw, rate), count in rates.items()
        ],
        "weather": [
            {"city": city, "temperature_c": degrees, "pages": count} for (city, degrees), count in weather.items()
        ],
        "trending": {
            "pages": sum(bool(one.trending) for one in pages),
            "lines": max((len(one.trending) for one in pages), default=0),
        },
    }


# Fields and their readers


def is_found(one: Facts, field: str) -> bool:
    """Return whether an article's page gives a field."""
    if one.article is None:
        return False
    record = one.article.record
    values = {"date": one.article.day, "moment": one.article.moment}
    return bool(
        values[field] if field in values else getattr(record, field) is not None and getattr(record, field) != []
    )


def reader_of(one: Facts, field: str) -> str | None:
    """Return which reader found a field; a field that no reader has, as images, is found by the page."""
    if one.article is None or not is_found(one, field):
        return None
    found_by = one.article.found_by
    return next((found_by[name] for name in FIELDS[field] if name in found_by), "page")


def readers_of(articles: Sequence[Facts]) -> dict[str, Counter[str]]:
    """Return for each field how often which reader found it."""
    return {
        field: Counter(reader for one in articles if (reader := reader_of(one, field)) is not None) for field in FIELDS
    }
