"""Write a dataset to an empty folder: each table is read once and written in all its formats."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from caravan_crawler.export import rows
from caravan_crawler.export.datapackage import (
    CARD,
    PACKAGE,
    SUMS,
    ArticleCounts,
    Dataset,
    TableCounts,
    TableFile,
    data_package,
    dataset_card,
    json_schema,
)
from caravan_crawler.export.formats import Write, open_writer
from caravan_crawler.export.options import ExportError, ExportOptions
from caravan_crawler.export.tables import ARTICLES, TABLES
from caravan_crawler.store import origin
from caravan_crawler.store.snapshot import Snapshot

#: Called with the name of a table and the number of its rows written so far.
Listener = Callable[[str, int], None]


def write_tables(
    snapshot: Snapshot,
    options: ExportOptions,
    path_of: Callable[[str, str], Path],
    *,
    fields: Mapping[str, Any],
    byte_order_mark: bool,
    listen: Listener,
) -> Dataset:
    """Write the tables to new files; for each of ``fields``, record some articles without a value.

    ``path_of`` returns the path of a file by the names of its table and format.
    """
    dataset = Dataset(options, origin.title(snapshot.rows))
    for name in options.tables:
        table = TABLES[name]
        counts = ArticleCounts(table, fields) if table is ARTICLES else TableCounts(table)
        dataset.counts[name] = counts
        paths = {format_: path_of(name, format_) for format_ in options.formats}
        with ExitStack() as stack:
            writers = [
                stack.enter_context(
                    open_writer(format_, path, table, byte_order_mark=byte_order_mark, warn=dataset.warnings.append)
                )
                for format_, path in paths.items()
            ]
            _write_table(snapshot, counts, options, writers, listen)
        dataset.files += [
            TableFile(table, format_, path.stat().st_size, _sha256(path)) for format_, path in paths.items()
        ]
    return dataset


def _write_table(
    snapshot: Snapshot, counts: TableCounts, options: ExportOptions, writers: Sequence[Write], listen: Listener
) -> None:
    table = counts.table
    listen(table.name, 0)
    try:
        for batch in rows.batches(snapshot, table, options):
            for write in writers:
                write(batch)
            counts.add(batch)
            listen(table.name, counts.rows)
    except ValueError as error:  # no crawl stores such a value
        message = str(error).partition("\n")[0]
        raise ExportError(f"{snapshot.name}: {table.name} holds a value that is not of its kind: {message}") from error


def describe(dataset: Dataset, folder: Path) -> None:
    """Write schemas, card, package and checksums next to the tables."""
    (folder / "schemas").mkdir()
    texts = {f"schemas/{name}.schema.json": _as_json(json_schema(TABLES[name])) for name in dataset.counts}
    texts |= descriptions(dataset)
    dataset.sums = {file.name: file.sha256 for file in dataset.files}
    for name, text in texts.items():
        dataset.sums[name] = _write_text(folder / name, text)
    lines = "".join(f"{sum_}  {name}\n" for name, sum_ in sorted(dataset.sums.items()))
    dataset.sums[SUMS] = _write_text(folder / SUMS, lines)


def descriptions(dataset: Dataset, folder: str = "") -> dict[str, str]:
    """Return file name to text of card and package; ``folder`` is the path of the tables relative to them."""
    return {CARD: dataset_card(dataset, folder), PACKAGE: _as_json(data_package(dataset, folder))}


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _write_text(path: Path, text: str) -> str:
    """Write a file and return its SHA-256."""
    path.write_bytes(text.encode())
    return _sha256(path)


def _sha256(path: Path) -> str:
    # Reading the file again costs about a second a gigabyte, mostly from the page cache.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
