"""Making a dataset in an empty folder: each table is read once, and written in all formats asked for."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caravan_crawler.keep import owner
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.dataset import rows
from caravan_crawler.publish.dataset.card import card
from caravan_crawler.publish.dataset.choice import Choice
from caravan_crawler.publish.dataset.errors import ExportError
from caravan_crawler.publish.dataset.formats import open_writer
from caravan_crawler.publish.dataset.json_schemas import json_schema
from caravan_crawler.publish.dataset.package import TableFile, data_package
from caravan_crawler.publish.dataset.statistics import ArticleCounts, TableCounts
from caravan_crawler.publish.dataset.summed_file import SummedFile, write_text
from caravan_crawler.publish.dataset.tables import ARTICLES, TABLES, Table

PACKAGE, CARD, SUMS = "datapackage.json", "README.md", "SHA256SUMS"

#: Told the name of a table and how many rows of it are written.
Listener = Callable[[str, int], None]


@dataclass
class Dataset:
    """A dataset that is written: what was chosen, of which site, its tables' files and counts, and all its sums."""

    choice: Choice
    site: str
    files: list[TableFile] = field(default_factory=list)
    counts: dict[str, TableCounts] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    """Path in the folder to SHA-256."""

    @property
    def size(self) -> int:
        """The bytes of its tables."""
        return sum(file.size for file in self.files)

    def descriptions(self, folder: str = "") -> Iterator[tuple[str, str]]:
        """Yield name and text of what describes it, for where its tables lie in ``folder``."""
        yield CARD, card(self.files, self.counts, self.choice, self.site, folder)
        package = data_package(self.files, self.counts, self.choice, self.site, folder)
        yield PACKAGE, as_json(package)


def write_tables(
    snapshot: Snapshot,
    choice: Choice,
    folder: Path,
    *,
    fields: Mapping[str, Any],
    byte_order_mark: bool,
    listen: Listener,
) -> Dataset:
    """Write the tables chosen; of each of ``fields``, examples are kept of articles without it."""
    dataset = Dataset(choice, _site(snapshot))
    for name in choice.tables:
        table = TABLES[name]
        counts = ArticleCounts(table, fields) if table is ARTICLES else TableCounts(table)
        dataset.counts[name] = counts
        for file in _write(snapshot, table, choice, folder, counts, byte_order_mark, listen):
            dataset.files.append(file)
            dataset.sums[file.name] = file.sha256
    return dataset


def describe(dataset: Dataset, folder: Path) -> None:
    """Write schemas, card, package and sums beside the tables."""
    (folder / "schemas").mkdir()
    texts = {f"schemas/{name}.schema.json": as_json(json_schema(TABLES[name])) for name in dataset.counts}
    for name, text in (texts | dict(dataset.descriptions())).items():
        dataset.sums[name] = write_text(folder / name, text).sha256
    lines = "".join(f"{sum_}  {name}\n" for name, sum_ in sorted(dataset.sums.items()))
    dataset.sums[SUMS] = write_text(folder / SUMS, lines).sha256


def as_json(value: Any) -> str:
    """Return a description as it is written."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _write(
    snapshot: Snapshot,
    table: Table,
    choice: Choice,
    folder: Path,
    counts: TableCounts,
    byte_order_mark: bool,
    listen: Listener,
) -> list[TableFile]:
    with ExitStack() as stack:
        files = {}
        for format_ in choice.formats:
            files[format_] = SummedFile(folder / f"{table.name}.{format_}")
            stack.callback(files[format_].close)
        writers = [
            open_writer(format_, file, table, byte_order_mark=byte_order_mark) for format_, file in files.items()
        ]
        for writer in writers:
            stack.callback(writer.abandon)
        listen(table.name, 0)
        try:
            for batch in rows.batches(snapshot, table, choice):
                for writer in writers:
                    writer.write(batch)
                counts.take(batch)
                listen(table.name, counts.rows)
        except ValueError as error:  # no crawl writes such a value
            words = str(error).partition("\n")[0]
            raise ExportError(
                f"{snapshot.name}: {table.name} holds a value that is not of its kind: {words}"
            ) from error
        for writer in writers:
            writer.finish()
    return [TableFile(table, format_, file.size, file.sha256) for format_, file in files.items()]


def _site(snapshot: Snapshot) -> str:
    """Return whose articles the store has."""
    return owner.title(snapshot.rows)
