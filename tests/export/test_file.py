"""One table as one file: the dataset's bytes, replaced in one step; a workbook that opens as such."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.export import formats
from caravan_crawler.export import options as options_module
from caravan_crawler.export.options import ExportOptions, ExportRefusedError
from caravan_crawler.export.tables import TABLES
from tests.export.exporting import export, export_apart, failed, small_store, start_export, succeeded, with_articles
from tests.export.test_csv import TEXTS
from tests.export.test_spreadsheet import Cell, opened
from tests.support.crawling import TIMEOUT, read_jsonl
from tests.support.disks import SmallDisk


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("table", ["articles", "views", "rates"])
def test_same_bytes_as_in_the_dataset(table: str, format_: str, crawled: Path, dataset: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / f"file.{format_.upper()}"
    succeeded(export(file, crawled, *(("--table", table) if table != "articles" else ())))
    assert file.read_bytes() == (dataset / f"{table}.{format_}").read_bytes()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_filters_are_those_of_a_dataset(crawled: Path, tmp_path: Path) -> None:
    options = ("--since", "2020-01-01", "--until", "2024-12-31", "--sections", "news,sport", "--language", "ru")
    succeeded(export(tmp_path / "dataset", crawled, *options))
    succeeded(export(tmp_path / "articles.csv", crawled, *options))
    assert (tmp_path / "articles.csv").read_bytes() == (tmp_path / "dataset" / "articles.csv").read_bytes()
    assert read_jsonl(tmp_path / "dataset" / "articles.jsonl")


REFUSED = [
    ("articles.xml", (), "there is no format .xml (known: .csv, .jsonl, .parquet, .xlsx)"),
    ("articles.json", (), "there is no format .json (known: .csv, .jsonl, .parquet, .xlsx)"),
    ("articles.csv", ("--table", "views,rates"), "a file has one table, not 2"),
    ("articles.csv", ("--table", "article"), "did you mean 'articles'?"),
    ("articles.csv", ("--format", "csv"), "--format is for a dataset folder"),
    ("articles.csv", ("--license", "cc-by-4.0"), "--license is for a dataset folder"),
    ("folder.csv", (), "folder.csv is a folder; "),
    ("data/runs/articles.csv", (), "where runs keep their own files"),
    (
        "articles.csv",
        ("-s", "STORE_URL=sqlite:///{folder}/articles.csv"),
        "belongs to the store, which an export would",
    ),
    (".csv", (), ".csv: the file needs a name before .csv"),
]


@pytest.mark.parametrize(("name", "options", "words"), REFUSED)
def test_refused(name: str, options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    data = small_store(tmp_path / "data")
    (tmp_path / "folder.csv").mkdir()
    failed(export(tmp_path / name, data, *(option.format(folder=tmp_path) for option in options)), 2, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "folder.csv"]


def test_unwritable_path(closed_folder: Path, tmp_path: Path) -> None:
    data = small_store(tmp_path / "data")
    failed(export(closed_folder / "articles.csv", data), 2, "articles.csv cannot be written: ")
    failed(
        export(data / "caravan.db" / "articles.csv", data),
        2,
        "articles.csv cannot be written: a folder above it is a file",
    )
    failed(export(Path("/proc/articles.csv"), data), 2, "articles.csv cannot be written: No such file or directory")


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    file.symlink_to(file.name)
    succeeded(export(file, small_store(tmp_path / "data")))
    assert file.is_file()


def test_folder_with_an_extension(tmp_path: Path) -> None:
    data = small_store(tmp_path / "data")
    for target in (f"{tmp_path}/news.v2/", f"{tmp_path}/news.v2", f"{tmp_path}/new.csv/"):  # the second is there then
        succeeded(export(target, data))
    assert (tmp_path / "news.v2" / "articles.csv").is_file()
    assert (tmp_path / "new.csv" / "articles.csv").is_file()


def test_nothing_to_export_leaves_the_earlier_file(tmp_path: Path) -> None:
    data, file = small_store(tmp_path / "data"), tmp_path / "articles.csv"
    file.write_text("mine", encoding="utf-8")
    failed(export(file, data, "--sections", "crime"), 3, "the store has no section 'crime'; it has ")
    failed(export(file, data, "-s", 'FLOORS={"lede": 1, "authors": 1}'), 3, "authors is found in")
    assert file.read_text(encoding="utf-8") == "mine"
    succeeded(export(file, data, "--sections", "crime", "--below-floors"))
    assert file.read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("name", ["articles.csv", "articles.xlsx"])
def test_stop_kill_and_full_disk_leave_the_earlier_file(
    name: str, crawled: Path, tmp_path: Path, small_disk: SmallDisk
) -> None:
    data, file = small_store(tmp_path / "data"), tmp_path / "out" / name
    succeeded(export(file, data, "--until", "9999-12-31"))
    before = file.read_bytes()
    asked = {"KILL_AT": "sql 5", "KILL_WITH": "SIGTERM"}
    failed(export_apart(file, data, module="tests.crawl.killed", **asked), 143, "nothing was published")
    assert [path.name for path in file.parent.iterdir()] == [name]
    process = start_export(file, data, module="tests.crawl.killed", KILL_AT="sql 5", KILL_WITH="SIGKILL")
    process.communicate(timeout=TIMEOUT)
    assert file.read_bytes() == before
    succeeded(export(file, data))
    assert [path.name for path in file.parent.iterdir()] == [name]
    place = small_disk.path / name
    (small_disk.path / "filler").write_bytes(b"-" * 1_520_000)
    place.write_text("mine", encoding="utf-8")
    failed(export(place, crawled), 1, "cannot be written: No space left on device")
    assert place.read_text(encoding="utf-8") == "mine"


# Workbooks


def sheet_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a workbook by the names of its first one."""
    import openpyxl

    (sheet,) = openpyxl.load_workbook(path).worksheets
    names, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


