"""Feed files that appear under their name only when the run is whole.

Rows go into a file beside it, ``.<name>.<run id>.part``; a sound end of the run puts all of its files in place,
each in one step. A run that is killed or fails leaves the earlier files as they were.
"""

import io
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from scrapy import Spider
from scrapy.crawler import Crawler

from caravan_crawler.outcome import FEED_STAT
from caravan_crawler.publish.append import Appending
from caravan_crawler.publish.stream import StreamFile
from caravan_crawler.publish.whole_file import can_be_whole, local_path, part_of, put

logger = logging.getLogger(__name__)


class WholeFileStorage:
    """Scrapy's feed storage for local files."""

    def __init__(self, uri: str, *, crawler: Crawler, feed_options: dict[str, Any] | None = None) -> None:
        self.path = local_path(uri)
        self.is_ready = False
        """Whether the rows are all on the disk and wait to be put in place, or to be left where they are."""
        self._crawler = crawler
        options = feed_options or {}
        self._appending = None if options.get("overwrite", False) else Appending(self.path, options)
        self._part: Path | None = None
        self.is_broken = False
        self._run_id = ""

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None
    ) -> "WholeFileStorage":
        """Scrapy's constructor."""
        return cls(uri, crawler=crawler, feed_options=feed_options)

    def open(self, spider: Spider) -> IO[bytes]:
        """Open the file beside; with ``-o`` it begins as a copy of what is there.

        A device or a pipe is written straight: there is nothing to keep whole.
        """
        if not can_be_whole(self.path):
            return StreamFile(self.path, str(self.path), self._crawler)
        self._run_id = getattr(spider, "run_id", str(os.getpid()))
        part = part_of(self.path, self._run_id)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = _PartFile(part, self._fail)
            self._part = part
            if self._appending is not None:
                self._appending.begin(file)
        except OSError as error:
            self._fail(error)
            return io.BytesIO()
        return file

    def store(self, file: IO[bytes]) -> None:
        """Bring the rows to the disk; whether they are put in place is decided when all feeds are there."""
        file.close()
        self.is_ready = self._part is not None and not self.is_broken
        if self.is_broken and self._part is not None:
            self._part.unlink(missing_ok=True)  # torn, and the disk may be full; the store has the rows

    @property
    def move(self) -> tuple[Path, Path]:
        """The file with the rows, and where it belongs."""
        assert self._part is not None
        return self._part, self.path

    def catch_up(self) -> None:
        """Take in what others have appended to the file since, and let them wait until it is in place."""
        if self._appending is not None:
            try:
                self._appending.catch_up(self.move[0])
            except OSError as error:
                self._fail(error)

    def place(self) -> None:
        """Put the file in place."""
        part, path = self.move
        try:
            put(part, path)
            self._remove_leftovers()
        except OSError as error:
            self._fail(error)
        finally:
            if self._appending is not None:
                self._appending.release()

    def leave(self) -> None:
        """Leave the earlier file as it is, and say where the rows are."""
        part, _ = self.move
        if part.stat().st_size == 0:
            part.unlink()
            return
        # Of the run's own folder nobody expects anything yet.
        level = logging.DEBUG if part.parent.name == self._run_id else logging.WARNING
        logger.log(level, "%s is not written; what this run read lies in %s", self.path, part)

    def _remove_leftovers(self) -> None:
        """Remove what stopped runs left half written: the store has their records, and publishes them."""
        ended = getattr(self._crawler.spider, "continues", ())
        for run_id in ended:
            part = part_of(self.path, run_id)
            part.unlink(missing_ok=True)
            (self.path.parent.parent / run_id / part.name).unlink(missing_ok=True)

    def _fail(self, error: OSError) -> None:
        self.is_broken = True
        words = f"{self.path} cannot be written: {error.strerror}"
        logger.error("%s", words)
        self._crawler.stats.set_value(FEED_STAT, words)


class _PartFile(io.BufferedWriter):
    """A file that tells of its first error and takes no more: another would raise one for each further record."""

    def __init__(self, path: Path, on_error: Callable[[OSError], None]) -> None:
        super().__init__(io.FileIO(path, "w"))
        self._on_error = on_error
        self._is_broken = False

    def write(self, data: Any) -> int:
        self._try(lambda: super(_PartFile, self).write(data))
        return len(data)

    def flush(self) -> None:
        self._try(super().flush)

    def close(self) -> None:
        if not self.closed:
            self.flush()
            self._try(lambda: os.fsync(self.fileno()))
            self.raw.close()

    def _try(self, act: Callable[[], object]) -> None:
        if self._is_broken:
            return
        try:
            act()
        except OSError as error:
            self._is_broken = True
            self._on_error(error)
