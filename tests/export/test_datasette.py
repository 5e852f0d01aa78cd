"""Datasette on a store: search with case and ё folded, and a facet by section, tried in Chromium."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from caravan_crawler import datasette_plugin
from caravan_crawler.datasette_plugin import get_metadata, index_of, query_of, refresh, startup
from caravan_crawler.store import schema
from tests.deploy.scrapyd_server import free_port
from tests.export.exporting import with_articles
from tests.report.browser import chromium
from tests.support.crawling import ROOT, TIMEOUT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARTICLES = [
    {"headline": "Берёза во дворе", "section": "news", "date_published": "2023-05-12"},
    {"headline": "Ветер повалил БЕРЕЗУ", "body": "Упавшую берёзу убрали.", "section": "sport"},
    {"headline": "Берег реки", "body": "Там росла береза.", "section": "news", "date_published": "2025-01-02"},
    {"headline": "ҚАЗАҚСТАН чемпионы", "lede": "Йога и спорт", "section": "sport", "date_published": "2025-02-03"},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    default = {"date_published": "2024-03-04", "lede": None, "body": "Текст"}
    with_articles(folder, *(default | article | {"article_id": 900001 + n} for n, article in enumerate(ARTICLES)))
    return folder / "caravan.db"


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[str]:
    """Run the README's line, with a port; yield the URL."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("datasette")), str(store), "--port", str(port)]
    before = store.read_bytes()
    log = store.with_name("log")
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    try:
        while "Uvicorn running" not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)
    assert store.read_bytes() == before, "the store was written to"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as opened:
        yield opened


def test_search_and_facet_in_a_browser(server: str, browser: "Browser") -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    page.goto(server)
    page.get_by_role("link", name="caravan", exact=True).click()
    page.get_by_role("link", name="Search the articles").click()
    expect(page.locator("th.col-headline")).to_have_count(1)
    expect(page.locator("th.col-body")).to_have_count(0)
    headlines, field = page.locator("td.col-headline"), page.locator("input[type=search]")
    for search, found in {
        "берёза": ["Берег реки", "Берёза во дворе"],
        "БЕРЕЗУ": ["Ветер повалил БЕРЕЗУ"],
        "берёз*": ["Берег реки", "Ветер повалил БЕРЕЗУ", "Берёза во дворе"],
    }.items():
        field.fill(search)
        field.press("Enter")
        expect(headlines).to_have_text(found)
    sections = page.locator(".facet-info", has_text="section")
    assert sections.locator("a").all_inner_texts() == ["news", "sport"]
    sections.get_by_role("link", name="news").click()
    expect(headlines).to_have_text(["Берег реки", "Берёза во дворе"])
    page.goto(f"{server}/caravan/articles?date_published__startswith=2023")
    expect(headlines).to_have_text(["Берёза во дворе"])
    page.close()


SEARCHES = [
    ("қазақстан", [4]),
    ("йога", [4]),
    ("иога", []),  # й is a letter of its own
    ("берёза двор", []),
    ("берёза двор*", [1]),
    ('"росла берёза"', [3]),
    ("реки -", [3]),
    ("*", []),
    ('"', [1, 2, 3, 4]),  # nothing to search for
]


@pytest.mark.parametrize(("search", "numbers"), SEARCHES)
def test_searches(search: str, numbers: list[int], server: str) -> None:
    import httpx

    found = httpx.get(f"{server}/caravan/articles.json", params={"_search": search, "_shape": "array"}, timeout=TIMEOUT)
    if search == '"':
        assert found.status_code in (200, 400)
        return
    assert found.status_code == 200, found.text
    assert sorted(row["article_id"] - 900000 for row in found.json()) == numbers


def test_store_is_read_only(server: str) -> None:
    import httpx

    params = {"sql": "delete from articles", "_shape": "array"}
    assert httpx.get(f"{server}/caravan.json", params=params, timeout=TIMEOUT).status_code == 400


@pytest.mark.parametrize(
    ("search", "query"),
    [("Ёлка", '"Елка"'), ("два слова", '"два" "слова"'), ('"два слова"', '"два слова"'), ("ёлк*", '"елк"*')]
    + [(search, '""') for search in ('"', '""', " ", "\0", "*")],
)
def test_queries(search: str, query: str) -> None:
    assert query_of(search) == query


def test_index_follows_the_store(tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": n, "body": f"слово{n}"} for n in (900001, 900002, 900003)))
    store = tmp_path / "caravan.db"

    def found(word: str) -> list[int]:
        with closing(sqlite3.connect(index_of(store))) as connection:
            rows = connection.execute("SELECT rowid FROM articles_search WHERE articles_search MATCH ?", (word,))
            return [row[0] for row in rows]

    refresh(store)
    assert [len(found(f"слово90000{n}")) for n in (1, 2, 3)] == [1, 1, 1]
    with_articles(tmp_path, {"article_id": 900001, "body": "ёжик"}, {"article_id": 900004, "body": "слово900004"})
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("DELETE FROM articles WHERE key = '900003'")
        connection.execute("UPDATE articles SET rowid = 77 WHERE key = '900002'")
        connection.commit()
    for _ in range(2):
        refresh(store)
        assert [len(found(f"слово90000{n}")) for n in (1, 2, 3, 4)] == [0, 1, 0, 1]
        assert len(found("ежик")) == 1
        assert found("слово900002") == [77]


@pytest.mark.parametrize("offset", [0, 4096])
def test_a_corrupt_index_is_rebuilt(offset: int, tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": n, "body": f"слово{n}"} for n in range(900001, 900101)))
    store = tmp_path / "caravan.db"
    refresh(store)
    with index_of(store).open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * 8192)
    startup(SimpleNamespace(databases={"caravan": SimpleNamespace(path=str(store))}))
    with closing(sqlite3.connect(index_of(store))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        query = "SELECT count(*) FROM articles_search WHERE articles_search MATCH 'слово900100'"
        assert connection.execute(query).fetchone() == (1,)


def test_metadata_is_that_of_any_store(store: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"no database")
    paths = {"news": str(store), "other": str(tmp_path / "other.db"), "memory": None}
    datasette = SimpleNamespace(databases={name: SimpleNamespace(path=path) for name, path in paths.items()})
    ((name, metadata),) = get_metadata(datasette)["databases"].items()
    assert name == "news"
    assert "/news/articles?" in metadata["description_html"]
    assert set(metadata["tables"]) <= set(schema.metadata.tables)
    assert metadata["tables"]["articles"]["facets"] == ["section"]


def test_a_store_on_a_read_only_medium_is_served(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasette_plugin, "is_frozen", lambda path: True)
    served = SimpleNamespace(path=str(store), is_mutable=True)
    startup(SimpleNamespace(databases={"caravan": served}))
    assert not served.is_mutable
