"""JSON lines: one object a row, the exact texts, lists as lists."""

from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

from caravan_crawler.publish.dataset.formats.line_table import Cells, LineTable
from caravan_crawler.publish.dataset.summed_file import SummedFile
from caravan_crawler.publish.dataset.tables import Column, Kind, Table

#: Their values are written as they are: numbers, and lists that are JSON already.
_PLAIN = (Kind.INTEGER, Kind.DECIMAL, Kind.TEXTS, Kind.LINKS)


def jsonl_table(file: SummedFile, table: Table) -> LineTable:
    """Return a table's writer."""
    fields = ",".join(f"{encode_basestring(column.name)}:%s" for column in table.columns)
    return LineTable(file, f"{{{fields}}}\n", [_cells(column) for column in table.columns])


def _cells(column: Column) -> Cells:
    if column.kind not in _PLAIN:
        return _texts
    return _numbers if column.nullable else None


def _texts(values: Sequence[str | None]) -> Sequence[str]:
    return ["null" if value is None else encode_basestring(value) for value in values]


def _numbers(values: Sequence[Any]) -> Sequence[Any]:
    return ["null" if value is None else value for value in values]
