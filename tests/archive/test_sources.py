"""Files that a user's paths name: WARC files, by name or first bytes, and saved pages, each once and in order."""

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.archive.sources import ArchiveError, find_sources, most_parts
from tests.archive.records import RUN_ID, answer, info, packed, record

WARC = packed([info(), record(answer(b"<p>1"))])
FILES = {
    "b.warc.gz": WARC,
    "a.warc": info(),
    "deep/c.warc.gz.open": packed([info(RUN_ID)]),
    "page.html": b"<p>1",
    "deep/PAGE.HTM": b"<p>2",
    "deep/notes.txt": b"<p>3",
    "without_ending": WARC,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "folder"


PATHS = [
    (["."], ["a.warc", "b.warc.gz", "c.warc.gz.open", "folder: 2"]),
    (["deep"], ["c.warc.gz.open", "deep: 1"]),
    (["b.warc.gz", "a.warc", "b.warc.gz", "deep/../a.warc"], ["a.warc", "b.warc.gz"]),
    (["without_ending"], ["without_ending"]),
    (["page.html"], ["page.html: 1"]),
    (["deep/notes.txt"], ["notes.txt: 1"]),
]


@pytest.mark.parametrize(("paths", "expected"), PATHS)
def test_paths(paths: list[str], expected: list[str], folder: Path) -> None:
    sources = find_sources([folder / path for path in paths])
    assert [source.path.name + (f": {source.size}" if source.files else "") for source in sources] == expected


def test_the_run_of_a_file(folder: Path) -> None:
    found = {source.path.name: source.run_id for source in find_sources([folder])}
    assert found["c.warc.gz.open"] == RUN_ID
    assert found["a.warc"] == "archive a.warc"


NOTHING = {
    "missing": (None, "cannot be read: No such file or directory"),
    "empty_folder": ({}, "holds neither WARC files (.warc, .warc.gz) nor saved pages (.html)"),
    "texts": ({"a.txt": b"<p>"}, "holds neither WARC files"),
    "image.gif": (b"GIF89a\0<\0", "holds neither WARC files"),
    "words.txt": (b"words", "holds neither WARC files"),
    "empty.txt": (b"", "holds neither WARC files"),
    "no.warc": (b"<html>", "no.warc is no WARC file"),
    "packed.html.gz": (gzip.compress(b"<html>"), "packed.html.gz is no WARC file"),
    "among": ({"a.warc": info(), "b.warc.gz": b"\x1f\x8bno"}, "b.warc.gz is no WARC file"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_paths_with_nothing_to_read(name: str, tmp_path: Path) -> None:
    content, words = NOTHING[name]
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
        for inside, data in content.items():
            (path / inside).write_bytes(data)
    with pytest.raises(ArchiveError) as caught:
        find_sources([path])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.warc")
    (tmp_path / name).write_bytes(info())
    (source,) = find_sources([tmp_path])
    assert source.name == f"{tmp_path}/caf\\xe9.warc"
    assert source.run_id == "archive caf\\xe9.warc"


def test_a_file_that_is_renamed_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.open"
    path.write_bytes(info())
    (source,) = find_sources([tmp_path])
    (part,) = source.parts()
    path.rename(tmp_path / "a.warc")
    for read in (lambda: list(source.parts()), lambda: list(part.pages(""))):
        with pytest.raises(ArchiveError, match="cannot be read: No such file"):
            read()


def test_a_path_that_is_neither_a_file_nor_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArchiveError, match="pipe is neither a file nor a folder"):
        find_sources([tmp_path / "pipe"])


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is simulated, as root may list any folder."""
    (tmp_path / "a.warc").write_bytes(info())
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if f"{path}".endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ArchiveError, match="closed cannot be read: Permission denied"):
        find_sources([tmp_path])


def test_parts_of_a_folder(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"{number:03}.html").write_bytes(b"<p>")
    (source,) = find_sources([tmp_path])
    assert [(part.start, part.stop) for part in source.parts()] == [(0, 100), (100, 200), (200, 250)]
    (last,) = source.parts(200)
    assert len(list(last.pages("https://www.caravan.kz/"))) == 50
    assert not list(source.parts(250))
    assert most_parts(source) == 3


def test_parts_of_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"")
    (source,) = find_sources([tmp_path])
    assert not list(source.parts())
    assert most_parts(source) == 0
