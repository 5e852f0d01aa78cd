"""Publication: each state of an article is in the feeds of one run, whatever happened to runs, clocks and pages."""

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from tests.support.crawling import TIMEOUT, Crawl, crawl, read_csv, read_jsonl, start, start_by_clock
from tests.support.kills import Stored, check_published, stored_so_far
from tests.support.plain_site import Answer, Answers, article, links, page, serve_plain

ARTICLES = 20


def published(data_dir: Path) -> list[str]:
    """URLs in all feeds of articles."""
    return [line["url"] for file in data_dir.glob("runs/*/articles.jsonl") for line in read_jsonl(file)]


NO_TEXT = Answer("<html><body><h1>Bez teksta</h1></body></html>")
FAILURES = {
    "500": Answer("", status=500),
    "404": Answer("", status=404),
    "304": Answer("", status=304),
    "no text": NO_TEXT,
}


def test_articles_that_fail_after_a_run_below_the_floors(tmp_path: Path) -> None:
    """Articles were stored but not published, some without a date, which the site does not give; some fail next."""
    paths = [f"/news/sovet-utverdil-plan-{number}/" for number in range(610_000, 610_090)]  # 8 of them may fail
    answers: Answers = {path: article(number) for number, path in enumerate(paths)}
    victims = {(failure, has_date): paths.pop() for failure in FAILURES for has_date in (True, False)}
    for (_, has_date), path in victims.items():
        if not has_date:
            answers[path] = str(answers[path]).replace("article:published_time", "x")
    answers |= {"/": page("Газета", links(*paths, *victims.values()))}
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=100000")
        first = crawl(tmp_path, *options, "-s", 'FLOORS={"views": 1.0}')
        assert first.code == 3, first.log[-1000:]
        assert published(tmp_path) == []
        server.answers |= {path: FAILURES[failure] for (failure, _), path in victims.items()}
        second = crawl(tmp_path, *options)
        assert second.code == 0, second.log[-1000:]
        times = Counter(urlsplit(url).path for url in published(tmp_path))
        assert {case: times[path] for case, path in victims.items()} == dict.fromkeys(victims, 1)
        # The others without a date are read again, and have none again.
        assert times == dict.fromkeys((*paths, *victims.values()), 1)
    check_published(tmp_path)


def stop(data_dir: Path, *options: str) -> None:
    process = start(data_dir, *options, "-s", "DOWNLOAD_DELAY=0.1")  # so slow that it does not end before the kill
    while process.poll() is None:
        if stored_so_far(data_dir) > 10:
            process.kill()
        time.sleep(0.05)
    process.communicate(timeout=TIMEOUT)


def sound(done: Crawl) -> None:
    assert done.code == 0, done.log[-2000:]


# The arguments of a killed run, and those of the successful runs after it.
SCOPES = [
    (["sections=news"], [[]]),
    ([], [["sections=news"], []]),
    (["since=2015-01-01"], [["sections=sport"], ["until=2014-12-31"], []]),
]


@pytest.mark.parametrize(("killed", "following"), SCOPES)
def test_leftovers_of_a_run_of_another_kind(killed: list[str], following: list[list[str]], tmp_path: Path) -> None:
    with serve(SampleSite(articles=36)) as server:
        site = ("-a", f"site={server.url}")
        stop(tmp_path, *site, *(option for argument in killed for option in ("-a", argument)))
        assert published(tmp_path) == []
        for arguments in following:
            sound(crawl(tmp_path, *site, *(option for argument in arguments for option in ("-a", argument))))
    check_published(tmp_path)


