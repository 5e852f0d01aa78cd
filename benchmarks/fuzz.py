"""Read pages that are broken at random: none may raise an error, and none may take long.

    python benchmarks/fuzz.py --pages 50000 --jobs 2
    python benchmarks/fuzz.py --seed 7 --first 123 --pages 1

The page cases of the tests and pages of the sample site are cut, shuffled, nested, filled and recoded. A page follows
from the seed, which is printed, and its number. An error is printed with both, the page is saved to ``--save``, and the
exit code is 1. The last line names the slowest page.
"""

import argparse
import json
import multiprocessing
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scrapy.settings import Settings

from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import article_links, read_listing, section_links
from caravan_crawler.pages.page import article_record, page_records, read_page
from caravan_crawler.pipelines import run_pipelines, value_pipelines
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.urls import Site

_BASE = "http://127.0.0.1:8000/"
_READ_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
_AT_ONCE = 250
_TAG = re.compile(rb"<[^<>]{1,2000}>")
_TAG_NAMES = b"div p span table tr td ul li a b h1 h2 time article main aside form select template svg math pre".split()
_ATTRIBUTES = (
    b" hidden", b" style='display:none'", b" class='date views author lede tags'", b" rel=tag", b" href='http://['",
    b" href=//", b" datetime='0000-00-00T99:99'", b" itemprop=datePublished", b" role=navigation",
    b" href='/news/x-1/?p=2'", b" srcset=', ,,a 2x,'", b" content='2026-02-30'", b" a=" + b"b" * 3000,
    b" \xff='\x00'", b" =",
)  # fmt: skip
_CHARACTERS = "\u200b \ufeff \u00ad \u200e \u202e \u2060 \u2028 \x00 \x01 \x0b \x0c \x1b \x7f \x85 \uffff 🙂 ̆".split(
    " "
)
_ENTITIES = "&#0; &#x; &#99999999; &#xD800; &nbsp &amp;amp; &shy; &#8203; &; &#1; &lt;p&gt;".split()
_DIGITS = ("0", "9", "²", "½", "٣", "Ⅻ", "１", "99999999999999999999", "-", "−", ":")
_CODECS = ("utf-8", "cp1251", "koi8-r", "utf-16", "latin-1", "utf-7", "punycode", "no-such-codec", "")

Change = Callable[[random.Random, bytes], bytes]


class Base(NamedTuple):
    """A page before it is broken."""

    name: str
    url: str
    body: bytes


class Reading(NamedTuple):
    """Cost of a broken page, or its failure."""

    number: int
    name: str
    seconds: float
    error: str = ""


def base_pages() -> list[Base]:
    """Return the page cases, and pages of the sample site in several templates."""
    pages = []
    for file in sorted((ROOT / "tests" / "pages" / "cases").glob("*/*/page.html")):
        expected = json.loads((file.parent / "expected.json").read_text(encoding="utf-8"))
        name = file.parent.relative_to(ROOT / "tests").as_posix()
        pages.append(Base(name, expected["url"], file.read_bytes()))
    for seed in range(6):
        site = SampleSite(articles=50, markup_seed=seed)
        targets = [record["url"][len(_BASE) - 1 :] for record in site.gold(_BASE)]
        pages += [
            Base(f"sample site {seed}, {target}", _BASE + target[1:], site.respond(target, _BASE).body)
            for target in ("/", "/news/", "/info/kontakty/", *targets)
        ]
    return pages


def _slice(dice: random.Random, page: bytes, most: int = 20_000) -> tuple[int, int]:
    start = dice.randrange(len(page) + 1)
    return start, min(start + dice.randrange(most), len(page))


def _insert(dice: random.Random, page: bytes, piece: bytes) -> bytes:
    """Insert between two tags, or anywhere in one of four cases."""
    place = dice.randrange(len(page) + 1)
    if dice.random() < 0.75:
        place = page.find(b">", place) + 1
    return page[:place] + piece + page[place:]


def _cut(dice: random.Random, page: bytes) -> bytes:
    return page[: dice.randrange(len(page) + 1)]


def _remove(dice: random.Random, page: bytes) -> bytes:
    start, end = _slice(dice, page)
    return page[:start] + page[end:]


