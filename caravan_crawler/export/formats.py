"""Writers for the formats of a table: CSV, JSON lines, Parquet and Excel workbooks."""

import codecs
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

from caravan_crawler.export.rows import Batch, Values
from caravan_crawler.export.tables import Column, Kind, Table
from caravan_crawler.export.workbook import workbook_writer
from caravan_crawler.feeds import safe_cell

#: Appends the rows of a batch to a file.
Write = Callable[[Batch], None]

#: A Parquet row group ends with the batch that reaches one of these limits; one group is held in memory.
_GROUP_ROWS, _GROUP_BYTES = 20_000, 16 * 1024 * 1024


@contextmanager
def open_writer(
    format_: str, path: Path, table: Table, *, byte_order_mark: bool, warn: Callable[[str], None]
) -> Iterator[Write]:
    """Yield a function that appends batches to the new file ``path``, which is complete on exit."""
    if format_ == "xlsx":
        with workbook_writer(path, table, warn) as write:
            yield write
        return
    with path.open("xb") as file:
        if format_ == "csv":
            yield _csv_writer(file, table, byte_order_mark=byte_order_mark)
        elif format_ == "jsonl":
            yield _jsonl_writer(file, table)
        else:
            writer = _ParquetWriter(file, table)
            try:
                yield writer.write
                writer.finish()
            finally:
                writer.abandon()


def _line_writer(file: BinaryIO, table: Table, line: str, cells: Callable[[Column, Values], Values]) -> Write:
    """Write a line for each row; ``line`` is its template, ``cells`` returns a column's values as they are written."""

    def write(batch: Batch) -> None:
        columns = [cells(column, values) for column, values in zip(table.columns, batch, strict=True)]
        file.write(b"".join([(line % row).encode() for row in zip(*columns, strict=True)]))

    return write


def _csv_writer(file: BinaryIO, table: Table, *, byte_order_mark: bool) -> Write:
    """Write CSV as the feeds do: UTF-8, lists as JSON in a cell, texts guarded against formulas."""
    if byte_order_mark:
        file.write(codecs.BOM_UTF8)
    file.write((",".join(column.name for column in table.columns) + "\r\n").encode())
    return _line_writer(file, table, ",".join(["%s"] * len(table.columns)) + "\r\n", _csv_cells)


def _csv_cells(column: Column, values: Values) -> Values:
    if column.kind is Kind.TEXT or column.is_list:
        return [csv_cell(value) if value else "" for value in values]
    return ["" if value is None else value for value in values] if column.nullable else values


def csv_cell(text: str) -> str:
    """Return a text as a cell: guarded, and quoted if needed.

    ``csv.writer`` compares each character: an export of a million articles would take twice as long.
    """
    text = safe_cell(text)
    if '"' in text:
        text = text.replace('"', '""')
    elif "," not in text and "\n" not in text and "\r" not in text:
        return text
    return f'"{text}"'


def _jsonl_writer(file: BinaryIO, table: Table) -> Write:
    """Write one JSON object a line, with exact texts and lists as lists."""
    fields = ",".join(f"{encode_basestring(column.name)}:%s" for column in table.columns)
    return _line_writer(file, table, f"{{{fields}}}\n", _json_values)


def _json_values(column: Column, values: Values) -> Values:
    if column.kind in (Kind.INTEGER, Kind.DECIMAL) or column.is_list:  # a batch has lists as JSON
        return ["null" if value is None else value for value in values] if column.nullable else values
    return ["null" if value is None else encode_basestring(value) for value in values]


class _ParquetWriter:
    """Writes Parquet with typed values; needs pyarrow, the extra ``parquet``."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        import pyarrow as pa  # here, as it is optional and slow to import
        from pyarrow import parquet

        self._pa = pa
        self._types = {
            Kind.TEXT: pa.string(),
            Kind.INTEGER: pa.int64(),
            Kind.DECIMAL: pa.decimal128(12, 4),
            Kind.DAY: pa.date32(),
            Kind.MOMENT: pa.timestamp("us", tz="UTC"),
            Kind.TEXTS: pa.list_(pa.string()),
            Kind.LINKS: pa.list_(pa.struct([("text", pa.string()), ("url", pa.string())])),
        }
        self._columns = table.columns
        self._schema = pa.schema(
            [
                pa.field(column.name, self._types[column.kind], column.nullable, {"description": column.description})
                for column in table.columns
            ]
        )
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._group: list[Any] = []
        self._rows = self._bytes = 0

    def write(self, batch: Batch) -> None:
        """Add the rows of a batch to the row group, and write the group when it is full."""
        arrays = [self._array(column, values) for column, values in zip(self._columns, batch, strict=True)]
        part = self._pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._group.append(part)
        self._rows += part.num_rows
        self._bytes += part.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._write_group()

    def finish(self) -> None:
        """Write the last row group and the footer."""
        if self._group:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Write nothing more: pyarrow would write a footer to the closed file when it is collected."""
        self._writer.is_open = False

    def _write_group(self) -> None:
        self._writer.write_table(self._pa.Table.from_batches(self._group), row_group_size=self._rows)
        self._group.clear()
        self._rows = self._bytes = 0

    def _array(self, column: Column, values: Values) -> Any:
        type_ = self._types[column.kind]
        if column.kind is Kind.MOMENT:
            return self._pa.array(values, self._pa.string()).cast(type_)
        if column.is_list:
            values = [json.loads(value) for value in values]
        elif column.kind is Kind.DECIMAL:
            values = [None if value is None else Decimal(value) for value in values]
        elif column.kind is Kind.DAY:
            values = [None if value is None else date.fromisoformat(value) for value in values]
        return self._pa.array(values, type_)
