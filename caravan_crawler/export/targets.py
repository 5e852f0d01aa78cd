"""Put a dataset or a file in place of the earlier one: in a folder, or at a URL of object storage.

A file is replaced in one step. A folder needs two renames: the earlier dataset is renamed aside and the new one renamed
into its place. A process killed between the two leaves no folder; the next export puts the earlier one back.

Object storage cannot replace many files in one step. There each dataset has a folder of its own, named by its checksum;
``datapackage.json`` at the top names the current one. It is replaced when the new folder is complete; then older
folders are removed. An upload that fails or is killed leaves the earlier dataset in place, and a folder that the next
upload removes.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from caravan_crawler.atomic import replace_file
from caravan_crawler.console import error_line, ignore_late_stops
from caravan_crawler.export.datapackage import CARD, PACKAGE, SUMS, Dataset, descriptions, is_package
from caravan_crawler.export.options import ExportError, ExportLockedError, ExportRefusedError


@contextmanager
def locked_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder, which replaces ``folder`` at the end; raise :class:`ExportError` or OSError."""
    part, aside = _part(folder), _aside(folder)
    with _locked(folder):
        try:
            _clear(folder)  # of a killed export
            check_replaceable(folder)
            part.mkdir()
            yield part
            for path in [*part.rglob("*"), part]:
                _sync(path)
            check_replaceable(folder)
            ignore_late_stops()
            if folder.exists():
                folder.rename(aside)
            part.rename(folder)
            _sync(folder.parent)
        finally:
            _clear(folder)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _clear(folder: Path) -> None:
    """Undo a replacement that stopped between its two renames, and clean up next to the folder."""
    with suppress(OSError):
        if _aside(folder).exists() and not folder.exists():
            _aside(folder).rename(folder)
    if folder.exists():
        shutil.rmtree(_aside(folder), ignore_errors=True)
    shutil.rmtree(_part(folder), ignore_errors=True)


@contextmanager
def locked_file(file: Path) -> Iterator[Path]:
    """Yield the path of a new file, which replaces ``file`` at the end; errors as for a folder."""
    try:
        is_file, is_folder = file.is_file() or not file.exists(), file.is_dir()
    except OSError as error:  # in a folder that is closed to this user
        raise ExportRefusedError(f"{file} cannot be written: {error.strerror or error}") from None
    if not is_file:
        raise ExportRefusedError(f"{file} is {f'a folder; {file}/ makes a dataset in it' if is_folder else 'no file'}")
    part = _part(file)
    with _locked(file):
        try:
            part.unlink(missing_ok=True)  # of a killed export
            yield part
            _sync(part)
            ignore_late_stops()
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
        Path(lock.lock_file).touch()  # FileLock takes a place where no file can be created for a locked one
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
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {path.relative_to(folder).as_posix() for path in paths}
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


# Object storage

_FOLDER = re.compile(r"dataset-[0-9a-f]{16}")
#: The next upload removes the folder if this one is killed.
_PROBE = "dataset-0000000000000000/probe"
_REMEDY = "pip install -e '.[cloud]'"


class Bucket:
    """A URL that fsspec supports; each failure is an ``ExportError`` with one line.

    Object storage has no locks: only one export at a time may write to a URL.
    """

    def __init__(self, url: str) -> None:
        self.name = without_credentials(url.rstrip("/"))
        self._files, self._root = _connect(url.rstrip("/"), self.name)

    def prepare(self) -> None:
        """Check that the URL can be written; raise ``ExportRefusedError`` if it has anything but a dataset."""
        with self._errors("read"):
            names = self._names()
            foreign = sorted(name for name in names if not _FOLDER.fullmatch(name))
            is_ours = PACKAGE in names and is_package(self._read(PACKAGE))
        if foreign and not is_ours:
            raise ExportRefusedError(f"{self.name} has {foreign[0]} and is no earlier dataset; name another place")
        with self._errors("written"):
            self._files.pipe_file(self._at(_PROBE), b"-")
            self._files.rm_file(self._at(_PROBE))

    def upload(self, dataset: Dataset, folder: Path) -> None:
        """Upload the dataset in ``folder`` and make it the current one."""
        ours = f"dataset-{dataset.sums[SUMS][:16]}"
        top = descriptions(dataset, f"{ours}/")
        with self._errors("written"):
            for path in sorted(dataset.sums):
                self._files.put_file(str(folder / path), self._at(ours, path))
            for name in (PACKAGE, CARD):  # the package first: it makes the new dataset current
                self._files.pipe_file(self._at(name), top[name].encode())
        with self._errors("tidied"):
            for name in self._names():
                if _FOLDER.fullmatch(name) and name != ours:
                    self._files.rm(self._at(name), recursive=True)

    def _names(self) -> set[str]:
        """Return the names directly below the URL."""
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self._root, detail=False)
        except FileNotFoundError:
            return set()
        paths = {path.strip("/") for path in found} - {self._root.strip("/")}
        return {path.rsplit("/", 1)[-1] for path in paths}

    def _read(self, name: str) -> str:
        return bytes(self._files.cat_file(self._at(name))).decode("utf-8", errors="replace")

    def _at(self, *names: str) -> str:
        return "/".join([self._root, *names])

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Raise any error as an ``ExportError`` of one line; each driver has exceptions of its own."""
        try:
            yield
        except Exception as error:
            raise ExportError(f"{self.name} cannot be {what}: {_first_line(error)}") from error


def without_credentials(url: str) -> str:
    """Return a URL without user name and password, for messages."""
    return re.sub(r"//[^/@]*@", "//", url)


def _connect(url: str, name: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL, and the path in it."""
    if find_spec("fsspec") is None:
        raise ExportRefusedError(f"{name} needs fsspec: {_REMEDY}")
    from fsspec.core import url_to_fs

    try:
        files, root = url_to_fs(url)
    except ImportError:
        protocol = name.split("://", 1)[0]
        raise ExportRefusedError(f"{protocol}:// needs its driver of fsspec; that of S3: {_REMEDY}") from None
    except Exception as error:  # noqa: BLE001 - each driver has exceptions of its own
        raise ExportRefusedError(f"{name} is no place for a dataset: {_first_line(error)}") from None
    return files, root.rstrip("/")


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return error_line(getattr(error, "strerror", None) or error)
