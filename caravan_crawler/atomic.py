"""Paths that users name. Write files atomically: a file replaces the earlier one in one step, or not at all."""

import errno
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from w3lib.url import file_uri_to_path


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """Yield a text file that replaces the one at ``path`` when all is on the disk.

    Missing folders are created; a device or a pipe is written directly. Raises OSError. After an error or a kill the
    earlier file is unchanged. A kill leaves a partial file next to it, which the next write removes.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not is_replaceable(path):
        with path.open("w", encoding="utf-8") as device:
            yield device
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_parts(path)
    part, file = _open_part(path)
    with file:  # its lock is held until it has replaced the earlier file
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            replace_file(part, path)
        finally:
            part.unlink(missing_ok=True)


def is_replaceable(path: Path) -> bool:
    """Whether ``path`` is a file or missing; a device or a pipe can only be written directly."""
    return path.is_file() or not path.exists()


def part_path(path: Path, writer: str) -> Path:
    """Return the file next to ``path`` that a run or a process writes before it replaces ``path``."""
    return path.with_name(f".{path.name}.{writer}.part")


#: Bytes of the random name of a process that writes a file: in another container it may have the same process id.
_WRITER = 8


def _open_part(path: Path) -> tuple[Path, TextIO]:
    """Open a new partial file of ``path``, and lock it for as long as it is open."""
    while True:
        part = part_path(path, token_hex(_WRITER))
        file = part.open("x", encoding="utf-8")
        with suppress(OSError):  # a file system without locks
            flock(file, LOCK_EX)
        if part.exists():
            return part, file
        file.close()  # another process has taken it for a left one, before it was locked


def _remove_left_parts(path: Path) -> None:
    """Remove the partial files of processes that were killed while they wrote ``path``: nobody has locked them."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 2 * _WRITER}.part"):
        with suppress(OSError), part.open("r+") as file:  # it may be locked, or another user's
            flock(file, LOCK_EX | LOCK_NB)
            part.unlink()


def replace_file(part: Path, path: Path) -> None:
    """Replace the file at ``path`` by ``part``, which takes over its mode."""
    if path.exists():
        shutil.copymode(path, part)
    part.replace(path)


def user_path(name: str) -> Path:
    """Return the path that a user has named; ``~`` is expanded, but for a home that :func:`home_problem` refuses."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises an error without such a home


def home_problem(name: str) -> str | None:
    """Return a problem if the ``~`` of a path is the home of no user, or None."""
    return f"there is no home folder {name.partition('/')[0]}" if str(user_path(name)).startswith("~") else None


def local_path(uri: str) -> Path:
    """Return the path of a name or a ``file:`` URI; ``~`` is expanded, a link is resolved, but for one to itself."""
    path = user_path(file_uri_to_path(uri) if uri.startswith("file:") else uri)
    try:
        return path.resolve() if path.is_symlink() else path
    except (RuntimeError, OSError):
        return path
