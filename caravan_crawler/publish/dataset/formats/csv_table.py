"""CSV by the rules of the feeds: UTF-8, lists as JSON in a cell, no cell that a spreadsheet would run."""

import codecs
import csv
import io
from collections.abc import Sequence
from typing import Any

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.tables import Kind, Table
from caravan_crawler.publish.dataset.whole_file import WholeFile
from caravan_crawler.publish.exporters import safe_cell

#: Behind all that begins a formula; most texts are, and one comparison tells.
_HARMLESS_FROM = "A"


class CsvTable:
    """Writes one table as CSV."""

    def __init__(self, file: WholeFile, table: Table, *, byte_order_mark: bool) -> None:
        self._file = file
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text)
        self._guarded = [column.kind is Kind.TEXT for column in table.columns]
        if byte_order_mark:
            file.write(codecs.BOM_UTF8)
        self._rows.writerow([column.name for column in table.columns])
        self._pass_on()

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        cells = [_guard(values) if guarded else values for values, guarded in zip(batch, self._guarded, strict=True)]
        self._rows.writerows(zip(*cells, strict=True))
        self._pass_on()

    def finish(self) -> None:
        """Do nothing: a table may end after any row."""

    def _pass_on(self) -> None:
        self._file.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


def _guard(values: Sequence[Any]) -> Sequence[Any]:
    return [value if value is None or value >= _HARMLESS_FROM else safe_cell(value) for value in values]
