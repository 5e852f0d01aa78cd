"""Broken links to articles, met before a working address: each article is read, and the links are not tried often."""

from collections.abc import Callable
from pathlib import Path

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

OTHER = "/news/sovet-utverdil-plan-rabot-610001/"
PROSE = "<p>Редакция газеты работает по будням с девяти утра до шести вечера, письма читатели приносят в приёмную.</p>"

#: Broken spellings of a path, and other links to the same article.
SPELLINGS: list[Callable[[str], str]] = [
    lambda path: path[:-1],
    lambda path: path.replace("/news/", "/news//"),
    lambda path: f"/amp{path}",
    lambda path: f"{path}amp/",
]
OTHER_LINKS: list[Callable[[str], str]] = [
    lambda path: f"/?p={path[-7:-1]}",
    lambda path: path.replace("shkolu", "SHKOLU"),
    lambda path: path.replace("shkolu", "skolu"),
    lambda path: path.replace("/news/", "/sport/"),
]
ANSWERS: list[Answer | str] = [
    Answer("", HTML, 404),
    Answer("", HTML, 410),
    Answer("", HTML, 403),
    Answer("", HTML, 500),
    page("Страница не найдена", "<h1>Страница не найдена</h1>"),
    Answer(" "),
    page("О редакции", f"<h1>О редакции</h1>{PROSE}"),
    Answer("", HTML | {"Location": "/"}, 302),
    Answer("", HTML | {"Location": "/news/"}, 302),
    Answer("", HTML | {"Location": OTHER}, 302),
]


def numbered(number: int) -> str:
    return f"/news/shkolu-otkryli-posle-remonta-{number}/"


def unnumbered(number: int) -> str:
    return f"/news/shkolu-{number}-otkryli-posle-remonta/"


NUMBERED = [
    (answer, link, path)
    for number, (answer, spell) in enumerate(((a, s) for s in (*SPELLINGS, *OTHER_LINKS) for a in ANSWERS), 610_100)
    for link, path in [(spell(numbered(number)), numbered(number))]
]
UNNUMBERED = [
    (answer, link, path)
    for number, (answer, spell) in enumerate(((a, s) for s in SPELLINGS[:2] for a in ANSWERS), 10)
    for link, path in [(spell(unnumbered(number)), unnumbered(number))]
]
BROKEN = [*NUMBERED, *UNNUMBERED]
OWN = [path for _, _, path in BROKEN]
#: The pages at the working addresses.
ARTICLES: Answers = {path: article(number) for number, path in enumerate(OWN, 2)}
SITE: Answers = {
    "/": page("Газета", links(OTHER, *(link for _, link, _ in BROKEN))),
    "/news/": page("Новости", links(OTHER, *OWN)),
    OTHER: article(1),
    **{link: answer for answer, link, _ in BROKEN},
}
QUICK = ("-s", "RETRY_TIMES=0", "-s", "BACKOFF_START=0")


def stored(data_dir: Path) -> list[str]:
    store = open_in(data_dir)
    found = ["/" + row["url"].split("/", 3)[3] for row in table(store, schema.articles)]
    store.close()
    return sorted(found)


def test_each_article_is_read_although_the_link_met_first_is_broken(tmp_path: Path) -> None:
    with serve_plain(SITE | ARTICLES) as server:
        crawl(tmp_path, "-a", f"site={server.url}", *QUICK)
        assert stored(tmp_path) == sorted([OTHER, *OWN])
        crawl(tmp_path, "-a", f"site={server.url}", *QUICK)
    assert max(map(server.requests.count, OWN)) == 1, "and each is requested once"


def test_a_later_run_reads_the_articles_whose_working_addresses_it_finds(tmp_path: Path) -> None:
    with serve_plain(SITE | ARTICLES | {"/news/": page("Новости", links(OTHER))}) as server:
        crawl(tmp_path, "-a", f"site={server.url}", *QUICK)
        assert stored(tmp_path) != sorted([OTHER, *OWN])
        server.answers |= SITE
        crawl(tmp_path, "-a", f"site={server.url}", *QUICK)
    assert stored(tmp_path) == sorted([OTHER, *OWN])


def test_dead_addresses_are_not_requested_by_every_run(tmp_path: Path) -> None:
    lasting = [ANSWERS[number] for number in (0, 1, 6)]  # a temporary redirect is tried again sooner
    some, good = (
        [each for each in BROKEN if each[0] in lasting],
        [f"/news/aktsiya-v-parke-{number}/" for number in range(620_000, 620_020)],
    )
    dead: Answers = {path: answer for answer, _, path in some}
    pages: Answers = {
        "/": page("Газета", links(*(link for _, link, _ in some))),
        "/news/": page("Новости", links(*dead, *good)),
        **{path: article(number) for number, path in enumerate(good, 100)},
    }
    with serve_plain(SITE | pages | dead) as server:
        codes = [crawl(tmp_path, "-a", f"site={server.url}", *QUICK).code for _ in range(3)]
    assert codes == [4, 0, 0], "most pages of the first run failed"
    often = [path for _, *both in some for path in both if server.requests.count(path) > 1]
    assert not often


def test_a_broken_spelling_counts_as_no_failed_page(tmp_path: Path) -> None:
    """Articles of which only another spelling works, or is allowed, are read among others."""
    some = OWN[::4]
    only_amp, only_without_slash, forbidden = (numbered(number) for number in range(630_100, 630_103))
    answers: Answers = {
        "/robots.txt": f"User-agent: *\nDisallow: {forbidden[:-1]}$\n",
        "/": page(
            "Газета",
            links(*(path[:-1] for path in some), f"{only_amp}amp/", only_without_slash[:-1], forbidden[:-1]),
        ),
        "/news/": page("Новости", links(*some)),
        **{path: ARTICLES[path] for path in some},
        f"{only_amp}amp/": article(201),
        only_without_slash[:-1]: article(202),
        forbidden: article(203),
    }
    with serve_plain(answers) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}")
    found = {row["url"].removeprefix(server.url[:-1]) for row in done.articles}
    for path in (only_amp, only_without_slash, forbidden):
        assert path in found
    assert (done.code, len(done.articles)) == (0, len(some) + 3), done.log[-2000:]
    assert "failed" not in done.log.splitlines()[-1]
