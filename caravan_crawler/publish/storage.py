"""Feed files that appear under their name only when the run is whole.

Rows go into a file beside it, ``.<name>.<run id>.part``; a sound end of the run puts it in place in one step.
A run that is killed or fails leaves the earlier file as it was.
"""

import logging
import os
import shutil
from pathlib import Path
from typing import IO, Any

from scrapy import Spider
from scrapy.crawler import Crawler
from w3lib.url import file_uri_to_path

from caravan_crawler.outcome import OUTCOME_STAT

logger = logging.getLogger(__name__)


class WholeFileStorage:
    """Scrapy's feed storage for local files."""

    def __init__(self, uri: str, *, crawler: Crawler, feed_options: dict[str, Any] | None = None) -> None:
        self.path = Path(file_uri_to_path(uri) if uri.startswith("file:") else uri)
        self._crawler = crawler
        self._appends = not (feed_options or {}).get("overwrite", False)
        self._part: Path | None = None

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, uri: str, *, feed_options: dict[str, Any] | None = None
    ) -> "WholeFileStorage":
        """Scrapy's constructor."""
        return cls(uri, crawler=crawler, feed_options=feed_options)

    def open(self, spider: Spider) -> IO[bytes]:
        """Open the file beside; with ``-o`` it begins as a copy of what is there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        run_id = getattr(spider, "run_id", str(os.getpid()))
        self._part = self.path.with_name(f".{self.path.name}.{run_id}.part")
        if self._appends and self.path.exists():
            shutil.copyfile(self.path, self._part)
        file = self._part.open("ab" if self._appends else "wb")
        file.seek(0, os.SEEK_END)
        return file

    def store(self, file: IO[bytes]) -> None:
        """Put the file in place if the run is sound, else leave the earlier one and say so."""
        assert self._part is not None
        file.flush()
        os.fsync(file.fileno())
        file.close()
        if self._crawler.stats.get_value(OUTCOME_STAT) == 0:
            self._part.replace(self.path)
        else:
            logger.warning("%s is left as it was; what this run read lies in %s", self.path, self._part)
