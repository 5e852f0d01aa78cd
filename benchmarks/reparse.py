"""Cost of parsing an archive again, compared with lxml's bare parse of the same pages, by one and several processes.

    python benchmarks/reparse.py --articles 2000 --rounds 5

It crawls the sample site into an archive. First it prints whether the datasets of the crawl's store and of a store
read from the archive are the same, byte for byte.

Cost per page: ``scrapy reparse --jobs 1`` into an empty store. lxml's bare parse of each page runs in the same process,
in turns before and after the page is read: the speed of a shared machine varies by a factor of two within moments, and
this way both have the same speed and the same caches. The figure is the CPU time per page for unpacking, reading,
normalising and storing, without the start of the command.

Scaling: the archive is read by one process and by one per core, in turns, measured as wall time; lxml parses its pages
in the same way. The gain of lxml's processes, which share nothing but the machine, is the upper limit.
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

from caravan_crawler.archive.sources import ArchivedPage, Part, Skipped, find_sources
from caravan_crawler.sample_site import SampleSite, serve

if TYPE_CHECKING:
    from caravan_crawler.reparse.reader import ParsedPage

_EMPTY = "<html></html>"
#: Times lxml parses the pages, so that it runs about as long: many machines are faster for the first seconds only.
_PASSES = 3


def scrapy(*arguments: str) -> None:
    """Run one of the project's commands."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"scrapy {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of ``work`` in seconds."""
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
    """Parse the pages with lxml, without reading them."""
    parser = etree.HTMLParser(encoding="utf-8")
    for _ in range(_PASSES):
        for page in pages:
            etree.fromstring(page, parser)


def parse_by(number: int, pages: list[bytes]) -> float:
    """Return the seconds in which ``number`` processes, each with a share of the pages, parse them."""
    shares = [pages[place::number] for place in range(number)]
    processes = [multiprocessing.get_context("fork").Process(target=parse, args=(share,)) for share in shares]

    def work() -> None:
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    return seconds(work) / _PASSES


def is_same_dataset(folder: Path, warc: Path) -> bool:
    """Return whether the datasets of the crawl and of its archive have the same checksums."""
    scrapy("reparse", str(warc), "-s", f"DATA_DIR={folder / 'read'}")
    for name in ("crawl", "read"):
        scrapy("export", str(folder / f"dataset-{name}"), "-s", f"DATA_DIR={folder / name}")
    crawled, read = [(folder / f"dataset-{name}" / "SHA256SUMS").read_bytes() for name in ("crawl", "read")]
    return crawled == read


def told_beside_lxml(path: Path) -> None:
    """Run ``reparse --jobs 1`` with lxml's parse of each page in between, and print the CPU seconds of both."""
    from scrapy.cmdline import execute

    from caravan_crawler.reparse.job import ReparseJob
    from caravan_crawler.reparse.reader import PageParser

    parser = etree.HTMLParser(encoding="utf-8")
    of_lxml = whole = 0.0
    read, run = PageParser.read, ReparseJob.run

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

    def read_beside(reader: PageParser, pages: Iterable[ArchivedPage | Skipped], run_id: str) -> "Iterator[ParsedPage]":
        return read(reader, beside(pages), run_id)

    def run_measured(job: ReparseJob, *arguments: Any) -> None:
        nonlocal whole
        begun = time.process_time()
        run(job, *arguments)
        whole = time.process_time() - begun

    with (
        patch.object(PageParser, "read", read_beside),
        patch.object(ReparseJob, "run", run_measured),
        tempfile.TemporaryDirectory() as data_dir,
        contextlib.suppress(SystemExit),
    ):
        execute(["scrapy", "reparse", str(path), "--jobs", "1", "-s", f"DATA_DIR={data_dir}"])
    print(json.dumps([whole - of_lxml, of_lxml]))


def costs_beside_lxml(path: Path) -> tuple[float, float]:
    """Return the CPU seconds to read an archive, and those of lxml's bare parse of its pages."""
    command = [sys.executable, __file__, "--beside-lxml", str(path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    cost, of_lxml = json.loads(told.splitlines()[-1])
    return cost, of_lxml


def middle(figures: Iterable[float]) -> str:
    """Return the median, the minimum and the maximum as text."""
    all_ = sorted(figures)
    return f"{statistics.median(all_):.2f} ({all_[0]:.2f} to {all_[-1]:.2f})"


def main() -> None:
    """Print the cost per page and the scaling, each compared with lxml's."""
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
