"""Output of ``scrapy inspect`` for one page: lines for people, JSON for programs, ``--why``, and a test case."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from caravan_crawler.inspection.facts import Answer, ArticleFacts, FactReader, Facts, Found, Role, SourceFacts
from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.normalise.text import printable
from caravan_crawler.pages.document import Bounds, Document
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.headline import Weighed
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.readers import ArticlePage
from caravan_crawler.urls import Site

#: Characters of a value and of a block that are printed.
_WIDTH, _BLOCK_WIDTH = 100, 72
#: Entries of a listing, a feed or a sitemap that are printed without ``--all``.
_FEW = 20


def page_json(facts: Facts) -> dict[str, Any]:
    """Return the facts of a page as a JSON object; existing keys are never removed."""
    source, article = facts.source, facts.article
    is_listing = facts.reading is not None
    found = [_entry(one) for one in source.found] if source else []
    return {
        "version": 1,
        "url": facts.url,
        "kind": facts.kind,
        "title": facts.title,
        "canonical": facts.canonical,
        "article": asdict(article.record) if article else None,
        "found_by": article.raw.found_by if article else {},
        "missing": facts.missing,
        "rates": [asdict(one) for one in facts.rates],
        "weather": [asdict(one) for one in facts.weather],
        "trending": [asdict(one) for one in facts.trending],
        "cards": found if is_listing else [],
        "next_page": source.next_page if source else None,
        "entries": [] if is_listing else found,
        "sitemaps": [_entry(one) for one in source.sitemaps] if source else [],
    }


def _entry(one: Found) -> dict[str, str | None]:
    return {"url": one.url, "headline": one.headline, "day": one.day, "as_printed": one.stamp}


def page_lines(facts: Facts, *, full: bool, show_all: bool) -> Iterator[str]:
    """Yield lines with what is read on a page; ``full`` is for whole texts, ``show_all`` for all entries."""
    yield visible(facts.url)
    yield f"kind: {facts.kind}"
    if facts.problem:
        yield f"problem: {visible(facts.problem)}"
    if facts.article is not None:
        yield from _article_lines(facts.article, full)
        yield f"missing: {', '.join(facts.missing) or 'nothing'}"
    elif facts.source is not None:
        yield from _source_lines(facts.source, show_all, is_listing=facts.reading is not None)
    for record in (*facts.rates, *facts.weather, *(facts.trending if show_all else ())):
        shown = {name: value for name, value in vars(record).items() if name != "observed_at" and value is not None}
        yield f"{type(record).__name__}: " + visible(", ".join(f"{name}={value}" for name, value in shown.items()))
    if facts.trending and not show_all:
        yield f"TrendingEntry: {len(facts.trending)} entries; --all shows them"


def _source_lines(source: SourceFacts, show_all: bool, *, is_listing: bool) -> Iterator[str]:
    entries = source.sitemaps or source.found
    forms = f"{source.numbered} with a number, {source.plain} without"
    if source.sitemaps:
        yield f"sitemaps: {source.entries}"
    elif is_listing:
        yield f"cards: {len(source.found)}{f': {forms}' if source.found else ''}"
        yield f"next page: {visible(source.next_page or '-')}"
    else:
        yield f"entries: {source.entries}; of articles {len(source.found)}: {forms}"
    if source.oldest and source.newest:
        yield f"stamps: {source.oldest} to {source.newest}"
    if source.in_future:
        yield f"stamps in the future: {source.in_future}"
    for one in entries if show_all else entries[:_FEW]:
        yield f"{visible(one.day or one.stamp or '-'):<10}  {visible(one.url)}"
        if one.headline:
            yield f"{'':<10}  {visible(one.headline)}"
    if not show_all and len(entries) > _FEW:
        yield f"… and {len(entries) - _FEW} more; --all shows them"


def _article_lines(article: ArticleFacts, full: bool) -> Iterator[str]:
    raw, record, found_by = article.raw, article.record, article.raw.found_by
    yield _line("url", record.url, None, found_by.get("address"), full)
    for name in ("article_id", "section", "language"):
        yield _line(name, getattr(record, name), None, None, full)
    for name in ("headline", "lede", "body", "photo_credit", "source"):
        yield _line(name, getattr(record, name), getattr(raw, name), found_by.get(name), full)
    readers = [found_by[name] for name in ("date_published", "date_structured") if name in found_by]
    evidence = " | ".join(filter(None, (raw.date_published, raw.date_structured))) or None
    yield _line("date_published", record.date_published, evidence, f"{article.verdict}: {', '.join(readers)}", full)
    yield _line("published_at", record.published_at, None, None, full)
    yield _line("views", record.views, raw.views, found_by.get("views"), full)
    for name in ("authors", "tags", "images", "links"):
        yield _line(name, getattr(raw, name) or None, None, found_by.get(name), full)


def _line(name: str, value: Any, raw: str | None, reader: str | None, full: bool) -> str:
    line = f"{name:<15} {_shown(value, full)}"
    if raw is not None and str(value) != raw:
        line += f"\n{'':<15} as printed: {_shown(raw, full)}"
    return f"{line}\n{'':<15} by {reader}" if reader and value is not None else line


def _shown(value: Any, full: bool) -> str:
    text = visible("-" if value is None else str(value))
    if full or len(text) <= _WIDTH:
        return text
    return f"{text[:_WIDTH].replace(chr(10), ' ')}… ({len(text)} characters)"


def visible(text: str) -> str:
    """Return ``text`` with invisible and control characters escaped; spaces stay."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\t" or category(one) == "Zs" else ascii(one)[1:-1] for one in text
    )


