"""Report of an inspection of a site: one JSON object for programs, one table for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from string import ascii_lowercase
from typing import Any

from caravan_crawler.inspection.facts import Facts, Inspection, SourceFacts
from caravan_crawler.inspection.findings import Finding
from caravan_crawler.items import NOTHING
from caravan_crawler.normalise.text import clean
from caravan_crawler.outcome import Outcome

#: Fields of an article in the order of the table, each with the names of its readers in ``found_by``.
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
_ATTRIBUTES = {"date": "date_published", "moment": "published_at"}
_LONGEST_ADDRESS = 40
_MOST_URLS = 3


def as_json(inspection: Inspection, odd: Iterable[Finding], verdict: Outcome) -> dict[str, Any]:
    """Return the inspection as a JSON object; existing keys are never removed."""
    return {
        "version": 1,
        "site": inspection.base,
        "began_at": inspection.began_at.isoformat(timespec="seconds"),
        "requests": inspection.requests,
        "robots": asdict(inspection.robots),
        "sources": [_source_json(one) for one in inspection.sources],
        "articles": [_article_json(one) for one in inspection.articles],
        "readers": {field: dict(counts) for field, counts in _readers_of(inspection.articles).items()},
        "header": _header_of(inspection),
        "odd": [{"code": one.code, "counts": one.counts, "words": one.message, "urls": list(one.urls)} for one in odd],
        "verdict": {"exit_code": verdict.code, "outcome": verdict.name, "reason": verdict.reason},
    }


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
        "without_number": source.plain,
        "oldest": source.oldest,
        "newest": source.newest,
    }


def _article_json(one: Facts) -> dict[str, Any]:
    record = one.article.record if one.article else None
    return _answer_json(one) | {
        "title": one.title,
        "canonical": one.canonical,
        "article_id": record.article_id if record else None,
        "headline": record.headline if record else None,
        "body_length": len(record.body or "") if record else None,
        "date_published": record.date_published if record else None,
        "published_at": record.published_at if record else None,
        "views": record.views if record else None,
        "found": {field: _reader_of(one, field) is not None for field in FIELDS},
        "found_by": one.article.raw.found_by if one.article else {},
    }


def _header_of(inspection: Inspection) -> dict[str, Any]:
    """Return each value of the pages' header with its number of pages."""
    pages = [one for one in inspection.facts if one.is_page]
    rates = Counter((rate.currency, rate.rate_raw, rate.rate) for one in pages for rate in one.rates)
    weather = Counter((value.city, value.temperature_c) for one in pages for value in one.weather)
    return {
        "pages": len(pages),
        "rates": [
            {"currency": currency, "rate_raw": raw, "rate": rate, "pages": count}
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


def _reader_of(one: Facts, field: str) -> str | None:
    """Return the name of the reader that found a field; ``page`` for a field without readers, as images."""
    if one.article is None or getattr(one.article.record, _ATTRIBUTES.get(field, field)) in NOTHING:
        return None
    found_by = one.article.raw.found_by
    return next((found_by[name] for name in FIELDS[field] if name in found_by), "page")


def _readers_of(articles: Sequence[Facts]) -> dict[str, Counter[str]]:
    """Return for each field how often each reader found it."""
    return {field: Counter(filter(None, (_reader_of(one, field) for one in articles))) for field in FIELDS}


# The table


def as_table(inspection: Inspection, odd: Sequence[Finding], verdict: Outcome) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{inspection.base} at {inspection.began_at:%Y-%m-%d %H:%M} UTC, {inspection.requests} requests"
    yield ""
    yield from _columns(_source_rows(inspection))
    if inspection.articles:
        readers = _readers_of(inspection.articles)
        yield ""
        yield from _columns(_article_rows(inspection, readers))
        yield ""
        yield from _columns(_reader_rows(readers, len(inspection.articles)))
    yield ""
    yield _one_line(_header(inspection))
    for one in odd:
        urls = [_shortened(url, inspection.base) for url in dict.fromkeys(one.urls)]
        more = f" and {len(urls) - _MOST_URLS} more" if len(urls) > _MOST_URLS else ""
        where = f": {', '.join(urls[:_MOST_URLS])}{more}" if urls else ""
        yield _one_line(f"odd{' (counts)' if one.counts else ''}: {one.message}{where}")
    yield _one_line(f"verdict: {verdict.name} (exit code {verdict.code}): {verdict.reason}")


def _one_line(text: str) -> str:
    """Return ``text`` as one line without control characters."""
    return " ".join(clean(text).split())


def _columns(rows: list[list[str]]) -> Iterator[str]:
    rows = [[_one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _source_rows(inspection: Inspection) -> list[list[str]]:
    robots = inspection.robots
    rows = [["source", "HTTP", "kind", "entries", "articles", "numbered", "plain", "oldest", "newest", ""]]
    problem = robots.problem or (None if robots.status else "not read")
    notes = [problem or ("allows us" if robots.allows_home else "forbids us")]
    notes += [f"crawl delay {robots.crawl_delay:g} s"] if robots.crawl_delay else []
    notes += [] if problem else [f"sitemaps named: {len(robots.sitemaps)}"]
    rows.append(["/robots.txt", str(robots.status or "-"), "robots", *["-"] * 6, ", ".join(notes)])
    for one in inspection.sources:
        cells = ["-"] * 6
        if source := one.source:
            counts = (source.entries, len(source.found), source.numbered, source.plain)
            cells = [*map(str, counts), source.oldest or "-", source.newest or "-"]
        address = _shortened(one.asked.url, inspection.base)
        rows.append([address, str(one.status or "-"), one.kind, *cells, one.problem or ""])
    return rows


def _article_rows(inspection: Inspection, readers: dict[str, Counter[str]]) -> list[list[str]]:
    rows = [["article", "HTTP", "kind", *FIELDS]]
    for one in inspection.articles:
        cells = [_cell(one, field, list(readers[field])) for field in FIELDS]
        kind = one.kind if one.problem is None or one.status else one.problem
        rows.append([_shortened(one.asked.url, inspection.base), str(one.status or "-"), kind, *cells])
    return rows


def _cell(one: Facts, field: str, readers: list[str]) -> str:
    """Return the reader's letter, for some fields with the value; ``-`` if the field is missing."""
    reader = _reader_of(one, field)
    if reader is None or one.article is None:
        return "-"
    record = one.article.record
    values = {
        "body": len(record.body or ""),
        "date": record.date_published,
        "moment": (record.published_at or "")[11:16],
        "views": record.views,
        "images": len(record.images),
    }
    return f"{ascii_lowercase[readers.index(reader) % 26]} {values.get(field, '')}".strip()


def _reader_rows(readers: dict[str, Counter[str]], articles: int) -> list[list[str]]:
    rows = [["field", "found", "by which reader"]]
    for field, counts in readers.items():
        named = [
            f"{letter} {name} {count}" for letter, (name, count) in zip(ascii_lowercase, counts.items(), strict=False)
        ]
        rows.append([field, f"{counts.total()} of {articles}", ", ".join(named) or "-"])
    return rows


def _header(inspection: Inspection) -> str:
    header = _header_of(inspection)
    rates = [f"{one['currency']} {one['rate_raw']} on {one['pages']}" for one in header["rates"][:4]]
    weather = [f"{one['city'] or '?'} {one['temperature_c']} °C on {one['pages']}" for one in header["weather"][:2]]
    trending = header["trending"]
    block = f"trending up to {trending['lines']} lines on {trending['pages']}" if trending["pages"] else "no trending"
    parts = [", ".join(rates) or "no rates", ", ".join(weather) or "no weather", block]
    return f"header of {header['pages']} pages: {'; '.join(parts)}"


def _shortened(url: str, base: str) -> str:
    """Return a URL without the site's base, shortened in the middle if it is long."""
    path = f"/{url[len(base) :]}" if url.startswith(base) else url
    if len(path) <= _LONGEST_ADDRESS:
        return path
    end = _LONGEST_ADDRESS // 2
    return f"{path[: _LONGEST_ADDRESS - end - 1]}…{path[-end:]}"
