"""A link with a wrong number shows another article, or a page names a wrong URL as its own: each is stored once."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain


class Case(NamedTuple):
    """The owner of a number, the article that a link with this number shows, and that link."""

    place: int = 0

    @property
    def number(self) -> int:
        return 610_005 + 100 * self.place

    @property
    def owner(self) -> str:
        return f"/news/most-otkryli-5-maya-{self.number}/"

    @property
    def shown(self) -> str:
        return f"/sport/v-sude-nachalsya-process-{self.number + 5}/"

    @property
    def wrong(self) -> str:
        return f"/news/opechatka-{self.number}/"

    @property
    def right(self) -> dict[str, tuple[object, object]]:
        """Numbers and headlines of the two articles, by path."""
        texts = 10 * self.place + 5, 10 * self.place + 10
        return {
            self.owner: (self.number, f"Статья о деле {texts[0]}"),
            self.shown: (self.number + 5, f"Статья о деле {texts[1]}"),
        }

    def pages(self, claim: str) -> Answers:
        owner = article(10 * self.place + 5, head=claim.format(self.owner))
        shown = article(10 * self.place + 10, head=claim.format(self.shown))
        return {self.owner: owner, self.shown: shown, self.wrong: shown}


ONE = Case()
OWNER, SHOWN, WRONG = ONE.owner, ONE.shown, ONE.wrong
KNOWN = "/news/shkolu-otkryli-posle-remonta-610001/"
CLAIMS = ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">']


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


# links of the home page and of the list
ORDERS = [
    (["wrong"], ["owner", "shown"]),
    (["wrong", "owner", "shown"], ["owner"]),
    (["shown", "wrong", "owner"], ["owner"]),
    (["owner", "shown"], ["wrong", "owner"]),
    (["wrong", "owner"], ["owner"]),
]
# the claim, the orders of links, and the page that is late
LINKS: list[tuple[str, tuple[list[str], list[str]], str | None]] = [
    (claim, order, None) for claim in CLAIMS for order in ORDERS
]
LINKS += [(CLAIMS[0], order, late) for order in ORDERS for late in ("owner", "shown", "wrong")]


def test_links_with_the_numbers_of_other_articles(tmp_path: Path) -> None:
    cases = {Case(place): link for place, link in enumerate(LINKS)}
    of_home, of_list = (
        [getattr(case, name) for case, (_, order, _) in cases.items() for name in order[place]] for place in (0, 1)
    )
    answers: Answers = {"/": page("Газета", links(KNOWN, *of_home)), "/news/": page("Новости", links(*of_list))}
    answers |= {KNOWN: article(1)}
    for case, (claim, _, _) in cases.items():
        answers |= case.pages(claim)
    late = {getattr(case, name): 1 for case, (_, _, name) in cases.items() if name}
    late_answers = {path: answers.pop(path) for path in late}

    def answer_late(path: str) -> Answer | bytes | str | None:
        if path in late_answers and late[path]:
            late[path] -= 1
            return Answer("", HTML, 500)
        return late_answers.get(path)

    with serve_plain(answers, answer_late) as server:
        done = [run(tmp_path, server.url, "-s", "BACKOFF_START=0.1") for _ in range(3)]
        for case, link in cases.items():
            assert server.requests.count(case.wrong) <= 2 + (link[2] == "wrong"), link
        assert set(of_home) <= set(server.requests[: server.requests.index("/news/")]), (
            "the home page's links come first"
        )
    found = stored(tmp_path)
    for case, link in cases.items():
        assert {path: found.pop(path, None) for path in case.right} == case.right, link
    assert found == {}
    assert [len(each.articles) for each in done] == [1 + 2 * len(cases), 0, 0]
    failed = {urlsplit(str(row["url"])).path: row["reason"] for row in rows(tmp_path, "failures")}
    assert failed == {case.wrong: "other_article" for case in cases}


def test_the_wrong_link_alone(tmp_path: Path) -> None:
    """The page that it shows can be read at once in one case, and by the next run in the other."""
    late = Case(1)
    home = {"/": page("Газета", links(KNOWN, WRONG, late.wrong)), KNOWN: article(1)}
    whole = home | ONE.pages(CLAIMS[0]) | late.pages(CLAIMS[0])
    with serve_plain(whole | {late.shown: Answer("", HTML, 500)}) as server:
        run(tmp_path, server.url, "-s", "RETRY_TIMES=0", "-s", "BACKOFF_START=0.1")
        assert stored(tmp_path) == {SHOWN: ONE.right[SHOWN]}
        failed = {urlsplit(str(row["url"])).path: row["reason"] for row in rows(tmp_path, "failures")}
        assert failed == {WRONG: "other_article", late.shown: "http_500", late.wrong: "claimed_url"}
        server.answers |= whole | {"/news/": page("Новости", links(OWNER, SHOWN))}
        run(tmp_path, server.url)
    assert stored(tmp_path) == ONE.right | {late.shown: late.right[late.shown]}
    aliases = {urlsplit(str(row["url"])).path: row["article_key"] for row in rows(tmp_path, "aliases")}
    assert aliases == {WRONG: "610010", late.wrong: "610110"}


def test_a_named_page_with_a_wrong_number(tmp_path: Path) -> None:
    with serve_plain({"/": page("Газета", links(KNOWN)), KNOWN: article(1), **ONE.pages(CLAIMS[0])}) as server:
        run(tmp_path, server.url, "-a", f"urls={server.url}{WRONG[1:]}")
        assert stored(tmp_path) == {SHOWN: ONE.right[SHOWN]}


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
