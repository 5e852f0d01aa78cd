"""Putting a dataset in its place: written beside it, in a hidden folder, and then both change places in one step.

Whenever a process is killed, the folder is the old dataset or the new one, whole. What killed exports leave beside it
is removed by the next one.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from caravan_crawler.publish.dataset.earlier import check_replaceable
from caravan_crawler.publish.dataset.errors import ExportError, ExportLockedError, ExportRefusedError
from caravan_crawler.publish.dataset.exchange import exchange


class Place:
    """Where a dataset goes. While it is held, no other export writes there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.part = folder.with_name(f".{folder.name}.part")
        self._aside = folder.with_name(f".{folder.name}.old")

    def prepare(self) -> None:
        """Remove what killed exports left, and make the empty folder to write to, ``part``."""
        if self._aside.exists():  # killed while two folders changed places in two steps
            if not self.folder.exists():
                self._aside.rename(self.folder)
            else:
                shutil.rmtree(self._aside)
        if self.part.exists():
            shutil.rmtree(self.part)
        check_replaceable(self.folder)
        self.part.mkdir()

    def put(self) -> None:
        """Put what is in ``part`` in place of what is there."""
        for path in [*self.part.rglob("*"), self.part]:
            if path.is_dir():
                _to_disk(path)
        check_replaceable(self.folder)
        if not self.folder.exists() or not any(self.folder.iterdir()):
            self.part.rename(self.folder)
        elif not exchange(self.part, self.folder):
            self._put_in_two_steps()
        _to_disk(self.folder.parent)

    def _put_in_two_steps(self) -> None:
        """Killed between the two, there is no dataset until the next export puts the earlier one back."""
        self.folder.rename(self._aside)
        try:
            self.part.rename(self.folder)
        except OSError:
            self._aside.rename(self.folder)
            raise

    def tidy(self) -> None:
        """Remove what is beside: the earlier dataset, or what has failed."""
        shutil.rmtree(self.part, ignore_errors=True)
        if self.folder.exists():
            shutil.rmtree(self._aside, ignore_errors=True)


@contextmanager
def held(folder: Path) -> Iterator[Place]:
    """Give the place for a dataset, ready to be written to, and leave nothing beside it.

    :class:`~caravan_crawler.publish.dataset.errors.ExportError` where it cannot be had.
    """
    check_replaceable(folder)
    made = [parent for parent in folder.parents if not parent.exists()]
    lock = FileLock(folder.with_name(f".{folder.name}.lock"), timeout=0)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ExportLockedError(f"another export is writing {folder}") from None
    except OSError as error:
        _remove_empty(made)
        raise ExportRefusedError(f"{folder} cannot be written: {error.strerror or error}") from None
    place = Place(folder)
    try:
        _prepare(place)
        yield place
    finally:
        place.tidy()
        # While it is held, so that whoever waits for this very file finds it gone and takes another.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
        _remove_empty(made)


def _prepare(place: Place) -> None:
    try:
        place.prepare()
    except OSError as error:
        raise ExportError(f"{place.folder} cannot be written: {error.strerror or error}") from None


def _remove_empty(folders: list[Path]) -> None:
    """Remove the folders that were made and hold nothing, the innermost first."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
