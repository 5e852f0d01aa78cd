"""JSON lines: one object a row, the exact texts, lists as lists."""

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.tables import Column, Kind, Table
from caravan_crawler.publish.dataset.whole_file import WholeFile

#: Their values are written as they are: numbers, and lists that are JSON already.
_PLAIN = (Kind.INTEGER, Kind.DECIMAL, Kind.TEXTS, Kind.LINKS)


class JsonlTable:
    """Writes one table as JSON lines."""

    def __init__(self, file: WholeFile, table: Table) -> None:
        self._file = file
        self._readers = [_reader(column) for column in table.columns]
        fields = ",".join(f"{encode_basestring(column.name)}:%s" for column in table.columns)
        self._line = f"{{{fields}}}\n"

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        columns = [
            [read(value) for value in values] if read else values
            for read, values in zip(self._readers, batch, strict=True)
        ]
        self._file.write("".join([self._line % row for row in zip(*columns, strict=True)]).encode())

    def finish(self) -> None:
        """Do nothing: there is no end to a list of lines."""

    def abandon(self) -> None:
        """Do nothing."""


def _reader(column: Column) -> Callable[[Any], Any] | None:
    if column.kind not in _PLAIN:
        return _text
    return _number if column.nullable else None


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _number(value: Any) -> Any:
    return "null" if value is None else value
