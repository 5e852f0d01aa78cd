"""Listings whose later pages are not at /page/2/."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.crawling import crawl
from tests.support.plain_site import Answers, article, links, page, serve_plain

PATHS = [f"/news/delo-o-mostu-razobrali-v-sude-{number}/" for number in range(610001, 610013)]
ON_A_PAGE = 3
PAGES = len(PATHS) // ON_A_PAGE


def site(form: str, link: str, *, offset: bool = False, zero_based: bool = False) -> Answers:
    """A site of one listing; ``form`` and ``link`` have ``{}`` in place of a page's number and address."""
    answers: Answers = {path: article(number) for number, path in enumerate(PATHS)}
    answers["/"] = page("Газета", links("/news/"))
    for number in range(1, PAGES + 1):
        shown = links(*PATHS[(number - 1) * ON_A_PAGE : number * ON_A_PAGE])
        following = number * ON_A_PAGE if offset else number + (not zero_based)
        pager = link.replace("{}", form.replace("{}", str(following))).replace("##", str(number + 1))
        own = (number - 1) * ON_A_PAGE if offset else number - zero_based
        target = "/news/" if number == 1 else form.replace("{}", str(own))
        answers[target] = page("Дела", shown + (pager if number < PAGES else ""))
    return answers


FORWARD = '<div><a href="{}">Далее</a></div>'
BY_NUMBER = '<div><span>Страницы:</span> <a href="{}">##</a></div>'
FORMS = [
    ("/news/page/{}", FORWARD),
    ("/news/?page={}", FORWARD.replace("Далее", "»")),
    ("/news/?PAGEN_1={}", FORWARD.replace("Далее", "Следующая")),
    ("/news/?paged={}", '<div><a rel=next href="{}">старше</a></div>'),
    ("/news/page{}/", FORWARD.replace("Далее", "Вперёд")),
    ("/news/page-{}/", FORWARD.replace("Далее", "Next")),
    ("/news/{}/", BY_NUMBER),
    ("/news/?sort=new&page={}", BY_NUMBER),
]


@pytest.mark.parametrize(("form", "link"), FORMS)
def test_a_usual_form_is_followed_to_the_end(form: str, link: str, tmp_path: Path) -> None:
    check(site(form, link), tmp_path)


@pytest.mark.parametrize(("offset", "zero_based"), [(True, False), (False, True)])
def test_offsets_and_pages_numbered_from_zero(offset: bool, zero_based: bool, tmp_path: Path) -> None:
    form = "/news/?start={}" if offset else "/news/?page={}"
    check(site(form, FORWARD, offset=offset, zero_based=zero_based), tmp_path)


def check(answers: Answers, data_dir: Path) -> None:
    with serve_plain(answers) as server:
        done = crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0")
        assert done.code == 0, done.log[-2000:]
        assert {urlsplit(record["url"]).path for record in done.articles} == set(PATHS)
        assert sum(target.startswith("/news/page/") for target in server.requests) in (0, PAGES - 1, PAGES)
        server.requests.clear()
        assert crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0").code == 0
        assert len(server.requests) <= 6, server.requests


def test_a_stopped_walk_continues_in_the_same_form(tmp_path: Path) -> None:
    with serve_plain(site("/news/?page={}", FORWARD)) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        assert crawl(tmp_path, *options, "-a", "limit=4").code == 0
        server.requests.clear()
        assert crawl(tmp_path, *options).code == 0
        assert not set(PATHS[:3]) & set(server.requests)
        assert set(PATHS[6:]) <= set(server.requests)


def test_a_next_page_of_unknown_form_is_told(tmp_path: Path) -> None:
    with serve_plain(site("/news/?after=k{}", FORWARD)) as server:
        for _ in range(2):
            done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0")
            assert done.code == 0, done.log[-2000:]
            (report,) = sorted((tmp_path / "runs").glob("*/run.json"))[-1:]
            told = json.loads(report.read_text())
            assert told["not_followed"] == {"next_page": 1}
            assert "1 lists go on at an address of unknown form and are not complete" in told["reason"]
            assert "The list /news/ is not read further" in done.log
