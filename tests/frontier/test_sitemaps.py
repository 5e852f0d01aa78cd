"""Which sitemaps a run reads."""

from datetime import UTC, date, datetime, timedelta

import pytest

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.frontier.schedule import (
    MAIN_SITEMAP,
    NO_INDEX,
    OTHER_SITEMAPS,
    Child,
    Sitemaps,
    SourceSchedule,
    month_of,
)
from caravan_crawler.items import PageWrites
from caravan_crawler.pages.syndication import Entry, Form, Syndication
from caravan_crawler.store import database
from caravan_crawler.store.crawl_state import Source

TODAY = datetime.now(UTC).date()


def ago(**delta: float) -> str:
    return database.stamp(datetime.now(UTC) - timedelta(**delta))


def sitemaps(own: dict[str, Source] | None = None, since: date | None = None, until: date | None = None) -> Sitemaps:
    arguments = CrawlArguments(since=since, until=until)
    return Sitemaps(SourceSchedule(own or {}, {}), arguments, TODAY, lambda path: True)


def named(months_ago: int) -> str:
    month = TODAY.replace(day=1)
    for _ in range(months_ago):
        month = (month - timedelta(days=1)).replace(day=1)
    return f"/sitemap{month:%Y%m}.xml"


NAMES = [
    ("/sitemap202503.xml", date(2025, 3, 1)),
    ("/sitemap-2025-03.xml", date(2025, 3, 1)),
    ("/sitemap/2025/03.xml.gz", date(2025, 3, 1)),
    ("/sitemaps/news-20250312.xml", date(2025, 3, 1)),
    ("/sitemap7.xml", None),
    ("/sitemap202513.xml", None),
    ("/sitemap1202503.xml", None),
    ("/wp-sitemap-posts-post-12.xml", None),
]


@pytest.mark.parametrize(("path", "expected"), NAMES)
def test_the_month_in_a_name(path: str, expected: date | None) -> None:
    assert month_of(path) == expected


# a sitemap, when it was read and its stamp then, its stamp now, whether it is read
DUE: list[tuple[str, str, str | None, str | None, bool]] = [
    (named(0), "", None, None, True),
    (named(5), "", "2026-01-01", "2026-01-01", True),
    ("/s.xml", ago(hours=2), "a", "a", False),
    ("/s.xml", ago(days=100), "a", "a", False),
    ("/s.xml", ago(hours=2), "a", "b", True),
    ("/s.xml", ago(hours=2), None, "b", True),
    ("/s.xml", ago(hours=23), None, None, False),
    ("/s.xml", ago(hours=25), None, None, True),
    (named(0), ago(hours=1), None, None, True),
    (named(0), ago(minutes=30), None, None, False),
    (named(3), ago(days=29), None, None, False),
    (named(3), ago(days=31), None, None, True),
    # a stamp without a time does not cover later articles of its day
    (named(0), ago(hours=1), TODAY.isoformat(), TODAY.isoformat(), True),
    (named(0), ago(hours=1), "2020-01-01", "2020-01-01", False),
]


@pytest.mark.parametrize(("path", "read_at", "before", "now", "expected"), DUE, ids=range(len(DUE)))
def test_due_sitemaps(path: str, read_at: str, before: str | None, now: str | None, expected: bool) -> None:
    own = {path: Source(read_at, before)} if read_at else {}
    assert sitemaps(own).choose([Child(path, now)]) == ([Child(path, now)] if expected else [])


def test_the_newest_months_come_first() -> None:
    children = [Child(named(number), None) for number in (7, 0, 3)]
    assert [child.path for child in sitemaps().choose([*children, *children])] == [named(0), named(3), named(7)]


def test_old_sitemaps_are_read_again_a_few_in_each_run() -> None:
    children = [Child(named(number), None) for number in range(2, 40)] + [Child("/sitemap1.xml", None)]
    read = {child.path: Source(ago(days=40, minutes=number)) for number, child in enumerate(children)}
    again = sitemaps(read).choose(children)
    assert len(again) == 6, "five of them, and the numbered one that may grow"
    assert children[-2] in again, "the one that was read longest ago is among them"


def test_first_and_last_numbered_sitemaps_may_grow() -> None:
    children = [Child(f"/post-sitemap{number}.xml", None) for number in range(1, 12)]
    read = {child.path: Source(ago(hours=30)) for child in children}
    assert {child.path for child in sitemaps(read).choose(children)} == {"/post-sitemap1.xml", "/post-sitemap11.xml"}


