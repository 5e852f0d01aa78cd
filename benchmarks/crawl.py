"""Compare this crawler with a bare Scrapy spider: same site, same concurrency, in turns.

    python benchmarks/crawl.py --articles 2000 --rounds 3

The sample site runs in a process of its own. For each spider it prints the median of the rounds: CPU per
article and per page, pages per second, peak memory.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Begins a command of Scrapy or of the project.
SCRAPY = (sys.executable, "-m", "scrapy")
CONCURRENCY = 8
AT_ONCE = ("-s", f"CONCURRENT_REQUESTS={CONCURRENCY}")
PORT = 8765


@contextmanager
def serving(*module: str) -> Iterator[None]:
    """Run a server, a module with its arguments, in a process of its own, once it has printed its first line."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def run(command: Sequence[str], log: Path, *, cwd: Path = ROOT, codes: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Run a command; return CPU and wall seconds, peak memory in MB, and the counts of a crawl in its log's last lines.

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
    spider = str(ROOT / "benchmarks" / "bare_spider.py")
    command = [*SCRAPY, "runspider", spider, "-a", f"site={site}", *AT_ONCE]
    return run(command, folder / "bare.log", cwd=folder)


def ours(site: str, folder: Path, *options: str, codes: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Crawl with the project's command and everything enabled, feeds included."""
    settings = ("-s", f"DATA_DIR={folder / 'data'}", "-s", "LOG_LEVEL=INFO")
    command = [*SCRAPY, "crawl", "caravan", "-a", f"site={site}", *settings, *options]
    return run(command, folder / "caravan.log", codes=codes)


def compare(articles: int, rounds: int) -> None:
    """Print the figures of both spiders."""
    site = f"http://127.0.0.1:{PORT}/"
    results: dict[str, list[dict[str, float]]] = {"bare": [], "caravan": []}
    sample_site = ("caravan_crawler.sample_site", "--port", str(PORT), "--articles", str(articles))
    with serving(*sample_site), tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            own = Path(folder) / str(number)  # with the previous round's store there would be nothing to do
            own.mkdir()
            results["bare"].append(bare(site, own))
            results["caravan"].append(ours(site, own, *AT_ONCE))
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


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    compare(options.articles, options.rounds)


if __name__ == "__main__":
    main()
