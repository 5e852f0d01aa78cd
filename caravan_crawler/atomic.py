"""Paths that users name. Write files atomically: a file replaces the earlier one in one step, or not at all."""

import errno
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
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
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_parts(path)
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
    """Whether ``path`` is a file or missing; a device or a pipe can only be written directly."""
    return path.is_file() or not path.exists()


def part_path(path: Path, writer: str) -> Path:
    """Return the file next to ``path`` that a run or a process writes before it replaces ``path``."""
    return path.with_name(f".{path.name}.{writer}.part")


def _remove_left_parts(path: Path) -> None:
    """Remove the partial files of processes that were killed while they wrote ``path``."""
    prefix, suffix = f".{path.name}.", ".part"
    for part in path.parent.glob(f"{glob.escape(prefix)}*{suffix}"):
        writer = part.name.removeprefix(prefix).removesuffix(suffix)
        if writer.isdecimal() and not _is_running(int(writer)):
            with suppress(OSError):  # it may belong to another user
                part.unlink()


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is another user's
        pass
    return True


def replace_file(part: Path, path: Path) -> None:
    """Replace the file at ``path`` by ``part``, which takes over its mode."""
    if path.exists():
        shutil.copymode(path, part)
    part.replace(path)


def user_path(name: str) -> Path:
    """Return the path that a user has named; ``~`` is expanded, but for a home that :func:`home_problem` refuses."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def home_problem(name: str) -> str | None:
    """Return a problem if the ``~`` of a path is the home of no user, or None."""
    try:
        Path(name).expanduser()
    except RuntimeError:
        return f"there is no home folder {name.partition('/')[0]}"
    return None


def local_path(uri: str) -> Path:
    """Return the path of a name or a ``file:`` URI; ``~`` is expanded, a link is resolved, but for one to itself."""
    path = user_path(file_uri_to_path(uri) if uri.startswith("file:") else uri)
    try:
        return path.resolve() if path.is_symlink() else path
    except (RuntimeError, OSError):
        return path