def _duplicate(dice: random.Random, page: bytes) -> bytes:
    start, end = _slice(dice, page)
    return _insert(dice, page, page[start:end] * dice.randint(1, 5))


def _on_tags(dice: random.Random, page: bytes, change: Callable[[bytes], bytes], share: float) -> bytes:
    return _TAG.sub(lambda match: change(match[0]) if dice.random() < share else match[0], page)


def _shuffle_tags(dice: random.Random, page: bytes) -> bytes:
    tags = _TAG.findall(page) or [b"<p>"]
    return _on_tags(dice, page, lambda _: dice.choice(tags), dice.choice((0.01, 0.1, 0.9)))


def _remove_ends(dice: random.Random, page: bytes) -> bytes:
    return _on_tags(dice, page, lambda tag: b"" if tag[1:2] == b"/" else tag, dice.choice((0.02, 0.3, 1)))


def _remove_starts(dice: random.Random, page: bytes) -> bytes:
    return _on_tags(dice, page, lambda tag: tag if tag[1:2] == b"/" else b"", dice.choice((0.02, 0.3)))


def _rename(dice: random.Random, page: bytes) -> bytes:
    names = {name: dice.choice(_TAG_NAMES) for name in _TAG_NAMES}
    return re.sub(rb"(?<=[</])[a-z0-9]+\b", lambda match: names.get(match[0], match[0]), page)


def _add_attributes(dice: random.Random, page: bytes) -> bytes:
    def change(tag: bytes) -> bytes:
        return tag if tag[1:2] == b"/" else tag[:-1] + dice.choice(_ATTRIBUTES) * dice.choice((1, 1, 1, 50)) + b">"

    return _on_tags(dice, page, change, dice.choice((0.01, 0.1)))


def _nest(dice: random.Random, page: bytes) -> bytes:
    start, end = _slice(dice, page, len(page) + 1)
    name, depth = dice.choice(_TAG_NAMES), dice.choice((3, 50, 300, 5000))
    closed = (b"</" + name + b">") * (depth if dice.random() < 0.7 else 0)
    return page[:start] + (b"<" + name + b">") * depth + page[start:end] + closed + page[end:]


def _recode(dice: random.Random, page: bytes) -> bytes:
    codec = dice.choice(("cp1251", "utf-16", "koi8-r", "utf-8-sig", "latin-1"))
    text = page.decode("utf-8", "replace")
    if dice.random() < 0.3:
        return text.encode(errors="replace").decode("latin-1").encode()
    start, end = (0, len(text)) if dice.random() < 0.7 else _slice(dice, page)
    return text[:start].encode() + text[start:end].encode(codec, "replace") + text[end:].encode()


def _fill(pieces: tuple[str, ...] | list[str], dice: random.Random, page: bytes) -> bytes:
    """Insert pieces at up to 200 places, many of them into words and tags."""
    for _ in range(dice.choice((1, 20, 200))):
        place = dice.randrange(len(page) + 1)
        page = page[:place] + dice.choice(pieces).encode() + page[place:]
    return page


def _change_digits(dice: random.Random, page: bytes) -> bytes:
    share = dice.choice((0.01, 0.2))
    return re.sub(rb"\d", lambda match: dice.choice(_DIGITS).encode() if dice.random() < share else match[0], page)


def _add_text(dice: random.Random, page: bytes) -> bytes:
    piece = dice.choice(
        ("а", "слово ", "<br>", "1", "1 ", "Фото - ", "В тренде: ", "$ 1 ", "\n", "&", "<", "Имя ФАМИЛИЯ, ")
    )
    return _insert(dice, page, piece.encode() * dice.choice((50, 3000, 60_000)))


def _flip(dice: random.Random, page: bytes) -> bytes:
    broken = bytearray(page)
    for _ in range(dice.choice((1, 30, 1000)) if page else 0):
        broken[dice.randrange(len(broken))] = dice.randrange(256)
    return bytes(broken)


_CHANGES: tuple[Change, ...] = (
    _cut, _remove, _duplicate, _shuffle_tags, _remove_ends, _remove_starts, _rename, _add_attributes, _nest, _recode,
    partial(_fill, _CHARACTERS), partial(_fill, _ENTITIES), _change_digits, _add_text, _flip,
)  # fmt: skip


