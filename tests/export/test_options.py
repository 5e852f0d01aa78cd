"""Options select rows and files; a bad option is refused in one line, with nothing written."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from caravan_crawler.export.dataset import Export
from caravan_crawler.export.options import ExportOptions
from caravan_crawler.store import schema
from tests.export.exporting import export, export_apart, failed, files, small_store, succeeded, with_articles
from tests.store.stores import open_in
from tests.support.crawling import read_jsonl


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six articles of different days, sections and languages, and rates of three days."""
    folder = tmp_path_factory.mktemp("store")
    with_articles(
        folder,
        {"article_id": 900001, "date_published": "2025-05-11"},
        {"article_id": 900002, "date_published": "2025-05-12", "section": "sport"},
        {"article_id": 900003, "date_published": "2025-05-13", "language": "kk"},
        {"article_id": 900004, "date_published": None},
        {"article_id": 900005, "date_published": "2025-05-12", "section": "gazeta", "views": None},
    )
    row = {"currency": "USD", "rate": 495.1, "rate_raw": "495.1", "run_id": "run-1"}
    moments = [
        ("2025-05-11T23:00:00+05:00", "2025-05-12T10:00:00+00:00"),
        (None, "2025-05-11T19:30:00+00:00"),  # half past midnight in Almaty
        (None, "2025-05-12T18:59:59+00:00"),
        ("2025-05-13", "2025-05-12T20:00:00+00:00"),
    ]
    opened = open_in(folder)
    opened.execute(insert(schema.rates), [row | {"page_date": day, "observed_at": at} for day, at in moments])
    opened.close()
    return folder


CHOICES: list[tuple[tuple[str, ...], str, int, int]] = [
    ((), "1 2 3 4 5", 4, 4),
    (("--since", "2025-05-12"), "2 3 5", 2, 3),
    (("--until", "2025-05-12"), "1 2 5", 2, 3),
    (("--since", "2025-05-12", "--until", "2025-05-12"), "2 5", 1, 2),
    (("--until", "9999-12-31"), "1 2 3 5", 3, 4),
    (("--sections", "sport,gazeta"), "2 5", 1, 4),
    (("--sections", " /Sport/ "), "2", 1, 4),
    (("--language", "kk"), "3", 1, 4),
    (("--language", "ru", "--sections", "news", "--since", "2000-01-01"), "1", 1, 4),
]


@pytest.mark.parametrize(("options", "numbers", "views", "rates"), CHOICES, ids=[" ".join(one[0]) for one in CHOICES])
def test_selection(options: tuple[str, ...], numbers: str, views: int, rates: int, store: Path, tmp_path: Path) -> None:
    succeeded(export(tmp_path / "dataset", store, "--format", "jsonl", *options))
    keys = [f"90000{number}" for number in numbers.split()]
    tables: dict[str, list[dict[str, Any]]] = {
        name: read_jsonl(tmp_path / "dataset" / f"{name}.jsonl") for name in ("articles", "versions", "views", "rates")
    }
    assert [row["article_key"] for row in tables["articles"]] == keys
    assert [row["article_key"] for row in tables["versions"]] == keys
    assert {row["article_key"] for row in tables["views"]} <= set(keys)
    assert (len(tables["views"]), len(tables["rates"])) == (views, rates)


def test_tables_and_formats(store: Path, tmp_path: Path) -> None:
    succeeded(export(tmp_path / "dataset", store, "--table", "rates,views", "--format", "parquet,csv"))
    assert {name for name in files(tmp_path / "dataset") if name.startswith(("rates", "views", "articles"))} == {
        *("rates.csv", "rates.parquet", "views.csv", "views.parquet")
    }


