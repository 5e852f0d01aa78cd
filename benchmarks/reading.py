"""Cost and accuracy of reading pages that no reader was tuned to, compared with lxml's bare parse of them.

    python benchmarks/reading.py --rounds 5
    python benchmarks/reading.py --seed 7

Each run draws other pages (``benchmarks/random_pages.py``) from a new seed, which it prints. CPU time per page, page
by page in turns in one process, the median of the rounds:

* lxml's bare parse;
* this project's parse and all fields;
* fundus with a parser written for these pages and five fields (title, body, authors, date, topics), if it is installed.

Then ``scrapy reparse --jobs 1`` of a folder of the pages, without the start of the command, and a crawl of them,
compared with a bare Scrapy spider, which reads URL and title.
"""

import argparse
import importlib.util
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import html as lxml_html

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scrapy.settings import Settings

from benchmarks.crawl import AT_ONCE, SCRAPY, bare, ours, run, serving
from benchmarks.random_pages import MONTHS, THEMES, RandomPage, RandomSite, Theme
from caravan_crawler.archive.sources import ArchivedPage
from caravan_crawler.console import tune_gc
from caravan_crawler.items import ExchangeRate, TrendingEntry
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import article_links
from caravan_crawler.pages.page import read_page
from caravan_crawler.reparse.reader import PageParser
from caravan_crawler.urls import PUBLIC_BASE, Site

PORT = 8766
_READ_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
_RATES = {"USD": "$ 511.4", "EUR": "602.75"}
#: A crawl or reading below its floors is measured, too: exit code 3.
_CODES = (0, 3)

Work = Callable[[RandomPage], object]


def bare_parse(page: RandomPage) -> object:
    """Parse a page with lxml, and read nothing."""
    return lxml_html.document_fromstring(page.html)


def read_all(site: Site) -> Work:
    """Return the project's parse and reading of a page."""

    def work(page: RandomPage) -> None:
        document = parse_document(page.html, site.base + page.path[1:], site, "utf-8")
        read_page(document)
        article_links(document)

    return work


def read_by_fundus() -> Work | None:
    """Return a page's reading by fundus, or None where it is not installed."""
    if importlib.util.find_spec("fundus") is None:
        return None
    parsers: dict[int, Any] = {}

    def work(page: RandomPage) -> object:
        number = page.theme.number
        if number not in parsers:
            parsers[number] = _fundus_parser(page.theme)
        return parsers[number].parse(page.html.decode())

    return work


def _fundus_parser(theme: Theme) -> Any:
    from fundus.parser import BaseParser, attribute  # type: ignore[import-not-found, unused-ignore]
    from fundus.parser.utility import (  # type: ignore[import-not-found, unused-ignore]
        extract_article_body_with_selector,
        generic_author_parsing,
        generic_nodes_to_text,
        generic_topic_parsing,
    )
    from lxml.etree import XPath

    def of(name: str, below: str = "") -> XPath:
        return XPath(f"//*[@class='{theme.classes[name]}']{below}")

    lede, paragraphs, authors = of("lede"), of("text", f"/{theme.paragraph}"), of("author")
    title, date, tags = of("h"), of("date"), of("tags", "/a")

    def texts(self: Any, select: XPath) -> list[str]:
        found: list[str] = generic_nodes_to_text(select(self.precomputed.doc))
        return found

    def body(self: Any) -> Any:
        return extract_article_body_with_selector(self.precomputed.doc, paragraphs, summary_selector=lede)

    def names(self: Any) -> Any:
        return generic_author_parsing([text.removeprefix("Автор: ") for text in texts(self, authors)])

    fields: dict[str, Callable[[Any], Any]] = {
        "title": lambda self: texts(self, title)[0],
        "body": body,
        "authors": names,
        "publishing_date": lambda self: _date(texts(self, date)[0]),
        "topics": lambda self: generic_topic_parsing(texts(self, tags)),
    }
    return type("Parser", (BaseParser,), {name: attribute(read) for name, read in fields.items()})()


def _date(text: str) -> datetime:
    """Return a printed date; fundus' own function does not know Russian months."""
    day, month, year = text.partition(",")[0].replace(" ", ".").split(".")
    return datetime(int(year), MONTHS.index(month) + 1 if month in MONTHS else int(month), int(day), tzinfo=UTC)


