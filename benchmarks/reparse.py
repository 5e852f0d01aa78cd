"""Cost of parsing an archive again, compared with lxml's bare parse of the same pages, by one and several processes.

    python benchmarks/reparse.py --articles 2000 --rounds 5

It crawls the sample site into an archive. First it prints whether the datasets of the crawl's store and of a store
read from the archive are the same, byte for byte.

Cost per page: the CPU time of ``scrapy reparse --jobs 1`` into an empty store for unpacking, reading, normalising and
storing, without the start of the command, and that of lxml's bare parse, in turns.

Scaling: the archive is read by one process and by one per core, in turns, measured as wall time; lxml parses its pages
in the same way. The gain of lxml's processes, which share nothing but the machine, is the upper limit.
"""

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import SCRAPY, ours, run
from caravan_crawler.archive.sources import ArchivedPage, Part, find_sources
from caravan_crawler.sample_site import SampleSite, serve

_EMPTY = "<html></html>"
#: Times lxml parses the pages, so that it runs about as long: many machines are faster for the first seconds only.
_PASSES = 3


def archive(articles: int, folder: Path) -> Path:
    """Crawl the sample site and return the folder of its raw pages."""
    with serve(SampleSite(articles=articles)) as server:
        ours(server.url, folder, "-s", "ARCHIVE=1")
    return folder / "data" / "warc"


def reparse(path: Path, processes: int, data_dir: Path) -> dict[str, float]:
    """Read an archive; return the cost."""
    command = [*SCRAPY, "reparse", str(path), "--jobs", str(processes), "-s", f"DATA_DIR={data_dir}"]
    return run(command, data_dir.with_suffix(".log"))


def is_same_dataset(folder: Path, warc: Path) -> bool:
    """Return whether the datasets of the crawl and of its archive have the same checksums."""
    reparse(warc, 1, folder / "read")
    sums = []
    for name in ("data", "read"):
        dataset = folder / f"dataset-{name}"
        run([*SCRAPY, "export", str(dataset), "-s", f"DATA_DIR={folder / name}"], folder / "export.log")
        sums.append((dataset / "SHA256SUMS").read_bytes())
    return sums[0] == sums[1]


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
    begun = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return (time.perf_counter() - begun) / _PASSES


def middle(figures: Iterable[float]) -> str:
    """Return the median, the minimum and the maximum as text."""
    all_ = sorted(figures)
    return f"{statistics.median(all_):.2f} ({all_[0]:.2f} to {all_[-1]:.2f})"


def main() -> None:
    """Print the cost per page and the scaling, each compared with lxml's."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--articles", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    number = os.cpu_count() or 1
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
        costs: list[tuple[float, float]] = []
        shares: list[tuple[float, float]] = []
        for turn in range(options.rounds):
            start, one = (reparse(path, 1, folder / f"{path.name}-{turn}") for path in (empty, warc))
            begun = time.process_time()
            parse(pages)
            costs.append((one["cpu"] - start["cpu"], (time.process_time() - begun) / _PASSES))
            if number > 1:
                several = reparse(warc, number, folder / f"several-{turn}")["wall"] - start["wall"]
                gain = (one["wall"] - start["wall"]) / several
                shares.append((gain / number, parse_by(1, pages) / parse_by(number, pages) / number))
    cost, of_lxml = (statistics.median(each) / len(pages) * 1000 for each in zip(*costs, strict=True))
    ratio = middle(cost / of_lxml for cost, of_lxml in costs)
    print(f"a page by one process: {cost:.2f} ms of CPU, lxml's parse {of_lxml:.2f}: {ratio}", flush=True)
    if shares:
        share, share_of_lxml = (middle(each) for each in zip(*shares, strict=True))
        print(f"{number} processes: {share} of linear, lxml's {share_of_lxml}")


if __name__ == "__main__":
    main()
