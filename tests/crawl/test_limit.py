"""Runs with ``limit``: each ends soundly after this number of articles, and the next one continues."""

import json
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from caravan_crawler.outcome import AT_LIMIT
from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from tests.support.crawling import Crawl, crawl, read_jsonl
from tests.support.kills import Runs, Stored, after_requests, check_published, each_once, gold

LIMIT = 15


def report_of(done: Crawl) -> dict[str, Any]:
    return json.loads(max(done.data_dir.glob("runs/*/run.json")).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def run_often(data_dir: Path, server: SampleServer, *options: str, limit: int = LIMIT) -> list[dict[str, Any]]:
    """Run with a limit until a run reaches its end; return the run reports."""
    reports: list[dict[str, Any]] = []
    while not reports or reports[-1]["reason"].startswith(AT_LIMIT):
        done = crawl(data_dir, "-a", f"site={server.url}", "-a", f"limit={limit}", *options)
        assert done.code == 0, done.log[-2000:]
        reports.append(report_of(done))
        assert len(done.articles) == reports[-1]["articles"]["new"] + reports[-1]["articles"]["carried"]
    return reports


@pytest.mark.parametrize("arguments", [[], ["since=2005-01-01", "until=2025-12-31", "sections=news,sport,gazeta"]])
def test_limited_runs_read_everything_once(arguments: list[str], tmp_path: Path) -> None:
    """Together they read and publish what one run reads, each article once."""
    options = [option for argument in arguments for option in ("-a", argument)]
    limited = tmp_path / "limited"
    with serve(SampleSite(articles=30)) as server:
        expected = crawl(tmp_path / "whole", "-a", f"site={server.url}", *options).articles
        reports = run_often(limited, server, *options)
        whole, rest = divmod(len(expected), LIMIT)
        assert whole
        assert [report["articles"]["new"] for report in reports] == [LIMIT] * whole + [rest]
        assert {report["reason"] for report in reports[:-1]} == {f"{AT_LIMIT} of {LIMIT}; the next run continues"}
        each_once([line for file in limited.glob("runs/*/articles.jsonl") for line in read_jsonl(file)], expected)
        each_once(Stored(limited).articles.values(), expected)
        assert not Stored(limited).rows("frontier")
        check_published(limited)
        # Articles that have not changed do not count.
        (last,) = run_often(limited, server, *options, "-a", "refresh_days=20000", limit=1)
        assert (last["reason"], last["articles"]["new"]) == ("complete", 0)
        assert last["articles"]["not_modified"] > 10


def test_a_limit_on_named_pages(tmp_path: Path) -> None:
    with serve(SampleSite(articles=20)) as server:
        urls = [record["url"] for record in gold(server)][:7]
        file = tmp_path / "urls.txt"
        file.write_text("\n".join(urls), encoding="utf-8")
        reports = run_often(tmp_path / "data", server, "-a", f"urls=@{file}", limit=5)
        assert [report["articles"]["new"] for report in reports] == [5, 2]
        assert [report["articles"]["unchanged"] for report in reports] == [0, 0], "what was read is not read again"
    assert {row["url"] for row in Stored(tmp_path / "data").rows("articles")} == set(urls)


def test_killed_runs_with_a_limit(tmp_path: Path) -> None:
    with serve(SampleSite(articles=30)) as server:
        runs = Runs(server, tmp_path, "-a", f"limit={LIMIT}", new=gold(server))
        runs.kill(after_requests(server, 12))
        before = len(Stored(runs.data_dir).rows("articles"))
        assert runs.kill_at("os.rename", 3), "its articles are stored, and its feeds half in place"
        assert len(Stored(runs.data_dir).rows("articles")) == before + LIMIT
        run_often(runs.data_dir, server)
        runs.check_intact()
        runs.check_complete()


def test_a_limited_run_raises_no_alarm_about_what_it_did_not_read(tmp_path: Path) -> None:
    """An edit is all it reads of a site whose last new article is months old by its clock."""
    with serve(SampleSite(articles=90)) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=20000")
        assert crawl(tmp_path, *options).code == 0
        with closing(connect(tmp_path / "caravan.db")) as store, store:
            store.execute("UPDATE runs SET started_at = '2020-01-01T00:00:00+00:00'")
            # Ten articles of long ago are read again; the others, of the days before that run, are not modified.
            old = "SELECT key FROM articles WHERE date_published < '2015-01-01' ORDER BY key LIMIT 10"
            store.execute(
                f"UPDATE articles SET headline = 'another', etag = NULL, last_modified = NULL WHERE key IN ({old})"
            )
            days = [(str(date(2019, 12, 31) - timedelta(number)), number) for number in range(100)]
            store.executemany(f"UPDATE articles SET date_published = ? WHERE rowid = ? AND key NOT IN ({old})", days)
        done = crawl(tmp_path, *options, "-a", "limit=5")
        assert (done.code, report_of(done)["silence"], len(done.articles)) == (0, None, 5), done.log[-1000:]
        assert crawl(tmp_path, *options, "-a", "limit=500").code == 3, "a run that ends before its limit is a whole one"
