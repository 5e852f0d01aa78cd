"""Listings that end with a page of status 200, and sections that the site does not have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import crawl

HTML = {"Content-Type": "text/html; charset=utf-8"}
#: Words of the page behind a section's last one.
WORDS = {
    "news": "Ничего не найдено",
    "gazeta": "По вашему запросу ничего не найдено",
    "sport": "Страница не найдена",
    "art": "Записей пока нет",
    "crime": "404",
}


def page(words: str) -> SampleResponse:
    head = f"<html><head><title>{words} - Караван</title></head><body><nav><a href=/news/>Новости</a></nav>"
    body = f"{head}<h1>{words}</h1></body></html>"
    return SampleResponse(200, HTML, body.encode())


class Ending(SampleSite):
    """A site that never answers 404 for a listing."""

    def __init__(self, answer: SampleResponse, by_section: Mapping[str, SampleResponse] | None = None) -> None:
        super().__init__(articles=40)
        self._instead = answer
        self._by_section = by_section or {}
        self.ended: set[str] = set()

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers or {})
        is_list = "/page/" in target or (target.count("/") == 2 and "." not in target and "?" not in target)
        if response.status != 404 or not is_list:
            return response
        section = target.split("/")[1]
        self.ended.add(section)
        return self._by_section.get(section, self._instead)


def test_a_list_ends_with_a_page_that_says_so(tmp_path: Path) -> None:
    answers = {section: page(words) for section, words in WORDS.items()}
    site = Ending(answers["news"], answers)
    with serve(site) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}")
        assert done.code == 0, done.log[-1500:]
        assert len(done.articles) == len(list(site.gold(server.url)))
    assert site.ended >= WORDS.keys(), "the page behind the last one is asked for"


def test_failing_listing_is_abandoned(tmp_path: Path) -> None:
    with serve(Ending(page("Сайт временно недоступен"))) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 4


# answers for a section that the site does not have, the first of them in two runs
MISSING = [
    SampleResponse(404, HTML, b""),
    SampleResponse(302, {"Location": "/", **HTML}, b""),
    SampleResponse(302, {"Location": "/sport/", **HTML}, b""),
    page("Ничего не найдено"),
    page("Раздел"),
]


@pytest.mark.parametrize("answer", MISSING, ids=range(len(MISSING)))
def test_a_misspelt_section(answer: SampleResponse, tmp_path: Path) -> None:
    with serve(Ending(answer)) as server:
        for _ in range(2 if answer is MISSING[0] else 1):
            done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=newz")
            assert done.code == 2, done.log[-1500:]
            known = "'newz'; it has art, crime, gazeta, news, sport, zhangalyqtar"
            assert done.log.splitlines()[-1].startswith(f"scrapy crawl: the site has no section {known}")


def test_a_missing_section_that_is_no_latin_name(tmp_path: Path) -> None:
    with serve(Ending(MISSING[0])) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=новости")
    assert done.code == 2, done.log[-1500:]
    assert "the site has no section '%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8'; it has art" in done.log
