"""Replace a dataset folder or a single file: lock it, write the new one next to it, then rename.

A file is replaced in one step. A folder needs two renames: the earlier dataset is renamed aside and the new one renamed
into its place. A process killed between the two leaves no folder; the next export puts the earlier one back.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from caravan_crawler.atomic import replace_file
from caravan_crawler.export.datapackage import CARD, PACKAGE, SUMS, is_package
from caravan_crawler.export.options import ExportError, ExportLockedError, ExportRefusedError


class DatasetFolder:
    """A locked dataset folder; ``part`` is the empty folder that the new dataset is written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.part = folder.with_name(f".{folder.name}.part")
        self._aside = folder.with_name(f".{folder.name}.old")

    def replace(self) -> None:
        """Put the dataset in ``part`` in place of the earlier one."""
        for path in [*self.part.rglob("*"), self.part]:
            _sync(path)
        check_replaceable(self.folder)
        if self.folder.exists():
            self.folder.rename(self._aside)
        self.part.rename(self.folder)
        _sync(self.folder.parent)

    def clear(self) -> None:
        """Undo a replacement that stopped between its two renames, and clean up next to the folder."""
        with suppress(OSError):
            if self._aside.exists() and not self.folder.exists():
                self._aside.rename(self.folder)
        if self.folder.exists():
            shutil.rmtree(self._aside, ignore_errors=True)
        shutil.rmtree(self.part, ignore_errors=True)


@contextmanager
def locked_folder(folder: Path) -> Iterator[DatasetFolder]:
    """Yield the folder ready to be written, and clean up next to it; raise :class:`ExportError` if that fails."""
    check_replaceable(folder)
    with _locked(folder):
        dataset_folder = DatasetFolder(folder)
        try:
            dataset_folder.clear()  # of a killed export
            check_replaceable(folder)
            try:
                dataset_folder.part.mkdir()
            except OSError as error:
                raise ExportError(f"{folder} cannot be written: {error.strerror or error}") from None
            yield dataset_folder
        finally:
            dataset_folder.clear()


@contextmanager
def locked_file(file: Path) -> Iterator[Path]:
    """Yield the path of a new file, which replaces ``file`` at the end; errors as for a folder."""
    if file.exists() and not file.is_file():
        kind = f"a folder; {file}/ makes a dataset in it" if file.is_dir() else "no file"
        raise ExportRefusedError(f"{file} is {kind}")
    part = file.with_name(f".{file.name}.part")
    with _locked(file):
        try:
            part.unlink(missing_ok=True)  # of a killed export
            yield part
            _sync(part)
            replace_file(part, file)
            _sync(file.parent)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of ``target``; create the folders above it, and remove them again if they stay empty."""
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    created: list[Path] = []
    try:
        created += [parent for parent in target.parents if not parent.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ExportLockedError(f"another export is writing {target}") from None
    except FileExistsError:
        raise ExportRefusedError(f"{target} cannot be written: a folder above it is a file") from None
    except OSError as error:
        _remove_empty(created)
        raise ExportRefusedError(f"{target} cannot be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        # Before the release, so that a process waiting for this file opens another one.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
        _remove_empty(created)


def check_replaceable(folder: Path) -> None:
    """Raise :class:`ExportRefusedError` unless ``folder`` is missing, empty, or an unedited earlier dataset."""
    try:
        if problem := _problem(folder):
            raise ExportRefusedError(problem)
    except OSError as error:
        raise ExportRefusedError(f"{folder} cannot be read: {error.strerror or error}") from None


def _problem(folder: Path) -> str | None:
    if not folder.exists():
        return None
    if not folder.is_dir():
        return f"{folder} is a file; a dataset is a folder"
    if not any(folder.iterdir()):
        return None
    if not is_package(_read(folder / PACKAGE)):
        return f"{folder} is not empty and no earlier dataset; name another folder"
    pairs = (line.split("  ", 1) for line in _read(folder / SUMS).splitlines() if "  " in line)
    sums = {name: sum_ for sum_, name in pairs}
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    if foreign := sorted(found - sums.keys() - {SUMS}):
        return f"{folder} holds {foreign[0]}, which is no part of the dataset; move it away"
    card = folder / CARD
    if card.exists() and hashlib.sha256(card.read_bytes()).hexdigest() != sums.get(CARD):
        return f"{card} was edited and would be lost: take the words out as --notes FILE, or name another folder"
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError, IsADirectoryError):
        return ""


def _remove_empty(folders: list[Path]) -> None:
    """Remove the folders that are empty, the innermost first."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
