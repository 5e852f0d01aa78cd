"""Records are found in a file of gzip members: each once, however it is parted, and what is whole of a torn one."""

import gzip
import io
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan_crawler.archive import warc_reader, warc_records
from caravan_crawler.archive.warc_records import Members, PlainRecords, whole_records
from tests.archive.records import answer, packed, record

INSIDE = packed([record(answer("<p>Чужая запись</p>".encode())), record(b"x")])
#: Bodies that look like what is around them: the magic bytes, whole files, plain records, noise that stays as it is.
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("members")


@settings(deadline=None)
@given(records=RECORDS, step=st.integers(1, 5000), is_packed=st.booleans(), level=st.sampled_from([0, 6]))
def test_each_record_is_in_one_part(records: list[bytes], step: int, is_packed: bool, level: int, folder: Path) -> None:
    content = b"".join(gzip.compress(one, level) if is_packed else one for one in records)
    path = write(folder, content)
    kind = Members if is_packed else PlainRecords
    start = 0
    found = []
    while start < len(content):
        stop = warc_reader.next_record(path, start + step) or len(content)
        assert stop >= start + step or stop == len(content)
        some = kind(io.BytesIO(content), start, stop)
        found += [data for _, data in some]
        assert some.damaged == 0
        assert some.end >= stop
        start = some.end
    assert start == len(content)
    assert found == [one if is_packed else one[:-4] for one in records]


@settings(deadline=None)
@given(records=RECORDS, data=st.data())
def test_a_torn_file_gives_its_whole_records(records: list[bytes], data: st.DataObject, folder: Path) -> None:
    whole = [gzip.compress(one) for one in records]
    content = b"".join(whole)
    torn = content[: data.draw(st.integers(0, len(content)))]
    ends = [sum(map(len, whole[:number])) for number in range(len(whole) + 1)]
    last = max(number for number, end in enumerate(ends) if end <= len(torn))
    path = write(folder, torn)
    assert whole_records(path) == ends[last]
    found = Members(io.BytesIO(torn))
    assert [one for _, one in found][:last] == records[:last]
    assert bool(found.damaged) == (len(torn) > ends[last])
    assert found.end == len(torn)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 5), st.binary(min_size=1, max_size=2000), st.booleans())
def test_garbage_between_records_costs_none(number: int, place: int, garbage: bytes, is_packed: bool) -> None:
    records = [record(answer(f"<p>{one}</p>".encode())) for one in range(number)]
    parts = [gzip.compress(one) if is_packed else one for one in records]
    parts.insert(min(place, number), garbage if is_packed else garbage + b"\n")
    found = (Members if is_packed else PlainRecords)(io.BytesIO(b"".join(parts)))
    assert [data.strip() for _, data in found] == [one.strip() for one in records]
    assert found.damaged or not garbage.strip()


@settings(deadline=None)
@given(st.data())
def test_a_flipped_byte_costs_its_record_at_most(data: st.DataObject) -> None:
    records = [record(answer(random.Random(one).randbytes(400))) for one in range(5)]
    whole = [gzip.compress(one) for one in records]
    content = bytearray(b"".join(whole))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    found = [one for _, one in Members(io.BytesIO(bytes(content)))]
    lost = [one for one in records if one not in found]
    assert len(lost) <= 1
    if lost:
        number = records.index(lost[0])
        assert sum(map(len, whole[:number])) <= place < sum(map(len, whole[: number + 1]))


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_record_too_long_to_be_a_page_is_passed_over(is_packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_records, "MOST_BYTES", 1000)
    records = [record(b"a"), record(bytes(5000)), record(b"b")]
    content = packed(records) if is_packed else b"".join(records)
    found = (Members if is_packed else PlainRecords)(io.BytesIO(content))
    assert [data.strip() for _, data in found] == [records[0].strip(), records[2].strip()]
    assert found.damaged == 1


def test_the_next_record_is_found_far_behind_a_damage() -> None:
    for first, second, kind in ((b"", packed([record(b"b")]), Members), (b"\n", record(b"b"), PlainRecords)):
        noise = zlib.compress(random.Random(2).randbytes(2_500_000), 0)
        found = kind(io.BytesIO(noise + first + second))
        assert [data.strip() for _, data in found] == [record(b"b").strip()]
        assert found.damaged == 1
