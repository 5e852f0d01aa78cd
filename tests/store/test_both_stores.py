"""Whole crawls with each database: stored fields, second runs, interruptions."""

import json
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from caravan_crawler.store.store import open_store
from tests.store.stored import StoreTables
from tests.support.crawling import TIMEOUT, Crawl, crawl, start

#: Largest number of articles that a kill may lose: pages of a commit to PostgreSQL, and concurrent requests.
MOST_ASKED_AGAIN = 8 + 4
#: Fields that differ from visit to visit.
OF_THE_VISIT = ("fetched_url", "observed_at")


def run(server: SampleServer, store_tables: StoreTables, data_dir: Path, *options: str) -> Crawl:
    return crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0", *store_tables.options, *options)


def by_url(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["url"]: {name: record[name] for name in record if name not in OF_THE_VISIT} for record in records}


def articles_asked_for(server: SampleServer) -> Counter[int]:
    """Number of requests for each article, under any of its URLs; a redirect counts once."""
    numbers = (server.site.number_of(target) for target in server.requests if not target.startswith("/?p="))
    return Counter(number for number in numbers if number is not None)


def test_every_field_is_stored_and_later_runs_request_only_new_articles(
    store_tables: StoreTables, tmp_path: Path
) -> None:
    site = SampleSite(articles=30)
    with serve(site) as server:
        first = run(server, store_tables, tmp_path)
        assert first.code == 0, first.log[-2000:]
        gold = by_url(site.gold(server.url))
        fields = gold[next(iter(gold))].keys()
        stored = by_url(store_tables.rows("articles"))
        assert {url: {name: record[name] for name in fields} for url, record in stored.items()} == gold
        assert by_url(first.articles) == gold
        for table, expected in (
            ("trending", site.expected_trending(server.url)),
            ("rates", site.expected_rates()),
            ("weather", site.expected_weather()),
        ):
            names = expected[0].keys()
            rows = [{name: row[name] for name in names} for row in store_tables.rows(table, order_by="id")]
            assert rows == json.loads(json.dumps(expected, default=float))
        before = store_tables.sizes()
        assert before["frontier"] == before["failures"] == 0

        hits = server.hits
        second = run(server, store_tables, tmp_path)
        assert second.code == 0, second.log[-2000:]
        assert second.articles == []
        assert store_tables.sizes() == before
        assert server.hits - hits <= 5, "robots.txt, home page, feed, the news list and the index of sitemaps"

        server.publish(12)
        hits = server.hits
        third = run(server, store_tables, tmp_path)
        assert third.code == 0, third.log[-2000:]
        assert len(third.articles) == 12
        assert by_url(third.articles).items() <= by_url(site.gold(server.url)).items()
        assert store_tables.sizes()["articles"] == 42
        assert server.hits - hits <= 1.25 * 12 + 4, "more for robots.txt, the lists and the index of sitemaps"


def test_a_killed_run_is_continued(store_tables: StoreTables, tmp_path: Path) -> None:
    site = SampleSite(articles=36)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        store_tables.wait_for_articles(12, process)
        process.kill()
        process.communicate(timeout=TIMEOUT)
        assert process.returncode == -signal.SIGKILL
        stored = {row["key"] for row in store_tables.rows("articles")}
        assert len(stored) < 36
        result = run(server, store_tables, tmp_path)
        gold = by_url(site.gold(server.url))
    assert result.code == 0, result.log[-2000:]
    # It also publishes the articles that the killed run had stored.
    assert by_url(result.articles) == gold
    assert len(result.articles) == store_tables.sizes()["articles"] == 36
    assert articles_asked_for(server).total() <= 36 + MOST_ASKED_AGAIN
    assert sorted(row["outcome"] for row in store_tables.rows("runs")) == ["killed", "sound"]


def test_an_orderly_stop_loses_nothing(store_tables: StoreTables, tmp_path: Path) -> None:
    number = signal.SIGTERM if store_tables.is_postgresql else signal.SIGINT
    site = SampleSite(articles=36)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        store_tables.wait_for_articles(12, process)
        process.send_signal(number)
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 128 + number, log[-2000:]
        assert "Traceback" not in log
        result = run(server, store_tables, tmp_path)
        gold = by_url(site.gold(server.url))
    assert result.code == 0, result.log[-2000:]
    assert by_url(result.articles) == gold
    assert max(articles_asked_for(server).values()) == 1


def test_one_run_at_a_time(store_tables: StoreTables, tmp_path: Path) -> None:
    with serve(SampleSite(articles=500)) as server:
        process = start(tmp_path / "first", "-a", f"site={server.url}", *store_tables.options)
        store_tables.wait_for_articles(1, process)
        second = crawl(tmp_path / "second", "-a", f"site={server.url}", *store_tables.options)
        assert process.poll() is None, "the first run is still alive"
        process.kill()
        process.communicate(timeout=TIMEOUT)
        hits = server.hits
        third = crawl(tmp_path / "third", "-a", f"site={server.url}", *store_tables.options, "-a", "urls=/")
    assert second.code == 5
    assert "another run is using" in second.log.splitlines()[-1]
    assert not (tmp_path / "second" / "runs").exists()
    assert third.code != 5, "a killed process holds no lock"
    assert server.hits > hits


def test_the_tables_have_the_columns_of_the_schema(store_tables: StoreTables) -> None:
    store = open_store(store_tables.url, "", "sample")
    store.close()
    from caravan_crawler.store.schema import metadata

    described = store_tables.columns()
    assert set(described.tables) == set(metadata.tables)
    for name, table in metadata.tables.items():
        found = described.tables[name]
        assert [column.name for column in found.columns] == [column.name for column in table.columns]
        assert [column.nullable for column in found.columns] == [column.nullable for column in table.columns]
        assert {index.name for index in found.indexes} == {index.name for index in table.indexes}
