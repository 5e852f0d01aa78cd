"""Whether the feeds asked for can be written, found out before the crawl and not after it."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from caravan_crawler.publish.whole_file import local_path, part_of

#: As long as a run's number, which is part of a file's name until the run is whole.
_ANY_RUN = "20260101T000000Z-000000"


def feeds_problem(settings: BaseSettings) -> str | None:
    """Return why the run's folder or a feed's file cannot be written, or None."""
    data_dir = str(settings["DATA_DIR"] or "").strip()
    if not data_dir:
        return "DATA_DIR is empty"
    if settings.getint("FEED_EXPORT_BATCH_ITEM_COUNT"):
        return "FEED_EXPORT_BATCH_ITEM_COUNT does not go with feeds that are whole or not there"
    problem = _folder_problem(Path(data_dir).expanduser(), data_dir)
    for uri, options in settings.getdict("FEEDS").items():
        problem = problem or _feed_problem(str(uri), dict(options))
    return problem


def _feed_problem(uri: str, options: dict[str, Any]) -> str | None:
    if options.get("batch_item_count"):
        return f"{uri}: batches do not go with feeds that are whole or not there"
    if "%(" in uri or urlsplit(uri).scheme not in ("", "file"):
        return None
    try:
        path = local_path(uri)
        if path.is_dir():
            return f"{uri} is a folder, not a file"
        if path.exists() and not path.is_file():
            return None if os.access(path, os.W_OK) else f"{uri} cannot be written: no permission"
        is_document = options.get("format") in ("json", "xml")
        if is_document and not options.get("overwrite") and path.exists() and path.stat().st_size:
            return f"{uri} cannot be appended to, as {options['format']} is one document; use -O"
        if problem := _folder_problem(path.parent, uri):
            return problem
        if path.parent.is_dir():
            probe = part_of(path, _ANY_RUN)
            probe.touch()
            probe.unlink()
    except OSError as error:
        return f"{uri} cannot be written: {error.strerror}"
    return None


def _folder_problem(folder: Path, target: str) -> str | None:
    """Return why a file could not be made in ``folder``, which need not be there yet."""
    try:
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            return f"{target} cannot be written: {folder} is no folder"
    except OSError as error:
        return f"{target} cannot be written: {error.strerror}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{target} cannot be written: no permission for {folder.resolve()}"
    return None
