"""CSV by the rules of the feeds: UTF-8, lists as JSON in a cell, no cell that a spreadsheet would run.

The quotation marks are set here and not by Python's own writer, which looks at each letter and takes several times
as long for texts like these.
"""

import codecs
from collections.abc import Sequence
from typing import Any

from caravan_crawler.feedexport import safe_cell
from caravan_crawler.publish.dataset.formats.line_table import Cells, LineTable
from caravan_crawler.publish.dataset.summed_file import SummedFile
from caravan_crawler.publish.dataset.tables import Column, Kind, Table


def csv_table(file: SummedFile, table: Table, *, byte_order_mark: bool) -> LineTable:
    """Return a table's writer, the header written."""
    line = ",".join(["%s"] * len(table.columns)) + "\r\n"
    mark = codecs.BOM_UTF8 if byte_order_mark else b""
    file.write(mark + (line % tuple(column.name for column in table.columns)).encode())
    return LineTable(file, line, [_cells(column) for column in table.columns])


def _cells(column: Column) -> Cells:
    if column.kind is Kind.TEXT:
        return _nullable_texts if column.nullable else texts
    if column.is_list:
        return _lists
    return _nullable if column.nullable else None


def texts(values: Sequence[str]) -> Sequence[str]:
    """Return cells, guarded and quoted where they need it. One look at a whole column often tells that none does."""
    if not _is_quoted(values[0]) and not _is_quoted(joined := "".join(values)) and ";" not in joined:
        starts = {value[:1] for value in values}
        if all(safe_cell(start) == start for start in starts):
            return values
    return [_quoted(safe_cell(value)) for value in values]


def _nullable_texts(values: Sequence[str | None]) -> Sequence[str]:
    return texts([value or "" for value in values])


def _lists(values: Sequence[str]) -> Sequence[str]:
    return [_quoted(safe_cell(value)) for value in values]


def _nullable(values: Sequence[Any]) -> Sequence[Any]:
    return ["" if value is None else value for value in values]


def _is_quoted(text: str) -> bool:
    return '"' in text or "," in text or "\n" in text or "\r" in text


def _quoted(text: str) -> str:
    if '"' in text:
        text = text.replace('"', '""')
    elif not _is_quoted(text):
        return text
    return f'"{text}"'