def costs(pages: list[RandomPage], works: dict[str, Work], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each round; within a round, each page is read by all in turns."""
    names = list(works)
    found: dict[str, list[float]] = {name: [] for name in names}
    for page in pages[:THEMES]:  # imports and parsers of each theme are not measured
        for work in works.values():
            work(page)
    for _ in range(rounds):
        spent = dict.fromkeys(names, 0.0)
        for place, page in enumerate(pages):
            for name in names[place % len(names) :] + names[: place % len(names)]:
                begun = time.process_time()
                works[name](page)
                spent[name] += time.process_time() - begun
        for name, seconds in spent.items():
            found[name].append(seconds)
    return found


def accuracy(pages: list[RandomPage], site: RandomSite) -> tuple[Counter[str], list[str]]:
    """Return the number of exact values of each field, and a line for each wrong one."""
    exact: Counter[str] = Counter()
    wrong: list[str] = []
    settings = Settings()
    settings.setmodule("caravan_crawler.settings")
    trending = [(topic, headline) for topic, headline, _ in site.trending]
    for page in pages:
        reader = PageParser(settings.copy_to_dict(), site.base)
        url = site.base + page.path[1:]
        (reading,) = reader.read([ArchivedPage(url, page.html, _READ_AT, "text/html; charset=utf-8")], "")
        got = {name: getattr(reading.seen and reading.seen.article, name, None) for name in page.fields}
        got["links"] = [{"text": link.text, "url": link.url} for link in got["links"] or []]
        got["rates"] = {line.currency: line.rate_raw for line in reading.lines if isinstance(line, ExchangeRate)}
        got["trending"] = [(line.topic, line.headline) for line in reading.lines if isinstance(line, TrendingEntry)]
        for name, expected in {**page.fields, "rates": _RATES, "trending": trending}.items():
            exact[name] += got[name] == expected
            if got[name] != expected:
                wrong.append(
                    f"theme {page.theme.number} {page.path}: {name}\n  {expected!r:.300}\n  {got[name]!r:.300}"
                )
    return exact, wrong


def reparse_seconds(pages: list[RandomPage]) -> float:
    """Return the CPU seconds of ``scrapy reparse --jobs 1`` of a folder, without the start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, chosen in (("all", pages), ("one", pages[:1])):
            for page in chosen:
                file = folder / place / urlsplit(PUBLIC_BASE).netloc / f"{page.path.strip('/')}.html"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(page.html)
        seconds = []
        for place in ("all", "one"):
            data_dir = f"DATA_DIR={folder / f'data-{place}'}"
            command = [*SCRAPY, "reparse", str(folder / place), "--jobs", "1", "--accept-losses", "-s", data_dir]
            seconds.append(run(command, folder / "log", codes=_CODES)["cpu"])
    return (seconds[0] - seconds[1]) * len(pages) / (len(pages) - 1)


def articles_per_second(seed: int, pages: int) -> tuple[float, float]:
    """Return the articles per CPU second of this crawler and of a bare spider."""
    site = f"http://127.0.0.1:{PORT}/"
    random_pages = ("benchmarks.random_pages", "--port", str(PORT), "--seed", str(seed), "--pages", str(pages))
    with serving(*random_pages), tempfile.TemporaryDirectory() as folder:
        results = [bare(site, Path(folder)), ours(site, Path(folder), *AT_ONCE, codes=_CODES)]
    plain, own = (result["articles"] / result["cpu"] for result in results)
    return own, plain


def main() -> None:
    """Measure and print one table, then the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="repeat the pages of a run")
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="how many wrong values to print (default 0)")
    parser.add_argument("--only-reading", action="store_true", help="neither reparse nor crawl")
    options = parser.parse_args()
    if options.pages < THEMES:
        parser.error(f"--pages must be at least {THEMES}")
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    site = RandomSite(seed, options.pages, PUBLIC_BASE)
    pages = site.pages
    size = statistics.mean(len(page.html) for page in pages) / 1024
    elements = statistics.median(sum(1 for _ in lxml_html.document_fromstring(page.html).iter()) for page in pages)
    print(
        f"seed {seed}: {len(pages)} pages of {size:.0f} KB, {elements:.0f} elements, {options.rounds} rounds",
        flush=True,
    )
    exact, wrong = accuracy(pages, site)
    tune_gc()  # as in a crawl
    works: dict[str, Work] = {"lxml's bare parse": bare_parse, "parse and all fields": read_all(Site(PUBLIC_BASE))}
    if fundus := read_by_fundus():
        works["fundus, five fields"] = fundus
    else:
        print("fundus is not installed, and left out")
    found = costs(pages, works, options.rounds)
    parses = found["lxml's bare parse"]
    if not options.only_reading:
        found["scrapy reparse --jobs 1"] = [reparse_seconds(pages) for _ in range(options.rounds)]
    print(f"\n{'CPU per page':<26}{'ms':>8}{'ratio':>8}")
    for name, seconds in found.items():
        ratio = statistics.median(one / parse for one, parse in zip(seconds, parses, strict=True))
        print(f"{name:<26}{statistics.median(seconds) / len(pages) * 1000:>8.2f}{ratio:>8.2f}")
    if not options.only_reading:
        crawls = [articles_per_second(seed, len(pages)) for _ in range(options.rounds)]
        own, plain = (statistics.median(each) for each in zip(*crawls, strict=True))
        ratio = statistics.median(one / other for one, other in crawls)
        print(f"\n{'articles per CPU second':<26}{'':>8}{'ratio':>8}")
        print(f"{'bare spider':<26}{plain:>8.0f}{1:>8.2f}\n{'caravan':<26}{own:>8.0f}{ratio:>8.2f}")
    print(f"\nexact of {len(pages)}")
    for name, count in exact.items():
        print(f"{name:<26}{count:>8}")
    print("\n".join(wrong[: options.show]))


if __name__ == "__main__":
    main()