# Why a page is read as it is


def evidence_lines(document: Document) -> Iterator[str]:
    """Yield a line for each block of the page, with what it is taken for, then the decisions with their evidence."""
    layout = find_layout(document)
    left_out = ArticlePage(document, layout).text.left_out
    for block in document.blocks:
        text = printable(block.text.replace("\n", " / "))[:_BLOCK_WIDTH]
        facts = ", ".join(f"{fact.kind}={printable(fact.value)}" for fact in facts_of(block))
        notes = [note for note in (left_out.get(block.index), facts and f"may be {facts}") if note]
        place = f"<{block.tag}>" if block.zone is None else f"<{block.tag}> in {block.zone}"
        more = f"   [{'; '.join(notes)}]" if notes else ""
        yield f"{block.index:4} {_part(layout, block.index, left_out):9} {place:22} {text}{more}"
    for weighed in layout.weighed:
        yield _decision(weighed, layout)


def _part(layout: Layout, index: int, left_out: dict[int, str]) -> str:
    if index == layout.headline:
        return "headline"
    if index in layout.lede:
        return "lede"
    if any(block.index == index for block in layout.text.blocks):
        return "-" if index in left_out else "text"
    if layout.trending is not None and layout.trending.start <= index < layout.trending.end:
        return "trending"
    return "."


def _decision(weighed: Weighed, layout: Layout) -> str:
    """Return the evidence on a block; the last one weighed may be the lede."""
    is_headline = weighed is not layout.weighed[-1] or weighed.block == layout.headline
    chosen = weighed.block == layout.headline if is_headline else weighed.block in layout.lede
    reasons = ", ".join(f"{name} {weight:+}" for name, weight in weighed.evidence) or "no evidence"
    kind = "headline" if is_headline else "lede"
    return f"{kind} {weighed.block}: {'yes' if chosen else 'no'}, {weighed.sum:+} = {reasons}"


# A test case, as in ``tests/pages/cases``: a folder with ``page.html`` as it came (``page.xml`` of a feed or sitemap),
# and ``expected.json``, the values read on it. An inspection of a site saves feeds, sitemaps and robots.txt as files.

#: An article's fields that a case does not compare: ``views`` is compared, and the others depend on the request.
_NOT_SAVED = ("views_raw", "fetched_url", "observed_at")
#: Kinds of responses that are no test case: those that are not pages, and pages on which a reader failed.
_WITHOUT_VALUES = ("feed", "sitemap", "sitemap index", "broken")
_LONGEST_NAME = 60


class SaveError(Exception):
    """A page could not be saved; the message is one line for the user."""


