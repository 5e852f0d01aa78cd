"""CSV by the rules of the feeds: UTF-8, lists as JSON in a cell, no cell that a spreadsheet would run.

The quotation marks are set here and not by Python's own writer, which looks at each letter and takes several times
as long for texts like these.
"""

import codecs
from collections.abc import Callable
from typing import Any

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.tables import Column, Kind, Table
from caravan_crawler.publish.dataset.whole_file import WholeFile
from caravan_crawler.publish.exporters import safe_cell

#: Behind all that begins a formula; most texts are, and one comparison tells.
_HARMLESS_FROM = "A"


class CsvTable:
    """Writes one table as CSV."""

    def __init__(self, file: WholeFile, table: Table, *, byte_order_mark: bool) -> None:
        self._file = file
        self._readers = [_reader(column) for column in table.columns]
        self._line = ",".join(["%s"] * len(table.columns)) + "\r\n"
        mark = codecs.BOM_UTF8 if byte_order_mark else b""
        file.write(mark + (self._line % tuple(column.name for column in table.columns)).encode())

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        columns = [
            [read(value) for value in values] if read else values
            for read, values in zip(self._readers, batch, strict=True)
        ]
        self._file.write("".join([self._line % row for row in zip(*columns, strict=True)]).encode())

    def finish(self) -> None:
        """Do nothing: a table may end after any row."""

    def abandon(self) -> None:
        """Do nothing."""


def _reader(column: Column) -> Callable[[Any], Any] | None:
    if column.kind is Kind.TEXT:
        return _text
    if column.is_list:
        return quoted
    return _number_or_time if column.nullable else None


def _text(value: str | None) -> str:
    if value is None:
        return ""
    return quoted(value if value >= _HARMLESS_FROM else safe_cell(value))


def quoted(text: str) -> str:
    """Return a cell, in quotation marks where it needs them."""
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return f'"{text}"' if "," in text or "\n" in text or "\r" in text else text


def _number_or_time(value: Any) -> Any:
    return "" if value is None else value
