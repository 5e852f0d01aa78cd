"""The dataset's CSV opens in LibreOffice Calc with its letters, numbers and days, and without formulas."""

import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from lxml import etree

from caravan_crawler.feeds import safe_cell
from tests.export.exporting import export, succeeded, with_articles
from tests.export.test_csv import TEXTS
from tests.support.crawling import TIMEOUT, read_csv
from tests.support.optional_parts import need

#: Comma, quotation mark, UTF-8, and the option "Detect special numbers".
_IMPORT = "CSV:44,34,76,1,,0,false,true"
_NAMESPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}
_MOST_COLUMNS = 100
_REPEATED = f"{{{_NAMESPACES['table']}}}number-columns-repeated"


class Cell:
    """A cell: its kind (``string``, ``float``, ``date``, or None where it is empty), its value, its formula."""

    def __init__(self, element: etree._Element) -> None:
        def attribute(space: str, name: str) -> str | None:
            return element.get(f"{{{_NAMESPACES[space]}}}{name}")

        self.kind = attribute("office", "value-type")
        lines = [_text(line) for line in element.iterfind("text:p", _NAMESPACES)]
        value = attribute("office", "date-value") if self.kind == "date" else attribute("office", "value")
        self.value = value or "\n".join(lines)
        self.formula = attribute("table", "formula")


def _text(line: etree._Element) -> str:
    """Return a line's text; OpenDocument has elements for tabs, and for all but the first of several spaces."""
    parts = [line.text or ""]
    for child in line:
        name = etree.QName(child).localname
        marks = {"tab": "\t", "s": " " * int(child.get(f"{{{_NAMESPACES['text']}}}c") or 1)}
        parts += [marks[name] if name in marks else _text(child), child.tail or ""]
    return "".join(parts)


def opened(path: Path, folder: Path, filter_: str = _IMPORT) -> list[dict[str, Cell]]:
    """Return the rows of a file, by default CSV, as the spreadsheet shows them, by the names of its first one."""
    command = [str(need("soffice")), f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    command += [f"--infilter={filter_}", "--convert-to", "fods", "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    sheet = etree.parse(folder / f"{path.stem}.fods")
    rows = [list(_cells(row)) for row in sheet.iterfind(".//table:table-row", _NAMESPACES)]
    names = [cell.value for cell in rows[0]]
    return [dict(zip(names, row, strict=False)) for row in rows[1:] if any(cell.kind for cell in row)]


def _cells(row: etree._Element) -> Iterator[Cell]:
    for element in row.iterfind("table:table-cell", _NAMESPACES):
        # After the last column one empty cell represents all others.
        yield from [Cell(element)] * min(int(element.get(_REPEATED) or 1), _MOST_COLUMNS)


def test_letters_numbers_and_days(dataset: Path, tmp_path: Path) -> None:
    printed = read_csv(dataset / "articles.csv")
    rows = opened(dataset / "articles.csv", tmp_path)
    assert len(rows) == len(printed) >= 120
    for row, cells in zip(rows, printed, strict=True):
        for name in ("headline", "body", "lede", "source", "tags", "url"):
            # LibreOffice does not write tabs of cells with several lines to OpenDocument.
            assert row[name].value == (cells[name].replace("\t", "") if "\n" in cells[name] else cells[name])
            assert row[name].kind == ("string" if cells[name] else None)
        for name in ("article_id", "views", "version"):
            assert (row[name].value, row[name].kind) == (cells[name], "float" if cells[name] else None)
        assert all(cell.formula is None for cell in row.values())
    for row, cells in zip(opened(dataset / "rates.csv", tmp_path), read_csv(dataset / "rates.csv"), strict=True):
        assert (float(row["rate"].value), row["rate"].kind) == (float(cells["rate"]), "float")
        assert (date.fromisoformat(row["page_date"].value), row["page_date"].kind) == (
            date.fromisoformat(cells["page_date"]),
            "date",
        )


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": 900000 + n, "headline": text} for n, text in enumerate(TEXTS)))
    succeeded(export(tmp_path / "dataset", tmp_path, "--format", "csv", "-s", "FLOORS={}"))
    rows = opened(tmp_path / "dataset" / "articles.csv", tmp_path)
    assert len(rows) == len(TEXTS)
    assert all(cell.formula is None for row in rows for cell in row.values())
    shown = [row["headline"].value for row in rows]
    assert shown == [safe_cell(text).replace("\r\n", "\n").replace("\r", "\n") for text in TEXTS]
