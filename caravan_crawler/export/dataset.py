"""Export the store to a file, a folder or a URL."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from caravan_crawler.atomic import local_path
from caravan_crawler.console import is_terminal
from caravan_crawler.export import rows
from caravan_crawler.export.build import Listener, describe, write_tables
from caravan_crawler.export.cloud import Bucket
from caravan_crawler.export.datapackage import ArticleCounts, Dataset, TableCounts
from caravan_crawler.export.folder import locked_file, locked_folder
from caravan_crawler.export.options import BelowFloorsError, ExportError, ExportOptions, format_of, is_url
from caravan_crawler.export.tables import ARTICLES, TABLES
from caravan_crawler.monitors.drift import FEWEST
from caravan_crawler.store.schema import articles
from caravan_crawler.store.snapshot import Snapshot


@dataclass(frozen=True)
class Export:
    """An export of a store; below ``floors`` (field to minimum share of articles) nothing is published.

    Floors of fields that articles do not have apply to crawls only.
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
        """Write the one table in the one format of the options, then replace the earlier file; errors as below."""
        path = Path(os.path.realpath(path))
        try:
            with Snapshot(self.store_url, self.data_dir) as snapshot, locked_file(path) as part:
                return self._write(snapshot, lambda table, format_: part)
        except OSError as error:
            raise ExportError(f"{path} cannot be written: {error.strerror or error}") from None

    def to_folder(self, folder: Path) -> Dataset:
        """Write the dataset, then replace the earlier one in ``folder``.

        Raise :class:`~caravan_crawler.export.options.ExportError` or
        :class:`~caravan_crawler.store.database.StoreError`, with a message of one line.
        """
        folder = Path(os.path.realpath(folder))
        with Snapshot(self.store_url, self.data_dir) as snapshot, locked_folder(folder) as dataset_folder:
            try:
                dataset = self._build(snapshot, dataset_folder.part)
                dataset_folder.replace()
            except OSError as error:
                raise ExportError(f"{folder} cannot be written: {error.strerror or error}") from None
            return dataset

    def to_url(self, url: str) -> Dataset:
        """Write the dataset to a temporary folder (``TMPDIR``) and upload it; errors as in ``to_folder``."""
        try:
            with tempfile.TemporaryDirectory(prefix="export-") as name:
                with Snapshot(self.store_url, self.data_dir) as snapshot:
                    bucket = Bucket(url)
                    bucket.prepare()
                    dataset = self._build(snapshot, Path(name))
                bucket.upload(dataset, Path(name))
        except OSError as error:
            raise ExportError(f"the dataset cannot be written: {error.strerror or error}") from None
        return dataset

    def _build(self, snapshot: Snapshot, folder: Path) -> Dataset:
        dataset = self._write(snapshot, lambda table, format_: folder / f"{table}.{format_}")
        describe(dataset, folder)
        return dataset

    def _write(self, snapshot: Snapshot, path_of: Callable[[str, str], Path]) -> Dataset:
        """Write the tables, and check the floors."""
        article_fields = {column.name for column in ARTICLES.columns}
        floors = {name: float(share) for name, share in self.floors.items() if name in article_fields}
        with _progress(lambda name: rows.count(snapshot, TABLES[name], self.options)) as progress:
            dataset = write_tables(
                snapshot,
                self.options,
                path_of,
                fields=floors,
                byte_order_mark=self.byte_order_mark,
                listen=progress,
            )
        if not self.accepts_all:
            problem = section_problem(snapshot, self.options.sections)
            check_floors(dataset.counts, floors, problem)
            dataset.warnings += [problem] if problem else []
        return dataset


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
    of_articles = counts.get("articles")
    if not (of_articles.rows if of_articles else any(one.rows for one in counts.values())):
        what = "article" if of_articles else "row"
        problem = problem or f"the store has no {what} of those asked for"
        raise BelowFloorsError(f"{problem}; --below-floors exports it all the same")
    if not isinstance(of_articles, ArticleCounts) or of_articles.rows < FEWEST:
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
