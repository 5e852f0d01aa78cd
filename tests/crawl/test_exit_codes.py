"""Every documented exit code, each from a real crawl."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.crawl.reporting import report, run
from tests.store.stores import article, keep, open_in
from tests.support.crawling import ROOT, TIMEOUT, command, crawl

EARLIER = "the last good dataset"


def earlier_file(folder: Path) -> Path:
    """Write the file of an earlier run, which a run that fails must leave."""
    file = folder / "articles.csv"
    file.write_text(EARLIER, encoding="utf-8")
    return file


def test_exit_code_0_with_failures_and_drops_counted(tmp_path: Path) -> None:
    done = run(tmp_path, "-a", "since=2020-01-01", "-s", "RETRY_TIMES=0", faults=("errors_500:always:30",))
    assert (done.crawl.code, done.report["exit_code"]) == (0, 0)
    failed = sum(done.report["failures"].values())
    assert failed >= done.report["failures"]["http_500"] > 0
    assert done.report["reason"].startswith(f"complete, but {failed} page")
    articles = done.report["articles"]
    assert articles["dropped"].keys() <= {"outside_period", "undated", "other_section"}
    assert articles["read"] == articles["new"] + sum(articles["dropped"].values())


def test_exit_code_1_where_a_pipeline_breaks(tmp_path: Path) -> None:
    broken = 'ITEM_PIPELINES={"tests.crawl.broken_pipeline.BrokenPipeline": 1}'
    done = run(tmp_path, "-a", "sections=art", "-s", broken, "-O", str(tmp_path / "a.csv"))
    assert (done.crawl.code, done.report["outcome"]) == (1, "crashed")
    assert "records raised an error in a pipeline" in done.crawl.log.splitlines()[-1]
    assert not (tmp_path / "a.csv").exists()


def test_exit_code_1_where_the_store_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "caravan.db").write_bytes(b"no database at all" * 1000)
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (1, 1)
    assert "cannot be opened: file is not a database" in done.log


# options of a refused run, and a part of its line
REFUSED = [
    (("-a", "sicne=2019-01-01"), "did you mean 'since'?"),
    (("-s", "STORE_URL=mysql://localhost/x"), "STORE_URL names mysql; a store is sqlite or postgresql"),
    (("-s", 'FLOORS={"body": 7}'), "FLOORS must give shares from 0 to 1"),
    (("-s", "URLLENGTH_LIMIT=9000"), "URLLENGTH_LIMIT must be from 1 to 2083"),
    (("-s", "URLLENGTH_LIMIT=0"), "URLLENGTH_LIMIT must be from 1 to 2083"),
    (("-s", "DEPTH_LIMIT=3"), "MAX_HOPS_FROM_ARTICLE bounds how far pages without article lead"),
    (("-s", "MAX_COPIES=x"), "MAX_COPIES=x is not a whole number"),
    (("-s", "MAX_UNDATED=1.5"), "MAX_UNDATED=1.5 is not a whole number"),
    (("-s", "RETRY_TIMES=-5"), "RETRY_TIMES=-5 must be 0 or more"),
    (("-s", "CLOSESPIDER_TIMEOUT=-5"), "CLOSESPIDER_TIMEOUT=-5 must be 0 or more"),
    (("-s", "DOWNLOAD_DELAY=inf"), "DOWNLOAD_DELAY=inf is not a number"),
    (("-L", "nope"), "LOG_LEVEL=nope is no level"),
    (("-L", "10"), "LOG_LEVEL=10 is no level"),
    (("--pidfile", "{folder}"), "--pidfile {folder} cannot be written: Is a directory"),
    (("--pidfile", "{folder}/caravan.db"), "caravan.db belongs to the store, which it would overwrite"),
    (("--pidfile", "{folder}/log", "-s", "LOG_FILE={folder}/log"), "is the log, which it would overwrite"),
    (("--profile", "{folder}/none/p"), "none/p cannot be written: No such file or directory"),
    (("-s", "LOG_FILE={folder}/none/crawl.log"), "none/crawl.log cannot be written: No such file or directory"),
    (("-s", "LOG_FILE={folder}"), "cannot be written: Is a directory"),
    (("-s", "LOG_FILE=/dev/full"), "LOG_FILE=/dev/full cannot be written: No space left on device"),
    (("-s", "LOG_FILE={folder}/caravan.db"), "caravan.db belongs to the store"),
    (("-s", "LOG_FILE={folder}/runs/1/articles.jsonl"), "articles.jsonl lies in "),
    (("-s", "LOG_FILE={folder}/caravan.db-wal", "-s", "LOG_FILE_APPEND=0"), "caravan.db-wal belongs to the store"),
    (("-s", "LOG_FORMAT=%(nope)s"), "LOG_FORMAT=%(nope)s is no format of a log"),
    (("-s", "LOG_ENCODING=nope"), "LOG_ENCODING=nope is no encoding"),
    (("-s", "LOG_ENCODING=nope", "-s", "LOG_FILE={folder}/crawl.log"), "LOG_ENCODING=nope is no encoding"),
    (("-s", "JOBDIR={folder}/job"), "JOBDIR is not for this crawl"),
    (("-s", "FEED_URI={folder}/x.csv"), "FEED_URI is deprecated: -o "),
    (("-s", "RETRY_HTTP_CODES=abc"), "RETRY_HTTP_CODES=abc are no numbers"),
    (("-s", "FEEDS={bad"), "FEEDS={bad is not valid JSON: Expecting property name"),
    (("-s", "FEEDS=[1]"), "FEEDS=[1] must be a JSON object"),
    (("-s", "EXTENSIONS=5"), "EXTENSIONS=5 must be a JSON object"),
    (("-s", "FEEDS"), "Invalid -s value, use -s NAME=VALUE"),
    (("-s", 'FEEDS={"x.unknown": {}}'), "x.unknown: there is no format unknown; there are json, "),
    (("-O", "{folder}/x.unknown"), "Unrecognized output format 'unknown'"),
    (("-o", "x.csv:unknown"), "Unrecognized output format 'csv:unknown'"),
    (("-o", "-:jsonl", "-o", "-:csv"), "-:jsonl and -:csv are one output"),
    (("-O", "{folder}/x.csv", "-O", "{folder}/x.csv:jsonl"), "x.csv and {folder}/x.csv:jsonl are one output"),
    (("-s", 'FEEDS={"x.csv": 5}'), "FEEDS must give options to each file"),
    (("-s", "FEED_EXPORT_ENCODING=nope"), "articles.jsonl: no record can be written: unknown encoding: nope"),
    (("-s", 'FEEDS={"x.csv": {"format": "nope"}}'), "x.csv: there is no format nope; there are json, "),
    (("-s", 'FEEDS={"nowhere://x/y.csv": {"format": "csv"}}'), "there is no storage of the name nowhere"),
    (
        ("-s", 'FEEDS={"x.csv": {"format": "csv", "item_classes": ["no.X"]}}'),
        "x.csv: item_classes names no.X, which cannot be",
    ),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "item_filter": "no.X"}}'), "x.csv: item_filter names no.X, which"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "postprocessing": ["no.X"]}}'), "x.csv: postprocessing names no.X, "),
    (
        ("-s", 'FEEDS={"x.csv": {"format": "csv", "encoding": "nope"}}'),
        "x.csv: no record can be written: unknown encoding",
    ),
    (("-s", 'FEEDS={"x.json": {"format": "json", "indent": "x"}}'), "x.json: indent=x is not a whole number"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "fields": 5}}'), "x.csv: fields=5 is no list of columns"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "fields": "url"}}'), "x.csv: fields=url is no list of columns"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "fields": [1]}}'), "x.csv: there is no field 1 (known: article_id, "),
    (("-O", "{folder}/x.csv", "-s", "FEED_EXPORT_FIELDS=url,viewz"), "there is no field viewz; did you mean 'views'?"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv", "item_classes": "a.B"}}'), "x.csv: item_classes=a.B is no list"),
    (("-s", 'ITEM_PIPELINES={"json.loads": "a"}'), "ITEM_PIPELINES gives json.loads the place a, which is no number"),
    (("-s", 'EXTENSIONS={"no.such.X": 1}'), "EXTENSIONS names no.such.X, which cannot be loaded: No module named 'no'"),
    (
        ("-s", 'SPIDER_MIDDLEWARES={"no.such": 1}'),
        "SPIDER_MIDDLEWARES names no.such, which cannot be loaded: No module",
    ),
    (
        ("-s", 'ITEM_PIPELINES={"json.X": 1}'),
        "ITEM_PIPELINES names json.X, which cannot be loaded: Module 'json' doesn",
    ),
    (
        ("-s", 'DOWNLOAD_HANDLERS={"http": "x"}'),
        "DOWNLOAD_HANDLERS names x, which cannot be loaded: Error loading obje",
    ),
    (("-s", 'ADDONS={"no.such": 1}'), "ADDONS names no.such, which cannot be loaded: No module named 'no'"),
    (("-s", "SCHEDULER=no.X"), "SCHEDULER names no.X, which cannot be loaded: No module named 'no'"),
    (("-s", "TWISTED_REACTOR=no.X"), "TWISTED_REACTOR names no.X, which cannot be loaded: No module named 'no'"),
    (
        ("-s", "DNS_RESOLVER=x"),
        "DNS_RESOLVER names x, which cannot be loaded: Error loading object 'x': not a full path",
    ),
    (("-s", "STATS_CLASS=x"), "STATS_CLASS names x, which cannot be loaded: Error loading object 'x': not a full path"),
    (("-s", "FEED_URI_PARAMS=no.x"), "FEED_URI_PARAMS names no.x, which cannot be loaded: No module named 'no'"),
    (("-s", "SPIDER_MODULES=no"), "SPIDER_MODULES=no cannot be loaded: No module named 'no'"),
    (("-s", "REACTOR_THREADPOOL_MAXSIZE=0"), "REACTOR_THREADPOOL_MAXSIZE=0 must be 1 or more"),
    (("-s", "CONCURRENT_REQUESTS=0"), "CONCURRENT_REQUESTS=0 must be 1 or more"),
    (("-s", 'FEEDS={"x.csv": {"format": "csv"}, "./x.csv": {"format": "csv"}}'), "./x.csv and x.csv are one file"),
    (("-O", "{folder}/%(nope)s.csv"), "there is no %(nope)s; a file's name may hold time, "),
    (("-O", "{folder}/%(time)d.csv"), "%(time)d.csv is no template of a file's name: %d format: a real number is "),
    (("-O", "{folder}:csv"), "is a folder, not a file"),
    (("-O", "{folder}/caravan.db:csv"), "caravan.db belongs to the store, which a feed would overwrite"),
    (("-o", "{folder}/caravan.db-wal:csv"), "caravan.db-wal belongs to the store"),
    (("-O", "file://{folder}/caravan.db.lock:csv"), "caravan.db.lock belongs to the store"),
    (("-s", 'FEEDS={"%(data_dir)s/caravan.db": {"format": "csv"}}'), "belongs to the store"),
    (("-O", "{folder}/runs/20261127T073017Z-0a1b2c/articles.csv"), "where runs keep their own files"),
    (("-O", "{folder}/warc/x.csv"), "where runs keep their own files"),
    (("-O", "{folder}/log.csv", "-s", "LOG_FILE={folder}/log.csv"), "log.csv is the log, which a feed would overwrite"),
    (("-s", "DATADIR={folder}"), "there is no setting DATADIR; did you mean DATA_DIR?"),
    (("-s", "data_dir={folder}"), "there is no setting data_dir; did you mean DATA_DIR?"),
    (("-s", "nothing=1"), "there is no setting nothing: names of settings are in capitals"),
    (("-s", "since=2019-01-01"), "since is an argument of the spider: -a since=2019-01-01"),
    (("-s", "SITE=sample"), "site is an argument of the spider: -a site=sample"),
    (("-sections=news",), "sections is an argument of the spider: -a sections=news"),
    (("site=sample",), "site=sample is not read; an argument of the spider is written -a site=sample"),
    (("--since=2019-01-01",), "--since=2019-01-01 is not read; an argument of the spider is written -a since=2019-"),
    (("-urls=/",), "-urls=/ is not read; an argument of the spider is written -a urls=/"),
    (("more",), "more is not read; scrapy crawl --help lists the options"),
    (("-O", "{folder}/other.db:csv", "-s", "STORE_URL=sqlite:///{folder}/other.db"), "other.db belongs to the store"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_exit_code_2(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", *(option.replace("{folder}", str(tmp_path)) for option in options))
    assert (done.code, done.log.count("\n")) == (2, 1), done.log
    assert words.replace("{folder}", str(tmp_path)) in done.log
    assert not (tmp_path / "runs").exists()


def test_process_id_profile_and_a_log_in_the_folder_of_the_data_are_written_in_the_first_run(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    options = ["--pidfile", str(tmp_path / "pid"), "--profile", str(tmp_path / "profile")]
    options += ["-s", f"LOG_FILE={folder}/crawl.log", "-s", "RETRY_PRIORITY_ADJUST=-1"]
    done = crawl(folder, "-a", "site=sample", "-a", "limit=1", *options)
    assert done.code == 0, done.log[-1500:]
    assert (tmp_path / "pid").read_text(encoding="utf-8").strip().isdecimal()
    assert (tmp_path / "profile").stat().st_size > 1000
    assert "Exit code 0: ended at the limit of 1" in (folder / "crawl.log").read_text(encoding="utf-8")


def test_a_link_to_the_store_is_the_store(tmp_path: Path) -> None:
    open_in(tmp_path, "sample").close()
    store = tmp_path / "caravan.db"
    before = store.read_bytes()
    (tmp_path / "a.csv").symlink_to(store)
    (tmp_path / "b.csv").hardlink_to(store)
    for name in ("a.csv", "b.csv"):
        done = crawl(tmp_path, "-a", "site=sample", "-O", str(tmp_path / name))
        assert (done.code, done.log.count("\n")) == (2, 1)
        assert "belongs to the store" in done.log
    assert store.read_bytes() == before


def test_a_pipe_for_the_log_is_refused_without_waiting_for_its_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    done = crawl(tmp_path, "-a", "site=sample", "-s", f"LOG_FILE={tmp_path / 'log'}")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert "is a pipe" in done.log


@pytest.mark.parametrize(("closed", "code", "options"), [("2>&- >&- <&-", 0, ""), ("2>&-", 2, "-a sicne=2019-01-01")])
def test_closed_streams_change_no_exit_code(closed: str, code: int, options: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=5)) as server:
        words = " ".join(command("-a", f"site={server.url}", "-s", f"DATA_DIR={tmp_path}"))
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {words} {options} {closed}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            timeout=TIMEOUT,
            check=False,
        )
    assert (done.returncode, done.stdout) == (code, b"")
    if code == 0:
        assert report(tmp_path)["exit_code"] == 0
        assert (tmp_path / "caravan.db").read_bytes().startswith(b"SQLite format 3")


def test_exit_code_2_for_the_store_of_another_site(tmp_path: Path) -> None:
    store = open_in(tmp_path, "caravan.kz")
    keep(store, article("https://www.caravan.kz/"))
    store.close()
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (2, 1)
    message = "holds the articles of caravan.kz; for those of the sample site name another folder: -s DATA_DIR=FOLDER"
    assert message in done.log


def test_exit_code_3_and_its_sections_floor(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", 'FLOORS={"views": 0.99}')
    assert (done.crawl.code, done.report["outcome"]) == (3, "below_floors")
    assert done.report["reason"].startswith("views is found in 90 % of 60 articles only")


def test_exit_code_4(tmp_path: Path) -> None:
    file = earlier_file(tmp_path)
    done = run(tmp_path, "-s", "RETRY_TIMES=0", "-O", str(file), faults=("errors_500:always:2",))
    assert (done.crawl.code, done.report["outcome"]) == (4, "unreachable")
    assert "pages failed" in done.crawl.log.splitlines()[-1]
    assert file.read_text(encoding="utf-8") == EARLIER


def test_exit_code_5(tmp_path: Path) -> None:
    store = open_in(tmp_path, "sample")
    done = crawl(tmp_path, "-a", "site=sample")
    store.close()
    assert (done.code, done.log.count("\n")) == (5, 1)
    assert "another run is using " in done.log
    assert not (tmp_path / "runs").exists()


def test_exit_code_0_for_runs_that_closespider_cuts_short(tmp_path: Path) -> None:
    """Together with the run that continues them, they publish each article once."""
    site = SampleSite(articles=30)
    published: list[str] = []
    with serve(site) as server:
        for setting in ("CLOSESPIDER_PAGECOUNT=2", "CLOSESPIDER_ITEMCOUNT=12", "CLOSESPIDER_TIMEOUT=0"):
            done = crawl(tmp_path, "-a", f"site={server.url}", "-s", setting)
            assert done.code == 0, done.log[-2000:]
            published += [article["url"] for article in done.articles]
            name, number = setting.split("=")
            reason = f"ended at the limit {name}; the next run continues" if number != "0" else "complete"
            assert (report(tmp_path)["outcome"], report(tmp_path)["reason"]) == ("sound", reason)
            assert (0 < len(published) < 30) is (name == "CLOSESPIDER_ITEMCOUNT")
        assert sorted(published) == sorted(record["url"] for record in site.gold(server.url))


@pytest.mark.parametrize("place", ["open_store", "tune_gc"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_before_the_crawl_has_begun(
    number: signal.Signals, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILL_WITH", number.name)
    monkeypatch.setenv("KILL_AT", place)
    log, alarm, code = tmp_path / "crawl.log", tmp_path / "alarm", 128 + number
    options = ("-s", f"LOG_FILE={log}", "-s", f"ON_FAILURE=sh -c 'cat > {alarm}'")
    done = crawl(tmp_path, "-a", "site=sample", *options, module="tests.crawl.interrupted")
    line = "stopped on request; the same command continues"
    assert (done.code, done.log) == (code, f"scrapy crawl: {line}\n")
    assert log.read_text(encoding="utf-8").splitlines()[-1] == f"Exit code {code}: {line}"
    assert json.loads(alarm.read_text()) == {"exit_code": code, "outcome": "stopped", "reason": line}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_crawl_starts(number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILL_WITH", number.name)
    done = crawl(tmp_path, "-a", "site=sample", module="tests.crawl.stopped_early")
    run_report = report(tmp_path)
    assert done.code == run_report["exit_code"] == 128 + number, done.log[-2000:]
    assert run_report["reason"] == "stopped on request; the same command continues"


def test_ctrl_c_while_the_commands_are_loaded() -> None:
    code = "import caravan_crawler.commands\nraise {}"
    done = [
        subprocess.run(
            [sys.executable, "-c", code.format(error)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        for error in ("KeyboardInterrupt", "ValueError")
    ]
    assert (done[0].returncode, done[0].stderr) == (130, "scrapy: stopped on request\n")
    assert (done[1].returncode, done[1].stderr.splitlines()[-1]) == (1, "ValueError")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_exit_codes_130_and_143(number: signal.Signals, tmp_path: Path) -> None:
    """A stopped run reports it, and publishes nothing."""
    file = earlier_file(tmp_path)
    with serve(SampleSite(articles=500)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-O", str(file), stop_with=number)
    run_report = report(tmp_path)
    assert done.code == run_report["exit_code"] == 128 + number
    assert run_report["outcome"] == "stopped"
    assert run_report["articles"]["new"] > 0
    assert file.read_text(encoding="utf-8") == EARLIER
    assert "articles" not in done.tables


def test_killed_run_leaves_no_partial_file(tmp_path: Path) -> None:
    file = earlier_file(tmp_path)
    with serve(SampleSite(articles=500)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-O", str(file), stop_with=signal.SIGKILL)
    assert done.code == -signal.SIGKILL
    assert file.read_text(encoding="utf-8") == EARLIER
    assert "articles" not in done.tables
