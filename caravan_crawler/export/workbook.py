"""Write a table as an Excel workbook of one sheet, row by row."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

from caravan_crawler.export.options import ExportRefusedError
from caravan_crawler.export.rows import Batch
from caravan_crawler.export.tables import Kind, Table

#: Excel's limits, the header included in the rows; a character outside of the basic plane counts twice.
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767
_FIRST_DAY = date(1900, 3, 1)  # Excel has a 29 February 1900
_CUT = "…"


@contextmanager
def workbook_writer(path: Path, table: Table, warn: Callable[[str], None]) -> Iterator[Callable[[Batch], None]]:
    """Yield a function that appends batches to the new workbook ``path``; needs XlsxWriter, the extra ``xlsx``.

    Numbers and days are typed; times and lists are texts as in CSV. ``warn`` is called with a line if cells were cut.
    """
    from xlsxwriter import Workbook  # here, as it is optional
    from xlsxwriter.exceptions import FileCreateError

    with _File(path, "xb") as raw, BufferedWriter(raw) as file, tempfile.TemporaryDirectory(prefix="export-") as folder:
        workbook = Workbook(file, {"constant_memory": True, "tmpdir": folder})
        workbook.use_zip64()  # a large sheet has over 2 GB before it is compressed
        workbook.set_properties({"created": datetime(2000, 1, 1)})  # the same rows result in the same bytes
        sheet = _Sheet(workbook, table)
        try:
            yield sheet.write
            workbook.close()
        except FileCreateError as error:
            raise error.args[0] from None  # the OSError
        finally:
            sheet.close()
        file.flush()
        if raw.error:
            raise raw.error
    if sheet.cut:
        warn(
            f"{len(sheet.cut):,} cell{'s are' if len(sheet.cut) > 1 else ' is'} longer than Excel's {LONGEST_CELL:,} "
            f"characters and cut, the first in row {sheet.cut[0]}; .csv, .jsonl and .parquet have the whole text"
        )


class _File(FileIO):
    """A file that stores the first error and discards later output, as ``zipfile`` cannot be closed after an error."""

    error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write as long as there was no error."""
        try:
            return len(data) if self.error else super().write(data)
        except OSError as error:
            self.error = error
            return len(data)


class _Sheet:
    """The sheet of a table; ``cut`` has the row number of each cell that was cut."""

    def __init__(self, workbook: Any, table: Table) -> None:
        self._table = table
        self._day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = workbook.add_worksheet(table.name)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(table.columns) - 1, 16)
        self._row = 0
        self.cut: list[int] = []
        for index, column in enumerate(table.columns):
            self._sheet.write_string(0, index, column.name, workbook.add_format({"bold": True}))

    def write(self, batch: Batch) -> None:
        """Append the rows of a batch; raise :class:`ExportRefusedError` for one row too many."""
        if self._row + len(batch[0]) >= MOST_ROWS:
            raise ExportRefusedError(
                f"{self._table.name} has more rows than a sheet of Excel, {MOST_ROWS:,}; export a part of it with "
                "--since and --until, or to .csv, .jsonl or .parquet"
            )
        for row in zip(*batch, strict=True):
            self._row += 1
            for index, (column, value) in enumerate(zip(self._table.columns, row, strict=True)):
                if value is not None:
                    self._write_cell(index, column.kind, value)

    def close(self) -> None:
        """Close the temporary file of the rows; without it, a failed export closes it only when it is collected."""
        self._sheet._opt_close()

    def _write_cell(self, index: int, kind: Kind, value: Any) -> None:
        if kind in (Kind.INTEGER, Kind.DECIMAL):
            self._sheet.write_number(self._row, index, float(value))
        elif kind is Kind.DAY and (day := date.fromisoformat(value)) >= _FIRST_DAY:
            self._sheet.write_datetime(self._row, index, day, self._day)
        elif value:
            # As a string, which Excel shows and never runs, whatever its first character.
            self._sheet.write_string(self._row, index, self._fitting(value))

    def _fitting(self, text: str) -> str:
        if len(text) <= LONGEST_CELL // 2:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * LONGEST_CELL:
            return text
        self.cut.append(self._row + 1)
        return units[: 2 * (LONGEST_CELL - 1)].decode("utf-16-le", errors="ignore") + _CUT
