"""Silence: no new article for longer than the site's own rhythm explains."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.store import crawl_state, database
from caravan_crawler.store.field_counts import silence
from tests.store.stores import BASE, article, article_store, open_in

NEWEST = date(2026, 3, 1)
#: Start of the last run that found a new article.
BROUGHT = datetime(2026, 3, 1, 12, tzinfo=UTC)

DAILY, WEEKLY, FEW = (1, 60), (7, 20), (1, 9)

# days between two days with articles and how many such days; hours since the last new article; whether that is silence
CASES = [
    (DAILY, 24, False),
    (DAILY, 48, False),
    (DAILY, 49, True),
    (WEEKLY, 49, False),
    (WEEKLY, 14 * 24, False),
    (WEEKLY, 14 * 24 + 1, True),
    (FEW, 10_000, False),
]


@pytest.mark.parametrize(("rhythm", "hours", "is_silent"), CASES)
def test_silence(rhythm: tuple[int, int], hours: int, is_silent: bool, tmp_path: Path) -> None:
    pause, number = rhythm
    store = open_in(tmp_path)
    one = article_store(store)
    days = [NEWEST - timedelta(days=pause * index) for index in range(number)]
    # A long pause before the days that define the rhythm, articles without a date, and two on one day are ignored.
    days += [date(2009, 1, 1)] if number >= 60 else []
    for index, day in enumerate([*days, *days[:1], None]):
        url = f"{BASE}news/a-{index + 1}/"
        published = None if day is None else day.isoformat()
        one.add_article(article(article_id=index + 1, url=url, date_published=published), str(index + 1))
    assert silence(store, BROUGHT) is None, "no run has brought anything"
    for run_id, moment, new in (("a", BROUGHT, 3), ("b", BROUGHT + timedelta(hours=1), 0)):
        crawl_state.begin(store, run_id, CrawlArguments(), database.stamp(moment))
        report = {"exit_code": 0, "outcome": "sound", "reason": "", "articles": {"new": new}}
        crawl_state.end(store, run_id, database.stamp(moment), report)
    words = silence(store, BROUGHT + timedelta(hours=hours))
    expected = f"no new article since {database.stamp(BROUGHT)}; the site's longest pause was {pause} days"
    assert words == (expected if is_silent else None)
    store.close()


def test_a_clock_that_was_behind_is_no_silence(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    for index in range(30):
        day = (NEWEST - timedelta(days=index)).isoformat()
        one.add_article(article(article_id=index + 1, url=f"{BASE}news/a-{index + 1}/", date_published=day), str(index))
    long_ago = "1970-01-01T00:00:00+00:00"
    crawl_state.begin(store, "a", CrawlArguments(), long_ago)
    crawl_state.end(store, "a", long_ago, {"exit_code": 0, "outcome": "sound", "reason": "", "articles": {"new": 30}})
    assert silence(store, BROUGHT) is None
    assert silence(store, BROUGHT + timedelta(days=3)) is not None
    store.close()
