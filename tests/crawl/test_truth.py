"""A run tells the truth about itself: its report, its exit code, and an alarm where it did not end well."""

import json
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import update

from caravan_crawler import __version__
from caravan_crawler.keep import schema
from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite
from tests.crawling import Crawl, crawl
from tests.keep.stores import open_in, table

ARTICLES, NEW = 120, 40


def report(data_dir: Path) -> dict[str, Any]:
    """The report of the last run."""
    newest = max(data_dir.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    loaded: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return loaded


class Run(NamedTuple):
    crawl: Crawl
    report: dict[str, Any]
    requests: int


def run(data_dir: Path, *options: str, new: int = 0, faults: tuple[str, ...] = ()) -> Run:
    """Crawl the sample site after it has published ``new`` articles."""
    site = FaultySite(ARTICLES, faults=faults)
    site.publish(new)
    with serve(site) as server:
        done = crawl(data_dir, "-a", f"site={server.url}", *options)
        return Run(done, report(data_dir), server.hits)


# Its report


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
    # What the server answers with 304 is as good as read; only what has no date is left alone.
    assert told["not_modified"] + told["unchanged"] > 0.9 * ARTICLES
    assert (told["new"], told["changed"], told["lost_fields"]) == (0, 0, 0)
    told = run(tmp_path, "-a", "since=2030-01-01", new=5, faults=("errors_500:always:2",)).report
    assert told["requests_per_new_article"] is None


def test_failures_and_drops_are_counted(tmp_path: Path) -> None:
    told = run(tmp_path, "-a", "since=2020-01-01", "-s", "RETRY_TIMES=0", faults=("errors_500:always:30",)).report
    assert told["failures"]["http_500"] > 0
    assert told["articles"]["dropped"].keys() <= {"outside_period", "undated", "other_section"}
    assert told["articles"]["read"] == told["articles"]["new"] + sum(told["articles"]["dropped"].values())


# Markup that has changed

LOST = {"date": "date_published", "body": "body", "headline": "headline", "views": "views"}


@pytest.mark.parametrize("lost", ["date", "views"])
def test_new_articles_in_another_template(lost: str, tmp_path: Path) -> None:
    run(tmp_path)
    done = run(
        tmp_path, "-a", "refresh_days=0", "-O", str(tmp_path / "a.csv"), new=NEW, faults=(f"markup_switch:0:{lost}",)
    )
    assert done.crawl.code == 3
    (words,) = done.report["drift"]
    assert words.startswith(f"{LOST[lost]} fell from 100 % to 0 % of {NEW} articles (reader ")
    assert f"{lost}_printed 74 % → 0 %" in words
    examples = words.rpartition("without it: ")[2].split()
    assert len(examples) == 3
    assert all(url.startswith("http://127.0.0.1:") for url in examples)
    assert done.report["outcome"] == "below_floors"
    assert done.crawl.log.splitlines()[-1].startswith(f"scrapy crawl: {words}")
    assert not (tmp_path / "a.csv").exists()


# what the template loses, and the run's reason: without a headline a page does not look like an article's
REASONS = {
    "date": "date_published fell from 100 % to 0 % of ",
    "body": "body fell from 100 % to 0 % of ",
    "headline": "pages of articles could not be read as such, so the markup has probably changed; the last: ",
}


@pytest.mark.parametrize("lost", REASONS)
def test_known_articles_in_another_template_keep_their_whole_records(lost: str, tmp_path: Path) -> None:
    run(tmp_path)
    store = open_in(tmp_path)
    before = table(store, schema.articles), table(store, schema.article_versions)
    store.close()
    done = run(tmp_path, "-a", "refresh_days=100000", faults=(f"markup_switch:0:{lost}",))
    assert done.crawl.code == 3, done.crawl.log[-2000:]
    assert REASONS[lost] in done.report["reason"]
    store = open_in(tmp_path)
    after = {row["key"]: row for row in table(store, schema.articles)}
    assert [after[row["key"]][LOST[lost]] for row in before[0]] == [row[LOST[lost]] for row in before[0]]
    assert table(store, schema.article_versions) == before[1]
    assert len(table(store, schema.failures)) > 0.8 * ARTICLES
    store.close()
    # The site is mended: they are read again, and nothing is missing.
    mended = run(tmp_path, "-a", "refresh_days=100000", new=5)
    assert mended.crawl.code == 0, mended.crawl.log[-2000:]


def test_a_redesign_that_lasts_publishes_nothing_and_is_mended_whole(tmp_path: Path) -> None:
    """Hours in which the new template is not read: nothing without its date gets out, whatever a later run reads."""
    feed = tmp_path / "a.jsonl"
    run(tmp_path, "-O", str(feed))
    whole = feed.read_bytes()
    switch = ("markup_switch:0:date",)
    codes = []
    for hour in range(3):
        # The last of them reads nothing new, and what failed twice is not yet tried again.
        done = run(tmp_path, "-a", "refresh_days=0", "-O", str(feed), new=NEW * min(hour + 1, 2), faults=switch)
        codes.append(done.crawl.code)
        assert feed.read_bytes() == whole
    assert codes[:2] == [3, 3]
    store = open_in(tmp_path)
    failed = {row["article_key"] for row in table(store, schema.failures)}
    assert len(failed) == 2 * NEW
    assert {row["date_published"] for row in table(store, schema.articles) if row["key"] in failed} == {None}
    store.execute(update(schema.failures).values(retry_at="2000-01-01T00:00:00+00:00"))
    store.close()
    mended = run(tmp_path, "-a", "refresh_days=0", "-O", str(feed), new=2 * NEW)
    assert mended.crawl.code == 0, mended.crawl.log[-2000:]
    published = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert all(record["date_published"] for record in published)
    dateless = dateless_articles(2 * NEW) & failed  # of those nobody can know
    assert sorted(str(record["article_id"]) for record in published) == sorted(failed - dateless)
    store = open_in(tmp_path)
    assert {row["article_key"] for row in table(store, schema.failures)} == dateless
    assert {row["key"] for row in table(store, schema.articles) if row["date_published"] is None} >= dateless
    store.close()


def dateless_articles(new: int) -> set[str]:
    """The numbers of the articles that the site itself shows without a date."""
    site = SampleSite(ARTICLES)
    site.publish(new)
    gold = site.gold("http://127.0.0.1:8000/")
    return {str(record["article_id"]) for record in gold if record["date_published"] is None}


def test_what_a_run_below_the_floors_did_not_find_is_put_back(tmp_path: Path) -> None:
    run(tmp_path)
    store = open_in(tmp_path)
    rows = table(store, schema.articles)
    before = {row["key"]: (row["views"], row["views_raw"]) for row in rows}
    # An article without a date is in no refresh.
    counted = [row["views"] for row in rows if row["date_published"] and row["views"] is not None]
    store.close()
    done = run(tmp_path, "-a", "refresh_days=100000", faults=("markup_switch:0:views",))
    assert done.crawl.code == 3, done.crawl.log[-2000:]
    store = open_in(tmp_path)
    assert {row["key"]: (row["views"], row["views_raw"]) for row in table(store, schema.articles)} == before
    store.close()
    feed = tmp_path / "a.jsonl"
    mended = run(tmp_path, "-a", "refresh_days=100000", "-O", str(feed))
    assert mended.crawl.code == 0, mended.crawl.log[-2000:]
    published = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert len({record["url"] for record in published}) == len(published) == len(counted)
    assert sorted(record["views"] for record in published) == sorted(counted)


def test_an_accepted_change_is_the_new_history(tmp_path: Path) -> None:
    switch = ("markup_switch:0:views",)
    run(tmp_path)
    assert run(tmp_path, "-a", "refresh_days=0", new=NEW, faults=switch).crawl.code == 3
    accepted = run(tmp_path, "-a", "refresh_days=0", "-s", "ACCEPT_DRIFT=1", new=2 * NEW, faults=switch)
    assert (accepted.crawl.code, accepted.report["drift"]) == (0, [])
    after = run(tmp_path, "-a", "refresh_days=0", new=3 * NEW, faults=switch)
    assert (after.crawl.code, after.report["drift"]) == (0, [])
    assert after.report["fields"]["views"]["found"] == 0


# The alarm


@contextmanager
def listener(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that takes in what is posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/alarm", posted
        server.shutdown()
        thread.join()


SAVE = (
    "import os, sys; open(sys.argv[1], 'w').write(os.environ.get('CARAVAN_RUN_JSON', '-') + chr(10) + sys.stdin.read())"
)
UNREACHABLE = ("-a", "site=http://127.0.0.1:9/", "-s", "RETRY_TIMES=0")


def python(code: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", code, *arguments])


def test_a_command_is_told_of_a_run_that_did_not_end_well(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    done = crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={python(SAVE, str(heard))}")
    assert done.code == 4
    path, _, body = heard.read_text(encoding="utf-8").partition("\n")
    assert json.loads(body) == json.loads(Path(path).read_text(encoding="utf-8")) == report(tmp_path)
    assert json.loads(body)["exit_code"] == 4


def test_a_url_is_told_too(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={url}").code == 4
    assert posted == [report(tmp_path)]


def test_a_run_refused_is_told_with_what_there_is_to_tell(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert crawl(tmp_path, "-a", "since=never", "-s", f"ON_FAILURE={url}").code == 2
    (told,) = posted
    assert (told["exit_code"], told["outcome"]) == (2, "refused")
    assert told["reason"] == "since=never is not a day as YYYY-MM-DD"


def test_of_a_sound_run_nobody_is_told(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert run(tmp_path, "-s", f"ON_FAILURE={url}").crawl.code == 0
    assert posted == []


# a hook that does not work, and the line that says so
BROKEN = [
    ("/no/such/command", "the alarm's command could not be run: "),
    (python("raise SystemExit(7)"), "the alarm's command ended with code 7"),
    (python("import sys; sys.stdin.close()"), None),
    ("http://127.0.0.1:9/", "the alarm could not be posted: "),
]


@pytest.mark.parametrize(("hook", "words"), BROKEN)
def test_a_broken_hook_is_one_line_and_changes_nothing(hook: str, words: str | None, tmp_path: Path) -> None:
    done = crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={hook}")
    assert done.code == 4
    assert "Traceback" not in done.log
    lines = [line for line in done.log.splitlines() if "the alarm" in line]
    assert [line.startswith(f"scrapy crawl: {words}") for line in lines] == [True] * (words is not None)
    assert done.log.splitlines()[-1].startswith("scrapy crawl: no page could be read; ")


def test_a_server_that_answers_with_an_error_is_said(tmp_path: Path) -> None:
    with listener(500) as (url, posted):
        done = crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={url}")
    assert done.code == 4
    assert len(posted) == 1
    assert "scrapy crawl: the alarm could not be posted: " in done.log


# a hook that can be none, and the line that refuses it
NO_HOOKS = [("'unclosed", "ON_FAILURE is no command line: "), ("http:///x", "ON_FAILURE names no host")]


@pytest.mark.parametrize(("hook", "words"), NO_HOOKS)
def test_a_hook_that_can_be_none_is_refused_before_the_run(hook: str, words: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", "-s", f"ON_FAILURE={hook}")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert words in done.log


# Every exit code of the README's table


def test_exit_code_0(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", "RETRY_TIMES=0", faults=("errors_500:always:30",))
    assert (done.crawl.code, done.report["exit_code"]) == (0, 0)
    failed = sum(done.report["failures"].values())
    assert failed > 0
    assert done.report["reason"].startswith(f"complete, but {failed} pages failed")


def test_exit_code_1_where_a_pipeline_breaks(tmp_path: Path) -> None:
    broken = 'ITEM_PIPELINES={"tests.crawl.broken_pipeline.BrokenPipeline": 1}'
    done = run(tmp_path, "-s", broken)
    assert (done.crawl.code, done.report["outcome"]) == (1, "crashed")


def test_exit_code_1_where_the_store_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "caravan.db").write_bytes(b"no database at all" * 1000)
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (1, 1)
    assert "cannot be opened: file is not a database" in done.log


# what makes a run refused, and the words of its line
REFUSED = [
    (("-a", "sicne=2019-01-01"), "did you mean 'since'?"),
    (("-s", "STORE_URL=mysql://localhost/x"), "STORE_URL names mysql; a store is sqlite or postgresql"),
    (("-s", 'FLOORS={"body": 7}'), "FLOORS must give shares from 0 to 1"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_exit_code_2(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", *options)
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert words in done.log


def test_exit_code_2_for_the_store_of_another_site(tmp_path: Path) -> None:
    open_in(tmp_path).close()
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert "holds the articles of caravan.kz; keep those of sample elsewhere: -s DATA_DIR=FOLDER" in done.log


def test_exit_code_3_and_its_sections_floor(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", 'FLOORS={"views": 0.99}')
    assert (done.crawl.code, done.report["outcome"]) == (3, "below_floors")
    assert done.report["reason"].startswith("views is found in 95 % of 120 articles only")


def test_exit_code_4(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", "RETRY_TIMES=0", faults=("errors_500:always:2",))
    assert (done.crawl.code, done.report["outcome"]) == (4, "unreachable")


def test_exit_code_5(tmp_path: Path) -> None:
    store = open_in(tmp_path, "sample")
    done = crawl(tmp_path, "-a", "site=sample")
    store.close()
    assert (done.code, done.log.count("\n")) == (5, 1)
    assert "another run is using " in done.log
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_exit_codes_130_and_143(number: signal.Signals, tmp_path: Path) -> None:
    with serve(SampleSite(articles=3000)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", stop_with=number)
    told = report(tmp_path)
    assert done.code == told["exit_code"] == 128 + number
    assert told["outcome"] == "stopped"
    assert told["articles"]["new"] > 0
