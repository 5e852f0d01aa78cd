"""Listings with a page that is not there although another one links to it: once or always."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.crawling import Crawl, crawl
from tests.support.kills import Stored
from tests.support.plain_site import HTML, NOT_FOUND, Answer, Answers, PlainServer, article, links, page, serve_plain

PER_PAGE = 5


def lists(
    *sections: str, articles: int = 40, per_page: int = PER_PAGE, has_dead_link: bool = False, more: str = ""
) -> Answers:
    """A site without a sitemap, whose sections have their articles on pages with a link to the next one."""
    menu = "".join(f"<a href=/{section}/>{section}</a> " for section in sections)
    site: Answers = {"/robots.txt": Answer("", {"Content-Type": "text/plain"}), "/": page("Главная", menu)}
    for place, section in enumerate(sections):
        numbers = range(1_001_000 * (place + 1), 1_001_000 * (place + 1) + articles)
        paths = [f"/{section}/delo-{number}/" for number in numbers]
        site |= {path: article(number) for path, number in zip(paths, numbers, strict=True)}
        last = -(-articles // per_page)
        for number in range(1, last + 1):
            following = f"<a class=next href=/{section}/page/{number + 1}/>Далее</a>"
            pager = following if number < last or has_dead_link else ""
            pager += more.format(section=section) if number == 1 else ""
            cards = links(*paths[(number - 1) * per_page : number * per_page])
            site[list_page(section, number)] = page(section, f"<h1>{section}</h1>{cards}{pager}")
    return site


def list_page(section: str, number: int) -> str:
    return f"/{section}/page/{number}/" if number > 1 else f"/{section}/"


def run(server: PlainServer, tmp_path: Path, *options: str) -> tuple[Crawl, dict[str, Any], list[str]]:
    """Crawl; return the report, too, and the requested targets."""
    server.requests.clear()
    done = crawl(tmp_path, "-a", f"site={server.url}", *options)
    folder = max((tmp_path / "runs").iterdir(), key=lambda each: each.stat().st_mtime_ns)
    return done, json.loads((folder / "run.json").read_text(encoding="utf-8")), list(server.requests)


def elsewhere(section: str, first_page: str = "", page_before: str = "") -> dict[str, Answer]:
    """Answers in the place of a page of a section, of which two pages are given, by the reason of its failure."""
    return {
        "http_404": NOT_FOUND,
        "http_410": Answer("", status=410),
        "nothing_here": Answer(page("Страница не найдена", "<h1>Страница не найдена</h1>")),
        "no_articles": Answer(page(section, f"<h1>{section}</h1>")),
        "no_articles, empty": Answer(""),
        "no_articles, JSON": Answer("{}", {"Content-Type": "application/json"}),
        "no_articles, but those of the first page": Answer(first_page),
        "no_articles, but those of the page before": Answer(page_before),
        "redirected": Answer("", HTML | {"Location": "/"}, 302),
        "redirected to the page before": Answer("", HTML | {"Location": f"/{section}/"}, 301),
    }


def articles_of(done: Crawl, section: str) -> int:
    """Return how many articles of a section a run has read."""
    return sum(f"/{section}/" in record["url"] for record in done.articles)


def failures(data_dir: Path) -> dict[str, str]:
    return {urlsplit(row["url"]).path: row["reason"] for row in Stored(data_dir).rows("failures")}


def test_a_page_that_is_missing_once_is_read_by_the_next_run(tmp_path: Path) -> None:
    cases = [(name, number) for name in elsewhere("") for number in (2, 4)]
    sections = {f"news{place}": case for place, case in enumerate(cases)}
    paths = {section: list_page(section, number) for section, (_, number) in sections.items()}
    reasons = {section: f"list_{name.split(',')[0].split()[0]}" for section, (name, _) in sections.items()}
    whole = lists(*sections, articles=15, per_page=3)
    odd = {}
    for section, (name, number) in sections.items():
        first, before = (str(whole[list_page(section, each)]) for each in (1, number - 1))
        odd[paths[section]] = elsewhere(section, first, before)[name]
    with serve_plain(whole | odd) as server:
        done, report, _ = run(server, tmp_path)
        assert done.code == 0
        for section, case in sections.items():
            assert articles_of(done, section) == 12, f"{case}: the pages behind it are read"
        assert report["failures"] == Counter(reasons.values())
        assert failures(tmp_path) == {paths[section]: reason for section, reason in reasons.items()}
        server.answers.update(whole)
        done, report, _ = run(server, tmp_path)
        assert (done.code, report["reason"]) == (0, "complete")
        for section, case in sections.items():
            assert articles_of(done, section) == 3, case
        done, _, requests = run(server, tmp_path, "-a", "refresh_days=0", "-a", f"sections={','.join(sections)}")
        for section, case in sections.items():
            assert f"/{section}/" in requests, case
            assert paths[section] not in requests, case


@pytest.mark.parametrize("is_chosen", [False, True], ids=["all sections", "named sections"])
def test_a_list_that_breaks_off_once_is_read_by_the_next_run(is_chosen: bool, tmp_path: Path) -> None:
    sections = {"news": 2, "sport": 4}
    options = ["-a", f"sections={','.join(sections)}"] if is_chosen else []
    whole = lists(*sections)
    with serve_plain(dict(whole)) as server:
        for section, first in sections.items():
            for number in range(first, 9):
                del server.answers[list_page(section, number)]
        done, report, _ = run(server, tmp_path, *options)
        assert done.code == 0
        for section, first in sections.items():
            assert articles_of(done, section) == PER_PAGE * (first - 1), section
        assert report["failures"] == {"list_http_404": 2}
        assert failures(tmp_path).keys() == {list_page(section, first) for section, first in sections.items()}
        server.answers.update(whole)
        done, _, _ = run(server, tmp_path, *options)
        assert done.code == 0
        for section, first in sections.items():
            assert articles_of(done, section) == 40 - PER_PAGE * (first - 1), section


def test_the_dead_link_of_a_last_page_is_no_failure_and_costs_little(tmp_path: Path) -> None:
    sections = {"news": "http_404", "sport": "nothing_here", "art": "redirected"}
    dead = {list_page(section, 9): elsewhere(section)[name] for section, name in sections.items()}
    with serve_plain(lists(*sections, articles=38, has_dead_link=True) | dead) as server:
        for asked in (1, 0, 0):
            done, report, requests = run(server, tmp_path)
            assert (done.code, report["reason"], report["failures"]) == (0, "complete", {})
            assert {path: requests.count(path) for path in dead} == dict.fromkeys(dead, asked)
        assert not Stored(tmp_path).rows("failures")


def test_dead_links_behind_full_pages_do_not_end_a_quiet_run_with_4(tmp_path: Path) -> None:
    sections = ("news", "sport", "art", "crime", "gazeta", "world")
    with serve_plain(lists(*sections, articles=10, has_dead_link=True)) as server:
        for failed in (6, 6, 0):
            done, report, _ = run(server, tmp_path, "-a", "refresh_days=0")
            assert (done.code, report["failures"].get("list_http_404", 0)) == (0, failed), report["reason"]


def test_a_dead_link_behind_a_list_shorter_than_those_of_earlier_runs_is_no_failure(tmp_path: Path) -> None:
    """A run of one section, or one that continues a stopped run, may read short lists alone."""
    site = lists("news", "sport", articles=PER_PAGE)
    short = links(*[path for path in site if path.startswith("/sport/delo-")][1:])
    short_list = page("sport", f"<h1>sport</h1>{short}<a class=next href=/sport/page/2/>Далее</a>")
    with serve_plain(site | {"/sport/": NOT_FOUND}) as server:
        assert run(server, tmp_path)[0].code == 0
        server.answers["/sport/"] = short_list
        done, report, requests = run(server, tmp_path, "-a", "sections=sport")
        assert "/sport/page/2/" in requests
        assert (done.code, articles_of(done, "sport"), report["failures"]) == (0, PER_PAGE - 1, {})


SIDEBAR = [f"/sport/delo-{number}/" for number in range(2_002_000, 2_002_003)]


class OddPages(NamedTuple):
    """A finished crawl of three lists of eight pages, the third of each odd in one way."""

    crawl: Crawl
    report: dict[str, Any]
    requests: list[str]


@pytest.fixture(scope="module")
def odd_pages(tmp_path_factory: pytest.TempPathFactory) -> OddPages:
    site = lists("news", "sport", "art", more="<a href=/{section}/page/8/>8</a>")
    third = {section: list_page(section, 3) for section in ("news", "sport", "art")}
    odd: Answers = {
        # Its pager links back alone, and another page's to the last one.
        third["news"]: str(site[third["news"]]).replace("/news/page/4/", "/news/page/2/"),
        # It shows articles of its sidebar alone.
        third["sport"]: page("sport", f"<h1>sport</h1><div>{links(*SIDEBAR)}</div>"),
        third["art"]: Answer("", HTML | {"Location": "/art/arkhiv/"}, 302),
        "/art/arkhiv/": Answer("", status=500),
    }
    with serve_plain(site | odd) as server:
        return OddPages(*run(server, tmp_path_factory.mktemp("odd"), "-s", "RETRY_TIMES=0"))


def test_a_page_without_a_pager_is_not_the_last_if_another_links_to_later_ones(odd_pages: OddPages) -> None:
    assert articles_of(odd_pages.crawl, "news") == 40


def test_a_page_that_shows_its_sidebar_alone_is_missing(odd_pages: OddPages) -> None:
    assert articles_of(odd_pages.crawl, "sport") == 35
    assert odd_pages.report["failures"]["list_no_articles"] == 1


def test_a_page_that_redirects_to_a_failing_one_is_passed(odd_pages: OddPages) -> None:
    assert articles_of(odd_pages.crawl, "art") == 35
    assert odd_pages.requests.count("/art/page/3/") == 1


def test_a_run_with_such_pages_is_sound(odd_pages: OddPages) -> None:
    assert odd_pages.crawl.code == 0
    assert odd_pages.report["failures"] == {"list_no_articles": 1, "http_500": 1}
    assert odd_pages.report["reason"].startswith("complete, but 2 pages failed")