def test_an_article_outside_a_period_waits_for_runs_without_one(tmp_path: Path) -> None:
    new, old = ([f"/news/{word}-{name}/" for word in ("shkola", "teatr", "most")] for name in ("otkryt", "zakryt"))
    answers: Answers = {path: article(number, day="2026-11-20") for number, path in enumerate(new)}
    answers |= {path: article(number, day="2026-10-20") for number, path in enumerate(old, 10)}
    answers |= {"/": page("Газета", links(*new, *old))}
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        sound(crawl(tmp_path, *options, "-a", "limit=1", "-s", "CONCURRENT_REQUESTS=1"))  # reads one of the new ones
        for number in range(2):
            server.requests.clear()
            sound(crawl(tmp_path, *options, "-a", "since=2026-11-01"))
            assert (set(old) <= set(server.requests)) is (number == 0)
        server.answers["/"] = page("Газета", links(*new))  # no page names the old ones any longer
        done = crawl(tmp_path, *options)
        sound(done)
        assert {urlsplit(record["url"]).path for record in done.articles} == set(old)
    check_published(tmp_path)


def test_a_clock_that_was_ahead_for_one_run(tmp_path: Path) -> None:
    site = SampleSite(articles=ARTICLES)
    with serve(site) as server:
        options = ("-a", f"site={server.url}")
        ahead = start_by_clock(tmp_path, *options, FAKETIME="+40d")
        log, _ = ahead.communicate(timeout=TIMEOUT)
        assert ahead.returncode == 0, log[-2000:]
        site.publish(20)
        stored = len(Stored(tmp_path).rows("articles"))
        process = start(tmp_path, *options)
        while process.poll() is None and stored_so_far(tmp_path) < stored + 8:
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=TIMEOUT)
        sound(crawl(tmp_path, *options))
        sound(crawl(tmp_path, *options))
        assert len(Stored(tmp_path).rows("articles")) == len(list(site.gold(server.url)))
    check_published(tmp_path)


def test_a_clock_that_is_behind_publishes_no_article_without_its_date(tmp_path: Path) -> None:
    paths = [f"/news/sovet-utverdil-plan-{number}-61000{number}/" for number in range(1, 5)]
    yesterday = (datetime.now(ALMATY) - timedelta(days=1)).date().isoformat()  # today's 09:00 may not be yet
    answers: Answers = {path: article(number, day=yesterday) for number, path in enumerate(paths, 1)}
    answers |= {"/": page("Газета", links(*paths)), "/news/": page("Новости", links(*paths))}
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}")
        behind = start_by_clock(tmp_path, *options, FAKETIME="-3d")
        log, _ = behind.communicate(timeout=TIMEOUT)
        assert behind.returncode == 3, log[-2000:]
        assert "the dates of 4 of 4 articles are in the future" in log.splitlines()[-1]
        done = crawl(tmp_path, *options)
    sound(done)
    assert [record["date_published"] for record in done.articles] == [yesterday] * 4


def test_a_clock_that_is_set_back_in_the_middle_of_a_run(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    data_dir = tmp_path / "data"
    site = SampleSite(articles=ARTICLES)
    with serve(site) as server:
        options = ("-a", f"site={server.url}")
        by_file = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
        process = start_by_clock(data_dir, *options, **by_file)
        while process.poll() is None and server.hits < 16:
            time.sleep(0.01)
        clock.write_text("-3600")
        log, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, log[-2000:]
        check_published(data_dir)
        sound(crawl(data_dir, *options))
        assert len(Stored(data_dir).rows("articles")) == len(list(site.gold(server.url)))
    check_published(data_dir)


def test_run_with_nothing_to_request_succeeds(tmp_path: Path) -> None:
    """A run was killed at its end: the next one has no due source, and still succeeds."""
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        sound(crawl(tmp_path, *options))
        process = start(tmp_path, *options)
        while process.poll() is None and not _has_read_its_sources(tmp_path):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)
        sound(crawl(tmp_path, *options))
    check_published(tmp_path)


def _has_read_its_sources(data_dir: Path) -> bool:
    store = Stored(data_dir)
    started = max((row["started_at"] for row in store.rows("runs")), default="9")
    read = {row["path"] for row in store.rows("sources") if row["read_at"] >= started}
    return {"/", "/rss/", "/news/"} <= read and len(store.rows("runs")) == 2


def test_feeds_that_are_switched_off_publish_nothing(tmp_path: Path) -> None:
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}")
        sound(crawl(tmp_path, *options, "-s", "FEEDS={}"))
        assert {row["published_in"] for row in Stored(tmp_path).rows("articles")} == {None}
        sound(crawl(tmp_path, *options))
    check_published(tmp_path)