def broken_page(bases: list[Base], seed: int, number: int) -> tuple[Base, str]:
    """Return page ``number`` of a seed, and the charset of its header."""
    dice = random.Random(f"{seed} {number}")
    base = dice.choice(bases)
    body = base.body
    if dice.random() < 0.1:  # the inside of another page in the middle of this one
        other = dice.choice(bases).body
        start, end = _slice(dice, other)
        body = _insert(dice, body, other[start:end])
    for change in dice.choices(_CHANGES, k=dice.randint(1, 4)):
        body = change(dice, body)
    return base._replace(body=body), dice.choice(_CODECS) if dice.random() < 0.3 else "utf-8"


def read(page: Base, charset: str, pipelines: list[Any]) -> None:
    """Read a page as a crawl does, up to the normalised records."""
    parts = urlsplit(page.url)
    site = Site(f"{parts.scheme}://{parts.netloc}/")
    document = parse_document(page.body, page.url, site, charset or None)
    article_links(document), section_links(document), read_listing(document)
    reading = read_page(document)
    records: list[Any] = list(page_records(reading, site, _READ_AT))
    if reading.article is not None and reading.article.address is not None:
        records.append(article_record(reading.article, site, page.url, _READ_AT))
    for record in records:
        run_pipelines(pipelines, record)


def measured(bases: list[Base], pipelines: list[Any], seed: int, number: int, limit: int) -> Reading:
    """Read page ``number``, for at most ``limit`` seconds of CPU."""
    page, charset = broken_page(bases, seed, number)
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, limit)
    error = ""
    try:
        read(page, charset, pipelines)
    except Exception:  # noqa: BLE001 - whatever it is, it is to be found
        error = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Reading(number, page.name, time.process_time() - begun, error)


def _too_long(*_: object) -> None:
    raise TimeoutError("the reading takes too long")


def _start(pages: list[Base]) -> None:
    """Prepare a process."""
    global _bases, _pipelines
    settings = Settings()
    settings.setmodule("caravan_crawler.settings")
    _bases, _pipelines = pages, value_pipelines(settings.copy_to_dict())
    signal.signal(signal.SIGPROF, _too_long)


def _read_some(numbers: range, seed: int, limit: int) -> list[Reading]:
    return [measured(_bases, _pipelines, seed, number, limit) for number in numbers]


_bases: list[Base] = []
_pipelines: list[Any] = []


def readings(bases: list[Base], seed: int, numbers: range, jobs: int, limit: int) -> Iterator[Reading]:
    """Yield the readings of pages, by several processes."""
    shares = [numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE)]
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, _start, (bases,)) as pool:
        for some in pool.imap_unordered(partial(_read_some, seed=seed, limit=limit), shares):
            yield from some


def main() -> int:
    """Read the pages and print what failed and what was slow; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=50_000)
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="number of the first page (default 0)")
    parser.add_argument("--seed", type=int, help="repeat the pages of a run")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=30, metavar="SECONDS", help="longest reading (default 30)")
    parser.add_argument("--save", type=Path, default=Path("fuzz"), metavar="FOLDER", help="for failures (default fuzz)")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    bases = base_pages()
    print(f"seed {seed}: {options.pages} pages, broken from {len(bases)}", flush=True)
    numbers = range(options.first, options.first + options.pages)
    failed, slowest = 0, Reading(-1, "", 0)
    for reading in readings(bases, seed, numbers, options.jobs, options.limit):
        slowest = max(slowest, reading, key=lambda one: one.seconds)
        if reading.error:
            failed += 1
            options.save.mkdir(parents=True, exist_ok=True)
            file = options.save / f"{seed}-{reading.number}.html"
            file.write_bytes(broken_page(bases, seed, reading.number)[0].body)
            print(f"--seed {seed} --first {reading.number} --pages 1 ({reading.name}), saved as {file}:")
            print(reading.error, flush=True)
    print(f"{failed} of {options.pages} failed; the slowest took {slowest.seconds * 1000:.0f} ms:", end=" ")
    print(f"--seed {seed} --first {slowest.number} --pages 1 ({slowest.name})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
