"""An export from the store to a folder or a URL, from beginning to end."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.publish.dataset import rows
from caravan_crawler.publish.dataset.build import Dataset, describe, write_tables
from caravan_crawler.publish.dataset.choice import Choice
from caravan_crawler.publish.dataset.cloud import Bucket
from caravan_crawler.publish.dataset.errors import ExportError
from caravan_crawler.publish.dataset.floors import check_floors
from caravan_crawler.publish.dataset.placing import held
from caravan_crawler.publish.dataset.progress import ExportProgress
from caravan_crawler.publish.dataset.tables import ARTICLES, TABLES
from caravan_crawler.publish.whole_file import local_path


@dataclass(frozen=True)
class Export:
    """What to export from which store, and the floors below which it is not published; empty for none.

    ``floors`` may name fields that articles do not have; those are of crawls alone.
    """

    store_url: str | None
    data_dir: str
    choice: Choice
    floors: Mapping[str, float]
    accepts_all: bool = False
    byte_order_mark: bool = False

    def to(self, target: str) -> Dataset:
        """Export to a folder, or to a URL of object storage."""
        if "://" in target and not target.startswith("file:"):
            return self.to_url(target)
        return self.to_folder(local_path(target))

    def to_folder(self, folder: Path) -> Dataset:
        """Write the dataset and put it in place; the folder's earlier dataset stays whole until then.

        :class:`~caravan_crawler.publish.dataset.errors.ExportError` and
        :class:`~caravan_crawler.keep.errors.StoreError` say what went wrong.
        """
        folder = Path(os.path.realpath(folder))
        with Snapshot(self.store_url, self.data_dir) as snapshot, held(folder) as place:
            try:
                dataset = self._build(snapshot, place.part)
                place.put()
            except OSError as error:
                raise ExportError(f"{folder} cannot be written: {error.strerror or error}") from None
            return dataset

    def to_url(self, url: str) -> Dataset:
        """Write the dataset to a temporary folder (``TMPDIR``), and upload it; with the same errors."""
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
        """Write the dataset to an empty folder."""
        floors = {name: share for name, share in self.floors.items() if name in _ARTICLE_FIELDS}
        with ExportProgress(lambda name: rows.count(snapshot, TABLES[name], self.choice)) as progress:
            dataset = write_tables(
                snapshot,
                self.choice,
                folder,
                fields=floors,
                byte_order_mark=self.byte_order_mark,
                listen=progress,
            )
        if not self.accepts_all:
            check_floors(dataset.counts, floors)
        describe(dataset, folder)
        return dataset


_ARTICLE_FIELDS = {column.name for column in ARTICLES.columns}
