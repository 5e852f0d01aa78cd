"""Leftovers of earlier runs: articles without a date, articles out of a period, list pages that nobody can read."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.crawling import TIMEOUT, crawl, read_jsonl, start
from tests.support.kills import Stored
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

PATHS = [f"/news/zasedanie-soveta-{number}/" for number in range(630_001, 630_041)]


def undated(number: int) -> str:
    return article(number).replace("article:published_time", "x")


def published(data_dir: Path) -> list[dict[str, object]]:
    return [row for feed in data_dir.glob("runs/*/articles.jsonl") for row in read_jsonl(feed)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_articles_that_a_stopped_run_read_without_a_date_are_read_again(number: signal.Signals, tmp_path: Path) -> None:
    site: Answers = {"/": page("Газета", links(*PATHS)), "/news/": page("Новости", links(*PATHS))}
    with serve_plain(site | {path: undated(place) for place, path in enumerate(PATHS)}) as server:
        process = start(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_DELAY=0.05")
        while sum(path in PATHS for path in server.requests) < 20 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(number)
        process.communicate(timeout=TIMEOUT)
        assert published(tmp_path) == []
        assert any(row["date_published"] is None for row in Stored(tmp_path).rows("articles"))
        server.answers |= {path: article(place) for place, path in enumerate(PATHS)}
        done = crawl(tmp_path, "-a", f"site={server.url}")
        assert done.code == 0, done.log[-2000:]
    assert len(published(tmp_path)) == len(PATHS)
    assert {row["date_published"] for row in published(tmp_path)} == {"2026-11-20"}


@pytest.mark.parametrize("period", ["until=2026-11-01", "since=2026-11-27"])
def test_an_article_out_of_a_period_whose_headline_ends_in_a_number(period: str, tmp_path: Path) -> None:
    path = "/news/akcii-kompanii-vyrosli-do-5600/"
    answers: Answers = {
        path: article(1, head=f'<link rel="canonical" href="{path}">').replace("о деле 1<", "о росте до 5600<"),
        "/": page("Газета", links(path)),
        "/news/": page("Новости", links(path, *PATHS[:2])),
        PATHS[0]: article(2, day="2026-10-20"),
        PATHS[1]: article(3, day="2026-11-28"),
    }
    with serve_plain(answers) as server:
        site = f"site={server.url}"
        assert path not in [row["url"] for row in crawl(tmp_path, "-a", site, "-a", period).articles]
        assert server.url + path[1:] in [row["url"] for row in crawl(tmp_path, "-a", site).articles]


@pytest.mark.parametrize(("section", "arguments"), [("news", []), ("sport", ["-a", "sections=sport"])])
def test_a_listing_is_read_from_its_top_though_an_article_is_left_over(
    section: str, arguments: list[str], tmp_path: Path
) -> None:
    paths = [f"/{section}/zasedanie-soveta-{number}/" for number in range(630_001, 630_041)]
    answers: Answers = {path: article(place) for place, path in enumerate(paths)}
    for number, top in enumerate((f"/{section}/", f"/{section}/page/2/", f"/{section}/page/3/")):
        cards = links(*paths[10 * number : 10 * (number + 1)])
        following = f"<a class=next href=/{section}/page/{number + 2}/>Далее</a>"
        answers[top] = page("Список", f"<h1>Список</h1>{cards}{following}")
    with serve_plain(answers) as server:
        options = "-a", f"site={server.url}", "-s", "CONCURRENT_REQUESTS=1", *arguments
        assert crawl(tmp_path, *options, "-a", "limit=15").code == 0
        server.requests.clear()
        crawl(tmp_path, *options)
    assert set(paths) & set(server.requests[: server.requests.index("/")])
    assert f"/{section}/" in server.requests


def test_list_pages_behind_the_last_one_that_nobody_can_read(tmp_path: Path) -> None:
    """Two lists link to pages behind their last ones; those of one answer 403, those of the other 500."""
    statuses = {"news": 403, "sport": 500}
    paths = {
        section: [f"/{section}/zasedanie-soveta-{first + number}/" for number in range(20)]
        for section, first in zip(statuses, (630_001, 640_001), strict=True)
    }
    answers: Answers = {"/": page("Газета", links("/news/", "/sport/"))}
    answers |= {path: article(place) for place, path in enumerate(paths["news"] + paths["sport"])}
    for section, own in paths.items():
        for number, address in enumerate((f"/{section}/", f"/{section}/page/2/"), 1):
            cards = links(*own[10 * (number - 1) : 10 * number])
            following = f"<a class=next href=/{section}/page/{number + 1}/>Далее</a>"
            answers[address] = page("Список", f"<h1>Список</h1>{cards}{following}")
    options = "-s", "RETRY_TIMES=0", "-s", "BACKOFF_START=0.01"

    def refuse(target: str) -> Answer | None:
        section, _, number = target[1:].partition("/page/")
        return Answer("", HTML, statuses[section]) if number else None

    with serve_plain(answers, refuse) as server:
        for _ in range(4):
            assert crawl(tmp_path, "-a", f"site={server.url}", *options).code == 4
        with closing(sqlite3.connect(tmp_path / "caravan.db")) as store, store:
            earlier = "strftime('%Y-%m-%dT%H:%M:%S+00:00', {}, '-7 hours')"
            columns = "first_failed_at", "last_failed_at", "retry_at"
            store.execute(f"UPDATE failures SET {', '.join(f'{name} = {earlier.format(name)}' for name in columns)}")
        done = crawl(tmp_path, "-a", f"site={server.url}", *options)
    assert done.code == 0, done.log[-2000:]
    assert len(published(tmp_path)) == 40
