"""Costs and savings of the store, for SQLite and PostgreSQL.

    python benchmarks/store.py

Parts: ``runs`` (first run, second run, twenty new articles), ``million`` (start, memory and queries with a million
known articles). PostgreSQL is a server of the benchmark's own, with default settings.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import ours
from benchmarks.filling import fill, put
from caravan_crawler.frontier.list_walk import ListState
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.listing import read_listing
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.sample_site.newsroom import SECTIONS
from caravan_crawler.store import database, schema
from caravan_crawler.store.database import NONE
from caravan_crawler.store.store import Store, open_store
from caravan_crawler.urls import Site
from tests.store.statements import statements
from tests.store.stored import StoreTables
from tests.support.optional_parts import need
from tests.support.postgresql import Cluster

BACKENDS = ("sqlite", "postgresql")
NEW = 20
_LISTS_LOOKED_AT = 50


@contextmanager
def fresh(backend: str, cluster: Cluster, folder: Path) -> Iterator[StoreTables]:
    """Yield an empty store."""
    if backend == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as apart:
            yield StoreTables(f"sqlite:///{apart}/caravan.db")
        return
    with cluster.database() as name:
        yield StoreTables(cluster.url(name))


def runs(backend: str, cluster: Cluster, folder: Path, articles: int) -> None:
    """Print requests and rows of a first run, a run on the unchanged site, and a run after twenty new articles."""
    with fresh(backend, cluster, folder) as store_tables, serve(SampleSite(articles=articles)) as server:

        def once(name: str) -> tuple[int, int]:
            before, hits = store_tables.sizes() if store_tables.tables() else {}, server.hits
            ours(server.url, folder, *store_tables.options, "-a", "refresh_days=0")
            new = {table: size - before.get(table, 0) for table, size in store_tables.sizes().items()}
            asked, stored = server.hits - hits, sum(new.values())
            print(f"{backend:<12}{name:<24}{asked:>10}{new['articles']:>10}{stored:>12}")
            return asked, new["articles"]

        asked, stored = once("first run")
        once("unchanged site")
        server.publish(NEW)
        asked, stored = once(f"{NEW} new articles")
        print(f"{backend:<12}requests per new article: {asked / stored:.2f} (at most 1.25)")


class Clocked(SampleSite):
    """Records the time of the first request."""

    first_asked: float | None = None

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        """Answer the request."""
        if self.first_asked is None:
            self.first_asked = time.monotonic()
        return super().respond(target, base_url, headers or {})


def fill_all(store: Store, site: SampleSite, base: str) -> None:
    """Fill the store with every article of the site, and mark every listing as walked to its end."""
    now = database.stamp(datetime.now(UTC) - timedelta(hours=7))  # listings are due, sitemaps are not
    fill(store, site.articles, base, now)
    sources: list[dict[str, Any]] = [{"path": "/sitemap_index.xml", "state": None}]
    for section in SECTIONS:
        page = f"{base}{section}/"
        listing = read_listing(parse_document(site.respond(f"/{section}/", base).body, page, Site(base), "utf-8"))
        state = ListState([card.address.key for card in listing.cards])
        sources.append({"path": f"/{section}/", "state": state.to_json()})
    put(store, schema.sources, ({"scope": "", "read_at": now, "stamp": None, **row} for row in sources))


def million(backend: str, cluster: Cluster, folder: Path, articles: int) -> None:
    """Print the start of a run with ``articles`` known articles, and the cost of a listing page."""
    with ExitStack() as stack:
        store_tables = stack.enter_context(fresh(backend, cluster, folder))
        site = Clocked(articles=articles)
        server = stack.enter_context(serve(site))
        store = open_store(store_tables.url, "", server.url)
        begun = time.monotonic()
        fill_all(store, site, server.url)
        store.close()
        print(f"{backend:<12}{articles} articles known, filled in {time.monotonic() - begun:.0f} s")
        for name, url in (("without a store", NONE), ("with it", store_tables.url)):
            starts: list[float] = []
            for _ in range(3):
                site.first_asked, begun, hits = None, time.monotonic(), server.hits
                one_page = f"urls={next(server.site.gold(server.url))['url']}"
                argument = one_page if url == NONE else "refresh_days=0"
                only = ours(server.url, folder, "-s", f"STORE_URL={url}", "-a", argument)
                assert site.first_asked is not None
                starts.append(site.first_asked - begun)
            asked = server.hits - hits
            print(
                f"{backend:<12}{name:<24}first request after {statistics.median(starts):.2f} s, "
                f"peak {only['peak']:.0f} MB, {asked} requests"
            )
        _look_up(backend, store_tables, site, server.url)


def _look_up(backend: str, store_tables: StoreTables, site: SampleSite, base: str) -> None:
    """Print queries and time to look up the articles of a listing page, as in a crawl."""
    store = open_store(store_tables.url, "", base)
    times = []
    with statements() as sent:
        for number in range(2, 2 + _LISTS_LOOKED_AT):
            path = f"/news/page/{number * 37}/"
            body = site.respond(path, base).body
            listing = read_listing(parse_document(body, base + path[1:], Site(base), "utf-8"))
            keys = [str(card.address.key) for card in listing.cards]
            begun = time.perf_counter()
            known = store.known(keys, database.now())
            times.append(time.perf_counter() - begun)
            assert set(known) == set(keys)
    store.close()
    queries = len(sent) / _LISTS_LOOKED_AT
    print(f"{backend:<12}{queries:g} query a page of a list, {statistics.median(times) * 1000:.2f} ms")


def main() -> None:
    """Run the chosen parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["runs", "million"], help="default: all of them")
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--known", type=int, default=1_000_000)
    options = parser.parse_args()
    with Cluster(need("initdb").parent, settings={}) as cluster, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.part in (None, "runs"):
            print(f"{'store':<12}{'run':<24}{'requests':>10}{'articles':>10}{'new rows':>12}")
            for backend in BACKENDS:
                runs(backend, cluster, folder, options.articles)
        if options.part in (None, "million"):
            for backend in BACKENDS:
                million(backend, cluster, folder, options.known)


if __name__ == "__main__":
    main()
