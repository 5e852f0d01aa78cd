"""Feeds that are written straight to whoever reads them: standard output, a pipe, a device."""

import io
import logging
from pathlib import Path
from typing import IO, Any

from scrapy import Spider
from scrapy.crawler import Crawler

from caravan_crawler.outcome import STREAM_STAT

logger = logging.getLogger(__name__)

_STDOUT = 1


class StreamFile(io.BufferedWriter):
    """A file that takes no more once its reader has gone, and says so; the run goes on for its other feeds."""

    def __init__(self, target: Path | int, name: str, crawler: Crawler) -> None:
        super().__init__(io.FileIO(target, "w", closefd=not isinstance(target, int)))
        self._name = name
        self._crawler = crawler
        self._is_broken = False

    def write(self, data: Any) -> int:
        """Write the data, or pass over them."""
        if not self._is_broken:
            try:
                super().write(data)
            except OSError as error:
                self._fail(error)
        return len(data)

    def flush(self) -> None:
        """Send what is buffered."""
        if not self._is_broken:
            try:
                super().flush()
            except OSError as error:
                self._fail(error)

    def close(self) -> None:
        """Send the last, and close what is not standard output."""
        if not self.closed:
            self.flush()
            self.raw.close()

    def _fail(self, error: OSError) -> None:
        self._is_broken = True
        words = f"{self._name} could not be written to its end: {error.strerror}"
        logger.warning("%s", words)
        self._crawler.stats.set_value(STREAM_STAT, words)


class StdoutStorage:
    """Scrapy's feed storage for ``-o -``."""

    def __init__(self, uri: str, *, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None) -> "StdoutStorage":
        """Scrapy's constructor."""
        return cls(uri, crawler=crawler)

    def open(self, spider: Spider) -> IO[bytes]:
        """Return standard output as a file."""
        return StreamFile(_STDOUT, "standard output", self._crawler)

    def store(self, file: IO[bytes]) -> None:
        """Send the last rows."""
        file.close()
