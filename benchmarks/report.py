"""Cost of `scrapy report` on a large store: time, memory, and the size of its page.

    python benchmarks/report.py
    python benchmarks/report.py --articles 100000 --backend postgresql

The store is invented (``benchmarks/invented.py``) and deleted at the end; ``--keep FILE`` saves the page.
"""

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import SCRAPY, run
from benchmarks.invented import BASE, invent
from benchmarks.store import BACKENDS, fresh
from caravan_crawler.store.store import open_store
from tests.support.optional_parts import need
from tests.support.postgresql import Cluster


def main() -> None:
    """Fill an invented store, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_010_000, help="some are taken away again, for gaps")
    parser.add_argument("--backend", choices=BACKENDS, default="sqlite")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = Cluster(need("initdb").parent, settings={})
        if options.backend == "postgresql":
            stack.enter_context(cluster)
        store_tables = stack.enter_context(fresh(options.backend, cluster, folder))
        store = open_store(store_tables.url, "", BASE)
        begun = time.monotonic()
        invent(store, options.articles)
        store.close()
        rows = ", ".join(f"{size:,} {table}" for table, size in store_tables.sizes().items() if size > 1000)
        print(f"{options.backend}, invented in {time.monotonic() - begun:.0f} s: {rows}", flush=True)
        page = folder / "report.html"
        for _ in range(options.rounds):
            command = [*SCRAPY, "report", str(page), *store_tables.options, "-s", f"DATA_DIR={folder}"]
            cost = run(command, folder / "log")
            size = page.stat().st_size / 1e6
            print(f"{cost['wall']:.1f} s, peak {cost['peak']:.0f} MB, page {size:.2f} MB", flush=True)
        if options.keep:
            shutil.copy(page, options.keep)


if __name__ == "__main__":
    main()
