"""The formats of a dataset's tables. Each writer takes batches of columns and writes one file."""

from typing import Protocol

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.summed_file import SummedFile
from caravan_crawler.publish.dataset.tables import Table


class Writer(Protocol):
    """Writes one table in one format."""

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch behind those before."""

    def finish(self) -> None:
        """Write what is left; the file is closed by whoever opened it."""

    def abandon(self) -> None:
        """Write no more, as something has failed. Behind ``finish`` it does nothing."""


def open_writer(format_: str, file: SummedFile, table: Table, *, byte_order_mark: bool) -> Writer:
    """Return the writer of a format, its header written. Only what is asked for is imported."""
    if format_ == "csv":
        from caravan_crawler.publish.dataset.formats.csv_table import csv_table

        return csv_table(file, table, byte_order_mark=byte_order_mark)
    if format_ == "jsonl":
        from caravan_crawler.publish.dataset.formats.jsonl_table import jsonl_table

        return jsonl_table(file, table)
    from caravan_crawler.publish.dataset.formats.parquet_table import ParquetTable

    return ParquetTable(file, table)
