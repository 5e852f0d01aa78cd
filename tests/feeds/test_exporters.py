import csv
import io
import json

import pytest

from caravan_crawler.feeds import SpreadsheetCsvExporter, safe_cell
from caravan_crawler.items import Article, ExchangeRate, Link, Weather, column_names
from caravan_crawler.normalise.numbers import parse_rate


def exported(*items: object, before: bytes = b"") -> list[dict[str, str]]:
    file = io.BytesIO(before)
    file.seek(0, io.SEEK_END)
    exporter = SpreadsheetCsvExporter(file, fields_to_export=column_names(type(items[0])), encoding="utf-8")
    exporter.start_exporting()
    for item in items:
        exporter.export_item(item)
    exporter.finish_exporting()
    return list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8"), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+7 701",
        "- Мы ждали, - сказал он",
        "@всем",
        "\tтаб",
        "=cmd|' /C calc'!A0",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(1)",
        "﹦1",
    ],
)
def test_no_cell_runs_as_a_formula(text: str) -> None:
    (row,) = exported(Article(headline=text))
    assert row["headline"] == f"'{text}"


INNER = [
    ("Заголовок;=1+1", "Заголовок;'=1+1"),
    ("a;\"=cmd|' /C calc'!A0\";b", "a;'\"=cmd|' /C calc'!A0\";b"),
    ("a;@SUM(1);＝1;\t=1", "a;'@SUM(1);'＝1;'\t=1"),
    ('Абзац.\n\n=HYPERLINK("http://a/")', 'Абзац.\n\n\'=HYPERLINK("http://a/")'),
    ("Абзац.\n-cmd|' /C calc'!A0", "Абзац.\n'-cmd|' /C calc'!A0"),
    ("Абзац.\n- ВЕБСЛУЖБА(A1)", "Абзац.\n'- ВЕБСЛУЖБА(A1)"),
    ("=1;=1", "'=1;'=1"),
]
PROSE = ["a; - сказал он;-)", "Абзац.\n\n- Да (смеётся), - сказал он", "Абзац.\n\n– Да", "a; b", "x = 1; y = 2", "1;2"]


@pytest.mark.parametrize(("text", "expected"), INNER + [(text, text) for text in PROSE])
def test_nothing_runs_where_a_semicolon_separates_cells(text: str, expected: str) -> None:
    assert safe_cell(text) == expected
    (row,) = exported(Article(headline="x", body=text, tags=[text]))
    assert row["body"] == expected
    tags = json.loads(row["tags"])[0]
    assert tags.replace("'", "") == text.replace("'", "")
    assert ";=" not in row["tags"]


@pytest.mark.parametrize("text", ["– Мы ждали", "— Да", "«Цитата»", "5 августа", ""])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_lists_are_json_and_numbers_stay_numbers() -> None:
    (row,) = exported(Article(article_id=5, authors=["Марина ХЕГАЙ"], links=[Link("да", "http://a/")], body="а\n\nб"))
    assert row["authors"] == '["Марина ХЕГАЙ"]'
    assert row["links"] == '[{"text": "да", "url": "http://a/"}]'
    assert (row["article_id"], row["lede"], row["body"]) == ("5", "", "а\n\nб")
    (cold,) = exported(Weather("Алматы", -3, "2026-02-06", "2026-02-06T10:00:00+00:00"))
    assert cold["temperature_c"] == "-3"
    (rate,) = exported(ExchangeRate("USD", parse_rate("495.1"), "$ 495.1"))
    assert rate["rate"] == "495.1"


def test_byte_order_mark_for_excel_is_written_once() -> None:
    file = io.BytesIO()
    exporter = SpreadsheetCsvExporter(file, byte_order_mark=True, fields_to_export=["city"], encoding="utf-8")
    exporter.start_exporting()
    exporter.export_item(Weather("Алматы"))
    exporter.finish_exporting()
    assert file.getvalue().decode("utf-8-sig") == "city\r\nАлматы\r\n"
    assert file.getvalue().startswith(b"\xef\xbb\xbf")


def test_empty_feed_has_a_header_and_an_appended_feed_has_one() -> None:
    file = io.BytesIO()
    exporter = SpreadsheetCsvExporter(file, fields_to_export=["city"], encoding="utf-8")
    exporter.start_exporting()
    exporter.finish_exporting()
    assert file.getvalue() == b"city\r\n"
    rows = exported(Weather("Алматы"), before="city,temperature_c,page_date,observed_at\r\nАстана,1,,\r\n".encode())
    assert [row["city"] for row in rows] == ["Астана", "Алматы"]
