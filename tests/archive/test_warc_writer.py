"""WARC files as a crawl writes them: their names, rotation, and whole records whatever stops the writing."""

import errno
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from caravan_crawler.archive import sources, warc
from caravan_crawler.archive.sources import ArchivedPage
from caravan_crawler.archive.warc import WarcWriter, finish_interrupted, whole_records
from tests.archive.records import BASE, RUN_ID

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)
HEADERS = [
    ("Content-Type", "text/html"),
    ("Content-Encoding", "gzip"),
    ("Transfer-Encoding", "chunked"),
    ("ETag", '"é"'),
]
BODY = gzip.compress("<p>Дождь пройдёт к вечеру.</p>".encode())


def files(folder: Path, most_bytes: int = 1 << 30) -> WarcWriter:
    return WarcWriter(folder, RUN_ID, {"caravan-site": BASE, "caravan-edition": "caravan.kz"}, most_bytes)


def write(archive: WarcWriter, number: int = 0, body: bytes = BODY) -> None:
    archive.write(f"{BASE}news/a-{900_000 + number}/", "200 OK", HEADERS, body, MOMENT, "192.0.2.1")


def records(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        yield from ArchiveIterator(file, check_digests="raise")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_written_response_is_read_again(tmp_path: Path) -> None:
    archive = files(tmp_path)
    write(archive)
    archive.close()
    path = tmp_path / f"caravan-{RUN_ID}-00001.warc.gz"
    assert names(tmp_path) == [path.name]
    for number, one in enumerate(records(path)):
        body = one.raw_stream.read()
        if number == 0:
            assert one.rec_type == "warcinfo"
            assert f"isPartOf: {RUN_ID}\r\n".encode() in body
            assert one.rec_headers.get_header("WARC-Filename") == path.name
        else:
            assert body == BODY, "as it was sent"
            assert one.rec_headers.get_header("WARC-Date") == "2026-01-02T03:04:05Z"
            assert one.rec_headers.get_header("WARC-IP-Address") == "192.0.2.1"
            assert [name for name, _ in one.http_headers.headers] == ["Content-Type", "Content-Encoding", "ETag"]
    about = sources.read_info(path)
    assert (about.run_id, about.site, about.edition) == (RUN_ID, BASE, "caravan.kz")
    assert about.begun_at == "2026-02-06T04:05:00+00:00"
    (page,) = sources.read_pages(path, 0, path.stat().st_size)
    assert page == ArchivedPage(
        f"{BASE}news/a-900000/", gzip.decompress(BODY), MOMENT.replace(microsecond=0), "text/html", '"é"'
    )


def test_rotation(tmp_path: Path) -> None:
    archive = files(tmp_path, most_bytes=1500)
    for number in range(10):
        write(archive, number)
    assert names(tmp_path)[-1].endswith(".open")
    archive.close()
    found = names(tmp_path)
    assert found == [f"caravan-{RUN_ID}-{number:05}.warc.gz" for number in range(1, len(found) + 1)]
    assert len(found) > 2
    kinds = [[one.rec_type for one in records(tmp_path / name)] for name in found]
    assert all(kind == ["warcinfo", *["response"] * (len(kind) - 1)] for kind in kinds)
    assert sum(map(len, kinds)) == 10 + len(found)


def test_a_run_without_responses_leaves_no_file(tmp_path: Path) -> None:
    archive = files(tmp_path / "warc")
    archive.close()
    assert not names(tmp_path)


class SmallDisk(io.FileIO):
    """A file on a disk with ``room`` bytes left: the last write is partial, and later ones fail."""

    room = 0

    def write(self, data: Any) -> int:
        data = bytes(data)[: self.room]
        if not data:
            raise OSError(errno.ENOSPC, "No space left on device")
        type(self).room -= len(data)
        return super().write(data)


def write_all(archive: WarcWriter, written: list[int]) -> None:
    for number in range(100):
        write(archive, number)
        written.append(number)


@pytest.mark.parametrize("room", [0, 1, 300, 700, 1500, 1501, 2300])
def test_a_full_disk_leaves_whole_records(room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caravan_crawler.archive.warc.io.FileIO", SmallDisk)
    monkeypatch.setattr(SmallDisk, "room", room)
    archive = files(tmp_path)
    written: list[int] = []
    with pytest.raises(OSError, match="No space left"):
        write_all(archive, written)
    archive.close()
    kinds = [one.rec_type for path in tmp_path.iterdir() for one in records(path)]
    assert kinds == ["warcinfo", *["response"] * len(written)][: len(kinds)]
    assert len(kinds) >= len(written) + bool(written)


def test_files_that_another_worker_finishes_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = WarcWriter(tmp_path, "killed", {}, 1 << 30)
    write(archive)
    archive._file.close()  # type: ignore[union-attr]

    def finish_first(path: Path) -> int:
        path.rename(path.with_suffix(""))
        return whole_records(path)

    monkeypatch.setattr(warc, "whole_records", finish_first)
    finish_interrupted(tmp_path, ["killed"])
    assert names(tmp_path) == ["caravan-killed-00001.warc.gz"]


def test_files_left_by_killed_runs_are_finished(tmp_path: Path) -> None:
    for run_id, torn in (("killed", b"\x1f\x8b\x08torn"), ("empty", b""), ("other", b"")):
        archive = WarcWriter(tmp_path, run_id, {}, 1 << 30)
        write(archive)
        (path,) = tmp_path.glob(f"caravan-{run_id}-*")
        if run_id == "empty":
            path.write_bytes(b"\x1f\x8b\x08")
        with path.open("ab") as file:
            file.write(torn)
        archive._file.close()  # type: ignore[union-attr]
    finish_interrupted(tmp_path, ["killed", "empty"])
    assert names(tmp_path) == ["caravan-killed-00001.warc.gz", "caravan-other-00001.warc.gz.open"]
    assert [one.rec_type for one in records(tmp_path / "caravan-killed-00001.warc.gz")] == ["warcinfo", "response"]
    finish_interrupted(tmp_path / "nowhere", ["killed"])
