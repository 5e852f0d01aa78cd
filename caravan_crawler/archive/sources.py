"""Which files a user's paths name, and in which parts they are read."""

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
#: Some ninety pages of a WARC file, compressed; and as many files of a folder. Each part is one commit.
_PART_BYTES, _PART_FILES = 1 << 20, 100


@dataclass(frozen=True)
class Source:
    """One WARC file, or a folder's saved pages (``files``); ``size`` in bytes, of a folder in files."""

    path: Path
    size: int
    files: tuple[Path, ...] = ()
    about: warc_reader.WarcInfo = field(default_factory=warc_reader.WarcInfo)

    @property
    def name(self) -> str:
        """The path as any text can hold it; the bytes of a name need not be UTF-8."""
        return _as_text(str(self.path))

    @property
    def run_id(self) -> str:
        """The crawl's run whose pages these are; of other archives, a name of their own."""
        return self.about.run_id or f"archive {_as_text(self.path.name)}"


@dataclass(frozen=True)
class Part:
    """What of a source is read in one go: from ``start`` to before ``stop``, in the unit of its size."""

    source: Source
    start: int
    stop: int

    def pages(self, base: str) -> "PartPages":
        """Return the part's pages, in their order; saved pages are taken for those of the site at ``base``."""
        return PartPages(self, base)


class PartPages:
    """The pages of a part. When all were taken, ``end`` is where the next part begins.

    That is the part's ``stop``, unless what seemed to be a record's beginning there is inside of one.
    """

    def __init__(self, part: Part, base: str) -> None:
        self.end = part.stop
        self._part = part
        self._base = base

    def __iter__(self) -> Iterator[ArchivedPage | Skipped]:
        """Read them."""
        source, start, stop = self._part.source, self._part.start, self._part.stop
        if source.files:
            yield from read_html_files(source.files[start:stop], self._base)
            return
        try:
            self.end = yield from warc_reader.read_pages(source.path, start, stop)
        except OSError as error:
            raise _unreadable(source.path, error) from None


def find_sources(paths: list[Path]) -> list[Source]:
    """Return the sources that files and folders hold, in an order of time as far as their names tell it.

    :class:`~.errors.ArchiveError` where there is nothing to read.
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
    # The same file may be named twice; a run's files are numbered, and runs begin with their time.
    return sorted({source.path: source for source in found}.values(), key=lambda source: source.path.name)


def part_at(source: Source, start: int) -> Part:
    """Return a source's part that begins at ``start``."""
    if source.files:
        return Part(source, start, min(start + _PART_FILES, source.size))
    try:
        return Part(source, start, warc_reader.next_record(source.path, start + _PART_BYTES) or source.size)
    except OSError as error:
        raise _unreadable(source.path, error) from None


def most_parts(source: Source, start: int = 0) -> int:
    """Return how many parts there may be from ``start`` on."""
    return -(-(source.size - start) // (_PART_FILES if source.files else _PART_BYTES))


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and all below; OSError where one cannot be listed."""

    def fail(error: OSError) -> None:
        raise error

    for around, _, names in os.walk(folder, onerror=fail):
        yield from (path for name in names if (path := Path(around, name)).is_file())


def _unreadable(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{_as_text(str(error.filename or path))} cannot be read: {error.strerror}")


def _as_text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _begins_as_warc(path: Path) -> bool:
    return _head(path).startswith((b"WARC/", b"\x1f\x8b"))


def _is_page(path: Path, *, is_named: bool) -> bool:
    """Whether the name says so; one that the user names himself may have any name, but must have tags in it."""
    if path.suffix.lower() in _HTML:
        return True
    head = _head(path) if is_named else b""
    return b"<" in head and b"\0" not in head


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
