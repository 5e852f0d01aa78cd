"""A file that is replaced in one step, or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from caravan_crawler.publish.storage import local_path, part_of


@contextmanager
def whole_file(name: str) -> Iterator[TextIO]:
    """Give a text file to write, which takes the place of the one called ``name`` once all is on the disk.

    Missing folders are made. A device or a pipe is written straight: there is nothing to keep whole. OSError where
    it cannot be written; whatever fails, and if the process is killed, the earlier file is as it was.
    """
    path = local_path(name)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", name)
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path, str(os.getpid()))
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