def test_without_a_store_each_run_publishes_everything(tmp_path: Path) -> None:
    with serve(SampleSite(articles=10)) as server:
        for _ in range(2):
            done = crawl(tmp_path, "-a", f"site={server.url}", "-s", "STORE_URL=none")
            sound(done)
            assert len(done.articles) == len(list(server.site.gold(server.url)))
        limited = crawl(tmp_path, "-a", f"site={server.url}", "-a", "limit=5", "-s", "STORE_URL=none")
    assert "ended at the limit of 5; nothing is stored, so the next run starts anew" in limited.log
    assert not (tmp_path / "caravan.db").exists()


def kill_at_a_rename(data_dir: Path, number: int, *options: str) -> None:
    os.environ["KILL_AT"] = f"os.rename {number}"
    try:
        process = start(data_dir, *options, module="tests.crawl.killed")
    finally:
        del os.environ["KILL_AT"]
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == -signal.SIGKILL


def test_a_folder_that_cannot_be_made_whole_is_published_by_the_next_run(tmp_path: Path) -> None:
    """One file of a killed run cannot be moved, so none of its files is published, and no row appended twice."""
    path = tmp_path / "all.jsonl"
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}", "-o", str(path))
        kill_at_a_rename(tmp_path, 3, *options)
        (folder,) = (tmp_path / "runs").iterdir()
        (folder / "weather.csv").mkdir()  # in the way
        sound(crawl(tmp_path, *options))
        (folder / "weather.csv").rmdir()
        assert not list(folder.glob("*.jsonl")), "moved files are moved back"
        assert sorted(urls(path)) == all_of(server)
    check_published(tmp_path)


@pytest.mark.parametrize("renamed", [1, 3])
def test_a_folder_that_is_moved_after_a_kill_is_completed_at_its_new_place(renamed: int, tmp_path: Path) -> None:
    old, new, elsewhere = tmp_path / "old", tmp_path / "new", tmp_path / "all.csv"
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}", "-O", str(elsewhere))
        kill_at_a_rename(old, renamed, *options)
        old.rename(new)
        sound(crawl(new, *options))
        number = len(list(server.site.gold(server.url)))
    assert len(published(new)) == number
    assert len(read_csv(elsewhere)) == number
    assert not list(tmp_path.rglob("*.part"))
    check_published(new)


def test_a_run_with_another_folder_and_the_same_store_completes_the_folder_of_the_killed_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}", "-s", f"STORE_URL=sqlite:///{tmp_path}/caravan.db")
        kill_at_a_rename(first, 3, *options)
        sound(crawl(second, *options))
        assert len(published(first)) == len(list(server.site.gold(server.url)))
    assert published(second) == []


