"""Write files atomically: a file replaces the earlier one in one step, or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from w3lib.url import file_uri_to_path


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """Give a text file to write, which takes the place of the one at ``path`` once all is on the disk.

    Missing folders are made. A device or a pipe is written straight: there is nothing to keep whole. OSError where
    it cannot be written; whatever fails, and if the process is killed, the earlier file is as it was.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not is_replaceable(path):
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_path(path, str(os.getpid()))
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        replace_file(part, path)
    finally:
        part.unlink(missing_ok=True)


def is_replaceable(path: Path) -> bool:
    """Whether there is a file or nothing at ``path``; a device or a pipe can only be written straight."""
    return path.is_file() or not path.exists()


def part_path(path: Path, writer: str) -> Path:
    """Return the file beside ``path`` that a run or a process writes until it is whole."""
    return path.with_name(f".{path.name}.{writer}.part")


def replace_file(part: Path, path: Path) -> None:
    """Put a whole file in place of the earlier one, whose mode it takes over."""
    if path.exists():
        shutil.copymode(path, part)
    part.replace(path)


def local_path(uri: str) -> Path:
    """Return the file that a name or a ``file:`` URI means: ``~`` is the user's folder, a link what it points to."""
    path = Path(file_uri_to_path(uri) if uri.startswith("file:") else uri).expanduser()
    return path.resolve() if path.is_symlink() else path
