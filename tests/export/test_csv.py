"""Texts in CSV are quoted as by Python's own writer and guarded as in the feeds; JSON lines have them exactly."""

import csv
import io
from pathlib import Path

import pytest

from caravan_crawler.export.formats import csv_cell
from caravan_crawler.feeds import safe_cell
from tests.export.exporting import export, succeeded, with_articles
from tests.support.crawling import read_csv, read_jsonl

TEXTS = (
    *("просто", "", " с пробелами ", "а, б", 'сказал: "да"', '"', '""', "'", "две\nстроки", "две\r\nстроки", "\r"),
    *("=1+1", "+7 701", "- Мы ждали, - сказал он", '-"да"', "@всем", "\tтаб", "=cmd|' /C calc'!A0", "🙂, да"),
    *("＝1+1", "a;=1+1", "a; b", "Абзац\n=1+1", "Абзац\n- Да"),
)


@pytest.mark.parametrize("text", TEXTS)
def test_cells_are_guarded_and_quoted_as_python_quotes_them(text: str) -> None:
    expected = io.StringIO(newline="")
    csv.writer(expected).writerow([safe_cell(text), "next"])
    assert f"{csv_cell(text)},next\r\n" == expected.getvalue()


def test_texts_are_guarded_in_csv_and_exact_in_json_lines(tmp_path: Path) -> None:
    changes = [{"article_id": 900000 + n, "headline": text, "body": text} for n, text in enumerate(TEXTS)]
    with_articles(tmp_path, *changes)
    succeeded(export(tmp_path / "dataset", tmp_path, "-s", "FLOORS={}"))
    for table in ("articles", "versions"):
        cells = [row["body"] for row in read_csv(tmp_path / "dataset" / f"{table}.csv")]
        assert cells == [safe_cell(text) for text in TEXTS]
        assert [row["body"] for row in read_jsonl(tmp_path / "dataset" / f"{table}.jsonl")] == list(TEXTS)


def test_byte_order_mark(tmp_path: Path) -> None:
    with_articles(tmp_path, {"article_id": 900001})
    for option, begins in (("0", b"article_key,"), ("1", b"\xef\xbb\xbfarticle_key,")):
        succeeded(export(tmp_path / "dataset", tmp_path, "-s", f"CSV_BOM={option}"))
        assert (tmp_path / "dataset" / "articles.csv").read_bytes().startswith(begins)
