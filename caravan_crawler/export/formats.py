"""Writers for the formats of a table: CSV, JSON lines, Parquet and Excel workbooks."""

import codecs
import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

from caravan_crawler.export.options import ExportRefusedError
from caravan_crawler.export.tables import Batch, Column, Kind, Table, Values
from caravan_crawler.feeds import safe_cell

#: Appends the rows of a batch to a file.
Write = Callable[[Batch], None]

#: A Parquet row group ends with the batch that reaches one of these limits; one group is held in memory.
_GROUP_ROWS, _GROUP_BYTES = 20_000, 16 * 1024 * 1024
#: Excel's limits, the header included in the rows; a character outside of the basic plane counts twice.
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767
_FIRST_DAY = date(1900, 3, 1)  # Excel has a 29 February 1900


@contextmanager
def open_writer(
    format_: str, path: Path, table: Table, *, byte_order_mark: bool, warn: Callable[[str], None]
) -> Iterator[Write]:
    """Yield a function that appends batches to the new file ``path``, which is complete on exit."""
    if format_ == "xlsx":
        with _workbook_writer(path, table, warn) as write:
            yield write
        return
    with path.open("xb") as file:
        if format_ == "csv":
            yield _csv_writer(file, table, byte_order_mark=byte_order_mark)
        elif format_ == "jsonl":
            yield _jsonl_writer(file, table)
        else:
            with _parquet_writer(file, table) as write:
                yield write


def _csv_writer(file: BinaryIO, table: Table, *, byte_order_mark: bool) -> Write:
    """Write CSV as the feeds do: UTF-8, lists as JSON in a cell, texts guarded against formulas."""

    def write(batch: Batch) -> None:
        lines = io.StringIO(newline="")
        csv.writer(lines).writerows(zip(*map(_csv_cells, table.columns, batch), strict=True))
        file.write(lines.getvalue().encode())

    if byte_order_mark:
        file.write(codecs.BOM_UTF8)
    file.write((",".join(column.name for column in table.columns) + "\r\n").encode())
    return write


def _csv_cells(column: Column, values: Values) -> Values:
    is_text = column.kind is Kind.TEXT or column.is_list
    return [safe_cell(value) if value else value for value in values] if is_text else values


def _jsonl_writer(file: BinaryIO, table: Table) -> Write:
    """Write one JSON object a line, with exact texts and lists as lists."""
    fields = ",".join(f"{encode_basestring(column.name)}:%s" for column in table.columns)
    line = f"{{{fields}}}\n"

    def write(batch: Batch) -> None:
        rows = zip(*map(_json_values, table.columns, batch), strict=True)
        file.write("".join([line % row for row in rows]).encode())

    return write


def _json_values(column: Column, values: Values) -> Values:
    if column.kind in (Kind.INTEGER, Kind.DECIMAL) or column.is_list:  # a batch has lists as JSON
        return ["null" if value is None else value for value in values] if column.nullable else values
    return ["null" if value is None else encode_basestring(value) for value in values]


def _parquet_type(kind: Kind) -> Any:
    import pyarrow as pa  # here, as it is optional and slow to import

    return {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.DECIMAL: pa.decimal128(12, 4),
        Kind.DAY: pa.date32(),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.LINKS: pa.list_(pa.struct([("text", pa.string()), ("url", pa.string())])),
    }[kind]


def _parquet_array(column: Column, values: Values) -> Any:
    import pyarrow as pa

    if column.is_list:
        return pa.array([json.loads(value) for value in values], _parquet_type(column.kind))
    if column.kind is Kind.INTEGER:
        return pa.array(values, pa.int64())
    return pa.array(values, pa.string()).cast(_parquet_type(column.kind))


@contextmanager
def _parquet_writer(file: BinaryIO, table: Table) -> Iterator[Write]:
    """Write Parquet with typed values; needs pyarrow, the extra ``parquet``."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema(
        pa.field(column.name, _parquet_type(column.kind), column.nullable, {"description": column.description})
        for column in table.columns
    )
    writer = parquet.ParquetWriter(file, schema, compression="zstd")
    group: list[Any] = []

    def write_group() -> None:
        writer.write_table(pa.Table.from_batches(group))
        group.clear()

    def write(batch: Batch) -> None:
        arrays = [_parquet_array(column, values) for column, values in zip(table.columns, batch, strict=True)]
        group.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        if sum(part.num_rows for part in group) >= _GROUP_ROWS or sum(part.nbytes for part in group) >= _GROUP_BYTES:
            write_group()

    try:
        yield write
        if group:
            write_group()
        writer.close()
    finally:
        writer.is_open = False  # else pyarrow writes a footer to the closed file when it is collected


@contextmanager
def _workbook_writer(path: Path, table: Table, warn: Callable[[str], None]) -> Iterator[Write]:
    """Write a workbook of one sheet, row by row; needs XlsxWriter, the extra ``xlsx``.

    Numbers and days are typed; times and lists are texts as in CSV. ``warn`` is called with a line if cells were cut.
    """
    from xlsxwriter import Workbook  # here, as it is optional
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        # Not to ``path``: zipfile cannot be closed after an error, as on a full disk.
        workbook = Workbook(f"{folder}/workbook", {"constant_memory": True, "tmpdir": folder})
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
        shutil.copyfile(f"{folder}/workbook", path)
    if sheet.cut:
        warn(
            f"{len(sheet.cut):,} cell{'s are' if len(sheet.cut) > 1 else ' is'} longer than Excel's {LONGEST_CELL:,} "
            f"characters and cut, the first in row {sheet.cut[0]}; .csv, .jsonl and .parquet have the whole text"
        )


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
        units = text.encode("utf-16-le")
        if len(units) <= 2 * LONGEST_CELL:
            return text
        self.cut.append(self._row + 1)
        return units[: 2 * (LONGEST_CELL - 1)].decode("utf-16-le", errors="ignore") + "…"