@pytest.mark.parametrize("table", TABLES)
def test_workbook_has_the_rows_with_their_types(table: str, crawled: Path, dataset: Path, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        succeeded(export(tmp_path / name, crawled, "--table", table))
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    cells = sheet_of(tmp_path / "one.xlsx")
    lines = read_jsonl(dataset / f"{table}.jsonl")
    assert len(cells) == len(lines) > 0
    for cell, line in zip(cells, lines, strict=True):
        assert list(cell) == list(line)
        for name, value in line.items():
            if name in ("date_published", "page_date") and value:
                assert cell[name] == datetime.fromisoformat(value), name
            elif isinstance(value, list):
                assert eval(cell[name]) == value, name
            elif isinstance(value, float):
                assert Decimal(str(cell[name])) == Decimal(str(value)), name
            else:
                assert cell[name] == (value if value != "" else None), name


def test_no_text_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": 900000 + n, "headline": text} for n, text in enumerate(TEXTS)))
    succeeded(export(tmp_path / "articles.xlsx", tmp_path, "-s", "FLOORS={}"))
    rows = sheet_of(tmp_path / "articles.xlsx")
    assert [row["headline"] or "" for row in rows] == [text.replace("\r", "_x000D_") for text in TEXTS]
    shown: list[dict[str, Cell]] = opened(tmp_path / "articles.xlsx", tmp_path, filter_="Calc MS Excel 2007 XML")
    assert len(shown) == len(TEXTS)
    assert all(cell.formula is None for row in shown for cell in row.values())
    assert {row["headline"].value for row in shown} >= {"=1+1", "+7 701", "@всем"}


def test_long_cells_are_cut_with_a_warning(tmp_path: Path) -> None:
    bodies = ["я" * 32_767, "я" * 32_768, "🙂" * 16_383, "🙂" * 16_384]
    with_articles(tmp_path, *({"article_id": 900000 + n, "body": body} for n, body in enumerate(bodies)))
    done = export(tmp_path / "articles.xlsx", tmp_path)
    assert done.code == 0
    warning, summary = done.log.splitlines()
    assert "2 cells are longer than Excel's 32,767 characters and cut, the first in row 3; .csv, .jsonl and" in warning
    assert "articles 4; " in summary
    found = [row["body"] for row in sheet_of(tmp_path / "articles.xlsx")]
    assert found == [bodies[0], "я" * 32_766 + "…", bodies[2], "🙂" * 16_383 + "…"]


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = small_store(tmp_path / "data", 30)
    monkeypatch.setattr(formats, "MOST_ROWS", 30)
    failed(export(tmp_path / "articles.xlsx", data), 2, "articles has more rows than a sheet of Excel, 30; export a")
    assert not (tmp_path / "articles.xlsx").exists()
    monkeypatch.setattr(formats, "MOST_ROWS", 31)
    succeeded(export(tmp_path / "articles.xlsx", data))


def test_days_before_excel_are_text(tmp_path: Path) -> None:
    with_articles(tmp_path, {"article_id": 900001, "date_published": "1899-12-31"})
    succeeded(export(tmp_path / "articles.xlsx", tmp_path))
    assert sheet_of(tmp_path / "articles.xlsx")[0]["date_published"] == "1899-12-31"
    assert date(1900, 3, 1) == formats._FIRST_DAY


@pytest.mark.parametrize(("format_", "library"), [("parquet", "pyarrow"), ("xlsx", "xlsxwriter")])
def test_missing_library_names_the_extra(format_: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options_module, "find_spec", lambda name: None)
    with pytest.raises(ExportRefusedError) as caught:
        ExportOptions.parse({}, format_)
    assert str(caught.value) == f"{format_} needs {library}: pip install -e '.[{format_}]'"
