"""Each record of a file is read once, whatever its parts; of a torn file, all whole records."""

import gzip
import io
import random
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.archive import sources, warc
from caravan_crawler.archive.warc import read_records, whole_records
from tests.archive.records import answer, packed, record

INSIDE = packed([record(answer("<p>Чужая запись</p>".encode())), record(b"x")])
#: Bodies that look like records: magic bytes, whole files, plain records, noise that does not compress.
BODIES = st.one_of(
    st.binary(max_size=300),
    st.just(b"\x1f\x8b\x08" * 50),
    st.just(INSIDE),
    st.just(random.Random(1).randbytes(3000) + INSIDE + b"\x1f\x8b\x08\x00"),
    st.just(record(b"inside")),
    st.just(b"WARC/1.0\r\n"),
)
RECORDS = st.lists(BODIES.map(lambda body: record(answer(body))), min_size=1, max_size=8)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.warc"
    path.write_bytes(content)
    return path


def contents(content: bytes) -> list[bytes | None]:
    """The records of a file; None for a damage."""
    return [data for _, data in read_records(io.BytesIO(content), 0, len(content))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("members")


@given(records=RECORDS, step=st.integers(1, 5000), is_packed=st.booleans(), level=st.sampled_from([0, 6]))
def test_each_record_is_in_one_part(records: list[bytes], step: int, is_packed: bool, level: int, folder: Path) -> None:
    content = b"".join(gzip.compress(one, level) if is_packed else one for one in records)
    path = write(folder, content)
    ends = list(sources.part_ends(path, 0, len(content), step))
    assert ends[-1] == len(content)
    found = []
    for start, stop in pairwise([0, *ends]):
        assert stop >= start + step or stop == len(content)
        found += [data for _, data in read_records(io.BytesIO(content), start, stop)]
    assert found == [one if is_packed else one[:-4] for one in records]


@given(records=RECORDS, data=st.data())
def test_the_whole_records_of_a_torn_file(records: list[bytes], data: st.DataObject, folder: Path) -> None:
    whole = [gzip.compress(one) for one in records]
    content = b"".join(whole)
    torn = content[: data.draw(st.integers(0, len(content)))]
    ends = [sum(map(len, whole[:number])) for number in range(len(whole) + 1)]
    last = max(number for number, end in enumerate(ends) if end <= len(torn))
    path = write(folder, torn)
    assert whole_records(path) == ends[last]
    found = contents(torn)
    assert found[:last] == records[:last]
    assert (None in found) == (len(torn) > ends[last])


@given(st.integers(1, 6), st.integers(1, 6), st.binary(min_size=1, max_size=2000), st.booleans())
def test_garbage_between_records_costs_none(number: int, place: int, garbage: bytes, is_packed: bool) -> None:
    records = [record(answer(f"<p>{one}</p>".encode())) for one in range(number)]
    parts = [gzip.compress(one) if is_packed else one for one in records]
    parts.insert(min(place, number), garbage if is_packed else garbage + b"\n")
    found = contents(b"".join(parts))
    assert [data.strip() for data in found if data] == [one.strip() for one in records]
    assert None in found or not garbage.strip()


@given(st.data())
def test_a_flipped_byte_costs_its_record_at_most(data: st.DataObject) -> None:
    records = [record(answer(random.Random(one).randbytes(400))) for one in range(5)]
    whole = [gzip.compress(one) for one in records]
    content = bytearray(b"".join(whole))
    place = data.draw(st.integers(2, len(content) - 1))  # the first bytes say that the file is compressed
    content[place] ^= data.draw(st.integers(1, 255))
    found = contents(bytes(content))
    lost = [one for one in records if one not in found]
    assert len(lost) <= 1
    if lost:
        number = records.index(lost[0])
        assert sum(map(len, whole[:number])) <= place < sum(map(len, whole[: number + 1]))


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_record_that_is_too_long_is_skipped(is_packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "MOST_BYTES", 1000)
    records = [record(b"a"), record(bytes(5000)), record(b"b")]
    content = packed(records) if is_packed else b"".join(records)
    assert [data and data.strip() for data in contents(content)] == [records[0].strip(), None, records[2].strip()]


@pytest.mark.parametrize("is_packed", [True, False])
def test_the_next_record_is_found_far_after_a_damage(is_packed: bool) -> None:
    noise = zlib.compress(random.Random(2).randbytes(2_500_000), 0)
    first, second = (packed([one]) if is_packed else one for one in (record(b"a"), record(b"b")))
    found = contents(first + noise + b"\n" + second)
    assert [data and data.strip() for data in found] == [record(b"a").strip(), None, record(b"b").strip()]
