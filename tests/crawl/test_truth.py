"""The run report counts what the run has read, stored and failed to read."""

from pathlib import Path

from caravan_crawler import __version__
from caravan_crawler.store import schema
from tests.crawl.reporting import ARTICLES, run
from tests.store.stores import open_in, table


def test_the_report_of_a_first_run(tmp_path: Path) -> None:
    done = run(tmp_path, "-a", "refresh_days=3")
    told = done.report
    assert done.crawl.code == 0, done.crawl.log[-2000:]
    assert (told["exit_code"], told["outcome"], told["reason"]) == (0, "sound", "complete")
    assert (told["version"], told["continues"], told["arguments"]["refresh_days"]) == (__version__, [], 3)
    assert told["articles"] == {
        "found": ARTICLES,
        "read": ARTICLES,
        "new": ARTICLES,
        **dict.fromkeys(("changed", "recounted", "unchanged", "not_modified", "carried", "lost_fields"), 0),
        "dropped": {},
    }
    assert told["pages"]["article"] == ARTICLES
    assert told["pages"]["home"] == told["pages"]["feed"] == 1
    assert {"listing", "sitemap"} <= told["pages"].keys()
    assert (told["failures"], told["drift"], told["reader_shifts"], told["silence"]) == ({}, [], [], None)
    assert told["requests"] == done.requests
    assert told["requests_per_new_article"] == round(done.requests / ARTICLES, 3)
    assert told["bytes"] > 100_000
    assert told["seconds"] > 0
    assert told["started_at"] <= told["ended_at"]
    headline = told["fields"]["headline"]
    assert (headline["of"], headline["found"], headline["fill_rate"]) == (ARTICLES, ARTICLES, 1.0)
    views = told["fields"]["views"]
    assert 0 < views["found"] == sum(views["readers"].values()) < ARTICLES
    assert views["fill_rate"] == round(views["found"] / ARTICLES, 4)
    assert len(views["readers"]) == 2
    store = open_in(tmp_path)
    (row,) = table(store, schema.runs)
    assert row["report"] == told
    store.close()


def test_the_report_of_later_runs(tmp_path: Path) -> None:
    run(tmp_path)
    told = run(tmp_path, "-a", "refresh_days=0", new=5).report
    assert (told["articles"]["new"], told["articles"]["read"]) == (5, 5)
    told = run(tmp_path, "-a", "refresh_days=100000", new=5).report["articles"]
    # A response 304 counts as read; only pages without a date are not requested.
    assert told["not_modified"] + told["unchanged"] > 0.9 * ARTICLES
    assert (told["new"], told["changed"], told["lost_fields"]) == (0, 0, 0)
    told = run(tmp_path, "-a", "since=2030-01-01", new=5, faults=("errors_500:always:2",)).report
    assert told["requests_per_new_article"] is None


def test_failures_and_drops_are_counted(tmp_path: Path) -> None:
    told = run(tmp_path, "-a", "since=2020-01-01", "-s", "RETRY_TIMES=0", faults=("errors_500:always:30",)).report
    assert told["failures"]["http_500"] > 0
    assert told["articles"]["dropped"].keys() <= {"outside_period", "undated", "other_section"}
    assert told["articles"]["read"] == told["articles"]["new"] + sum(told["articles"]["dropped"].values())
