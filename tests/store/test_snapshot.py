"""Reading a store while a run writes to it."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from caravan_crawler.store import database
from caravan_crawler.store.database import StoreError, StoreRefusedError
from caravan_crawler.store.schema import articles, store_info
from caravan_crawler.store.snapshot import Snapshot
from tests.store.stored import StoreTables
from tests.store.stores import article, keep, open_in, open_kept
from tests.support.disks import is_root


def test_all_queries_see_the_same_moment_while_a_run_writes(store_tables: StoreTables, tmp_path: Path) -> None:
    store = open_kept(store_tables)
    keep(store, article())
    with Snapshot(store_tables.url, str(tmp_path)) as snapshot:
        query = select(articles.c.article_id, articles.c.tags)
        assert list(snapshot.rows(query)) == [(900001, ["Спорт"])]
        keep(store, article(article_id=900002, url="http://127.0.0.1:8000/news/b-900002/"))
        assert len(list(snapshot.rows(query))) == 1
    with Snapshot(store_tables.url, str(tmp_path)) as snapshot:
        assert len(list(snapshot.rows(query))) == 2
    store.close()


def test_it_cannot_write(store_tables: StoreTables, tmp_path: Path) -> None:
    store = open_kept(store_tables)
    keep(store, article())
    store.close()
    with Snapshot(store_tables.url, str(tmp_path)) as snapshot, pytest.raises(SQLAlchemyError, match=r"read-?only"):
        snapshot.connection.execute(delete(articles))
    assert len(store_tables.rows("articles")) == 1


@pytest.mark.parametrize(("version", "words"), [("0", "there is no store"), ("99", "install a newer crawler")])
def test_another_schema_version_is_refused(tmp_path: Path, version: str, words: str) -> None:
    store = open_in(tmp_path)
    store.execute(update(store_info).where(store_info.c.name == "schema_version").values(value=version))
    store.close()
    with pytest.raises(StoreRefusedError, match=words):
        Snapshot(None, str(tmp_path))


def test_a_database_that_is_not_a_store_is_refused_and_not_changed(store_tables: StoreTables, tmp_path: Path) -> None:
    with pytest.raises(StoreRefusedError, match="there is no store"):
        Snapshot(store_tables.url, str(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.fixture
def closed_store(closed_folder: Path) -> Path:
    """A folder with a store in which nobody may write."""

    def close(*, is_open: bool = False) -> None:
        if is_root():
            subprocess.run(["mount", "-o", f"remount,{'rw' if is_open else 'ro'}", closed_folder], check=True)
        else:
            closed_folder.chmod(0o700 if is_open else 0o500)

    close(is_open=True)
    store = open_in(closed_folder)
    keep(store, article())
    store.close()
    close()
    return closed_folder


def test_a_store_on_a_read_only_medium_is_read(closed_store: Path) -> None:
    with Snapshot(None, str(closed_store)) as snapshot:
        assert list(snapshot.rows(select(articles.c.article_id))) == [(900001,)]
        with pytest.raises(SQLAlchemyError, match=r"read-?only"):
            snapshot.connection.execute(delete(articles))


def test_where_another_user_may_write_it_is_refused_in_one_line(
    closed_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "is_frozen", lambda file: False)
    with pytest.raises(StoreError, match=r"SQLite needs files of its own in .*, where you may not write; read a copy"):
        Snapshot(None, str(closed_store))


def test_only_a_store_that_nobody_writes_is_frozen(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article())
    tmp_path.chmod(0o555)
    assert not database.is_frozen(tmp_path / "caravan.db"), "a run has it open"
    tmp_path.chmod(0o755)
    store.close()
    assert not database.is_frozen(tmp_path / "caravan.db"), "its owner may write"
    tmp_path.chmod(0o555)
    assert database.is_frozen(tmp_path / "caravan.db")
    tmp_path.chmod(0o755)


def test_an_empty_file_stays_empty(tmp_path: Path) -> None:
    file = tmp_path / "caravan.db"
    file.touch()
    with pytest.raises(StoreRefusedError, match="there is no store"):
        Snapshot(None, str(tmp_path))
    assert (file.read_bytes(), [*tmp_path.iterdir()]) == (b"", [file])


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "caravan.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Snapshot(None, str(tmp_path))


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Snapshot("postgresql://nobody@127.0.0.1:1/none", str(tmp_path))


def test_rows_are_fetched_in_batches(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    store.execute(insert(store_info), [{"name": f"row {number}", "value": ""} for number in range(2000)])
    store.close()
    with Snapshot(None, str(tmp_path)) as snapshot:
        names = [name for (name,) in snapshot.rows(select(store_info.c.name))]
        assert len(set(names)) > 2000
