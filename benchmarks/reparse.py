"""Reading an archive again, beside lxml's bare parse of the same pages, and by one process and by several.

    python benchmarks/reparse.py --articles 2000 --rounds 5

It crawls the sample site into an archive, and first says whether the datasets of the crawl's store and of one that is
read from its archive are the same, byte for byte.

A page's cost: ``scrapy reparse --jobs 1`` into an empty store, with lxml's bare parse of each page put in between, by
turns before the page is read and after it. A shared machine is twice as fast in one moment as in another; so both
always have the same one, and the same caches. What is compared is the CPU time of the work, with all that belongs to a
page: unpacking, reading, normalising, storing. The command's start is none of it.

Scaling: the archive is read by one process and by as many as there are cores, in turns, by the clock; and lxml does the
same. What lxml's processes gain, which share nothing but the machine, is the most that several can.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.archive.pages import ArchivedPage, Skipped
from caravan_crawler.archive.sources import Part, find_sources
from caravan_crawler.sample_site import SampleSite, serve

if TYPE_CHECKING:
    from caravan_crawler.reparse.reader import Reading

_EMPTY = "<html></html>"
#: So often lxml takes the pages, to be at work about as long: many machines are faster for some seconds only.
_PASSES = 3


def scrapy(*arguments: str) -> None:
    """Run one of the project's commands."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"scrapy {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes by the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def archive(articles: int, folder: Path) -> Path:
    """Crawl the sample site and return the folder of its raw pages."""
    with serve(SampleSite(articles=articles)) as server:
        options = ("-s", f"DATA_DIR={folder / 'crawl'}", "-s", "ARCHIVE=1", "-s", "LOG_LEVEL=ERROR")
        scrapy("crawl", "caravan", "-a", f"site={server.url}", *options)
    return folder / "crawl" / "warc"


def pages_of(path: Path) -> list[bytes]:
    """Return the archive's pages."""
    parts = [Part(source, 0, source.size) for source in find_sources([path])]
    return [page.body for part in parts for page in part.pages("") if isinstance(page, ArchivedPage)]


def parse(pages: list[bytes]) -> None:
    """Parse them, and do nothing more."""
    parser = etree.HTMLParser(encoding="utf-8")
    for _ in range(_PASSES):
        for page in pages:
            etree.fromstring(page, parser)


def parse_by(number: int, pages: list[bytes]) -> float:
    """Return the seconds in which so many processes, each with its share of the pages, parse them."""
    shares = [pages[place::number] for place in range(number)]
    processes = [multiprocessing.get_context("fork").Process(target=parse, args=(share,)) for share in shares]

    def work() -> None:
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    return seconds(work) / _PASSES


def is_same_dataset(folder: Path, warc: Path) -> bool:
    """Return whether what is exported from the crawl and from its archive has the same sums."""
    scrapy("reparse", str(warc), "-s", f"DATA_DIR={folder / 'read'}")
    for name in ("crawl", "read"):
        scrapy("export", str(folder / f"dataset-{name}"), "-s", f"DATA_DIR={folder / name}")
    crawled, read = [(folder / f"dataset-{name}" / "SHA256SUMS").read_bytes() for name in ("crawl", "read")]
    return crawled == read


def told_beside_lxml(path: Path) -> None:
    """Carry out ``reparse --jobs 1`` with lxml at work in between, and print the seconds that each took."""
    from scrapy.cmdline import execute

    from caravan_crawler.reparse.job import ReparseJob
    from caravan_crawler.reparse.reader import Reader

    parser = etree.HTMLParser(encoding="utf-8")
    of_lxml = whole = 0.0
    read, run = Reader.read, ReparseJob.run

    def parse_one(page: ArchivedPage | Skipped) -> None:
        nonlocal of_lxml
        if isinstance(page, ArchivedPage):
            begun = time.process_time()
            etree.fromstring(page.body, parser)
            of_lxml += time.process_time() - begun

    def beside(pages: Iterable[ArchivedPage | Skipped]) -> Iterator[ArchivedPage | Skipped]:
        for number, page in enumerate(pages):
            if number % 2:
                parse_one(page)
            yield page
            if not number % 2:
                parse_one(page)

    def read_beside(reader: Reader, pages: Iterable[ArchivedPage | Skipped]) -> "Iterator[Reading]":
        return read(reader, beside(pages))

    def run_measured(job: ReparseJob, *arguments: Any) -> None:
        nonlocal whole
        begun = time.process_time()
        run(job, *arguments)
        whole = time.process_time() - begun

    with (
        patch.object(Reader, "read", read_beside),
        patch.object(ReparseJob, "run", run_measured),
        tempfile.TemporaryDirectory() as data_dir,
        contextlib.suppress(SystemExit),
    ):
        execute(["scrapy", "reparse", str(path), "--jobs", "1", "-s", f"DATA_DIR={data_dir}"])
    print(json.dumps([whole - of_lxml, of_lxml]))


def costs_beside_lxml(path: Path) -> tuple[float, float]:
    """Return the CPU seconds of reading an archive, and of lxml's bare parse of its pages."""
    command = [sys.executable, __file__, "--beside-lxml", str(path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    cost, of_lxml = json.loads(told.splitlines()[-1])
    return cost, of_lxml


def middle(figures: Iterable[float]) -> str:
    """Return the median, and between what they lie."""
    all_ = sorted(figures)
    return f"{statistics.median(all_):.2f} ({all_[0]:.2f} to {all_[-1]:.2f})"


def main() -> None:
    """Print a page's cost beside lxml's, and how several processes scale beside lxml's."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--articles", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--beside-lxml", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.beside_lxml:
        told_beside_lxml(options.beside_lxml)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warc = archive(options.articles, folder)
        same = "" if is_same_dataset(folder, warc) else "NOT "
        print(f"{options.articles:,} articles: the datasets of crawl and archive are {same}the same")
        pages = pages_of(warc)
        print(f"{len(pages):,} pages of {statistics.mean(map(len, pages)) / 1024:.0f} KB", flush=True)
        empty = folder / "empty"
        empty.mkdir()
        (empty / "page.html").write_text(_EMPTY, encoding="ascii")

        def reparse(path: Path, processes: int) -> None:
            with tempfile.TemporaryDirectory(dir=folder) as data_dir:
                scrapy("reparse", str(path), "--jobs", str(processes), "-s", f"DATA_DIR={data_dir}")

        costs = [costs_beside_lxml(warc) for _ in range(options.rounds)]
        cost, of_lxml = (statistics.median(each) / len(pages) * 1000 for each in zip(*costs, strict=True))
        ratio = middle(cost / of_lxml for cost, of_lxml in costs)
        print(f"a page by one process: {cost:.2f} ms of CPU, lxml's parse {of_lxml:.2f}: {ratio}", flush=True)

        number = os.cpu_count() or 1
        shares: list[tuple[float, float]] = []
        for _ in range(options.rounds if number > 1 else 0):
            start = seconds(lambda: reparse(empty, 1))
            one, several = (seconds(partial(reparse, warc, each)) - start for each in (1, number))
            shares.append((one / several / number, parse_by(1, pages) / parse_by(number, pages) / number))
        if shares:
            share, share_of_lxml = (middle(each) for each in zip(*shares, strict=True))
            print(f"{number} processes: {share} of linear, lxml's {share_of_lxml}")


if __name__ == "__main__":
    main()
