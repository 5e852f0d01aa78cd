"""A site that has a text at two addresses, both alive: the article keeps the one where it was read first."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

OWN = "/news/shkolu-otkryli-posle-remonta/"
CANONICAL = f'<link rel=canonical href="{OWN}">'
OG_URL = f'<meta property="og:url" content="{OWN}">'
# second address, and the heads of the two pages
SECOND = [
    ("/print/shkolu-otkryli-posle-remonta/", CANONICAL, ""),
    ("/sport/shkolu-otkryli-posle-remonta/", "", ""),
    ("/print/shkola-dlya-pechati/", CANONICAL, ""),
    (OWN.upper(), "", ""),
    (OWN.upper(), CANONICAL, CANONICAL),
    ("/News/Shkolu-Otkryli-Posle-Remonta/", OG_URL, OG_URL),
]
NUMBERED = "/news/shkolu-otkryli-posle-remonta-610002/"


def run(data_dir: Path, url: str, *options: str) -> Crawl:
    done = crawl(data_dir, "-a", f"site={url}", "-a", "refresh_days=100000", "-s", "CONCURRENT_REQUESTS=1", *options)
    assert done.code == 0, done.log[-2000:]
    return done


def stored(data_dir: Path) -> dict[str, tuple[str, set[str]]]:
    """Return section and aliases of each article, by path."""
    store = open_in(data_dir)
    aliases = [(urlsplit(row["url"]).path, row["article_key"]) for row in table(store, schema.aliases)]
    found = {
        urlsplit(row["url"]).path: (row["section"], {path for path, key in aliases if key == row["key"]})
        for row in table(store, schema.articles)
    }
    store.close()
    return found


@pytest.mark.parametrize(("second", "own_head", "second_head"), SECOND)
def test_a_second_address_is_an_alias(second: str, own_head: str, second_head: str, tmp_path: Path) -> None:
    answers: Answers = {
        "/": page("Газета", links(OWN)),
        OWN: article(1, head=own_head, more=f'<p><a href="{second}">Ссылка на статью</a></p>'),
        second: article(1, head=second_head, more=f'<p><a href="{second}">Ссылка на статью</a></p>'),
    }
    with serve_plain(answers) as server:
        done = [run(tmp_path, server.url) for _ in range(3)]
        assert server.requests.count(second) == 1
    assert [len(each.articles) for each in done] == [1, 0, 0], "it was published again"
    ((path, (section, aliases)),) = stored(tmp_path).items()
    assert (path, section) == (OWN, "news")
    assert aliases <= {second}


GONE = [
    Answer("", HTML, 404),
    Answer("", HTML | {"Location": "/"}, 301),
    Answer("", HTML | {"Location": "/sport/shkolu-otkryli-posle-remonta/"}, 301),
]


@pytest.mark.parametrize("answer", GONE, ids=["missing", "home", "second"])
def test_an_article_moves_to_its_second_address_if_the_first_is_gone(answer: Answer, tmp_path: Path) -> None:
    second = "/sport/shkolu-otkryli-posle-remonta/"
    answers: Answers = {
        "/": page("Газета", links(OWN)),
        OWN: article(1, more=links(second)),
        second: article(1),
    }
    with serve_plain(answers) as server:
        run(tmp_path, server.url)
        assert stored(tmp_path) == {OWN: ("news", {second})}
        server.answers[OWN] = answer
        done = [run(tmp_path, server.url) for _ in range(2)]
    assert [[urlsplit(row["url"]).path for row in each.articles] for each in done] == [[second], []]
    assert stored(tmp_path) == {second: ("sport", {OWN})}


# how the site spells the address, and what answers at that with the final slash
WITHOUT_SLASH = [
    (path, answer)
    for path in (OWN.rstrip("/"), NUMBERED.rstrip("/"))
    for answer in (Answer("", HTML | {"Location": path}, 301), Answer("", HTML, 404))
]


@pytest.mark.parametrize(("path", "with_slash"), WITHOUT_SLASH)
def test_a_refresh_requests_the_address_without_the_final_slash(path: str, with_slash: Answer, tmp_path: Path) -> None:
    answers: Answers = {"/": page("Газета", links(path)), path: article(1), f"{path}/": with_slash}
    with serve_plain(answers) as server:
        for _ in range(2):
            run(tmp_path, server.url)
        assert (server.requests.count(path), server.requests.count(f"{path}/")) == (2, 0)
        server.answers |= {f"{path}/": article(1), path: Answer("", HTML | {"Location": f"{path}/"}, 301)}
        for _ in range(2):
            run(tmp_path, server.url)
        assert (server.requests.count(path), server.requests.count(f"{path}/")) == (3, 2), "the site has changed"
    assert stored(tmp_path).keys() == {f"{path}/"}
