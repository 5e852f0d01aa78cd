"""Reading an archive again, beside lxml's bare parse of the same pages, and by one process and by several.

    python benchmarks/reparse.py --articles 2000 --rounds 5

It crawls the sample site into an archive, and first says whether the datasets of the crawl's store and of one that is
read from its archive are the same, byte for byte.

A page's cost: ``scrapy reparse --jobs 1`` into an empty store shares one core with a process in which lxml parses the
archive's pages over and over. A shared machine is twice as fast in one minute as in another; so both always have the
same. What is compared is the CPU time a page, with all that belongs to it: unpacking, reading, normalising, storing.
The time a command needs to start, seen with an archive of no page, is taken off.

Scaling: the archive is read by one process and by as many as there are cores, in turns, by the clock; and lxml does the
same. What lxml's processes gain, which share nothing but the machine, is the most that several can.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.archive.saved import SavedPage  # noqa: E402
from caravan_crawler.archive.sources import Part, find_sources  # noqa: E402
from caravan_crawler.sample_site import SampleSite, serve  # noqa: E402

_EMPTY = "<html></html>"
#: So often lxml takes the pages, to be at work about as long: many machines are faster for some seconds only.
_PASSES = 3
#: Pages that lxml takes before it looks whether to end.
_AT_ONCE = 50


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
    return [page.body for part in parts for page in part.pages("") if isinstance(page, SavedPage)]


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


class Beside:
    """A process in which lxml parses pages till the end, on one core with what is run meanwhile."""

    def __init__(self, pages: list[bytes]) -> None:
        self._pages = pages
        self._cores = os.sched_getaffinity(0)
        self._context = multiprocessing.get_context("fork")
        self._end = self._context.Event()
        self._costs, self._told = self._context.Pipe(duplex=False)

    def __enter__(self) -> Callable[[], float]:
        """Give what ends it and returns its CPU milliseconds a page."""
        os.sched_setaffinity(0, {min(self._cores)})
        self._process = self._context.Process(target=self._parse)
        self._process.start()
        return self._cost

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._process.join()
        os.sched_setaffinity(0, self._cores)

    def _cost(self) -> float:
        self._end.set()
        return float(self._costs.recv())

    def _parse(self) -> None:
        parser = etree.HTMLParser(encoding="utf-8")
        begun, parsed = time.process_time(), 0
        while not self._end.is_set():
            for page in self._pages[:_AT_ONCE]:
                etree.fromstring(page, parser)
            self._pages = self._pages[_AT_ONCE:] + self._pages[:_AT_ONCE]
            parsed += _AT_ONCE
        self._told.send((time.process_time() - begun) / parsed * 1000)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of the processes that something begins and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def middle(figures: Iterable[float]) -> str:
    """Return the median, and between what they lie."""
    all_ = sorted(figures)
    return f"{statistics.median(all_):.2f} ({all_[0]:.2f} to {all_[-1]:.2f})"


def main() -> None:
    """Print a page's cost beside lxml's, and how several processes scale beside lxml's."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--articles", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
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

        costs: list[tuple[float, float]] = []
        for _ in range(options.rounds):
            with Beside(pages) as cost_of_lxml:
                start = cpu_seconds(lambda: reparse(empty, 1))
                cost = (cpu_seconds(lambda: reparse(warc, 1)) - start) / len(pages) * 1000
                costs.append((cost, cost_of_lxml()))
        ratio = middle(cost / lxml for cost, lxml in costs)
        cost, lxml = (statistics.median(each) for each in zip(*costs, strict=True))
        print(f"a page by one process: {cost:.2f} ms of CPU, lxml's parse beside it {lxml:.2f}: {ratio}", flush=True)

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
