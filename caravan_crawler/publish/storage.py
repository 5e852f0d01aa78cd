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

from caravan_crawler.outcome import OUTCOME_STAT, SOUND

logger = logging.getLogger(__name__)


class WholeFileStorage:
    """Scrapy's feed storage for local files."""

    def __init__(self, uri: str, *, crawler: Crawler, feed_options: dict[str, Any] | None = None) -> None:
        self.path = local_path(uri)
        self._crawler = crawler
        self._appends = not (feed_options or {}).get("overwrite", False)
        self._part: Path | None = None
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
        if self.path.exists() and not self.path.is_file():
            return self.path.open("wb")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._run_id = getattr(spider, "run_id", str(os.getpid()))
        self._part = part_of(self.path, self._run_id)
        if self._appends and self.path.exists():
            shutil.copyfile(self.path, self._part)
        file = self._part.open("ab" if self._appends else "wb")
        file.seek(0, os.SEEK_END)
        return file

    def store(self, file: IO[bytes]) -> None:
        """Put the file in place if the run is sound, else leave the earlier one and say so."""
        file.flush()
        if self._part is None:
            file.close()
            return
        os.fsync(file.fileno())
        file.close()
        if self._crawler.stats.get_value(OUTCOME_STAT) == SOUND:
            if self.path.exists():
                shutil.copymode(self.path, self._part)
            self._part.replace(self.path)
            self._remove_leftovers()
        elif self._part.stat().st_size == 0:
            self._part.unlink()
        else:
            # Of the run's own folder nobody expects anything yet.
            level = logging.DEBUG if self._part.parent.name == self._run_id else logging.WARNING
            logger.log(level, "%s is not written; what this run read lies in %s", self.path, self._part)

    def _remove_leftovers(self) -> None:
        """Remove what stopped runs left half written: this run has published their records with its own."""
        campaign = getattr(self._crawler.spider, "campaign", None)
        for run_id in campaign.unpublished if campaign else ():
            part = part_of(self.path, run_id)
            part.unlink(missing_ok=True)
            (self.path.parent.parent / run_id / part.name).unlink(missing_ok=True)


def local_path(uri: str) -> Path:
    """Return the file a feed's URI names: ``~`` is the user's folder, and a link means what it points to."""
    path = Path(file_uri_to_path(uri) if uri.startswith("file:") else uri).expanduser()
    return path.resolve() if path.is_symlink() else path


def part_of(path: Path, run_id: str) -> Path:
    """Return the file beside ``path`` that a run writes until it is whole."""
    return path.with_name(f".{path.name}.{run_id}.part")
