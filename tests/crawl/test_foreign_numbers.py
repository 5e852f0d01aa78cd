"""A link with a wrong number shows another article, or a page names a wrong URL as its own: each is stored once."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

#: The owner of the number 610005, the article that the wrong link shows, and that link.
OWNER, SHOWN, WRONG = (
    "/news/most-otkryli-5-maya-610005/",
    "/sport/v-sude-nachalsya-process-610010/",
    "/news/opechatka-610005/",
)
KNOWN = "/news/shkolu-otkryli-posle-remonta-610001/"
CLAIMS = ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">']


def site(claim: str, home: list[str], listed: list[str]) -> Answers:
    return {
        "/": page("Газета", links(KNOWN, *home)),
        "/news/": page("Новости", links(*listed)),
        KNOWN: article(1),
        OWNER: article(5, head=claim.format(OWNER)),
        SHOWN: article(10, head=claim.format(SHOWN)),
        WRONG: article(10, head=claim.format(SHOWN)),
    }


def run(data_dir: Path, url: str, *options: str) -> Crawl:
    done = crawl(data_dir, "-a", f"site={url}", *options)
    assert done.code == 0, done.log[-2000:]
    return done


def rows(data_dir: Path, name: str) -> list[dict[str, object]]:
    store = open_in(data_dir)
    found = [dict(row) for row in table(store, getattr(schema, name))]
    store.close()
    return found


def stored(data_dir: Path) -> dict[str, tuple[object, object]]:
    found = {urlsplit(str(row["url"])).path: (row["article_id"], row["headline"]) for row in rows(data_dir, "articles")}
    return {path: article for path, article in found.items() if path != KNOWN}


RIGHT = {OWNER: (610005, "Статья о деле 5"), SHOWN: (610010, "Статья о деле 10")}
# links of the home page and of the list
ORDERS = [
    ([WRONG], [OWNER, SHOWN]),
    ([WRONG, OWNER, SHOWN], [OWNER]),
    ([SHOWN, WRONG, OWNER], [OWNER]),
    ([OWNER, SHOWN], [WRONG, OWNER]),
    ([WRONG, OWNER], [OWNER]),
]


# the claim, the orders of links, and the page that is late
LINKS: list[tuple[str, tuple[list[str], list[str]], str | None]] = [
    (claim, order, None) for claim in CLAIMS for order in ORDERS
]
LINKS += [(CLAIMS[0], order, slow) for order in ORDERS for slow in (OWNER, SHOWN, WRONG)]


@pytest.mark.parametrize(("claim", "order", "slow"), LINKS)
def test_a_link_with_the_number_of_another_article(
    claim: str, order: tuple[list[str], list[str]], slow: str | None, tmp_path: Path
) -> None:
    waiting = [Answer("", HTML, 500)]
    answers = site(claim, *order)
    late = answers.pop(slow) if slow else None
    with serve_plain(
        answers, lambda path: (late and path == slow and (waiting.pop() if waiting else late)) or None
    ) as server:
        done = [run(tmp_path, server.url, "-s", "BACKOFF_START=0.1") for _ in range(3)]
        assert server.requests.count(WRONG) <= 2 + (slow == WRONG)
    assert stored(tmp_path) == RIGHT
    assert [len(each.articles) for each in done] == [3, 0, 0]
    assert {urlsplit(str(row["url"])).path: row["reason"] for row in rows(tmp_path, "failures")} == {
        WRONG: "other_article"
    }


def test_the_wrong_link_alone(tmp_path: Path) -> None:
    with serve_plain(site(CLAIMS[0], [WRONG], [])) as server:
        run(tmp_path, server.url)
        assert stored(tmp_path) == {SHOWN: RIGHT[SHOWN]}
        server.answers["/news/"] = page("Новости", links(OWNER, SHOWN))
        run(tmp_path, server.url)
        assert stored(tmp_path) == RIGHT
        aliases = {urlsplit(str(row["url"])).path: row["article_key"] for row in rows(tmp_path, "aliases")}
        assert aliases == {WRONG: "610010"}


def test_a_named_page_with_a_wrong_number(tmp_path: Path) -> None:
    with serve_plain(site(CLAIMS[0], [], [])) as server:
        run(tmp_path, server.url, "-a", f"urls={server.url}{WRONG[1:]}")
        assert stored(tmp_path) == {SHOWN: RIGHT[SHOWN]}


PATHS = [f"/news/zasedanie-soveta-{number}/" for number in range(620_001, 620_021)]
UNNUMBERED = [f"/news/zasedanie-soveta-{letter}/" for letter in "abcdefghijklmnopqrst"]
# what all pages name as their own URL, and what that answers
CONSTANT: list[tuple[str, Answers]] = [
    ("/news/udalyonnaya-statya-620099/", {}),
    (
        "/news/udalyonnaya-statya-620099/",
        {"/news/udalyonnaya-statya-620099/": Answer("", HTML | {"Location": "/"}, 302)},
    ),
    ("/news/udalyonnaya-statya/", {}),
]
CONSTANT_OF = [(paths, *each) for paths in (PATHS, UNNUMBERED) for each in [(paths[3], {}), *CONSTANT]]


@pytest.mark.parametrize(("paths", "claimed", "more"), CONSTANT_OF)
def test_a_template_that_names_one_article_on_all_pages(
    paths: list[str], claimed: str, more: Answers, tmp_path: Path
) -> None:
    head = CLAIMS[0].format(claimed)
    answers: Answers = {path: article(number, head=head) for number, path in enumerate(paths, 1)}
    with serve_plain(
        {"/": page("Газета", links(*paths)), "/news/": page("Новости", links(*paths)), **answers, **more}
    ) as server:
        done = run(tmp_path, server.url)
    assert {path: headline for path, (_, headline) in stored(tmp_path).items()} == headlines(paths)
    assert len(done.articles) == len(paths)
    assert sum(path in (*paths, claimed) for path in server.requests) <= len(paths) + 8, "the template is soon known"


def headlines(paths: list[str]) -> dict[str, str]:
    return {path: f"Статья о деле {number}" for number, path in enumerate(paths, 1)}


@pytest.mark.parametrize("paths", [PATHS, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_each_page_names_the_next_one(paths: list[str], tmp_path: Path) -> None:
    answers: Answers = {
        path: article(number, head=CLAIMS[0].format(paths[number % len(paths)])) for number, path in enumerate(paths, 1)
    }
    with serve_plain(
        {"/": page("Газета", links(*paths)), "/news/": page("Новости", links(*paths)), **answers}
    ) as server:
        run(tmp_path, server.url)
    assert {path: headline for path, (_, headline) in stored(tmp_path).items()} == headlines(paths)


def test_two_copies_of_one_text_that_name_each_other(tmp_path: Path) -> None:
    pair = PATHS[:2]
    answers: Answers = {
        path: article(1, head=CLAIMS[0].format(other)) for path, other in zip(pair, pair[::-1], strict=True)
    }
    with serve_plain({"/": page("Газета", links(*pair)), "/news/": page("Новости", links(*pair)), **answers}) as server:
        run(tmp_path, server.url)
        assert sum(path in pair for path in server.requests) <= 4
    assert [number for number, _ in stored(tmp_path).values()] == [620_001, 620_002]


def test_a_claimed_page_that_cannot_be_read_yet(tmp_path: Path) -> None:
    with serve_plain(site(CLAIMS[0], [WRONG], []) | {SHOWN: Answer("", HTML, 500)}) as server:
        crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=0", "-s", "BACKOFF_START=0.1")
        assert stored(tmp_path) == {}
        assert {row["reason"] for row in rows(tmp_path, "failures")} == {"http_500", "claimed_url"}
        server.answers |= site(CLAIMS[0], [WRONG], [])
        run(tmp_path, server.url)
    assert stored(tmp_path) == {SHOWN: RIGHT[SHOWN]}
