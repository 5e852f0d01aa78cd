"""Listings whose later pages are not at /page/2/."""

import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.crawling import crawl
from tests.support.plain_site import Answers, article, links, page, serve_plain

ON_A_PAGE, PAGES = 3, 4


def paths(section: str = "news", place: int = 0) -> list[str]:
    first = 610_001 + 100 * place
    return [f"/{section}/delo-o-mostu-razobrali-v-sude-{number}/" for number in range(first, first + ON_A_PAGE * PAGES)]


PATHS = paths()


class Form(NamedTuple):
    """How a list spells its later pages, and links to them: ``{}`` stands for the number, or the address."""

    address: str
    link: str
    is_offset: bool = False
    is_zero_based: bool = False

    def target(self, section: str, number: int) -> str:
        """Return the address of a page of a section's list."""
        given = (number - 1) * ON_A_PAGE if self.is_offset else number - self.is_zero_based
        return f"/{section}/" if number == 1 else f"/{section}/{self.address.replace('{}', str(given))}"

    def pages(self, section: str, place: int = 0) -> Answers:
        """Return a section's articles, and the pages of its list."""
        own = paths(section, place)
        answers: Answers = {path: article(100 * place + number) for number, path in enumerate(own)}
        for number in range(1, PAGES + 1):
            shown = links(*own[(number - 1) * ON_A_PAGE : number * ON_A_PAGE])
            pager = self.link.replace("{}", self.target(section, number + 1)).replace("##", str(number + 1))
            answers[self.target(section, number)] = page("Дела", shown + (pager if number < PAGES else ""))
        return answers


FORWARD = '<div><a href="{}">Далее</a></div>'
BY_NUMBER = '<div><span>Страницы:</span> <a href="{}">##</a></div>'
FORMS = {
    "news": Form("page/{}", FORWARD),
    "sport": Form("?page={}", FORWARD.replace("Далее", "»")),
    "art": Form("?PAGEN_1={}", FORWARD.replace("Далее", "Следующая")),
    "crime": Form("?paged={}", '<div><a rel=next href="{}">старше</a></div>'),
    "gazeta": Form("page{}/", FORWARD.replace("Далее", "Вперёд")),
    "world": Form("page-{}/", FORWARD.replace("Далее", "Next")),
    "culture": Form("{}/", BY_NUMBER),
    "society": Form("?sort=new&page={}", BY_NUMBER),
    "podcasts": Form("?start={}", FORWARD, is_offset=True),
    "analytics": Form("?page={}", FORWARD, is_zero_based=True),
    "opinions": Form("?p={}", BY_NUMBER),
    "video": Form("?query-3-page={}", FORWARD),
    "photo": Form("pages/{}.html", FORWARD),
}


def site(form: Form) -> Answers:
    """A site of one listing."""
    return {"/": page("Газета", links("/news/")), **form.pages("news")}


def test_usual_forms_are_followed_to_the_end(tmp_path: Path) -> None:
    answers: Answers = {"/": page("Газета", links(*(f"/{section}/" for section in FORMS)))}
    for place, (section, form) in enumerate(FORMS.items()):
        answers |= form.pages(section, place)
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0", "-a", f"sections={','.join(FORMS)}")
        done = crawl(tmp_path, *options)
        assert done.code == 0, done.log[-2000:]
        found = {urlsplit(record["url"]).path for record in done.articles}
        for place, section in enumerate(FORMS):
            assert found & set(paths(section, place)) == set(paths(section, place)), FORMS[section]
            asked = sum(target.startswith(f"/{section}/page/") for target in server.requests)
            assert asked in (0, PAGES - 1, PAGES), FORMS[section]
        server.requests.clear()
        assert crawl(tmp_path, *options).code == 0
        for section, form in FORMS.items():
            assert f"/{section}/" in server.requests, form
            assert not {form.target(section, number) for number in (3, 4)} & set(server.requests), form
        assert len(server.requests) <= 6 + len(FORMS), server.requests


def test_a_stopped_walk_continues_in_the_same_form(tmp_path: Path) -> None:
    with serve_plain(site(Form("?page={}", FORWARD))) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        assert crawl(tmp_path, *options, "-a", "limit=4").code == 0
        server.requests.clear()
        assert crawl(tmp_path, *options).code == 0
        assert not set(PATHS[:3]) & set(server.requests)
        assert set(PATHS[6:]) <= set(server.requests)


def test_a_next_page_of_unknown_form_is_told(tmp_path: Path) -> None:
    with serve_plain(site(Form("?after=k{}", FORWARD))) as server:
        for _ in range(2):
            done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0")
            assert done.code == 0, done.log[-2000:]
            (report,) = sorted((tmp_path / "runs").glob("*/run.json"))[-1:]
            told = json.loads(report.read_text())
            assert told["not_followed"] == {"next_page": 1}
            assert "1 lists go on at an address of unknown form and are not complete" in told["reason"]
            assert "The list /news/ is not read further" in done.log
