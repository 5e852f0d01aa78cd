"""Failures of a PostgreSQL server lose nothing and reveal no password."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.store.stored import StoreTables
from tests.support.crawling import TIMEOUT, Crawl, crawl, start
from tests.support.postgresql import Cluster

#: Connections of crawls to a database.
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"


def test_a_lost_connection_ends_the_run_and_the_next_one_completes_it(
    cluster: Cluster, database: str, tmp_path: Path
) -> None:
    store_tables = StoreTables(cluster.url(database))
    site = SampleSite(articles=36)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        store_tables.wait_for_articles(14, process)
        ((backend,),) = cluster.rows(BACKENDS.format(database))  # one connection for lock and rows
        cluster.rows(f"SELECT pg_terminate_backend({backend})")
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1, log[-2000:]
        assert "Traceback" not in log
        assert (
            f"the store postgresql://crawler:***@127.0.0.1:{cluster.port}/{database} cannot be" in log.splitlines()[-1]
        )
        assert log.splitlines()[-1].count("the store ") == 1
        assert cluster.password not in log
        result = crawl(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        gold = {record["url"] for record in site.gold(server.url)}
    assert result.code == 0, result.log[-2000:]
    assert {record["url"] for record in result.articles} == gold
    assert len(result.articles) == 36


def test_a_server_that_stops_and_comes_back(cluster: Cluster, tmp_path: Path) -> None:
    with Cluster(cluster.programs) as other, serve(SampleSite(articles=36)) as server:
        store_tables = StoreTables(other.url("postgres"))
        process = start(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        store_tables.wait_for_articles(14, process)
        other.stop()
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1, log[-2000:]
        assert "Traceback" not in log
        assert log.splitlines()[-1].count("the store ") == 1
        refused = crawl(tmp_path, "-a", f"site={server.url}", *store_tables.options)
        assert refused.code == 1
        other.start()
        result = crawl(tmp_path, "-a", f"site={server.url}", *store_tables.options)
    assert result.code == 0, result.log[-2000:]
    assert len(result.articles) == 36


def test_a_transaction_that_somebody_left_open_ends_the_run(cluster: Cluster, database: str, tmp_path: Path) -> None:
    url, site = cluster.url(database), SampleSite(articles=12)
    with serve(site) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=100000", "-s")
        first = crawl(tmp_path, *options, f"STORE_URL={url}")
        assert first.code == 0, first.log[-2000:]
        site.publish(5)
        for statement in ("LOCK TABLE runs", "LOCK TABLE articles", "UPDATE articles SET views = 1"):
            with StoreTables(url).begin() as other:
                other.exec_driver_sql(statement)
                done = crawl(tmp_path, *options, f"STORE_URL={url}?options=-clock_timeout%3D500ms")
                other.rollback()
            assert done.code == 1, f"{statement}: {done.log[-2000:]}"
            assert "Traceback" not in done.log, statement
            assert "canceling statement due to lock timeout" in done.log.splitlines()[-1], statement
        last = crawl(tmp_path, *options, f"STORE_URL={url}")
    assert last.code == 0, last.log[-2000:]
    assert (len(first.articles), len(last.articles)) == (12, 5)


def test_the_wait_for_a_lock_is_bounded(cluster: Cluster, database: str) -> None:
    from sqlalchemy import text

    from caravan_crawler.store.store import open_store

    store = open_store(cluster.url(database), "", "sample")
    try:
        assert store.rows(text("SHOW lock_timeout")) == [("1min",)]
    finally:
        store.close()


def test_a_run_that_lost_its_lock_cannot_write_while_the_next_one_runs(cluster: Cluster, database: str) -> None:
    from sqlalchemy import select

    from caravan_crawler.store.database import StoreError, StoreLockedError
    from caravan_crawler.store.schema import runs
    from caravan_crawler.store.store import open_store

    first = open_store(cluster.url(database), "", "sample")
    cluster.rows(f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS.format(database)}) AS found")
    second = open_store(cluster.url(database), "", "sample")
    try:
        with pytest.raises(StoreError):
            first.execute(select(runs))
        with pytest.raises(StoreLockedError):
            first.execute(select(runs))
        assert second.rows(select(runs)) == []
    finally:
        first.close()
        second.close()


def _assert_refused(result: Crawl, code: int, words: str) -> None:
    last = result.log.splitlines()[-1]
    assert result.code == code, result.log[-2000:]
    assert last.startswith("scrapy crawl: ")
    assert words in last
    assert "Traceback" not in result.log
    assert "secret" not in result.log
    assert not (result.data_dir / "runs").exists()


BAD_SETTINGS = [
    ("no address", "STORE_URL is no database URL"),
    ("postgresql://user:secret@127.0.0.1:port/caravan", "STORE_URL is no database URL"),
    ("mysql://user:secret@127.0.0.1/caravan", "STORE_URL names mysql; a store is sqlite or postgresql"),
    ("sqlite://", "STORE_URL=sqlite must name a file"),
]


@pytest.mark.parametrize(("url", "words"), BAD_SETTINGS)
def test_a_bad_setting_is_one_line_and_no_request(url: str, words: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=1)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", f"STORE_URL={url}")
        assert server.hits == 0
    _assert_refused(result, 2, words)
    assert result.log.count("\n") == 1


def test_a_missing_driver_is_one_line_and_no_request(tmp_path: Path) -> None:
    options = ("-a", "site=sample", "-s", "STORE_URL=postgresql://user:secret@127.0.0.1/caravan")
    result = crawl(tmp_path, *options, module="tests.store.without_psycopg")
    _assert_refused(result, 2, "psycopg: pip install -e '.[postgresql]'")
    assert result.log.count("\n") == 1


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is reserved and on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with closed_port() as port, serve(SampleSite(articles=1)) as server:
        url = f"postgresql://user:secret@127.0.0.1:{port}/caravan?password=secret"
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", f"STORE_URL={url}")
        assert server.hits == 0
    _assert_refused(result, 1, f"the store postgresql://user:***@127.0.0.1:{port}/caravan cannot be opened: ")


@pytest.mark.parametrize("database", ["postgres", "there_is_none"])
def test_a_server_that_refuses(cluster: Cluster, database: str, tmp_path: Path) -> None:
    password = "secret" if database == "postgres" else cluster.password
    with serve(SampleSite(articles=1)) as server:
        url = cluster.url(database, password)
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", f"STORE_URL={url}")
        assert server.hits == 0
    expected = "password authentication failed" if database == "postgres" else "does not exist"
    _assert_refused(result, 1, expected)
    assert cluster.password not in result.log


def test_a_database_with_other_tables_is_refused(cluster: Cluster, database: str, tmp_path: Path) -> None:
    cluster.rows("CREATE TABLE articles (id int)", database)
    result = crawl(tmp_path, "-a", "site=sample", "-s", f"STORE_URL={cluster.url(database)}")
    _assert_refused(result, 2, "the database is no store of this crawler, but has a table articles")
    assert StoreTables(cluster.url(database)).tables() == {"articles"}


def test_the_password_is_in_no_file(cluster: Cluster, database: str, tmp_path: Path) -> None:
    url = cluster.url(database)
    with serve(SampleSite(articles=10)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", f"STORE_URL={url}", "-s", "LOG_LEVEL=DEBUG")
    assert result.code == 0, result.log[-2000:]
    assert cluster.password not in result.log
    assert not [path for path in tmp_path.rglob("*.*") if path.is_file() and cluster.password in path.read_text()]


def test_options_of_the_url_are_used(cluster: Cluster, database: str, tmp_path: Path) -> None:
    cluster.rows("CREATE SCHEMA apart", database)
    url = f"{cluster.url(database)}?options=-csearch_path%3Dapart&connect_timeout=5"
    with serve(SampleSite(articles=5)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", f"STORE_URL={url}")
    assert result.code == 0, result.log[-2000:]
    assert cluster.rows("SELECT count(*) FROM apart.articles", database) == [(5,)]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "WIN1251"])
def test_a_database_that_is_not_utf_8_is_refused(cluster: Cluster, encoding: str) -> None:
    from caravan_crawler.store.database import StoreRefusedError
    from caravan_crawler.store.snapshot import Snapshot
    from caravan_crawler.store.store import open_store

    name = f"in_{encoding.lower()}"
    cluster.rows(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    refusal = rf"/{name} is a database in {encoding}, .*: createdb -E UTF8 -T template0 caravan$"
    try:
        with pytest.raises(StoreRefusedError, match=refusal):
            open_store(cluster.url(name), "", "sample")
        with pytest.raises(StoreRefusedError, match=refusal):
            Snapshot(cluster.url(name), "")
    finally:
        cluster.rows(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_the_encoding_of_the_client_is_utf_8_whatever_the_environment_says(
    cluster: Cluster, database: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from caravan_crawler.store.schema import read_note
    from caravan_crawler.store.store import open_store

    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    store = open_store(cluster.url(database), "", "sample")
    try:
        store.note("word", "қазақ…")
        assert read_note(store.rows, "word") == "қазақ…"
    finally:
        store.close()


class Strange(SampleSite):
    """Articles and headers with characters that PostgreSQL refuses."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers or {})
        if self.number_of(target) is None or response.status != 200:
            return response
        strange = rb'"a\u0000b\ud800"'
        words = b", ".join(
            b'"%s": %s' % (name, strange) for name in (b"headline", b"datePublished", b"image", b"author")
        )
        script = b'<head><script type="application/ld+json">{"@type": "NewsArticle", %s}</script>' % words
        body = response.body.replace(b"<head>", script)
        return SampleResponse(200, response.headers | {"ETag": '"a\x00b\xff"'}, body)


def test_characters_that_a_database_refuses_do_not_end_the_run(store_tables: StoreTables, tmp_path: Path) -> None:
    with serve(Strange(articles=20)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", *store_tables.options)
    assert result.code == 0, result.log[-3000:]
    assert store_tables.sizes()["articles"] == 20
