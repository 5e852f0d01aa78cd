"""Cost of the browser: seconds per page, compared with the same crawl without it, and memory over many pages.

    python benchmarks/browser.py --articles 200

The sample site, with a script that loads ticker, view counts and listings, is crawled one page after another with
``BROWSER=off`` and ``BROWSER=auto``. Memory is the sum of the proportional shares of all processes of the crawl,
measured after each tenth of the pages.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.browser.playwright import descendants
from caravan_crawler.sample_site import SampleServer, SampleSite, serve

#: One page at a time; wait at most 0.5 seconds for a script that loads nothing.
OPTIONS = ("-s", "CONCURRENT_REQUESTS=1", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1", "-s", "BROWSER_WAIT=0.5")


def megabytes(pid: int) -> tuple[float, float]:
    """Return the memory of a process, and of its descendants."""
    return share(pid), sum(map(share, descendants(pid)))


def share(pid: int) -> float:
    """Return a process's proportional share of memory in MB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def crawl(server: SampleServer, mode: str, articles: int) -> tuple[float, int]:
    """Crawl and return seconds and requests; with a browser, print the memory after each tenth of the pages."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["-a", f"site={server.url}", "-s", f"DATA_DIR={folder}", "-s", f"BROWSER={mode}", *OPTIONS]
        hits, began, shown = server.hits, time.monotonic(), 0
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "caravan", *options], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            views = sum(target.startswith("/parts/views/") for target in list(server.requests))
            if mode != "off" and views >= shown + articles // 10:
                shown = views
                own, others = megabytes(process.pid)
                print(f"{views:6} pages: crawler {own:5.0f} MB, browser {others:5.0f} MB", flush=True)
            time.sleep(0.05)
        if process.returncode:
            sys.exit(f"BROWSER={mode} ended with {process.returncode}")
        return time.monotonic() - began, server.hits - hits


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200)
    articles = parser.parse_args().articles
    with serve(SampleSite(articles, scripted=True)) as server:
        plain, plain_requests = crawl(server, "off", articles)
        browsed, requests = crawl(server, "auto", articles)
    print(f"off:  {plain:6.1f} s, {plain_requests} requests")
    print(f"auto: {browsed:6.1f} s, {requests} requests; {(browsed - plain) / articles:.2f} s more an article")


if __name__ == "__main__":
    main()
