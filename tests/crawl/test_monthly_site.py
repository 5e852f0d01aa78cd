"""The site as it is today: addresses without a number, and an archive found only in its sitemaps."""

import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import TIMEOUT, Crawl, crawl, start
from tests.support.monthly_site import MonthlyServer, MonthlySite, Old, serve_monthly, stories


def rows_of(data_dir: Path) -> list[dict[str, Any]]:
    store = open_in(data_dir)
    rows = table(store, schema.articles)
    store.close()
    return rows


def stored(data_dir: Path) -> dict[str, tuple[str | None, int]]:
    """Return moment and version of each article in the store, by path."""
    rows = rows_of(data_dir)
    found = {urlsplit(row["url"]).path: (row["published_at"], row["version"]) for row in rows}
    assert len(found) == len(rows), "two records of one address"
    return found


def run(data_dir: Path, server: MonthlyServer, *options: str) -> Crawl:
    server.requests.clear()
    done = crawl(data_dir, "-a", f"site={server.url}", *options)
    assert done.code == 0, done.log[-2000:]
    return done


@pytest.mark.parametrize("has_lastmod", [True, False])
def test_all_of_the_archive_is_found_with_few_requests(has_lastmod: bool, tmp_path: Path) -> None:
    site = MonthlySite(stories(75), has_lastmod=has_lastmod)
    with serve_monthly(site) as server:
        run(tmp_path, server)
        assert len(server.requests) <= len(site.articles) + len(site.sitemaps) + 40
        assert max(Counter(server.requests).values()) == 1, "no page is requested twice"
        moments = {story.path: (story.moment.isoformat(), 1) for story in site.articles}
        assert stored(tmp_path) == moments
        run(tmp_path, server)
        assert len(server.requests) <= 25


# the period, and whether its sitemaps are named by month
PERIODS = [("2026-03-01", "2026-03-31", True), ("2025-12-20", "2026-01-10", True), ("2019-01-01", "2019-12-31", False)]


@pytest.mark.parametrize(("since", "until", "is_named"), PERIODS)
def test_a_period_reads_its_months(since: str, until: str, is_named: bool, tmp_path: Path) -> None:
    site = MonthlySite()
    expected = {story.path for story in site.articles if since <= story.day.isoformat() <= until}
    assert expected
    with serve_monthly(site) as server:
        run(tmp_path, server, "-a", f"since={since}", "-a", f"until={until}")
        asked = [target for target in server.requests if target.startswith("/sitemap20")]
        assert asked == [] if not is_named else {target[8:14] for target in asked} == months(since, until)
        assert len(server.requests) <= len(expected) + 25 or not is_named
    assert set(stored(tmp_path)) == expected


def months(since: str, until: str) -> set[str]:
    return {since[:4] + since[5:7], until[:4] + until[5:7]}


def test_the_current_month_is_read_by_the_next_run(tmp_path: Path) -> None:
    whole = stories(40)
    with serve_monthly(MonthlySite(whole[3:])) as server:
        run(tmp_path, server)
        server.site = MonthlySite(whole)
        done = run(tmp_path, server, "-a", "refresh_days=0")
        assert {urlsplit(record["url"]).path for record in done.articles} == {story.path for story in whole[:3]}
        assert len(server.requests) <= 25


#: Answers at the old addresses: there is a page at each, or at none.
OLD: list[tuple[Old, ...]] = [("redirect", "canonical", "shortlink", "plain"), ("gone",)]


@pytest.mark.parametrize("old", OLD, ids=["still there", "gone"])
def test_after_the_move_every_article_is_stored_once(old: tuple[Old, ...], tmp_path: Path) -> None:
    articles = stories(30)
    with serve_monthly(MonthlySite(articles, numbered=True, old=old)) as server:
        run(tmp_path, server)
        assert stored(tmp_path).keys() == {story.old_path for story in articles}
        server.site = MonthlySite(articles, old=old)
        # Articles of any age are read again, by their old addresses first.
        moved = run(tmp_path, server, "-a", "refresh_days=100000")
        times = Counter(urlsplit(row["url"]).path for row in rows_of(tmp_path))
        twice = {server.site.old_of(story) for story in articles if times[story.path] + times[story.old_path] > 1}
        assert not twice, "articles are stored twice whose old addresses answer so"
        assert moved.stat("caravan/articles/new") == 0
        # The next run reads at the new address what was first read at an old one.
        run(tmp_path, server, "-a", "refresh_days=0")
        run(tmp_path, server, "-a", "refresh_days=0")
        assert len(server.requests) <= 25
    after = stored(tmp_path)
    assert len(after) == len(articles)
    for story in articles:
        assert story.path in after, server.site.old_of(story)
        assert after[story.path][1] == 1, f"{server.site.old_of(story)}: the text is the same"
    identities(tmp_path, server.site)


def identities(data_dir: Path, site: MonthlySite) -> None:
    """Each article still has its number, and its old address is an alias."""
    store = open_in(data_dir)
    keys = {urlsplit(row["url"]).path: (row["key"], row["article_id"]) for row in table(store, schema.articles)}
    aliases = {(urlsplit(row["url"]).path, row["article_key"]) for row in table(store, schema.aliases)}
    store.close()
    for story in site.articles:
        assert keys[story.path] == (str(story.number), story.number), site.old_of(story)
        assert (story.old_path, str(story.number)) in aliases, site.old_of(story)


def test_old_and_new_addresses_side_by_side_from_the_first_run_on(tmp_path: Path) -> None:
    articles = stories(24)
    site = MonthlySite(articles, old="plain")
    with serve_monthly(site) as server:
        old = ",".join(f"{server.url.rstrip('/')}{story.old_path}" for story in articles[:10])
        run(tmp_path, server, "-a", f"urls={old}")
        run(tmp_path, server)
        run(tmp_path, server, "-a", "refresh_days=0")
    assert stored(tmp_path).keys() == {story.path for story in articles}


def test_killed_runs_lose_nothing(tmp_path: Path) -> None:
    site = MonthlySite(stories(75))
    with serve_monthly(site) as server:
        for asked in (30, 50, 70):
            process = start(tmp_path, "-a", f"site={server.url}")
            while process.poll() is None and len(server.requests) < asked:
                time.sleep(0.02)
            process.kill()
            process.communicate(timeout=TIMEOUT)
        run(tmp_path, server)
    assert stored(tmp_path).keys() == {story.path for story in site.articles}


def test_two_articles_whose_headlines_end_in_one_number(tmp_path: Path) -> None:
    """Each is identified by its path, whether one run finds both or a later run finds the second."""
    numbers = [story for story in stories(420) if story.slug.endswith("-10000")]
    assert len(numbers) >= 3
    with serve_monthly(MonthlySite(numbers[1:])) as server:
        run(tmp_path, server)
        server.site = MonthlySite(numbers)
        run(tmp_path, server, "-a", "refresh_days=0")
    assert stored(tmp_path).keys() == {story.path for story in numbers}
