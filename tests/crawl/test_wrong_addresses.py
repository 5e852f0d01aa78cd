"""Addresses that lead to another page than they name: no article is lost in silence or mixed with another one."""

from pathlib import Path
from urllib.parse import urlsplit

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
