"""One page for ``scrapy inspect``, read as in an inspection of a site: output as JSON, of a source also as lines."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from caravan_crawler.inspection.fact_reader import FactReader
from caravan_crawler.inspection.facts import Answer, Asked, Facts, Role
from caravan_crawler.inspection.site_report import dumped, printable
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.syndication import Form, read_syndication

SOURCES = ("feed", "sitemap", "sitemap index")
_FEW = 20


def page_answer(body: bytes, document: Document, charset: str | None, at: datetime) -> Answer:
    """Return the page as an answer with the role of a feed, a sitemap or, for any other page, an article."""
    role = Role.ARTICLE
    if (listed := read_syndication(body, document.url, charset)) is not None:
        role = Role.FEED if listed.form is Form.FEED else Role.SITEMAP
    content_type = f"text/html; charset={charset}" if charset else ""
    return Answer(Asked(document.url, role), document.url, at, 200, body, content_type)


def page_facts(answer: Answer, document: Document, pipelines: Iterable[Any]) -> Facts:
    """Return the facts of a page: an article, a listing, a feed or a sitemap."""
    return FactReader(document.site, pipelines, document.bounds).read(answer)


def page_json(facts: Facts) -> str:
    """Return the facts of a page as a JSON object."""
    source, article = facts.source, facts.article
    return dumped(
        {
            "version": 1,
            "url": facts.url,
            "kind": facts.kind,
            "title": facts.title,
            "canonical": facts.canonical,
            "article": asdict(article.record) if article else None,
            "found_by": article.found_by if article else {},
            "missing": facts.missing,
            "rates": [asdict(one) for one in facts.rates],
            "weather": [asdict(one) for one in facts.weather],
            "trending": [asdict(one) for one in facts.trending],
            "entries": [_entry(one.url, one.day) for one in source.found] if source else [],
            "sitemaps": [_entry(one.url, one.day) for one in source.sitemaps] if source else [],
        }
    )


def source_lines(facts: Facts, *, full: bool) -> Iterator[str]:
    """Yield lines with the entries of a feed or sitemap."""
    source = facts.source
    assert source is not None
    yield printable(facts.url)
    yield f"kind: {facts.kind}"
    plain = len(source.found) - source.numbered
    forms = f"{source.numbered} with a number, {plain} without"
    yield f"entries: {source.entries}; of articles {len(source.found)}: {forms}"
    if source.oldest and source.newest:
        yield f"stamps: {source.oldest} to {source.newest}"
    if source.in_future:
        yield f"stamps in the future: {source.in_future}"
    named = [*source.sitemaps, *source.found]
    for one in named if full else named[:_FEW]:
        day = one.day.isoformat() if one.day else "-"
        yield printable(f"{day:<10}  {one.url}")
    if not full and len(named) > _FEW:
        yield f"… and {len(named) - _FEW} more; --full shows all"


def _entry(url: str, day: Any) -> dict[str, str | None]:
    return {"url": url, "day": day.isoformat() if day else None}