def test_absolute_paths_of_an_earlier_version_that_are_gone_are_published_again(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with serve(SampleSite(articles=10)) as server:
        options = ("-a", f"site={server.url}")
        kill_at_a_rename(old, 1, *options)
        (row,) = [row for row in Stored(old).rows("store_info") if row["name"].startswith("placing")]
        note = json.loads(row["value"])
        del note["data_dir"]
        note["files"] = [[str(old / file) for file in move[:2]] for move in note["files"]]
        with closing(sqlite3.connect(old / "caravan.db")) as connection, connection:
            connection.execute("UPDATE store_info SET value = ? WHERE name = ?", (json.dumps(note), row["name"]))
        old.rename(new)
        sound(crawl(new, *options))
        assert len(published(new)) == len(list(server.site.gold(server.url)))
    check_published(new)


# Files of -o and -O that change between a killed run and the next one


def urls(path: Path) -> list[str]:
    return [row["url"] for row in (read_csv(path) if path.suffix == ".csv" else read_jsonl(path))]


def all_of(*servers: SampleServer) -> list[str]:
    return sorted(record["url"] for server in servers for record in server.site.gold(server.url))


@pytest.mark.parametrize("killed_at", [1, 2], ids=["before it is published", "while it is published"])
@pytest.mark.parametrize(("name", "is_there"), [("all.jsonl", False), ("all.csv", True)])
def test_rows_that_another_run_has_appended_since_are_kept(
    name: str, is_there: bool, killed_at: int, tmp_path: Path
) -> None:
    path = tmp_path / name
    with serve(SampleSite(articles=8)) as first, serve(SampleSite(articles=6)) as second:
        a, b = (("-a", f"site={server.url}", "-o", str(path)) for server in (first, second))
        if is_there:
            sound(crawl(tmp_path / "b", *b))
            second.site.publish(3)
        kill_at_a_rename(tmp_path / "a", killed_at, *a)
        sound(crawl(tmp_path / "b", *b))
        assert sorted(urls(path)) == all_of(second)
        for _ in range(2):
            sound(crawl(tmp_path / "a", *a))
            assert sorted(urls(path)) == all_of(first, second)
    assert not [file for file in tmp_path.rglob("*") if ".part" in file.name]
    check_published(tmp_path / "a")


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv"])
def test_rows_that_were_removed_since_are_not_there_again(name: str, tmp_path: Path) -> None:
    path, taken = tmp_path / name, tmp_path / f"taken-{name}"
    with serve(SampleSite(articles=8)) as server:
        options = ("-a", f"site={server.url}", "-o", str(path))
        sound(crawl(tmp_path, *options))
        server.site.publish(3)
        kill_at_a_rename(tmp_path, 2, *options)
        path.rename(taken)
        sound(crawl(tmp_path, *options))
        assert sorted(urls(taken) + urls(path)) == all_of(server)
    check_published(tmp_path)


def test_a_file_that_another_program_has_written_since_is_not_replaced(tmp_path: Path) -> None:
    """The next run says in one line where the rows are; they are in the killed run's own feeds, too."""
    path = tmp_path / "articles.csv"
    with serve(SampleSite(articles=8)) as server:
        options = ("-a", f"site={server.url}")
        kill_at_a_rename(tmp_path, 1, *options, "-O", str(path))
        path.write_text("mine\n", encoding="utf-8")
        done = crawl(tmp_path, *options)
        sound(done)
        assert path.read_text(encoding="utf-8") == "mine\n"
        (part,) = tmp_path.glob(".*.part")
        (line,) = [line for line in done.log.splitlines() if "ERROR" in line]
        assert f"{path} is not written; the records are in {part}: another program has written it since" in line
        part.rename(path)
        assert sorted(urls(path)) == all_of(server) == sorted(published(tmp_path))
        assert "ERROR" not in crawl(tmp_path, *options).log
    check_published(tmp_path)


def test_without_other_feeds_the_articles_of_a_file_that_is_not_written_are_in_the_next_one(tmp_path: Path) -> None:
    path, following = tmp_path / "all.csv", tmp_path / "next.csv"
    with serve(SampleSite(articles=8)) as server:
        options = ("-a", f"site={server.url}", "-s", "FEEDS={}")
        kill_at_a_rename(tmp_path, 1, *options, "-O", str(path))
        path.write_text("mine\n", encoding="utf-8")
        sound(crawl(tmp_path, *options, "-O", str(following)))
        assert path.read_text(encoding="utf-8") == "mine\n"
        assert sorted(urls(following)) == all_of(server)


def test_a_document_that_a_killed_run_gets_meanwhile_is_not_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    with serve(SampleSite(articles=8)) as server:
        options = ("-a", f"site={server.url}")
        kill_at_a_rename(tmp_path, 2, *options, "-o", str(path))
        before = all_of(server)
        server.site.publish(3)
        done = crawl(tmp_path, *options, "-o", str(path))
        assert done.code == 1, done.log[-2000:]
        assert f"{path} cannot be written: another run has written it meanwhile" in done.log
        assert sorted(row["url"] for row in json.loads(path.read_text(encoding="utf-8"))) == before
        sound(crawl(tmp_path, *options))
        assert sorted(published(tmp_path)) == all_of(server)
    check_published(tmp_path)
