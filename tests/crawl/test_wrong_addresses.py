"""Addresses that lead to another page than they name: no article is lost in silence or mixed with another one."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

PATHS = ["/news/sovet-utverdil-plan-rabot-610001/", "/news/shkolu-otkryli-posle-remonta-610002/"]


def test_an_article_that_redirects_to_a_list_is_a_failure(tmp_path: Path) -> None:
    answers: Answers = {
        "/": page("Газета", links(*PATHS)),
        "/news/": page("Новости", links(PATHS[0])),
        PATHS[0]: article(1),
        PATHS[1]: Answer("", HTML | {"Location": "/news/"}, 302),
    }
    with serve_plain(answers) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}")
    assert done.code == 0, done.log[-2000:]
    store = open_in(tmp_path)
    failures = {urlsplit(row["url"]).path: row["reason"] for row in table(store, schema.failures)}
    store.close()
    assert failures == {PATHS[1]: "redirected"}


def test_two_articles_of_one_number_day_and_headline_of_which_the_first_is_read_last(tmp_path: Path) -> None:
    first, second = "/news/premii-vruchili-luchshim-5000/", "/sport/bilety-na-match-po-5000/"
    waiting: list[Answer | str] = [article(1), Answer("", HTML, 500), Answer("", HTML, 500)]
    answers: Answers = {
        "/": page("Газета", links(first, second)),
        "/news/": page("Новости", links(first)),
        second: article(2).replace("Статья о деле 2", "Статья о деле 1"),
    }
    with serve_plain(answers, lambda path: waiting.pop() if path == first else None) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-s", "BACKOFF_START=0.2")
    assert done.code == 0, done.log[-2000:]
    found = {urlsplit(row["url"]).path: row["body"] for row in done.articles}
    assert found.keys() == {first, second}
    assert "номер 1 " in found[first]
    assert "номер 2 " in found[second]


SHORT_LINK = '<link rel=shortlink href="/?p=777777">'
# what of the head, the first article, and those that a later run finds
SHARED_NUMBERS = [
    ("", "/news/premii-vruchili-luchshim-5000/", ["/sport/bilety-na-match-po-5000/"]),
    (
        SHORT_LINK,
        "/news/kurs-valyut-na-pyatoe-maya/",
        ["/news/kurs-valyut-na-shestoe-maya/", "/sport/matchi-otlozhili/"],
    ),
]


@pytest.mark.parametrize(("head", "first", "others"), SHARED_NUMBERS)
def test_articles_with_one_number_in_several_runs(head: str, first: str, others: list[str], tmp_path: Path) -> None:
    paths = [first, *others]
    pages: Answers = {
        path: article(number, day=f"2026-11-{number:02d}", head=head) for number, path in enumerate(paths, 1)
    }
    with serve_plain({"/news/": page("Новости", links(first)), first: pages[first]}) as server:
        for home, days in ((links(first), 0), (links(*paths), 0), (links(*paths), 10000)):
            server.answers |= pages | {"/": page("Газета", home)}
            done = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"refresh_days={days}")
            assert done.code == 0, done.log[-2000:]
    store = open_in(tmp_path)
    found = {urlsplit(row["url"]).path: row["headline"] for row in table(store, schema.articles)}
    store.close()
    assert found == {path: f"Статья о деле {number}" for number, path in enumerate(paths, 1)}
    assert len(done.articles) == 0, "each was announced as new once"
