"""Cost of `scrapy report` on a large store: time, memory, and the size of its page.

    python benchmarks/report.py
    python benchmarks/report.py --articles 100000

The store is invented (``benchmarks/invented.py``) and deleted at the end; ``--keep FILE`` saves the page.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import SCRAPY, run
from benchmarks.invented import BASE, invent
from caravan_crawler.store.store import open_store


def main() -> None:
    """Fill an invented store, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_010_000, help="some are taken away again, for gaps")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "report.html"
        store = open_store(None, name, BASE)
        begun = time.monotonic()
        invent(store, options.articles)
        store.close()
        print(f"invented in {time.monotonic() - begun:.0f} s", flush=True)
        for _ in range(options.rounds):
            cost = run([*SCRAPY, "report", str(page), "-s", f"DATA_DIR={name}"], Path(name) / "log")
            size = page.stat().st_size / 1e6
            print(f"{cost['wall']:.1f} s, peak {cost['peak']:.0f} MB, page {size:.2f} MB", flush=True)
        if options.keep:
            shutil.copy(page, options.keep)


if __name__ == "__main__":
    main()
