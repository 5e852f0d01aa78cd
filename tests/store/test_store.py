"""Writes are committed whole or not at all; the store looks up articles by key."""

from pathlib import Path

import pytest
from sqlalchemy import insert, text

from caravan_crawler.items import PageWrites
from caravan_crawler.store import database, schema
from caravan_crawler.store.database import StoreError
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Known, open_store
from tests.store.stored import StoreTables
from tests.store.stores import BASE, article, article_store, keep, open_in, open_kept, table

ALIAS = {"url": f"{BASE}?p=1", "article_key": "1", "first_seen_at": database.now()}
SOURCE = {"scope": "", "path": "/rss/", "read_at": database.now(), "stamp": None, "state": None}


def bad_page() -> Writes:
    """A page whose last row cannot be written: a required column is None."""
    page = Writes()
    page.add("alias", **ALIAS)
    page.add("source", **SOURCE)
    page.add("found", scope="", key="1", url=None, found_at=database.now(), is_speculative=0, reach=None)
    return page


def test_the_url_of_a_store() -> None:
    assert database.store_url("sqlite+aiosqlite:///x.db", "").drivername == "sqlite"
    for of_no_file in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x.db?uri=true"):
        with pytest.raises(StoreError, match="must name a file"):
            database.store_url(of_no_file, "")
    assert database.without_password(database.store_url(None, "/Данные 1%")) == "sqlite:////Данные 1%/caravan.db"


def test_a_transaction_that_fails_stores_nothing(store_tables: StoreTables) -> None:
    store = open_kept(store_tables)
    keep(store, article())
    with pytest.raises(StoreError, match=r"^the store .* cannot be written: [^\n]+$") as error:
        store.write(bad_page())
    assert error.value.code == 1
    assert store.is_broken
    store.close()
    store = open_kept(store_tables)
    assert [table(store, each) for each in (schema.aliases, schema.sources, schema.frontier)] == [[], [], []]
    assert len(table(store, schema.articles)) == 1, "earlier commits stay"
    store.close()


def test_a_listener_is_called_with_an_error_of_a_page(store_tables: StoreTables) -> None:
    store = open_kept(store_tables)
    errors: list[StoreError] = []
    store.on_failure = errors.append
    store.write(bad_page())
    assert [str(error).partition(": ")[0].endswith("cannot be written") for error in errors] == [True]
    assert store.known(["1"], database.now()) == {}
    # A broken store still stores how the run ended.
    store.execute(insert(schema.store_info), {"name": "end", "value": "sound"})
    store.close()
    assert {"name": "end", "value": "sound"} in store_tables.rows("store_info")


def test_a_page_just_written_is_known(store_tables: StoreTables) -> None:
    store = open_kept(store_tables)
    for number in map(str, range(100)):
        page = Writes()
        page.add("other_page", key=number, url=BASE, kind="alias", section=None, date_published=None, seen_at="")
        store.write(page)
        assert store.known([number], database.now()) == {number: Known("alias", paths=("/",))}
    store.close()


def test_a_listener_is_called_once_and_later_pages_are_not_stored(store_tables: StoreTables) -> None:
    store = open_kept(store_tables)
    errors: list[StoreError] = []
    store.on_failure = errors.append
    store.write(bad_page())
    good = Writes()
    good.add("alias", **ALIAS)
    store.write(good)
    assert store.known(["1"], database.now()) == {}
    assert len(errors) == 1
    store.close()
    assert store_tables.rows("aliases") == []


def test_the_state_of_articles(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    keep(store, article())
    one.fail(f"{BASE}news/gone-2/", "2", "http_404", "HTTP 404")
    one.fail(f"{BASE}news/slow-3/", "3", "DownloadTimeoutError", "slow")  # due again at once
    one.accept_page(PageWrites(f"{BASE}info/x/", "/info/x/", other_kind="other"))
    one.accept_page(PageWrites(f"{BASE}?p=5", "5", other_kind="alias"))
    one.accept_page(PageWrites(article_key="6", has_item=True))
    one.add_outside(article(article_id=6), "6")
    # Stored, although another URL of it has failed.
    one.fail(f"{BASE}amp/news/a-900001", "900001", "http_404", "HTTP 404")
    now = database.now()
    known = store.known([*(str(number) for number in range(1, 5000)), "900001", "/info/x/", "/info/y/"], now)
    assert known == {
        "900001": Known("stored", "news", "2025-05-12", ("/news/a-900001/",)),
        "2": Known("failed", paths=("/news/gone-2/",)),
        "/info/x/": Known("other", paths=("/info/x/",)),
        "5": Known("alias", paths=("/",)),
        "6": Known("outside", "news", "2025-05-12", ("/news/a-900001/",)),
    }
    store.execute(text("UPDATE other_pages SET seen_at = '2020-01-01T00:00:00+00:00'"))
    store.execute(text("UPDATE failures SET retry_at = '2020-01-01T00:00:00+00:00'"))
    assert {key: value.what for key, value in store.known(known, now).items()} == {
        "900001": "stored",
        "5": "alias",
        "6": "outside",
    }, "a URL without an article may have one later, and a failure is due again"
    store.close()


def test_without_a_store_each_run_finds_everything_new(tmp_path: Path) -> None:
    for _ in range(2):
        store = open_store("none", str(tmp_path), "sample")
        assert store.name == "none"
        assert store.was_empty
        assert keep(store, article()) == "new"
        store.close()
    assert list(tmp_path.iterdir()) == []
