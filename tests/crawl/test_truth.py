"""The run report counts what the run has read, stored and failed to read."""

from pathlib import Path

from caravan_crawler import __version__
from caravan_crawler.store import schema
from tests.crawl.reporting import ARTICLES, run
from tests.store.stores import open_in, table


def test_the_report_of_a_first_run(tmp_path: Path) -> None:
    done = run(tmp_path, "-a", "refresh_days=3")
    run_report = done.report
    assert done.crawl.code == 0, done.crawl.log[-2000:]
    assert (run_report["exit_code"], run_report["outcome"], run_report["reason"]) == (0, "sound", "complete")
    assert (run_report["version"], run_report["continues"], run_report["arguments"]["refresh_days"]) == (
        __version__,
        [],
        3,
    )
    assert run_report["articles"] == {
        "found": ARTICLES,
        "read": ARTICLES,
        "new": ARTICLES,
        **dict.fromkeys(("changed", "recounted", "unchanged", "not_modified", "carried", "lost_fields"), 0),
        "dropped": {},
    }
    assert run_report["pages"]["article"] == ARTICLES
    assert run_report["pages"]["home"] == run_report["pages"]["feed"] == 1
    assert {"listing", "sitemap"} <= run_report["pages"].keys()
    assert (run_report["failures"], run_report["drift"], run_report["reader_shifts"], run_report["silence"]) == (
        {},
        [],
        [],
        None,
    )
    assert run_report["requests"] == done.requests
    assert run_report["requests_per_new_article"] == round(done.requests / ARTICLES, 3)
    assert run_report["bytes"] > 100_000
    assert run_report["seconds"] > 0
    assert run_report["started_at"] <= run_report["ended_at"]
    headline = run_report["fields"]["headline"]
    assert (headline["of"], headline["found"], headline["fill_rate"]) == (ARTICLES, ARTICLES, 1.0)
    views = run_report["fields"]["views"]
    assert 0 < views["found"] == sum(views["readers"].values()) < ARTICLES
    assert views["fill_rate"] == round(views["found"] / ARTICLES, 4)
    assert len(views["readers"]) == 2
    store = open_in(tmp_path)
    (row,) = table(store, schema.runs)
    assert row["report"] == run_report
    store.close()


def test_the_report_of_later_runs(tmp_path: Path) -> None:
    run(tmp_path)
    run_report = run(tmp_path, "-a", "refresh_days=0", new=5).report
    assert (run_report["articles"]["new"], run_report["articles"]["read"]) == (5, 5)
    run_report = run(tmp_path, "-a", "refresh_days=100000", new=5).report["articles"]
    # A response 304 counts as read; only pages without a date are not requested.
    assert run_report["not_modified"] + run_report["unchanged"] > 0.9 * ARTICLES
    assert (run_report["new"], run_report["changed"], run_report["lost_fields"]) == (0, 0, 0)
    run_report = run(tmp_path, "-a", "since=2030-01-01", new=5, faults=("errors_500:always:2",)).report
    assert run_report["requests_per_new_article"] is None
