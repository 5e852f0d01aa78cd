"""An article that was edited when the site moved it: its old address leads to the new one, and it stays one."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from caravan_crawler.store import database, schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

OLD, NEW = "/news/statya-o-mostah-610001/", "/news/mosty-otkroyut-osenju/"
DAY = database.after(database.now(), timedelta(days=-1))[:10]


def test_an_edited_article_at_a_new_address_is_stored_once(tmp_path: Path) -> None:
    answers: Answers = {
        "/": page("Газета", links(OLD)),
        "/news/": page("Новости", links(OLD)),
        OLD: article(1, day=DAY),
    }
    with serve_plain(answers) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        store = open_in(tmp_path)
        store.execute(update(schema.articles).values(checked_at="2026-01-01T00:00:00+00:00"))
        store.execute(update(schema.sources).values(read_at="2026-01-01T00:00:00+00:00"))
        store.close()
        edited = article(1, day=DAY).replace("Статья о деле 1", "Мосты откроют осенью")
        server.answers |= {"/": page("Газета", links(NEW)), "/news/": page("Новости", links(NEW)), NEW: edited}
        server.answers[OLD] = Answer("", HTML | {"Location": NEW}, 301)
        done = crawl(tmp_path, "-a", f"site={server.url}")
        assert done.code == 0, done.log[-2000:]
    store = open_in(tmp_path)
    (row,) = table(store, schema.articles)
    assert (row["article_id"], row["headline"], row["url"]) == (
        610001,
        "Мосты откроют осенью",
        f"{server.url}{NEW[1:]}",
    )
    assert {each["article_key"] for each in table(store, schema.article_versions)} == {row["key"]} == {"610001"}
    store.close()


@pytest.mark.parametrize(("source", "times"), [("/", 0), ("/news/drugoe-delo-620002/", 1)], ids=["new", "read again"])
def test_an_old_address_that_is_gone(source: str, times: int, tmp_path: Path) -> None:
    """It is asked for only if what is new does not say where the article is, and fails no run."""
    others = [f"/news/drugoe-delo-62000{number}/" for number in range(3)]
    answers: Answers = {"/": page("Газета", links(OLD, *others)), OLD: article(1, day=DAY)}
    answers |= {path: article(number, day=DAY) for number, path in enumerate(others, 2)}
    with serve_plain(answers) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        server.answers |= {NEW: article(1, day=DAY), OLD: Answer("", HTML, 404)}
        server.answers[source] = page("Газета", links(NEW)) if source == "/" else article(4, day=DAY, more=links(NEW))
        server.requests.clear()
        done = crawl(tmp_path, "-a", f"site={server.url}", "-s", "CONCURRENT_REQUESTS=1")
    assert done.code == 0, done.log[-2000:]
    assert [server.requests.count(path) for path in (OLD, NEW)] == [times, 1]
    assert done.stat("caravan/absent/read_elsewhere") == times
