"""A dataset at a URL of object storage, which has no step that replaces many files at once.

Each dataset lies in a folder of its own, named by its sums; ``datapackage.json`` at the top says which one is the
dataset. It is replaced, in one step, when all of the new folder is there; only then are older folders removed. An
upload that fails or is killed leaves the earlier dataset whole, and a folder that the next upload removes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from caravan_crawler.publish.dataset.build import CARD, PACKAGE, SUMS, Dataset
from caravan_crawler.publish.dataset.earlier import is_package
from caravan_crawler.publish.dataset.errors import ExportError, ExportRefusedError

_FOLDER = re.compile(r"dataset-[0-9a-f]{16}")
#: Named as a folder that the next upload removes, should this one be killed.
_PROBE = "dataset-0000000000000000/probe"
_REMEDY = "pip install fsspec s3fs"


class Bucket:
    """Where a dataset goes: a URL that fsspec knows. Every failure is an ``ExportError`` with one line.

    One export at a time may write there; storage of this kind has no locks.
    """

    def __init__(self, url: str) -> None:
        self.name = without_password(url.rstrip("/"))
        self._files, self._root = _connect(url.rstrip("/"), self.name)

    def prepare(self) -> None:
        """See that a dataset can be written, before one is made.

        ``ExportRefusedError`` where something lies that is no earlier dataset.
        """
        with self._telling("read"):
            names = self._names()
            foreign = sorted(name for name in names if not _FOLDER.fullmatch(name))
            is_ours = PACKAGE in names and is_package(self._read(PACKAGE))
        if foreign and not is_ours:
            raise ExportRefusedError(f"{self.name} has {foreign[0]} and is no earlier dataset; name another place")
        with self._telling("written"):
            self._files.pipe_file(self._at(_PROBE), b"-")
            self._files.rm_file(self._at(_PROBE))

    def upload(self, dataset: Dataset, folder: Path) -> None:
        """Upload the dataset that lies in ``folder``, and make it the one that is there."""
        ours = f"dataset-{dataset.sums[SUMS][:16]}"
        top = dict(dataset.descriptions(f"{ours}/"))
        with self._telling("written"):
            for path in sorted(dataset.sums):
                self._files.put_file(str(folder / path), self._at(ours, path))
            for name in (PACKAGE, CARD):  # from the first on, the new dataset is the one that is there
                self._files.pipe_file(self._at(name), top[name].encode())
        with self._telling("tidied"):
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
    def _telling(self, what: str) -> Iterator[None]:
        """Tell in one line what failed: each driver has errors of its own."""
        try:
            yield
        except Exception as error:
            raise ExportError(f"{self.name} cannot be {what}: {_line(error)}") from error


def without_password(url: str) -> str:
    """Return a URL as it may be printed."""
    return re.sub(r"//[^/@]*@", "//", url)


def _connect(url: str, name: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path there."""
    if find_spec("fsspec") is None:
        raise ExportRefusedError(f"{name} needs fsspec: {_REMEDY}")
    from fsspec.core import url_to_fs

    try:
        files, root = url_to_fs(url)
    except ImportError:
        protocol = name.split("://", 1)[0]
        raise ExportRefusedError(f"{protocol}:// needs its driver of fsspec; that of S3: {_REMEDY}") from None
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        raise ExportRefusedError(f"{name} is no place for a dataset: {_line(error)}") from None
    return files, root.rstrip("/")


def _line(error: Exception) -> str:
    """Return the first line of what an error says."""
    text = getattr(error, "strerror", None) or str(error)
    return next(iter(text.strip().splitlines()), type(error).__name__)
