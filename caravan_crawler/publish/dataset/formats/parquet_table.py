"""Parquet with the values' own types. Needs pyarrow, the extra ``parquet``."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.summed_file import SummedFile
from caravan_crawler.publish.dataset.tables import Column, Kind, Table

#: A row group ends with the batch that reaches one of these; so much is held in memory.
_MOST_ROWS, _MOST_BYTES = 20_000, 16 * 1024 * 1024
_MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.decimal128(12, 4),
    Kind.DAY: pa.date32(),
    Kind.MOMENT: _MOMENT,
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.LINKS: pa.list_(pa.struct([("text", pa.string()), ("url", pa.string())])),
}


class ParquetTable:
    """Writes one table as Parquet, with nothing in it that the rows do not say."""

    def __init__(self, file: SummedFile, table: Table) -> None:
        self._columns = table.columns
        self._schema = pa.schema(
            [
                pa.field(column.name, _TYPES[column.kind], column.nullable, {"description": column.description})
                for column in table.columns
            ]
        )
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._group: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: Batch) -> None:
        """Take the rows of a batch, and write those that make a group."""
        arrays = [_array(column, values) for column, values in zip(self._columns, batch, strict=True)]
        part = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        self._group.append(part)
        self._rows += part.num_rows
        self._bytes += part.nbytes
        if self._rows >= _MOST_ROWS or self._bytes >= _MOST_BYTES:
            self._write_group()

    def finish(self) -> None:
        """Write the last group and the footer."""
        if self._group:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Keep pyarrow from writing a footer when the writer is collected: the file is closed by then."""
        self._writer.is_open = False

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._group), row_group_size=self._rows)
        self._group.clear()
        self._rows = self._bytes = 0


def _array(column: Column, values: Sequence[Any]) -> "pa.Array[Any]":
    if column.kind is Kind.MOMENT:
        return pa.array(values, pa.string()).cast(_MOMENT)
    if column.is_list:
        values = [json.loads(value) for value in values]
    elif column.kind is Kind.DECIMAL:
        values = [None if value is None else Decimal(value) for value in values]
    elif column.kind is Kind.DAY:
        values = [None if value is None else date.fromisoformat(value) for value in values]
    return pa.array(values, _TYPES[column.kind])
