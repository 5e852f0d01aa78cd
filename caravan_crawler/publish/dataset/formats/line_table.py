"""What CSV and JSON lines have in common: each row is a line, and a table may end after any."""

from collections.abc import Callable, Sequence
from typing import Any

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.summed_file import SummedFile

#: From the values of a column to what stands in the lines; None where they are written as they are.
Cells = Callable[[Sequence[Any]], Sequence[Any]] | None


class LineTable:
    """Writes one table; ``line`` is a row with ``%s`` for each column."""

    def __init__(self, file: SummedFile, line: str, cells: Sequence[Cells]) -> None:
        self._file = file
        self._line = line
        self._cells = cells

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch."""
        columns = [cells(values) if cells else values for cells, values in zip(self._cells, batch, strict=True)]
        # Line by line, which stay in the processor's cache: the whole batch at once takes half as long again.
        self._file.write(b"".join([(self._line % row).encode() for row in zip(*columns, strict=True)]))

    def finish(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""