@pytest.mark.parametrize(("index_age", "expected"), [({"minutes": 30}, True), ({"days": 2}, False)])
def test_an_old_copy_under_a_young_stamp_is_read_once_more(index_age: dict[str, float], expected: bool) -> None:
    child = Child(named(0), ago(**index_age))
    old = Syndication(Form.SITEMAP, (Entry("http://127.0.0.1/news/delo-900001/", updated=ago(days=3)),))
    own: dict[str, Source] = {}
    for is_read_again in (expected, False):
        run = sitemaps(own)
        writes = PageWrites(child.path)
        run.read(writes, child.stamp, old, is_whole=True)
        (row,) = writes.sources
        own = {child.path: Source(row["read_at"], row["stamp"])}
        assert sitemaps(own).choose([child]) == ([child] if is_read_again else [])


@pytest.mark.parametrize("step", [0, 1])
def test_lastmod_stamps_of_one_moment_are_ignored(step: int) -> None:
    children = [Child(named(number), ago(seconds=60 - number * step)) for number in range(2, 20)]
    read = {child.path: Source(ago(days=2), "another") for child in children}
    assert sitemaps(read).choose(children) == []


INDEX = [
    *(Child(f"/sitemap2024{month:02}.xml", None) for month in range(1, 13)),
    Child("/sitemap1.xml", "2023-12-31"),
    Child("/sitemap2.xml", None),
]
PERIODS: list[tuple[date | None, date | None, list[str], bool]] = [
    (date(2024, 3, 1), date(2024, 3, 31), ["/sitemap202403.xml"], True),
    (date(2024, 3, 31), date(2024, 4, 1), ["/sitemap202404.xml", "/sitemap202403.xml"], True),
    # Some of it is in a sitemap without a month in its name; the first one is known to be older.
    (date(2023, 12, 31), date(2024, 1, 31), ["/sitemap202401.xml", "/sitemap1.xml", "/sitemap2.xml"], True),
    (
        date(2024, 1, 1),
        date(2025, 1, 5),
        [*(f"/sitemap2024{n:02}.xml" for n in range(12, 0, -1)), "/sitemap2.xml"],
        True,
    ),
    (None, date(2024, 1, 5), ["/sitemap202401.xml", "/sitemap1.xml", "/sitemap2.xml"], False),
    (date(2024, 12, 1), None, ["/sitemap202412.xml", "/sitemap2.xml"], False),
]


@pytest.mark.parametrize(("since", "until", "expected", "is_covered"), PERIODS)
def test_a_period_reads_the_months_it_touches(
    since: date | None, until: date | None, expected: list[str], is_covered: bool
) -> None:
    one = sitemaps(since=since, until=until)
    assert [child.path for child in one.choose(INDEX)] == expected
    assert one.covers_period is is_covered


def test_a_period_needs_the_other_sitemaps_that_robots_txt_names() -> None:
    one = sitemaps(since=date(2024, 1, 1), until=date(2024, 1, 31))
    one.add_from_robots_txt("/sitemap-news.xml")
    one.choose(INDEX)
    assert not one.covers_period


def test_an_index_of_newer_months_alone_does_not_cover_a_period() -> None:
    one = sitemaps(since=date(2019, 1, 1), until=date(2019, 12, 31))
    assert one.choose(INDEX[:12]) == []
    assert not one.covers_period


def test_a_period_that_is_not_over_needs_the_lists_too() -> None:
    one = sitemaps(since=TODAY - timedelta(days=2), until=TODAY - timedelta(days=1))
    one.choose([Child(named(number), None) for number in range(3)])
    assert (one.can_cover_period, one.covers_period) == (False, False)


def test_sitemaps_requested_without_an_index() -> None:
    own = {path: Source(ago(hours=2)) for path in (MAIN_SITEMAP, *OTHER_SITEMAPS)}
    assert [sitemaps(own).is_due(path) for path in own] == [True, False, False]
    whole = {MAIN_SITEMAP: Source(ago(hours=2), NO_INDEX)}
    assert not sitemaps(whole).is_due(MAIN_SITEMAP)
    assert all(sitemaps().is_due(path) for path in own)


def test_sitemaps_name_everything_once_all_are_read() -> None:
    one = sitemaps()
    chosen = one.choose(INDEX)
    one.names_articles = True
    for child in chosen:
        assert not one.name_everything
        one.mark_read(PageWrites(child.path), None)
    assert one.name_everything
    one.are_incomplete = True
    assert not one.name_everything


def test_failed_sitemap_may_have_named_further_articles() -> None:
    one = sitemaps()
    (child,) = one.choose([Child("/sitemap1.xml", None)])
    one.names_articles = True
    one.mark_failed(child.path)
    assert not one.name_everything