REFUSED = [
    (("--since", "2020-02-30"), "--since 2020-02-30 is not a day"),
    (("--until", "20200101"), "--until 20200101 is not a day"),
    (("--since", "2021-01-02", "--until", "2021-01-01"), "is before --since"),
    (("--table", "article"), "did you mean 'articles'?"),
    (("--table", ""), "is no list of names"),
    (("--format", "xml"), "there is no 'xml' (known: csv, jsonl, parquet)"),
    (("--sections", ","), "is no list of names"),
    (("--sections", "news/old"), "is no list of names"),
    (("--what",), "there is no option --what"),
    (("-s", "FLOORS=x"), "FLOORS must give shares"),
    (("-s", "CSV_BOM=maybe"), "CSV_BOM=maybe is not 1 or 0"),
    (("-s", "DATA_DIR=/nowhere"), "there is no store"),
    (("-s", "STORE_URL=mysql://a/b"), "a store is sqlite or postgresql"),
    (("one folder", "and another"), "give one file such as"),
    (("--license", "do as you like"), "is no identifier such as cc-by-4.0"),
    (("--notes", "/nowhere.md"), "--notes /nowhere.md cannot be read: No such file"),
    (("--notes", "/usr/bin/env"), "is no text in UTF-8"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_bad_options(options: tuple[str, ...], words: str, store: Path, tmp_path: Path) -> None:
    failed(export(tmp_path / "new" / "dataset", store, *options), 2, words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["/", "//", "/tmp/..", "-"])
def test_the_root_or_a_hyphen_is_no_folder_of_a_dataset(target: str, store: Path) -> None:
    failed(export(Path(target), store), 2, "give one file such as")


def test_unreadable_store(tmp_path: Path) -> None:
    (tmp_path / "caravan.db").write_bytes(b"no database at all" * 100)
    failed(export(tmp_path / "dataset", tmp_path), 1, "not a database")
    failed(
        export(tmp_path / "dataset", tmp_path, "-s", "STORE_URL=postgresql://nobody@127.0.0.1:1/none"),
        1,
        "cannot be opened",
    )
    assert not (tmp_path / "dataset").exists()


def test_store_with_a_bad_value(store: Path, tmp_path: Path) -> None:
    with_articles(tmp_path, {"article_id": 900001, "observed_at": "yesterday"})
    words = "articles holds a value that is not of its kind"
    failed(export(tmp_path / "dataset", tmp_path, "--format", "parquet"), 1, words)


def test_optional_libraries_are_imported_on_demand(store: Path, tmp_path: Path) -> None:
    done = export_apart(tmp_path / "dataset", store, module="tests.crawl.imported")
    assert done.code == 0
    imported = set(done.log.rpartition("imported: ")[2].split())
    assert "caravan_crawler.export" in imported
    assert imported.isdisjoint(("pyarrow", "fsspec", "pandas"))


# Floors


def test_dataset_below_floors_is_refused(tmp_path: Path) -> None:
    data, target = small_store(tmp_path / "data", 17), tmp_path / "dataset"
    with_articles(data, *({"article_id": number, "body": None} for number in range(910001, 910006)))
    failed(export(target, data), 3, "body is found in 77.3 % of 22 articles, and must be in 80 %")
    assert not target.exists()
    done = export(target, data)
    assert sum(done.log.count(f"a-{number}/") for number in range(910001, 910006)) == 3
    succeeded(export(target, data, "--below-floors"))
    before = files(target)
    failed(export(target, data), 3, "body is found")
    assert files(target) == before
    succeeded(export(target, data, "-s", 'FLOORS={"body": 0.7, "trending": 1}'))


def test_floors_do_not_apply_to_few_articles(tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": number, "body": None} for number in range(900001, 900020)))
    succeeded(export(tmp_path / "dataset", tmp_path))


def test_empty_dataset_is_refused(store: Path, tmp_path: Path) -> None:
    for options, message in (
        (("--sections", "crime"), "the store has no section 'crime'; it has gazeta, news, sport; --below-floors "),
        (("--table", "weather"), "no such row, or none yet"),
    ):
        failed(export(tmp_path / "dataset", store, *options), 3, message)
    assert not list(tmp_path.iterdir())
    succeeded(export(tmp_path / "dataset", store, "--sections", "crime", "--below-floors", "--format", "csv,parquet"))
    assert (tmp_path / "dataset" / "articles.csv").read_text(encoding="utf-8").count("\n") == 1


def test_export_in_python(store: Path, tmp_path: Path) -> None:
    dataset = Export(None, str(store), ExportOptions(tables=("views",)), {}).to_folder(tmp_path / "dataset")
    assert dataset.counts["views"].rows == 4
