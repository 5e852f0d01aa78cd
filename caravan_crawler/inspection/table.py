"""An inspection as one table for people, without control characters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from string import ascii_lowercase

from caravan_crawler.inspection.facts import Facts, Inspection
from caravan_crawler.inspection.oddities import Oddity, Verdict
from caravan_crawler.inspection.result import FIELDS, header_of, printable, reader_of, readers_of

_LONGEST_ADDRESS = 40
_MOST_URLS = 3


def as_table(inspection: Inspection, odd: Sequence[Oddity], verdict: Verdict) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{inspection.base} at {inspection.began_at:%Y-%m-%d %H:%M} UTC, {inspection.requests} requests"
    yield ""
    yield from _columns(_source_rows(inspection))
    if inspection.articles:
        readers = readers_of(inspection.articles)
        yield ""
        yield from _columns(_article_rows(inspection, readers))
        yield ""
        yield from _columns(_reader_rows(readers, len(inspection.articles)))
    yield ""
    yield printable(_header_words(inspection))
    yield from _odd_lines(odd, inspection.base)
    yield printable(f"verdict: {verdict.name} (exit code {verdict.code}): {verdict.reason}")


def _columns(rows: list[list[str]]) -> Iterator[str]:
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _source_rows(inspection: Inspection) -> list[list[str]]:
    robots = inspection.robots
    rows = [["source", "HTTP", "kind", "entries", "articles", "numbered", "plain", "oldest", "newest", ""]]
    notes = [robots.problem or ("allows us" if robots.allows_home else "forbids us")]
    notes += [f"crawl delay {robots.crawl_delay:g} s"] if robots.crawl_delay else []
    notes += [] if robots.problem else [f"sitemaps named: {len(robots.sitemaps)}"]
    rows.append(["/robots.txt", str(robots.status or "-"), "robots", *["-"] * 6, ", ".join(notes)])
    for one in inspection.sources:
        source = one.source
        counts = (
            [source.entries, len(source.found), source.numbered, len(source.found) - source.numbered] if source else []
        )
        days = [source.oldest, source.newest] if source else []
        cells = [str(count) for count in counts] or ["-"] * 4
        cells += [day.isoformat() if day else "-" for day in days] or ["-"] * 2
        address = shortened(one.asked.url, inspection.base)
        rows.append([address, str(one.status or "-"), one.kind, *cells, one.problem or ""])
    return rows


def _article_rows(inspection: Inspection, readers: dict[str, Counter[str]]) -> list[list[str]]:
    rows = [["article", "HTTP", "kind", *FIELDS]]
    for one in inspection.articles:
        cells = [_cell(one, field, list(readers[field])) for field in FIELDS]
        kind = one.kind if one.problem is None or one.status else one.problem
        rows.append([shortened(one.asked.url, inspection.base), str(one.status or "-"), kind, *cells])
    return rows


def _cell(one: Facts, field: str, readers: list[str]) -> str:
    """Return the letter of the reader, and for some fields what it found; ``-`` where it is not found."""
    reader = reader_of(one, field)
    if reader is None or one.article is None:
        return "-"
    record = one.article.record
    shown = {
        "body": len(record.body or ""),
        "date": one.article.day,
        "moment": (one.article.moment or "")[11:16],
        "views": record.views,
        "images": len(record.images),
    }
    return f"{_letter(readers.index(reader))} {shown.get(field, '')}".strip()


def _letter(place: int) -> str:
    return ascii_lowercase[place % len(ascii_lowercase)]


def _reader_rows(readers: dict[str, Counter[str]], articles: int) -> list[list[str]]:
    rows = [["field", "found", "by which reader"]]
    for field, counts in readers.items():
        named = [
            f"{letter} {name} {count}" for letter, (name, count) in zip(ascii_lowercase, counts.items(), strict=False)
        ]
        rows.append([field, f"{counts.total()} of {articles}", ", ".join(named) or "-"])
    return rows


def _header_words(inspection: Inspection) -> str:
    header = header_of(inspection)
    rates = [f"{one['currency']} {one['rate_raw']} on {one['pages']}" for one in header["rates"]]
    weather = [f"{one['city'] or '?'} {one['temperature_c']} °C on {one['pages']}" for one in header["weather"][:2]]
    trending = header["trending"]
    parts = [", ".join(rates[:4]) or "no rates", ", ".join(weather) or "no weather"]
    parts.append(
        f"trending up to {trending['lines']} lines on {trending['pages']}" if trending["pages"] else "no trending"
    )
    return f"header of {header['pages']} pages: {'; '.join(parts)}"


def _odd_lines(odd: Sequence[Oddity], base: str) -> Iterator[str]:
    for one in odd:
        urls = [shortened(url, base) for url in dict.fromkeys(one.urls)]
        more = f" and {len(urls) - _MOST_URLS} more" if len(urls) > _MOST_URLS else ""
        where = f": {', '.join(urls[:_MOST_URLS])}{more}" if urls else ""
        yield printable(f"odd{' (counts)' if one.counts else ''}: {one.words}{where}")


def shortened(url: str, base: str) -> str:
    """Return an address of the site without its base, and without the middle where it is long."""
    path = f"/{url[len(base) :]}" if url.startswith(base) else url
    if len(path) <= _LONGEST_ADDRESS:
        return path
    end = _LONGEST_ADDRESS // 2
    return f"{path[: _LONGEST_ADDRESS - end - 1]}…{path[-end:]}"
