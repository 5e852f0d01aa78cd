"""A job that is stopped between any two parts and resumed, in one process."""

import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from caravan_crawler import settings
from caravan_crawler.archive.sources import find_sources
from caravan_crawler.console import StopRequestedError
from caravan_crawler.reparse.job import ReparseJob
from caravan_crawler.reparse.reader import Task, parsing
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.store import schema
from caravan_crawler.store.reparse_store import ReparseStore
from tests.archive.records import write_crawl
from tests.reparse.reparsing import assert_equal, dataset, sqlite
from tests.store.stores import open_in

BASE = "http://127.0.0.1:8000/"
SETTINGS: dict[str, Any] = {"ITEM_PIPELINES": settings.ITEM_PIPELINES}


def pages() -> Iterable[tuple[str, bytes]]:
    """Articles, some of them also at another address; midnight is in the middle, when the page's date changes."""
    site = SampleSite(articles=12)
    for number, record in enumerate(site.gold(BASE)):
        body = site.page(site.article(number), BASE)
        if number >= 6:
            body = body.replace(">6 Февраля<".encode(), ">5 Февраля<".encode())
        yield record["url"], body
        if number % 4 == 0 and record["article_id"]:
            yield f"{BASE}?p={record['article_id']}", body


def read(data_dir: Path, archive: Path, most_parts: int = 1000) -> ReparseJob:
    """Reparse at most ``most_parts`` parts of an archive."""
    store = open_in(data_dir)
    try:
        job = ReparseJob(ReparseStore(store), find_sources([archive]))
        parts: list[object] = []

        def count(part: object) -> None:
            parts.append(part)
            if len(parts) >= most_parts:
                raise StopRequestedError(signal.SIGINT)

        with parsing(Task(SETTINGS, BASE), 1) as read, suppress(StopRequestedError):
            job.run(read, count)
    finally:
        store.close()
    return job


@pytest.mark.parametrize("step", [1, 4])
def test_stopped_and_resumed(step: int, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    write_crawl(archive, pages(), BASE, most_bytes=1000)
    files = len(list(archive.iterdir()))
    whole = read(tmp_path / "whole", archive)
    assert whole.summary.change_types == {"new": 12}
    assert whole.summary.pages["known_under_another_address"] > 1
    sizes = [read(tmp_path / "stopped", archive, step).size for _ in range(files // step + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] < sizes[0]
    found, expected = (dataset(sqlite(tmp_path / name / "caravan.db")) for name in ("stopped", "whole"))
    assert_equal(found, expected)
    assert read(tmp_path / "whole", archive).summary.change_types == {"unchanged": 12}


@pytest.mark.parametrize("step", [1, 3])
def test_resumed_in_the_middle_of_a_second(step: int, tmp_path: Path) -> None:
    """The store has the crawl's own articles, read without ledes; none may pass for an article of the reparse."""
    archive = tmp_path / "archive"
    write_crawl(archive, pages(), BASE, most_bytes=1000, pages_a_second=7)
    read(tmp_path / "whole", archive)
    read(tmp_path / "stopped", archive)
    store = open_in(tmp_path / "stopped")
    for table in (schema.articles, schema.article_versions):
        store.execute(update(table).values(lede=None))
    store.close()
    files = len(list(archive.iterdir()))
    for _ in range(files // step + 1):
        read(tmp_path / "stopped", archive, step)
    found, expected = (dataset(sqlite(tmp_path / name / "caravan.db")) for name in ("stopped", "whole"))
    assert_equal(found, expected)


def test_a_job_on_other_files_is_not_resumed(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    write_crawl(archive, pages(), BASE, most_bytes=1000)
    first = read(tmp_path / "store", archive, 3)
    more = tmp_path / "archive" / "more.html"
    more.write_text("<p>", encoding="utf-8")
    assert read(tmp_path / "store", archive, 1).size == first.size + 1
