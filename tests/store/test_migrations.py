"""The schema is created, upgraded, or refused if the database is not a store."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, text

from caravan_crawler.items import Article
from caravan_crawler.store import schema
from caravan_crawler.store.article_history import ChangeType
from caravan_crawler.store.database import StoreLockedError, StoreRefusedError, make_engine, store_url
from caravan_crawler.store.schema import MIGRATIONS, note, read_note, schema_version, upgrade
from caravan_crawler.store.store import Store, edition
from tests.store.stored import StoreTables
from tests.store.stores import BASE, LATER, SEEN, article, keep, open_in, open_kept, table

NEWEST = len(MIGRATIONS) + 1


def engine_in(folder: Path) -> Engine:
    return make_engine(store_url(None, str(folder)))


def add_mood(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE articles ADD COLUMN mood TEXT"))


def set_mood(connection: Connection) -> None:
    connection.execute(text("UPDATE articles SET mood = 'glad'"))


def fail(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE half_way (x INTEGER)"))
    raise RuntimeError("no further")


def test_a_new_store_has_all_tables_and_its_version(tmp_path: Path) -> None:
    open_in(tmp_path).close()
    engine = engine_in(tmp_path)
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) == set(schema.metadata.tables)
        assert schema_version(connection) == NEWEST
        assert read_note(connection.execute, "created_at")
    engine.dispose()


def test_the_columns_of_articles_are_the_key_and_the_fields_in_order() -> None:
    names = [column.name for column in schema.articles.columns]
    record = [field.name for field in fields(Article)]
    assert names[: len(record) + 1] == ["key", *record]


def test_reopening_changes_nothing_but_its_time(tmp_path: Path) -> None:
    def content(store: Store) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        notes = table(store, schema.store_info)
        assert "opened_at" in {row["name"] for row in notes}
        return table(store, schema.articles), [row for row in notes if row["name"] != "opened_at"]

    store = open_in(tmp_path)
    keep(store, article())
    before = content(store)
    store.close()
    store = open_in(tmp_path)
    assert content(store) == before
    store.close()


def test_an_older_store_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article())
    store.close()
    engine = engine_in(tmp_path)
    with engine.begin() as connection:
        assert upgrade(connection, [*MIGRATIONS, [add_mood], [set_mood]]) == NEWEST
    with engine.begin() as connection:
        assert schema_version(connection) == NEWEST + 2
        assert connection.execute(text("SELECT headline, mood FROM articles")).all() == [("Headline", "glad")]
        assert upgrade(connection, [[fail]] * (NEWEST + 1)) == NEWEST + 2, "no migration runs twice"
        assert upgrade(connection, [*[[fail]] * (NEWEST + 1), [set_mood]]) == NEWEST + 2, "only the missing one runs"
    engine.dispose()


def as_version_6(connection: Connection) -> None:
    for column in ("scope", "times"):
        connection.execute(text(f"ALTER TABLE other_pages DROP COLUMN {column}"))
    note(connection, "schema_version", "6")


def as_version_5(connection: Connection) -> None:
    as_version_6(connection)
    connection.execute(text("ALTER TABLE articles DROP COLUMN published_at"))
    note(connection, "schema_version", "5")


def as_version_1(connection: Connection) -> None:
    as_version_5(connection)
    for name in ("trending", "rates", "weather"):
        connection.execute(text(f"DROP INDEX {name}_by_time"))
    connection.execute(text("DROP TABLE pace"))
    connection.execute(text("DROP INDEX frontier_by_time"))
    connection.execute(text("ALTER TABLE runs DROP COLUMN commits"))
    for column in ("is_speculative", "reach", "claimed_by", "claimed_until", "claims"):
        connection.execute(text(f"ALTER TABLE frontier DROP COLUMN {column}"))
    for name in ("articles", "trending", "rates", "weather"):
        connection.execute(text(f"DROP INDEX {name}_unpublished"))
        connection.execute(text(f"ALTER TABLE {name} DROP COLUMN published_in"))
    for column in ("number", "ended_number"):
        connection.execute(text(f"ALTER TABLE runs DROP COLUMN {column}"))
    note(connection, "schema_version", "1")


def test_a_store_of_version_1_is_upgraded_to_the_tables_of_a_new_one(store_tables: StoreTables) -> None:
    def indexes() -> dict[str, tuple[set[str | None], set[str]]]:
        return {
            table.name: ({index.name for index in table.indexes}, {column.name for column in table.columns})
            for table in store_tables.columns().sorted_tables
        }

    open_kept(store_tables).close()
    new = indexes()
    with store_tables.begin() as connection:
        as_version_1(connection)
    assert indexes() != new
    open_kept(store_tables).close()
    assert indexes() == new


# date_published of version 5, and what it becomes: day and moment
DATES = [
    (None, None, None),
    ("2025-05-12", "2025-05-12", None),
    ("2025-05-12T00:00:00+05:00", "2025-05-12", "2025-05-12T00:00:00+05:00"),
    ("2023-04-26T10:15:42+06:00", "2023-04-26", "2023-04-26T10:15:42+06:00"),
    ("2023-04-26T10:15:42.250000+06:00", "2023-04-26", "2023-04-26T10:15:42+06:00"),
    ("2025-05-12T20:30:00+06:00", "2025-05-12", "2025-05-12T19:30:00+05:00"),  # by an older list of zones
    ("2025-05-12T20:30:00+00:00", "2025-05-13", "2025-05-13T01:30:00+05:00"),
]
#: More rows than the migration reads at once.
MANY = 2100


def test_dates_of_version_5_are_split_and_its_articles_are_unchanged(store_tables: StoreTables) -> None:
    items = {
        str(number): article(article_id=number, url=f"{BASE}news/a-{number}/", date_published=day, published_at=moment)
        for number, (_, day, moment) in enumerate(DATES, 900001)
    }
    store = open_kept(store_tables)
    for item in items.values():
        assert keep(store, item, "run-1") is ChangeType.NEW
    store.execute(schema.articles.update().values(published_in="run-1"))
    columns = {"url": BASE, "kind": "outside", "date_published": "2023-04-26T23:59:00+06:00", "seen_at": SEEN}
    store.execute(schema.other_pages.insert(), [{"key": f"page {number}", **columns} for number in range(MANY)])
    before = table(store, schema.articles)
    store.close()
    with store_tables.begin() as connection:
        as_version_5(connection)
        for key, (value, _, _) in zip(items, DATES, strict=True):
            old = {"key": key, "value": value}
            connection.execute(text("UPDATE articles SET date_published = :value WHERE key = :key"), old)

    store = open_kept(store_tables)
    assert table(store, schema.articles) == before
    assert [row["date_published"] for row in table(store, schema.other_pages)] == ["2023-04-26"] * MANY
    for item in items.values():
        assert keep(store, replace(item, observed_at=LATER)) is ChangeType.UNCHANGED
    rows = table(store, schema.articles)
    assert {(row["version"], row["run_id"], row["published_in"]) for row in rows} == {(1, "run-1", "run-1")}
    store.close()


@pytest.mark.parametrize("steps", [[fail], [add_mood, fail]])
def test_a_migration_that_fails_changes_nothing(steps: list[Callable[[Connection], None]], tmp_path: Path) -> None:
    open_in(tmp_path).close()
    engine = engine_in(tmp_path)
    with pytest.raises(RuntimeError, match="no further"), engine.begin() as connection:
        upgrade(connection, [*MIGRATIONS, steps])
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) == set(schema.metadata.tables)
        assert "mood" not in [column["name"] for column in inspect(connection).get_columns("articles")]
        assert schema_version(connection) == NEWEST
    engine.dispose()


def test_a_run_creates_the_tables_if_an_earlier_one_was_killed_before_it_could(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    with engine.connect() as connection:
        schema.articles.create(connection)  # and no commit
    engine.dispose()
    open_in(tmp_path).close()


def newer(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    note(connection, "schema_version", "99")


def foreign(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE articles (title TEXT)"))


def other_info(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE store_info (name TEXT, value TEXT)"))


REFUSED = [
    (newer, f"the store has schema version 99, and this crawler knows versions to {NEWEST}: install a newer one"),
    (foreign, "the database is no store of this crawler, but has a table articles"),
    (other_info, "the database has a table store_info, but no schema version: it is no store"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_other_databases_and_newer_stores_are_refused(
    make: Callable[[Connection], None], words: str, tmp_path: Path
) -> None:
    engine = engine_in(tmp_path)
    with engine.begin() as connection:
        make(connection)
        tables = inspect(connection).get_table_names()
    with pytest.raises(StoreRefusedError) as refusal:
        open_in(tmp_path)
    assert str(refusal.value) == words
    assert refusal.value.code == 2
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == tables, "no table is added"
    engine.dispose()


# argument `site`, whose articles it has
EDITIONS = [
    ("sample", "sample"),
    ("https://www.caravan.kz/", "caravan.kz"),
    ("https://caravan.kz/", "caravan.kz"),
    ("http://127.0.0.1:8000/", "copy"),
    ("http://caravan.kz.mirror.example/", "copy"),
    ("https://kaz.caravan.kz/", "kaz.caravan.kz"),
]


@pytest.mark.parametrize(("site", "whose"), EDITIONS)
def test_copies_share_a_store_and_editions_do_not(site: str, whose: str, tmp_path: Path) -> None:
    assert edition(site) == whose
    store = open_in(tmp_path, whose)
    store.execute(schema.sources.insert(), [{"scope": "", "path": "/", "read_at": "2026-01-01T00:00:00+00:00"}])
    store.close()
    for other in {"sample", "caravan.kz", "kaz.caravan.kz", "copy"} - {whose}:
        with pytest.raises(StoreRefusedError, match=r"holds the articles of .*; for those of .* name another folder"):
            open_in(tmp_path, other)
    open_in(tmp_path, whose).close()


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    with pytest.raises(StoreLockedError, match="another run is using"):
        open_in(tmp_path)
    store.close()
    open_in(tmp_path).close()


# STORE_URL, its refusal
URLS = [
    ("mysql://localhost/x", "STORE_URL names mysql; a store is sqlite or postgresql"),
    ("no url", "STORE_URL is no database URL such as postgresql://user@host/database"),
    ("sqlite://", "STORE_URL=sqlite must name a file: sqlite:////absolute/path/caravan.db"),
    ("sqlite:///:memory:", "STORE_URL=sqlite must name a file: sqlite:////absolute/path/caravan.db"),
]


@pytest.mark.parametrize(("url", "words"), URLS)
def test_a_url_that_cannot_be_a_store_is_refused(url: str, words: str) -> None:
    with pytest.raises(StoreRefusedError) as refusal:
        store_url(url, "data")
    assert str(refusal.value) == words
