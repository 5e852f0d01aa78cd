"""Reading of saved news pages of other sites, which nobody made for this project.

    git clone --depth 1 https://github.com/flairNLP/fundus
    python benchmarks/real_pages.py fundus --worst 10

fundus keeps a saved page of each publisher that it supports, with the values that its parser for that publisher reads.
No page is of caravan.kz and few are in Russian, so labels do not count here; the structure of the pages does. For each
page: whether the headline is the same, which share of the expected text was read, which share of the text that was
read is expected (both by sequences of four words), and whether the day is the same or, as Almaty's may be, the next.
"""

import argparse
import gzip
import json
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.normalise.dates import decide_publication
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.labels import fold
from caravan_crawler.pages.page import read_page
from caravan_crawler.urls import Site

_DATA = "tests/resources/parser/test_data"
_WORDS = 4
#: Share of a text from which it counts as read.
_READ = 0.9
#: The address of each page: only one with a number and a slug is an article's on caravan.kz.
_PATH = "news/a-page-of-another-site-1234567/"


@dataclass
class Page:
    """A saved page, and the versions of what a parser reads on it: one of them is right."""

    name: str
    site: Site
    html: bytes
    versions: list[dict[str, Any]]


@dataclass
class Score:
    """What was read on a page against the version that is most alike."""

    name: str
    headline: bool
    found: float
    expected: float
    day: bool


def saved_pages(clone: Path) -> Iterator[Page]:
    """Yield the pages of a clone of fundus."""
    for index in sorted((clone / _DATA).glob("*/meta.info")):
        for name, meta in json.loads(index.read_text(encoding="utf-8")).items():
            file, values = index.parent / name, index.parent / f"{name.split('_')[0]}.json"
            if file.exists() and values.exists():
                versions = json.loads(values.read_text(encoding="utf-8")).values()
                parts = urlsplit(meta["url"])
                site = Site(f"{parts.scheme}://{parts.netloc}/")
                yield Page(
                    name, site, gzip.decompress(file.read_bytes()), [each for each in versions if each.get("body")]
                )


def score(page: Page) -> Score:
    """Read a page and compare."""
    document = parse_document(page.html, page.site.base + _PATH, page.site, None)
    article = read_page(document).article
    text = "\n".join(filter(None, [article.lede, article.body])) if article else ""
    version = max(page.versions, key=lambda each: _share(_text_of(each), text))
    expected = _text_of(version)
    decided = (
        decide_publication(article.date_published, article.date_structured, datetime.now(UTC)) if article else None
    )
    stamp = version.get("publishing_date")
    day = datetime.fromisoformat(stamp).date() if stamp else None
    read = decided.date.day if decided is not None else None
    return Score(
        page.name,
        article is not None and _is_same(version.get("title") or "", article.headline or ""),
        _share(expected, text),
        _share(text, expected),
        day is not None and read is not None and abs(read - day) <= timedelta(days=1),
    )


def _text_of(version: dict[str, Any]) -> str:
    body = version["body"]
    sections = (text for section in body.get("sections", []) for text in (*section["headline"], *section["paragraphs"]))
    return "\n".join([*body.get("summary", []), *sections])


def _share(text: str, other: str) -> float:
    """Return the share of the sequences of words of ``text`` that ``other`` has."""
    known = set(_sequences(other))
    own = list(_sequences(text))
    return sum(each in known for each in own) / len(own) if own else 0.0


def _sequences(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    yield from zip(*(words[start:] for start in range(_WORDS)), strict=False)


def _is_same(title: str, headline: str) -> bool:
    """Whether one of the two is in the other: the title of the metadata is often longer or shorter."""
    one, other = fold(title), fold(headline)
    return bool(one) and bool(other) and (one in other or other in one)


def main() -> None:
    """Print a table, and the pages of which least was read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path, help="a clone of fundus")
    parser.add_argument("--worst", type=int, default=0, help="number of pages of which least was read, to print")
    options = parser.parse_args()
    scores = [score(page) for page in saved_pages(options.clone) if page.versions]
    if not scores:
        parser.error(f"{options.clone} has no {_DATA}")
    print(f"{len(scores)} pages")
    print(f"headline               {sum(each.headline for each in scores)}")
    print(f"day                    {sum(each.day for each in scores)}")
    print(f"text read, on average  {statistics.mean(each.found for each in scores):.3f}")
    print(f"text read, {_READ:.0%} of it   {sum(each.found > _READ for each in scores)}")
    print(f"of the text expected   {statistics.mean(each.expected for each in scores):.3f}")
    for each in sorted(scores, key=lambda each: each.found)[: options.worst]:
        print(f"  {each.found:.2f} {each.name}")


if __name__ == "__main__":
    main()
