"""Export the store to a file, a folder or a URL: each table is read once and written in all its formats."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select, type_coerce

from caravan_crawler.atomic import local_path
from caravan_crawler.console import progress_bar
from caravan_crawler.export.datapackage import SUMS, Dataset, TableCounts, TableFile, as_json, descriptions, json_schema
from caravan_crawler.export.formats import open_writer
from caravan_crawler.export.options import BelowFloorsError, ExportError, ExportOptions, format_of, is_url
from caravan_crawler.export.tables import ARTICLES, TABLES, Batch, Column, Kind, Table
from caravan_crawler.export.targets import Bucket, locked_file, locked_folder
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.store.field_counts import FEWEST
from caravan_crawler.store.schema import articles
from caravan_crawler.store.snapshot import Snapshot
from caravan_crawler.store.store import site_name

if TYPE_CHECKING:  # only a terminal needs it
    from tqdm import tqdm


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
        with _no_os_error(str(folder)), self._snapshot() as snapshot, locked_folder(folder) as part:
            return self._build(snapshot, part)

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
        dataset = Dataset(self.options, site_name(snapshot.rows))
        with progress_bar(" rows") as bar:
            for name in self.options.tables:
                counts = dataset.counts[name] = TableCounts(TABLES[name], floors)
                paths = {format_: path_of(name, format_) for format_ in self.options.formats}
                if bar is not None:
                    bar.reset(_count(snapshot, counts.table, self.options))
                    bar.set_description_str(name)
                self._write_table(snapshot, counts, paths, dataset.warnings.append, bar)
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
        bar: "tqdm[Any] | None",
    ) -> None:
        table = counts.table
        with ExitStack() as stack:
            opened = (
                open_writer(format_, path, table, byte_order_mark=self.byte_order_mark, warn=warn)
                for format_, path in paths.items()
            )
            writers = [stack.enter_context(writer) for writer in opened]
            try:
                for batch in _batches(snapshot, table, self.options):
                    for write in writers:
                        write(batch)
                    counts.add(batch)
                    if bar is not None:
                        bar.update(len(batch[0]))
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


def check_floors(counts: Mapping[str, TableCounts], floors: Mapping[str, float], problem: str | None) -> None:
    """Raise :class:`BelowFloorsError` for an empty dataset, or a field found in too few articles.

    As in a crawl, floors apply to 20 articles or more. ``problem`` is a known reason for an empty dataset.
    """
    of_articles = counts.get(ARTICLES.name)
    if not (of_articles.rows if of_articles else any(one.rows for one in counts.values())):
        what = "article" if of_articles else "row"
        problem = problem or f"the store has no such {what}, or none yet"
        raise BelowFloorsError(f"{problem}; --below-floors exports an empty dataset")
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


def _write_text(path: Path, text: str) -> str:
    """Write a file and return its SHA-256."""
    path.write_bytes(text.encode())
    return _sha256(path)


def _sha256(path: Path) -> str:
    # Reading the file again costs about a second a gigabyte, mostly from the page cache.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Rows of a table, from the store


def _batches(snapshot: Snapshot, table: Table, options: ExportOptions) -> Iterator[Batch]:
    """Yield the rows selected by the options, in a stable order."""
    is_postgresql = snapshot.connection.dialect.name == "postgresql"
    readers = [_reader(column, is_postgresql=is_postgresql) for column in table.columns]
    has_period = options.since is not None or options.until is not None
    matches = _day_filter(table, options) if has_period and not table.of_articles else None
    for rows in snapshot.batches(_statement(table, options, is_postgresql=is_postgresql)):
        selected = [row for row in rows if matches(row)] if matches else rows
        if selected:
            columns = zip(readers, zip(*selected, strict=True), strict=True)
            yield [[read(value) for value in values] if read else values for read, values in columns]


def _count(snapshot: Snapshot, table: Table, options: ExportOptions) -> int:
    """Return the number of rows read from the store, before the filter by day of trending, rates and weather."""
    query = select(func.count()).select_from(table.source)
    (row,) = snapshot.rows(_restrict(query, table, options))
    return int(row[0])


def _statement(table: Table, options: ExportOptions, *, is_postgresql: bool) -> Select[Any]:
    """Return the query for the rows.

    Texts are compared byte by byte in both stores, whatever the collation of a PostgreSQL database; nulls come first.
    """
    columns, order = [], {}
    for column in table.columns:
        source: ColumnElement[Any] = table.source.c[column.stored]
        if column.name in table.order:
            is_text = column.kind not in (Kind.INTEGER, Kind.DECIMAL)
            key = source.collate("C") if is_postgresql and is_text else source
            order[column.name] = key.nulls_first() if column.nullable else key
        if column.is_list:  # as JSON text instead of Python lists
            source = cast(source, Text) if is_postgresql else type_coerce(source, Text)
        columns.append(source)
    return _restrict(select(*columns), table, options).order_by(*(order[name] for name in table.order))


def _restrict(query: Select[Any], table: Table, options: ExportOptions) -> Select[Any]:
    articles = ARTICLES.source.c
    conditions: list[ColumnElement[bool]] = []
    if options.since:
        conditions.append(articles.date_published >= options.since.isoformat())
    if options.until:
        conditions.append(articles.date_published <= options.until.isoformat())
    if options.sections:
        conditions.append(articles.section.in_(options.sections))
    if options.languages:
        conditions.append(articles.language.in_(options.languages))
    if not table.of_articles or not conditions:
        return query
    if table is ARTICLES:
        return query.where(*conditions)
    return query.where(table.source.c.article_key.in_(select(articles.key).where(*conditions)))


def _reader(column: Column, *, is_postgresql: bool) -> Callable[[Any], Any] | None:
    """Return the conversion of a stored value, or None if it needs none."""
    if column.kind is Kind.DECIMAL:
        return _decimal
    if column.kind is Kind.DAY:
        return _day
    return _list if is_postgresql and column.is_list else None


def _decimal(value: float | None) -> str | None:
    """Return the shortest decimal that reads as the float."""
    return None if value is None else format(Decimal(repr(value)).normalize(), "f")


def _day(value: str | None) -> str | None:
    """Return the day of a stored day or, if the header printed a time, date and time."""
    return None if value is None else value[:10]


def _list(value: str) -> str:
    values = json.loads(value)
    if values and isinstance(values[0], dict):  # PostgreSQL does not keep the order of an object's keys
        values = [{"text": link["text"], "url": link["url"]} for link in values]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _day_filter(table: Table, options: ExportOptions) -> Callable[[Any], bool]:
    """Return a test whether a row is in the period, by its ``page_date``, else by the day in Almaty it was read."""
    names = [column.name for column in table.columns]
    page_date, observed_at = names.index("page_date"), names.index("observed_at")

    def matches(row: Any) -> bool:
        if row[page_date] is not None:
            return options.covers(date.fromisoformat(row[page_date][:10]))
        return options.covers(datetime.fromisoformat(row[observed_at]).astimezone(ALMATY).date())

    return matches
