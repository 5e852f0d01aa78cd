"""Reading an archive again, beside lxml's bare parse of the same pages, and by one process and by several.

    python benchmarks/reparse.py --articles 4000 --rounds 3

It crawls the sample site into an archive and then takes in turns: lxml alone over the archive's pages; and ``scrapy
reparse`` into an empty store; each by one process, by two, and so on to one a core. What lxml's processes gain, which
share nothing but the machine, is the most that several can. A page's time is that of the clock, with all that belongs
to it: unpacking, reading, normalising, storing. The time a command needs to start, seen with an archive of no page, is
taken off. First it says whether the datasets of the crawl's store and of one that is read from its archive are the
same, byte for byte.

A shared machine is twice as fast in one minute as in another. So a ratio is one of neighbours, lxml taken before and
after what it is held against, and what is printed is the median of the rounds' ratios, with the least and the most.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.archive.saved import SavedPage  # noqa: E402
from caravan_crawler.archive.sources import Part, find_sources  # noqa: E402
from caravan_crawler.sample_site import SampleSite, serve  # noqa: E402

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


class Round(NamedTuple):
    """Milliseconds a page in one round: of each way by each number of processes, beside lxml's by one."""

    reparse: dict[int, float]
    parse: dict[int, float]
    beside: dict[int, float]

    def cost(self, number: int) -> float:
        """Return how often lxml's parse a page takes."""
        return self.reparse[number] / self.beside[number]

    def share(self, number: int) -> float:
        """Return what so many processes reach of so many times one."""
        return self.cost(1) / self.cost(number) / number

    def share_of_lxml(self, number: int) -> float:
        """Return the same of lxml's processes."""
        return self.parse[1] / self.parse[number] / number


def middle(ratios: Iterable[float]) -> str:
    """Return the median, and between what they lie."""
    all_ = sorted(ratios)
    return f"{statistics.median(all_):.2f} ({all_[0]:.2f} to {all_[-1]:.2f})"


def main() -> None:
    """Print a page's time for each way, its ratio to the bare parse, and how the processes scale."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--articles", type=int, default=4000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    processes = range(1, (os.cpu_count() or 1) + 1)
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

        def reparse(path: Path, processes: int) -> float:
            with tempfile.TemporaryDirectory(dir=folder) as data_dir:
                command = ("reparse", str(path), "--jobs", str(processes), "-s", f"DATA_DIR={data_dir}")
                return seconds(lambda: scrapy(*command)) / len(pages) * 1000

        def parse(processes: int) -> float:
            return parse_by(processes, pages) / len(pages) * 1000

        def measure() -> Round:
            one = Round({}, {}, {})
            before = parse(1)
            for number in processes:
                start = reparse(empty, 1)
                one.reparse[number] = reparse(warc, number) - start
                after = parse(1)
                one.beside[number] = (before + after) / 2
                one.parse[number] = parse(number) if number > 1 else after
                before = after
            return one

        rounds = [measure() for _ in range(options.rounds)]
    for number in processes:
        cost = middle(one.cost(number) for one in rounds)
        took = statistics.median(one.reparse[number] for one in rounds)
        share, of_lxml = (
            middle(one.share(number) for one in rounds),
            middle(one.share_of_lxml(number) for one in rounds),
        )
        print(f"{number} processes: {took:.2f} ms a page, {cost} × lxml; {share} of linear, lxml alone {of_lxml}")


if __name__ == "__main__":
    main()
