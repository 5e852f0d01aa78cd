"""Compare this crawler with a bare Scrapy spider: same site, same concurrency, in turns.

    python benchmarks/crawl.py --articles 2000 --rounds 3

The sample site runs in a process of its own. For each spider it prints the median of the rounds: CPU per
article and per page, pages per second, peak memory. ``--memory`` crawls 2,000 and 20,000 articles and
prints both peaks. ``--reading`` reads single pages and prints the ratio to lxml's bare parse of them.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.console import tune_gc
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import article_links
from caravan_crawler.pages.page import read_page
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.urls import Site

CONCURRENCY = 8
PORT = 8765


def serve(articles: int) -> "subprocess.Popen[str]":
    """Start the sample site in its own process and wait until it is ready."""
    command = [sys.executable, "-m", "caravan_crawler.sample_site", "--port", str(PORT), "--articles", str(articles)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def run(command: list[str], cwd: Path, log: Path, codes: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Run a crawl; return CPU and wall seconds, peak memory in MB, and the counts of the log's last lines.

    ``codes`` are the exit codes that it may end with.
    """
    started = time.monotonic()
    with log.open("w") as stderr:
        process = subprocess.Popen(command, cwd=cwd, stderr=stderr, stdout=subprocess.DEVNULL)
    peak, done = 0.0, 0
    while not done:
        peak = max(peak, _peak(process.pid))
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if process.returncode not in codes:
        sys.exit(f"{command} ended with {process.returncode}")
    stats = log.read_text(encoding="utf-8")[-20_000:]
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "peak": peak or usage.ru_maxrss / 1024,
        "pages": _count("downloader/response_count", stats),
        "articles": _count("caravan/pages/article", stats) or _count("item_scraped_count", stats),
    }


def _peak(pid: int) -> float:
    """Return a process's peak memory in MB so far; the peak of ``wait4`` includes the memory of its parent."""
    try:
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


def _count(name: str, stats: str) -> int:
    found = re.search(rf"'{name}': (\d+)", stats)
    return int(found[1]) if found else 0


def bare(site: str, folder: Path) -> dict[str, float]:
    """Crawl with the bare spider and Scrapy's defaults."""
    command = [sys.executable, "-m", "scrapy", "runspider", str(ROOT / "benchmarks" / "bare_spider.py")]
    return run(
        [*command, "-a", f"site={site}", "-s", f"CONCURRENT_REQUESTS={CONCURRENCY}"], folder, folder / "bare.log"
    )


def ours(site: str, folder: Path, codes: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Crawl with the project's command and everything enabled, feeds included."""
    command = [
        sys.executable,
        "-m",
        "scrapy",
        "crawl",
        "caravan",
        "-a",
        f"site={site}",
        "-s",
        f"DATA_DIR={folder / 'data'}",
        "-s",
        "LOG_LEVEL=INFO",
    ]
    return run([*command, "-s", f"CONCURRENT_REQUESTS={CONCURRENCY}"], ROOT, folder / "caravan.log", codes)


def compare(articles: int, rounds: int) -> None:
    """Print the figures of both spiders."""
    server = serve(articles)
    site = f"http://127.0.0.1:{PORT}/"
    results: dict[str, list[dict[str, float]]] = {"bare": [], "caravan": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(rounds):
                own = Path(folder) / str(number)  # with the previous round's store there would be nothing to do
                own.mkdir()
                results["bare"].append(bare(site, own))
                results["caravan"].append(ours(site, own))
    finally:
        server.terminate()
        server.wait()
    print(f"{articles} articles, {CONCURRENCY} requests at once, median of {rounds}")
    print(
        f"{'':<10}{'articles':>10}{'pages':>8}{'CPU s':>8}{'ms/page':>9}{'ms/article':>12}{'pages/s':>9}{'peak MB':>9}"
    )
    per_article = {}
    for name, runs in results.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        per_article[name] = middle["cpu"] / middle["articles"] * 1000
        print(
            f"{name:<10}{middle['articles']:>10.0f}{middle['pages']:>8.0f}{middle['cpu']:>8.2f}"
            f"{middle['cpu'] / middle['pages'] * 1000:>9.2f}{per_article[name]:>12.2f}"
            f"{middle['pages'] / middle['wall']:>9.0f}{middle['peak']:>9.0f}"
        )
    print(f"articles per CPU second, caravan to bare: {per_article['bare'] / per_article['caravan']:.2f}")


def memory(sizes: tuple[int, ...]) -> None:
    """Print the peak memory of crawls of different sizes."""
    for articles in sizes:
        server = serve(articles)
        try:
            with tempfile.TemporaryDirectory() as folder:
                result = ours(f"http://127.0.0.1:{PORT}/", Path(folder))
        finally:
            server.terminate()
            server.wait()
        print(f"{result['articles']:>8.0f} articles: peak {result['peak']:.0f} MB, {result['cpu']:.1f} CPU s")


def reading(rounds: int) -> None:
    """Print the time to read a page, compared with lxml's bare parse of it."""
    base = "http://127.0.0.1:8000/"
    sample = SampleSite(articles=2000)
    pages = []
    for record in sample.gold(base):
        body = sample.respond(record["url"][len(base) - 1 :], base).body
        if 74_000 < len(body) < 90_000:
            pages.append((record["url"], body))
    pages = pages[:200]
    site = Site(base)
    tune_gc()  # as in a crawl
    parser = etree.HTMLParser(encoding="utf-8")

    def parse() -> None:
        for _, body in pages:
            etree.fromstring(body, parser)

    def read() -> None:
        for url, body in pages:
            document = parse_document(body, url, site, "utf-8")
            read_page(document)
            article_links(document)

    times: dict[str, list[float]] = {"parse": [], "read": []}
    for _ in range(max(5, rounds)):
        for name, work in (("parse", parse), ("read", read)):
            before = resource.getrusage(resource.RUSAGE_SELF)
            work()
            after = resource.getrusage(resource.RUSAGE_SELF)
            times[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    cost = {name: statistics.median(values) / len(pages) * 1000 for name, values in times.items()}
    size = statistics.mean(len(body) for _, body in pages) / 1024
    print(
        f"{len(pages)} pages of {size:.0f} KB: bare parse {cost['parse']:.2f} ms, parse and read {cost['read']:.2f} ms",
        end=", ",
    )
    print(f"ratio {cost['read'] / cost['parse']:.2f}")


def main() -> None:
    """Run the chosen benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--reading", action="store_true")
    options = parser.parse_args()
    if options.memory:
        memory((2000, 20_000))
    elif options.reading:
        reading(options.rounds)
    else:
        compare(options.articles, options.rounds)


if __name__ == "__main__":
    main()
