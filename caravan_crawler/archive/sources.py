"""The files that a user's paths name, and the parts in which they are read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from caravan_crawler.archive import warc_reader
from caravan_crawler.archive.html_reader import read_html_files
from caravan_crawler.archive.pages import ArchivedPage, ArchiveError, Skipped
from caravan_crawler.archive.warc_records import IN_PROGRESS

_WARC = (".warc", ".warc.gz", f".warc{IN_PROGRESS}", f".warc.gz{IN_PROGRESS}")
_HTML = (".html", ".htm", ".xhtml")
#: Size of a part: bytes of a WARC file, some ninety compressed pages; or files of a folder.
_PART_BYTES, _PART_FILES = 1 << 20, 100


@dataclass(frozen=True)
class Source:
    """A WARC file, or the saved pages of a folder (``files``); ``size`` in bytes, for a folder in files."""

    path: Path
    size: int
    files: tuple[Path, ...] = ()
    about: warc_reader.WarcInfo = field(default_factory=warc_reader.WarcInfo)

    @property
    def name(self) -> str:
        """The path as valid text: the bytes of a file name need not be UTF-8."""
        return _as_text(str(self.path))

    @property
    def run_id(self) -> str:
        """The run that archived these pages; for other archives, a name made from the path."""
        return self.about.run_id or f"archive {_as_text(self.path.name)}"

    def parts(self, start: int = 0) -> Iterator["Part"]:
        """Yield the parts from ``start`` on. A WARC file's records are read to find where each part ends."""
        if start >= self.size:
            return
        try:
            for stop in self._part_ends(start):
                yield Part(self, start, stop)
                start = stop
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def _part_ends(self, start: int) -> Iterator[int]:
        if self.files:
            yield from range(start + _PART_FILES, self.size, _PART_FILES)
            yield self.size
        else:
            yield from warc_reader.part_ends(self.path, start, self.size, _PART_BYTES)


@dataclass(frozen=True)
class Part:
    """A unit of work: a source from ``start`` to before ``stop``, in the unit of its size. One part is one commit."""

    source: Source
    start: int
    stop: int

    def pages(self, base: str) -> Iterator[ArchivedPage | Skipped]:
        """Yield the part's pages in order; ``base`` is the address of the site that saved pages belong to."""
        source = self.source
        if source.files:
            yield from read_html_files(source.files[self.start : self.stop], base)
            return
        try:
            yield from warc_reader.read_pages(source.path, self.start, self.stop)
        except OSError as error:
            raise _unreadable(source.path, error) from None


def find_sources(paths: list[Path]) -> list[Source]:
    """Return the sources in files and folders, sorted by name, which is by time for the files of crawls.

    ArchiveError if there is nothing to read.
    """
    found: list[Source] = []
    for path in paths:
        try:
            inside = sorted(_files_below(path)) if path.is_dir() else [path]
            if path.exists() and not path.is_dir() and not path.is_file():
                raise ArchiveError(f"{path} is neither a file nor a folder")
            warcs = [each for each in inside if each.name.endswith(_WARC) or (each == path and _begins_as_warc(each))]
            known = set(warcs)
            pages = [each for each in inside if each not in known and _is_page(each, is_named=each == path)]
            found += [Source(each.resolve(), each.stat().st_size, about=warc_reader.read_info(each)) for each in warcs]
        except OSError as error:
            raise _unreadable(path, error) from None
        if pages:
            found.append(Source(path.resolve(), len(pages), tuple(pages)))
        if not warcs and not pages:
            raise ArchiveError(f"{path} holds neither WARC files (.warc, .warc.gz) nor saved pages (.html)")
    unique = {source.path: source for source in found}  # a file may be named twice
    return sorted(unique.values(), key=lambda source: source.path.name)


def most_parts(source: Source) -> int:
    """Return an upper bound of the number of parts."""
    return -(-source.size // (_PART_FILES if source.files else _PART_BYTES))


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders; OSError if one cannot be listed."""

    def fail(error: OSError) -> None:
        raise error

    for parent, _, names in os.walk(folder, onerror=fail):
        yield from (path for name in names if (path := Path(parent, name)).is_file())


def _unreadable(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{_as_text(str(error.filename or path))} cannot be read: {error.strerror}")


def _as_text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _begins_as_warc(path: Path) -> bool:
    return _head(path).startswith((b"WARC/", b"\x1f\x8b"))


def _is_page(path: Path, *, is_named: bool) -> bool:
    """Whether a file is a saved page: by its name, or, if the user named the file, because it contains tags."""
    if path.suffix.lower() in _HTML:
        return True
    head = _head(path) if is_named else b""
    return b"<" in head and b"\0" not in head


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
