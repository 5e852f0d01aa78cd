"""Addresses that lead to another page than they name: no article is lost in silence or mixed with another one."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

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


NUMBERED = ["/news/sovet-utverdil-plan-rabot-610001/", "/news/shkolu-otkryli-posle-remonta-610002/"]
UNNUMBERED = ["/news/sovet-utverdil-plan-rabot/", "/news/shkolu-otkryli-posle-remonta/"]


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("is_target_read_before", [True, False])
@pytest.mark.parametrize("paths", [NUMBERED, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_a_temporary_redirect_to_another_article(
    paths: list[str], is_target_read_before: bool, status: int, tmp_path: Path
) -> None:
    first, second = paths
    listed = paths if is_target_read_before else paths[::-1]
    answers: Answers = {
        "/": page("Газета", links(*listed)),
        first: article(1),
        second: Answer("", HTML | {"Location": first}, status),
    }
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0", "-s", "CONCURRENT_REQUESTS=1")
        done = crawl(tmp_path, *options)
        assert done.code == 0, done.log[-2000:]
        assert stored(tmp_path) == ({first: "Статья о деле 1"}, {second: "redirected"})
        server.answers[second] = article(2)
        assert crawl(tmp_path, *options).code == 0
        assert stored(tmp_path) == ({first: "Статья о деле 1", second: "Статья о деле 2"}, {})


# the redirect's status, its URL, and the URL to which it leads
FOR_GOOD = [
    (301, UNNUMBERED[1], UNNUMBERED[0]),
    (302, "/sport/shkolu-otkryli-posle-remonta-610002/", NUMBERED[1]),
    (302, NUMBERED[1], UNNUMBERED[1]),
    (302, "/?p=610002", NUMBERED[1]),
]


@pytest.mark.parametrize(("status", "alias", "own"), FOR_GOOD)
def test_an_alias_is_requested_once(status: int, alias: str, own: str, tmp_path: Path) -> None:
    answers: Answers = {
        "/": page("Газета", links(alias)),
        own: article(1),
        alias: Answer("", HTML | {"Location": own}, status),
    }
    with serve_plain(answers) as server:
        for _ in range(2):
            assert crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0").code == 0
        assert server.requests.count(alias) == 1
    assert stored(tmp_path) == ({own: "Статья о деле 1"}, {})


@pytest.mark.parametrize("is_first_run", [True, False])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("paths", [NUMBERED, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_a_cache_that_answers_with_the_page_of_another_article(
    paths: list[str], order: int, is_first_run: bool, tmp_path: Path
) -> None:
    first, second = (
        article(number, head=f'<link rel=canonical href="{path}">') for number, path in enumerate(paths, 1)
    )
    right = dict(zip(paths, (first, second), strict=True))
    headlines = {path: f"Статья о деле {number}" for number, path in enumerate(paths, 1)}
    with serve_plain({"/": page("Газета", links(*paths[::order])), **right}) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=100000", "-s", "CONCURRENT_REQUESTS=1")
        if not is_first_run:
            assert crawl(tmp_path, *options).code == 0
        server.answers[paths[1]] = first
        done = crawl(tmp_path, *options)
        assert (done.code, len(done.articles)) == (0, int(is_first_run)), done.log[-2000:]
        assert stored(tmp_path) == (dict([*headlines.items()][: 2 - is_first_run]), {paths[1]: "other_article"})
        server.answers[paths[1]] = second
        store = open_in(tmp_path)
        store.execute(update(schema.failures).values(retry_at="2020-01-01T00:00:00+00:00"))
        store.close()
        done = crawl(tmp_path, *options)
        assert (done.code, len(done.articles)) == (0, int(is_first_run)), done.log[-2000:]
    assert stored(tmp_path) == (headlines, {})
    store = open_in(tmp_path)
    assert table(store, schema.aliases) == []
    store.close()


def stored(data_dir: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headlines of the stored articles and the reasons of the failures, by path."""
    store = open_in(data_dir)
    found = {urlsplit(row["url"]).path: row["headline"] for row in table(store, schema.articles)}
    failures = {urlsplit(row["url"]).path: row["reason"] for row in table(store, schema.failures)}
    store.close()
    return found, failures


@pytest.mark.parametrize("answer", [Answer("", HTML, 404), Answer("", HTML | {"Location": "/"}, 302)], ids=str)
def test_dead_links_that_are_due_together_do_not_fail_a_run_with_little_else(answer: Answer, tmp_path: Path) -> None:
    own = [f"/news/aktsiya-v-parke-{number}/" for number in range(620_000, 620_070)]
    dead = [f"/news/snyali-s-sayta-zapis-{number}/" for number in range(630_000, 630_007)]
    answers: Answers = {
        "/": page("Газета", links(*own, *dead)),
        **{path: article(number) for number, path in enumerate(own)},
        **dict.fromkeys(dead, answer),
    }
    new = "/news/otkryli-katok-u-ozera-640000/"
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-s", "RETRY_TIMES=0")
        assert crawl(tmp_path, *options).code == 0
        store = open_in(tmp_path)
        store.execute(update(schema.failures).values(retry_at="2020-01-01T00:00:00+00:00"))
        store.close()
        server.answers |= {"/": page("Газета", links(*own, *dead, new)), new: article(99)}
        done = crawl(tmp_path, *options)
    assert (done.code, [row["article_id"] for row in done.articles]) == (0, [640_000]), done.log[-2000:]
    assert min(map(server.requests.count, dead)) == 2, "and they are tried again"
