"""Parts whose ends were guessed wrong: pages that hold what looks like records cost nothing and give nothing twice."""

import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler import settings
from caravan_crawler.archive import sources
from caravan_crawler.archive.sources import find_sources
from caravan_crawler.reparse.pool import Task, Way, reading
from caravan_crawler.sample_site import SampleSite
from tests.archive.records import answer, packed, record

BASE = "http://127.0.0.1:8000/"
SETTINGS: dict[str, Any] = {"ITEM_PIPELINES": settings.ITEM_PIPELINES}
PAGES = 30


class NotedWay(Way):
    """Notes how often something behind a part was void."""

    def __init__(self, beginnings: Any) -> None:
        super().__init__(beginnings)
        self.returns = 0

    def back_to(self, source: Any, start: int) -> None:
        self.returns += bool(self._ahead) and self._ahead[0][1] != start
        super().back_to(source, start)


def content(is_packed: bool) -> tuple[bytes, list[str]]:
    """A file whose pages hold other records as they are, and the addresses of its pages."""
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
def test_what_looks_like_a_record_is_none(
    processes: int, is_packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_PART_BYTES", 100_000)
    data, urls = content(is_packed)
    for name in ("a.warc", "b.warc"):
        (tmp_path / name).write_bytes(data)
    both = find_sources([tmp_path])
    way = NotedWay((source, 0) for source in both)
    places = {source.path: 0 for source in both}
    found = []
    with reading(Task(SETTINGS, BASE), processes) as read:
        for part, readings in read(way):
            assert part.start == places[part.source.path]
            places[part.source.path] = part.stop
            found += [one.article.url for one in readings if one.article is not None]
    assert found == urls + urls
    assert set(places.values()) == {len(data)}
    assert way.returns > 3
