"""Texts in CSV are guarded as in the feeds; JSON lines have them exactly."""

from pathlib import Path

from caravan_crawler.feeds import safe_cell
from tests.export.exporting import export, succeeded, with_articles
from tests.support.crawling import read_csv, read_jsonl

TEXTS = (
    *("просто", "", " с пробелами ", "а, б", 'сказал: "да"', '"', '""', "'", "две\nстроки", "две\r\nстроки", "\r"),
    *("=1+1", "+7 701", "- Мы ждали, - сказал он", '-"да"', "@всем", "\tтаб", "=cmd|' /C calc'!A0", "🙂, да"),
    *("＝1+1", "a;=1+1", "a; b", "Абзац\n=1+1", "Абзац\n- Да"),
)


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