class PageFolder:
    """Saves pages into a folder; never overwrites a file."""

    def __init__(self, folder: Path) -> None:
        """Create the folder if needed; raise :class:`SaveError` if it cannot be created or written to."""
        self.folder = folder
        self.saved = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".inspect-probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SaveError(f"{folder} cannot be written to: {error.strerror}") from None

    def save(self, answer: Answer, kind: str, pipelines: Iterable[Any]) -> None:
        """Save a response, unless it has no body; raise :class:`SaveError` if it cannot be written."""
        if answer.problem is not None or not answer.body:
            return
        path = self.folder / self._free(_stem(answer, self.saved + 1))
        if answer.asked.role is Role.ROBOTS:
            _write(path.with_name(f"{path.name}.txt"), answer.body)
        elif kind in _WITHOUT_VALUES:
            _write(path.with_name(f"{path.name}{_ending(answer)}"), answer.body)
        else:
            save_case(path, answer, pipelines)
        self.saved += 1

    def _free(self, stem: str) -> str:
        """Return a name that no file or folder has yet, whatever its ending."""
        name, number = stem, 1
        while (self.folder / name).exists() or any(self.folder.glob(f"{name}.*")):
            number += 1
            name = f"{stem}-{number}"
        return name


def save_case(case: Path, answer: Answer, pipelines: Iterable[Any]) -> None:
    """Save one page as a case, in a new folder; :class:`SaveError` if there is one or it cannot be written."""
    expected = json.dumps(case_of(answer, pipelines), ensure_ascii=False, indent=1) + "\n"
    try:
        case.mkdir(parents=True)
    except OSError as error:
        raise SaveError(f"{case} cannot be saved: {error.strerror}") from None
    _write(case / f"page{'.xml' if _ending(answer) == '.xml' else '.html'}", answer.body)
    _write(case / "expected.json", expected.encode())


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise SaveError(f"{path} cannot be saved: {error.strerror}") from None


def case_of(answer: Answer, pipelines: Iterable[Any]) -> dict[str, Any]:
    """Return the page's address, its charset, when it was fetched, its kind and every value read on it.

    ``why`` is left empty: the tests refuse the case until a person says what it is for.
    """
    parts = urlsplit(answer.url)
    site = Site(f"{parts.scheme}://{parts.netloc}/")
    charset = declared_charset(answer.content_type)
    # The tests read a case's page without its status.
    answer = Answer.of_page(answer.body, answer.url, charset, answer.received_at)
    facts = FactReader(site, pipelines, Bounds()).read(answer)
    expect: dict[str, Any] = {}
    if facts.article is not None:
        row = asdict(facts.article.record)
        expect = {name: value for name, value in row.items() if name not in _NOT_SAVED}
    elif facts.source is not None:
        source = facts.source
        if facts.reading is not None:
            expect = {"cards": _entries(source.found), "next_page": source.next_page}
        else:
            expect = {"entries": _entries(source.found), "sitemaps": _entries(source.sitemaps)}
    if facts.reading is not None:
        header = facts.reading.header
        expect |= {
            "rates": {one.currency: str(one.rate) for one in facts.rates},
            "temperature": next((one.temperature_c for one in facts.weather), None),
            "city": header.city,
            "page_date": parse_date(header.date, answer.received_at).iso if header.date else None,
            "trending": [[one.topic, one.headline, one.url] for one in facts.trending],
        }
    return {
        "why": "",
        "url": answer.url,
        "charset": charset,
        "fetched_at": answer.received_at.isoformat(timespec="seconds"),
        "kind": facts.kind,
        "expect": expect,
    }


def _entries(found: Iterable[Found]) -> list[list[str | None]]:
    return [[one.url, one.headline, one.day] for one in found]


def _ending(answer: Answer) -> str:
    return ".htm" if b"<html" in answer.body[:4096].lower() else ".xml"


def _stem(answer: Answer, number: int) -> str:
    """Return a name from site, day, number, role and URL: ``caravan-kz_2026-11-28_07_article_most-otkryli-1011200``."""
    asked = answer.asked
    host = (urlsplit(answer.url).hostname or "").removeprefix("www.")
    last = urlsplit(asked.url).path.rstrip("/").rsplit("/", 1)[-1] or urlsplit(asked.url).query
    parts = [host, f"{answer.received_at:%Y-%m-%d}", f"{number:02}", str(asked.role), last]
    safe = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[-_LONGEST_NAME:].strip("-") for word in parts]
    return "_".join(filter(None, safe))
