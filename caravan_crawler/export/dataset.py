"""Export the store to a file, a folder or a URL: each table is read once and written in all its formats."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from caravan_crawler.atomic import local_path
from caravan_crawler.console import is_terminal
from caravan_crawler.export import rows
from caravan_crawler.export.cloud import Bucket
from caravan_crawler.export.datapackage import SUMS, Dataset, TableCounts, TableFile, as_json, descriptions, json_schema
from caravan_crawler.export.folder import locked_file, locked_folder
from caravan_crawler.export.formats import open_writer
from caravan_crawler.export.options import BelowFloorsError, ExportError, ExportOptions, format_of, is_url
from caravan_crawler.export.tables import ARTICLES, TABLES
from caravan_crawler.store.field_counts import FEWEST
from caravan_crawler.store.schema import articles
from caravan_crawler.store.snapshot import Snapshot
from caravan_crawler.store.store import site_title

#: Called with the name of a table and the number of its rows written so far.
Listener = Callable[[str, int], None]


@dataclass(frozen=True)
class Export:
    """An export of a store; below ``floors`` (field to minimum share of articles) nothing is published.

    Floors of fields that articles do not have apply to crawls only. The methods raise
    :class:`~caravan_crawler.export.options.ExportError` or :class:`~caravan_crawler.store.database.StoreError`, with a
    message of one line.
    """

    store_url: str | None
    data_dir: str
    options: ExportOptions
    floors: Mapping[str, float]
    accepts_all: bool = False
    byte_order_mark: bool = False

    def to(self, target: str) -> Dataset:
        """Export to a file, to a folder, or to a URL of object storage."""
        if is_url(target):
            return self.to_url(target)
        path = local_path(target)
        return self.to_file(path) if format_of(target) else self.to_folder(path)

    def to_file(self, path: Path) -> Dataset:
        """Write the one table in the one format of the options, then replace the earlier file."""
        path = Path(os.path.realpath(path))
        with _no_os_error(str(path)), self._snapshot() as snapshot, locked_file(path) as part:
            return self._write(snapshot, lambda table, format_: part)

    def to_folder(self, folder: Path) -> Dataset:
        """Write the dataset, then replace the earlier one in ``folder``."""
        folder = Path(os.path.realpath(folder))
        with self._snapshot() as snapshot, locked_folder(folder) as dataset_folder, _no_os_error(str(folder)):
            dataset = self._build(snapshot, dataset_folder.part)
            dataset_folder.replace()
            return dataset

    def to_url(self, url: str) -> Dataset:
        """Write the dataset to a temporary folder (``TMPDIR``) and upload it."""
        with _no_os_error("the dataset"), tempfile.TemporaryDirectory(prefix="export-") as name:
            with self._snapshot() as snapshot:
                bucket = Bucket(url)
                bucket.prepare()
                dataset = self._build(snapshot, Path(name))
            bucket.upload(dataset, Path(name))
            return dataset

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.store_url, self.data_dir)

    def _build(self, snapshot: Snapshot, folder: Path) -> Dataset:
        """Write the tables, and schemas, card, package and checksums next to them."""
        dataset = self._write(snapshot, lambda table, format_: folder / f"{table}.{format_}")
        (folder / "schemas").mkdir()
        texts = {f"schemas/{name}.schema.json": as_json(json_schema(TABLES[name])) for name in dataset.counts}
        texts |= descriptions(dataset)
        dataset.sums = {file.name: file.sha256 for file in dataset.files}
        dataset.sums |= {name: _write_text(folder / name, text) for name, text in texts.items()}
        lines = "".join(f"{sum_}  {name}\n" for name, sum_ in sorted(dataset.sums.items()))
        dataset.sums[SUMS] = _write_text(folder / SUMS, lines)
        return dataset

    def _write(self, snapshot: Snapshot, path_of: Callable[[str, str], Path]) -> Dataset:
        """Write the tables to new files, and check the floors.

        ``path_of`` returns the path of a file by the names of its table and format.
        """
        article_fields = {column.name for column in ARTICLES.columns}
        floors = {name: float(share) for name, share in self.floors.items() if name in article_fields}
        dataset = Dataset(self.options, site_title(snapshot.rows))
        with _progress(lambda name: rows.count(snapshot, TABLES[name], self.options)) as listen:
            for name in self.options.tables:
                counts = dataset.counts[name] = TableCounts(TABLES[name], floors)
                paths = {format_: path_of(name, format_) for format_ in self.options.formats}
                self._write_table(snapshot, counts, paths, dataset.warnings.append, listen)
                dataset.files += [
                    TableFile(counts.table, format_, path.stat().st_size, _sha256(path))
                    for format_, path in paths.items()
                ]
        if not self.accepts_all:
            problem = section_problem(snapshot, self.options.sections)
            check_floors(dataset.counts, floors, problem)
            dataset.warnings += [problem] if problem else []
        return dataset

    def _write_table(
        self,
        snapshot: Snapshot,
        counts: TableCounts,
        paths: Mapping[str, Path],
        warn: Callable[[str], None],
        listen: Listener,
    ) -> None:
        table = counts.table
        with ExitStack() as stack:
            opened = (
                open_writer(format_, path, table, byte_order_mark=self.byte_order_mark, warn=warn)
                for format_, path in paths.items()
            )
            writers = [stack.enter_context(writer) for writer in opened]
            listen(table.name, 0)
            try:
                for batch in rows.batches(snapshot, table, self.options):
                    for write in writers:
                        write(batch)
                    counts.add(batch)
                    listen(table.name, counts.rows)
            except ValueError as error:  # no crawl stores such a value
                message = f"{table.name} holds a value that is not of its kind: {str(error).partition(chr(10))[0]}"
                raise ExportError(f"{snapshot.name}: {message}") from error


def section_problem(snapshot: Snapshot, sections: Iterable[str]) -> str | None:
    """Return a message if the store has no article of one of the sections, or None."""
    if not sections:
        return None
    known = sorted(name for (name,) in snapshot.rows(select(articles.c.section).distinct()) if name)
    unknown = ", ".join(f"'{name}'" for name in sections if name not in known)
    return f"the store has no section {unknown}; it has {', '.join(known) or 'none'}" if unknown else None


def check_floors(counts: Mapping[str, TableCounts], floors: Mapping[str, float], problem: str | None = None) -> None:
    """Raise :class:`BelowFloorsError` for an empty dataset, or a field found in too few articles.

    As in a crawl, floors apply to 20 articles or more. ``problem`` is a known reason for an empty dataset.
    """
    of_articles = counts.get(ARTICLES.name)
    if not (of_articles.rows if of_articles else any(one.rows for one in counts.values())):
        what = "article" if of_articles else "row"
        problem = problem or f"the store has no {what} of those asked for"
        raise BelowFloorsError(f"{problem}; --below-floors exports it all the same")
    if of_articles is None or of_articles.rows < FEWEST:
        return
    for name, floor in floors.items():
        share = of_articles.share(name)
        if share < floor:
            raise BelowFloorsError(
                f"{name} is found in {100 * share:.1f} % of {of_articles.rows:,} articles, and must be in "
                f"{100 * floor:g} %; --below-floors exports them all the same; without it: "
                f"{' '.join(of_articles.without[name])}"
            )


@contextmanager
def _no_os_error(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}") from None


@contextmanager
def _progress(total: Callable[[str], int]) -> Iterator[Listener]:
    """Show a progress bar on a terminal; ``total`` counts the rows of a table."""
    if not is_terminal():
        yield lambda name, rows: None
        return
    from tqdm import tqdm  # here, as only a terminal needs it

    tqdm.monitor_interval = 0  # no thread of its own
    tqdm.set_lock(threading.RLock())  # no lock between processes
    with tqdm(unit=" rows", dynamic_ncols=True, leave=False) as bar:

        def show(name: str, rows: int) -> None:
            if rows == 0:
                bar.reset(total(name))
                bar.set_description_str(name)
            bar.update(rows - bar.n)

        yield show


def _write_text(path: Path, text: str) -> str:
    """Write a file and return its SHA-256."""
    path.write_bytes(text.encode())
    return _sha256(path)


def _sha256(path: Path) -> str:
    # Reading the file again costs about a second a gigabyte, mostly from the page cache.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
