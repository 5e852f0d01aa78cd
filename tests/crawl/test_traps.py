"""Sites that answer every address: the run ends, stores the real articles, and reports the trap."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.crawl.reporting import report
from tests.store.stored import StoreTables
from tests.support.crawling import crawl

HTML = {"Content-Type": "text/html; charset=utf-8"}
Answer = Callable[[str], str | None]


def article(text: str, links: str) -> str:
    return (
        f"<!DOCTYPE html><html lang=ru><head><title>Одна и та же новость - Караван</title></head><body><main>"
        f"<h1>Одна и та же новость</h1><p>Лид этой новости.</p><div><span>5 Мая 2025</span> <span>10</span></div>"
        f"<p>{text} Первый абзац текста о городе и его дорогах.</p>"
        f"<p>Второй абзац о мостах, которые построят через реку в следующем году.</p>"
        f"{links}</main></body></html>"
    )


def link(href: str) -> str:
    return f'<p><a href="{href}">дальше</a></p>'


def chain(target: str) -> str | None:
    """Each numbered article links to two more."""
    found = re.fullmatch(r"/news/trap-(\d+)/", target)
    number = int(found[1]) if found else 0
    return article("Текст.", link(f"/news/trap-{number + 1}/") + link(f"/news/trap-{number + 2}/")) if found else None


def counting(target: str) -> str | None:
    """As before, but each page prints its address and the number of links that led to it."""
    found = re.fullmatch(r"/news/trap-(\d+)/", target)
    number = int(found[1]) if found else 0
    text = f"Страница {target} открыта {number} раз."
    return article(text, link(f"/news/trap-{number + 1}/") + link(f"/news/trap-{number + 2}/")) if found else None


def unnumbered(target: str) -> str | None:
    """Each article without a number links to others in ever new sections."""
    found = re.fullmatch(r"/tr(\d+)/day-x/", target)
    links = "".join(link(f"/tr{int(found[1]) * 2 + more}/day-x/") for more in range(2)) if found else ""
    return article("Текст.", links) if found else None


def endless_list(target: str) -> str | None:
    """An endless listing of copies of one article."""
    found = re.fullmatch(r"/copies/(?:page/(\d+)/)?", target)
    if found:
        number = int(found[1] or 1)
        cards = "".join(link(f"/copies/kopiya-{10**6 + number * 5 + more}/") for more in range(5))
        return f"<html><body><h1>Копии</h1>{cards}<a rel=next href='/copies/page/{number + 1}/'>x</a></body></html>"
    return article("Текст.", "") if target.startswith("/copies/kopiya-") else None


TRAPS: list[tuple[Answer, str]] = [
    (chain, "/news/trap-1000001/"),
    (counting, "/news/trap-1000001/"),
    (unnumbered, "/tr1/day-x/"),
    (endless_list, "/copies/"),
]


class Trapping(SampleSite):
    def __init__(self, answer: Answer, entry: str, articles: int = 20) -> None:
        super().__init__(articles)
        self._page, self._entry = answer, entry

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if (page := self._page(target)) is not None:
            return SampleResponse(200, HTML, page.encode())
        response = super().respond(target, base_url, headers or {})
        body = response.body.replace(b"</main>", f"{link(self._entry)}</main>".encode(), 1)
        return SampleResponse(response.status, response.headers, body if target == "/" else response.body)


@pytest.mark.parametrize(("answer", "entry"), TRAPS, ids=[trap[0].__name__ for trap in TRAPS])
def test_endless_copies_of_one_text_end_the_run(answer: Answer, entry: str, tmp_path: Path) -> None:
    articles = 20
    site = Trapping(answer, entry, articles)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "MAX_COPIES=6")
        first = len(server.requests)
        gold = {record["url"] for record in site.gold(server.url)}
        again = crawl(tmp_path, "-a", f"site={server.url}", "-s", "MAX_COPIES=6")
        second = len(server.requests) - first
    run_report = report(tmp_path)
    assert "Traceback" not in result.log
    assert result.code == 3
    assert "are copies of one text" in result.log.splitlines()[-1]
    assert result.log.count("are copies of one text, so links on such pages are not followed") == 1
    assert first < articles + 130  # including those already requested when the copies are noticed
    assert second < 100
    assert "Traceback" not in again.log
    assert run_report["copies"] >= 0
    stored = {row["url"] for row in StoreTables(f"sqlite:///{tmp_path}/caravan.db").rows("articles")}
    assert gold <= stored
    assert len(stored) < len(gold) + 60


def test_few_copies_do_not_fail_a_run(tmp_path: Path) -> None:
    """A few copies among many articles: the run succeeds, reports them, and publishes."""

    class Few(Trapping):
        def __init__(self) -> None:
            super().__init__(chain, "/news/trap-1000001/", 60)

    with serve(Few()) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "MAX_COPIES=4")
    run_report = report(tmp_path)
    assert result.code == 0, result.log[-1000:]
    assert re.search(r"complete, but [4-6] articles are copies of one text", result.log.splitlines()[-1])
    assert 4 <= run_report["copies"] <= 6
    assert run_report["not_followed"]["copies"] >= 1
    assert len(result.articles) >= 60


def test_pages_without_an_article_are_followed_for_a_few_hops(tmp_path: Path) -> None:
    def corridor(target: str) -> str | None:
        found = re.fullmatch(r"/(?:hall|news)/room-(\d+)/", target)
        number = int(found[1]) if found else 0
        return f"<html><body>{link(f'/news/room-{number + 1}/')}</body></html>" if found else None

    asked = {}
    for hops in (1, 3):
        with serve(Trapping(corridor, "/news/room-100001/", 3)) as server:
            crawl(tmp_path / str(hops), "-a", f"site={server.url}", "-s", f"MAX_HOPS_FROM_ARTICLE={hops}")
            asked[hops] = sum("room" in target for target in set(server.requests))
    assert asked == {1: 1, 3: 3}
