"""Upload a dataset to object storage, which cannot replace many files in one step.

Each dataset has a folder of its own, named by its checksum; ``datapackage.json`` at the top names the current one. It
is replaced when the new folder is complete; then older folders are removed. An upload that fails or is killed leaves
the earlier dataset in place, and a folder that the next upload removes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from caravan_crawler.export.datapackage import CARD, PACKAGE, SUMS, Dataset, descriptions, is_package
from caravan_crawler.export.options import ExportError, ExportRefusedError

_FOLDER = re.compile(r"dataset-[0-9a-f]{16}")
#: The next upload removes the folder if this one is killed.
_PROBE = "dataset-0000000000000000/probe"
_REMEDY = "pip install -e '.[cloud]'"


class Bucket:
    """A URL that fsspec supports; each failure is an ``ExportError`` with one line.

    Object storage has no locks: only one export at a time may write to a URL.
    """

    def __init__(self, url: str) -> None:
        self.name = without_password(url.rstrip("/"))
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
            raise ExportError(f"{self.name} cannot be {what}: {_line(error)}") from error


def without_password(url: str) -> str:
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
        raise ExportRefusedError(f"{name} is no place for a dataset: {_line(error)}") from None
    return files, root.rstrip("/")


def _line(error: Exception) -> str:
    """Return the first line of an error's message."""
    text = getattr(error, "strerror", None) or str(error)
    return next(iter(text.strip().splitlines()), type(error).__name__)
