"""Parts parsed by one process or several: each record once, in order, whatever the pages contain."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler import settings
from caravan_crawler.archive import sources
from caravan_crawler.archive.sources import Part, find_sources
from caravan_crawler.reparse.reader import Task, parsing
from caravan_crawler.sample_site import SampleSite
from tests.archive.records import answer, packed, record

BASE = "http://127.0.0.1:8000/"
SETTINGS: dict[str, Any] = {"ITEM_PIPELINES": settings.ITEM_PIPELINES}
PAGES = 30


def content(is_packed: bool) -> tuple[bytes, list[str]]:
    """A file with records inside its records, and the URLs of its pages."""
    site = SampleSite(articles=PAGES)
    urls = [each["url"] for each in site.gold(BASE)]
    inner = record(answer(b"<p>inside"), url=f"{BASE}news/inside-999999/")
    inner = packed([inner]) if is_packed else b"\n" + inner
    records = []
    for number, url in enumerate(urls):
        body = site.page(site.article(number), BASE)
        noise = (random.Random(number).randbytes(3000) + inner) * 20
        records += [record(answer(body), url=url), record(noise, "resource", f"{BASE}{number}.bin")]
    return b"".join(gzip.compress(one, 0) for one in records) if is_packed else b"".join(records), urls


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("processes", [1, 2])
def test_records_inside_records_are_not_read(
    processes: int, is_packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_PART_BYTES", 100_000)
    data, urls = content(is_packed)
    for name in ("a.warc", "b.warc"):
        (tmp_path / name).write_bytes(data)
    both = find_sources([tmp_path])
    places = {source.path: 0 for source in both}
    found = []
    with parsing(Task(SETTINGS, BASE), processes) as read:
        for part, readings in read(part for source in both for part in source.parts()):
            assert part.start == places[part.source.path]
            places[part.source.path] = part.stop
            found += [one.seen.article.url for one in readings if one.seen is not None]
    assert found == urls + urls
    assert set(places.values()) == {len(data)}


def test_few_parts_are_found_ahead_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_PART_BYTES", 1)
    (tmp_path / "a.warc.gz").write_bytes(packed([record(b"x")] * 100))
    (source,) = find_sources([tmp_path])
    found = 0

    def parts() -> Iterator[Part]:
        nonlocal found
        for part in source.parts():
            found += 1
            yield part

    with parsing(Task(SETTINGS, BASE), 2) as read:
        for number, _ in enumerate(read(parts()), 1):
            assert found - number < 2 * 2
    assert found == 100
