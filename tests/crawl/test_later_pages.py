"""Crawled articles over several pages: read completely or not at all, each once."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import HTML, WORDS, Answer, Answers, PlainServer, article, links, page, serve_plain

NUMBERED, PLAIN, QUERY = "/news/dolgij-rasskaz-900001/", "/crime/dolgij-rasskaz-o-stepi/", "/sport/dlinnyj-match-dnya/"
SHORT = "/news/korotkaya-zametka-900002/"


def text(number: int, part: int) -> list[str]:
    return [f"{WORDS} номер {number}, часть {part}, абзац {each}. Так было и раньше." for each in (1, 2)]


def part(path: str, number: int, which: int, of: int) -> str:
    """A page of an article, with its headline, its lede, a picture and a link, and links to all of its pages."""
    names = {each: f"{path}?page={each}" if path == QUERY else f"{path}{each}/" for each in range(1, of + 1)}
    names[1] = path
    pager = " ".join(str(each) if each == which else f'<a href="{names[each]}">{each}</a>' for each in names)
    body = "".join(f"<p>{paragraph}</p>" for paragraph in text(number, which))
    main = (
        f"<h1>Долгий рассказ {number}</h1><p>Краткое содержание рассказа {number}</p>"
        f"<p>20 ноября 2026</p><p>60</p>{body}"
        f'<p><img src="/foto/{number}-{which}.jpg"> Смотрите <a href="https://akorda.kz/{which}">ответ {which}</a> на '
        f"сайте ведомства, где его напечатали сегодня.</p><div class=stranicy>Страницы: {pager}</div>"
    )
    return page(f"Долгий рассказ {number}", main, head='<meta property="og:type" content="article">')


def site(*homes: str, of: int = 3) -> Answers:
    answers: Answers = {"/": page("Газета", links(*homes)), SHORT: article(900002)}
    for path, number in ((NUMBERED, 900001), (PLAIN, 2), (QUERY, 3)):
        for which in range(1, of + 1):
            own = f"{path}?page={which}" if path == QUERY else f"{path}{which}/"
            answers[path if which == 1 else own] = part(path, number, which, of)
    return answers


def run(data_dir: Path, server: PlainServer, *options: str, code: int = 0) -> Crawl:
    server.requests.clear()
    done = crawl(data_dir, "-a", f"site={server.url}", "-s", "RETRY_TIMES=1", *options)
    assert done.code == code, done.log[-3000:]
    assert "Traceback" not in done.log
    return done


def stored(data_dir: Path, which: Any = schema.articles) -> dict[str, dict[str, Any]]:
    store = open_in(data_dir)
    rows = table(store, which)
    store.close()
    return {urlsplit(row["url"]).path: row for row in rows}


def is_whole(row: dict[str, Any], number: int, of: int = 3) -> bool:
    body = row["body"].split("\n\n")
    wanted = [paragraph for which in range(1, of + 1) for paragraph in text(number, which)]
    others = [paragraph for paragraph in body if paragraph not in wanted]
    return [paragraph for paragraph in body if paragraph in wanted] == wanted and len(others) == of


class Twice(NamedTuple):
    """Requests and rows of a first run over articles of three pages, and those of a second one."""

    requests: list[str]
    rows: dict[str, dict[str, Any]]
    again: Crawl
    rows_again: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    data_dir = tmp_path_factory.mktemp("twice")
    with serve_plain(site(NUMBERED, PLAIN, QUERY, SHORT)) as server:
        run(data_dir, server)
        requests, rows = list(server.requests), stored(data_dir)
        again = run(data_dir, server)
    return Twice(requests, rows, again, stored(data_dir))


@pytest.mark.parametrize(("path", "number"), [(NUMBERED, 900001), (PLAIN, 2), (QUERY, 3)])
def test_an_article_over_several_pages_is_one_record(path: str, number: int, twice: Twice) -> None:
    assert len([target for target in twice.requests if target.startswith(path)]) == 3
    assert twice.rows.keys() == {NUMBERED, PLAIN, QUERY, SHORT}
    row = twice.rows[path]
    assert is_whole(row, number), row["body"]
    assert (row["headline"], row["version"], row["views"]) == (f"Долгий рассказ {number}", 1, 60)
    assert row["date_published"][:10] == "2026-11-20"
    assert urlsplit(row["fetched_url"]).path == path
    assert not urlsplit(row["fetched_url"]).query
    assert [urlsplit(url).path for url in row["images"]] == [f"/foto/{number}-{which}.jpg" for which in (1, 2, 3)]
    assert [link["text"] for link in row["links"]] == ["ответ 1", "ответ 2", "ответ 3"]
    assert twice.again.stat("caravan/articles/changed") == 0
    assert twice.rows_again[path]["version"] == 1


def test_a_later_page_met_first_leads_to_the_article(tmp_path: Path) -> None:
    with serve_plain(site(f"{NUMBERED}2/", f"{PLAIN}3/", SHORT)) as server:
        run(tmp_path, server)
        named = f"urls={server.url.rstrip('/')}{NUMBERED}3/"
        assert stored(tmp_path).keys() == {NUMBERED, PLAIN, SHORT}
        assert is_whole(stored(tmp_path)[NUMBERED], 900001)
        run(tmp_path / "named", server, "-a", named)
        assert stored(tmp_path / "named").keys() == {NUMBERED}
        assert is_whole(stored(tmp_path / "named")[NUMBERED], 900001)


#: Answers in the place of an article's last page, and the reason of the failure, by the article.
FAILING = {
    900_001: (Answer("busy", HTML, 500), "part_http_500"),
    900_011: (Answer("gone", HTML, 404), "part_http_404"),
    900_021: (Answer("<html><body><h1>Один момент</h1>", HTML), "part_kind_cut"),
    900_031: (Answer("", {"Location": "/"}, 302), "part_redirected"),
}


def test_failed_later_page_stores_nothing_and_is_retried_by_the_next_run(tmp_path: Path) -> None:
    paths = {number: f"/news/dolgij-rasskaz-{number}/" for number in FAILING}
    # A run is sound if a tenth of its pages fails.
    notes: Answers = {f"/news/zametka-{number}/": article(number) for number in range(910_000, 910_040)}
    whole = notes | {"/": page("Газета", links(*paths.values(), *notes))}
    for number, path in paths.items():
        whole |= {path if which == 1 else f"{path}{which}/": part(path, number, which, 3) for which in (1, 2, 3)}
    failing: Answers = {f"{paths[number]}3/": answer for number, (answer, _) in FAILING.items()}
    with serve_plain(whole | failing) as server:
        run(tmp_path, server)
        assert stored(tmp_path).keys() == notes.keys()
        failures = {
            path: (row["reason"], row["article_key"]) for path, row in stored(tmp_path, schema.failures).items()
        }
        assert failures == {paths[number]: (reason, str(number)) for number, (_, reason) in FAILING.items()}
        server.answers |= whole
        run(tmp_path, server)
        for number, path in paths.items():
            assert is_whole(stored(tmp_path)[path], number), path
        assert stored(tmp_path, schema.failures) == {}
        # An article that is stored whole stays so where a page of it fails later.
        server.answers |= failing
        run(tmp_path, server, "-a", "refresh_days=100000")
        assert failing.keys() <= set(server.requests)
        for number, path in paths.items():
            assert is_whole(stored(tmp_path)[path], number), path


def test_site_with_one_page_under_every_number_ends(tmp_path: Path) -> None:
    answers = site(PLAIN, of=30)
    same = part(QUERY, 3, 1, 30)
    with serve_plain(answers | {"/": page("Газета", links(PLAIN, QUERY)), QUERY: same}) as server:
        run(tmp_path, server)
        asked = [target for target in server.requests if target.startswith(QUERY)]
        assert len([target for target in server.requests if target.startswith(PLAIN)]) == 20
    rows = stored(tmp_path)
    assert is_whole(rows[PLAIN], 2, 20)
    assert is_whole(rows[QUERY], 3, 1) == (len(asked) == 2)


def test_pages_of_comments_are_not_pages_of_the_article(tmp_path: Path) -> None:
    pager = f'<div><a href="{SHORT}comment-page-2/#comments">Ранее</a> <a href="{SHORT}?page=2#comments">2</a></div>'
    with serve_plain({"/": page("Газета", links(SHORT)), SHORT: article(900002, more=pager)}) as server:
        run(tmp_path, server)
        assert [target for target in server.requests if target.startswith(SHORT)] == [SHORT]
    assert stored(tmp_path).keys() == {SHORT}


def test_pages_forbidden_by_robots_txt_are_left_out_and_the_rest_is_stored(tmp_path: Path) -> None:
    robots = Answer("User-agent: *\nDisallow: /*?page=\n", {"Content-Type": "text/plain"})
    with serve_plain(site(QUERY) | {"/robots.txt": robots}) as server:
        run(tmp_path, server)
        assert [target for target in server.requests if target.startswith(QUERY)] == [QUERY]
    assert is_whole(stored(tmp_path)[QUERY], 3, 1)
