"""``scrapy inspect`` of one page: its output, its errors, and the page cases it saves."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caravan_crawler import settings
from caravan_crawler.inspection.facts import Answer, FactReader
from caravan_crawler.inspection.page_report import page_lines, save_case
from caravan_crawler.pages.document import Bounds
from caravan_crawler.pipelines import value_pipelines
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.urls import Site
from tests.inspection.monthly import MonthlySite
from tests.pages.test_page_cases import CASES, check, expectation, problems
from tests.support.crawling import TIMEOUT
from tests.support.forking import fork, run
from tests.support.optional_parts import need

PIPELINES = value_pipelines({"ITEM_PIPELINES": settings.ITEM_PIPELINES})
PLAIN = str(CASES / "layouts" / "plain_article" / "page.html")
BYLINE = CASES / "bylines" / "name_as_last_paragraph"
ADDRESS = "http://127.0.0.1:8000/news/x-900001/"


def inspect(*options: str) -> "subprocess.CompletedProcess[str]":
    return run("scrapy", "inspect", *options, timeout=TIMEOUT)


@pytest.mark.parametrize("kind", ["pipe", "device", "log"])
def test_irregular_file_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    options = {
        "pipe": (str(pipe),),
        "device": ("/dev/zero",),
        "log": ("/dev/null", "-s", f"LOG_FILE={tmp_path}/none/x.log"),
    }[kind]
    done = inspect(*options)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert ("cannot be written" if kind == "log" else "is a pipe or a device, not a file") in done.stderr


def test_a_page_of_the_site() -> None:
    with serve(SampleSite(articles=40)) as server:
        records = server.site.gold(server.url)
        record = next(
            record for record in records if record["section"] == "news" and record["source"] and record["views"]
        )
        done = inspect(record["url"], "--full")
    assert done.returncode == 0, done.stderr
    for value in (
        record["headline"],
        record["body"],
        record["date_published_raw"],
        record["source"],
        str(record["views"]),
    ):
        assert value in done.stdout
    assert "by headline_printed" in done.stdout
    assert "kind: article" in done.stdout
    assert "ExchangeRate: currency=USD, rate=495.1" in done.stdout
    assert "missing:" in done.stdout


def test_a_page_in_the_browser() -> None:
    need("chromium-headless-shell")
    with serve(SampleSite(articles=40, scripted=True)) as server:
        record = next(record for record in server.site.gold(server.url) if record["views"])
        plain, shown = (inspect(record["url"], "-s", f"BROWSER={mode}") for mode in ("off", "auto"))
        broken = inspect(record["url"], "-s", "BROWSER=auto", "-s", "BROWSER_PATH=/bin/false")
    assert [done.returncode for done in (plain, shown, broken)] == [0, 0, 0]
    views = f"views           {record['views']}\n"
    assert [views in done.stdout for done in (plain, shown, broken)] == [False, True, False]
    assert [done.stderr for done in (plain, shown)] == ["", ""]
    assert broken.stderr == "scrapy inspect: the browser could not show the page; this is how it came\n"


def test_a_saved_page_with_and_without_its_address() -> None:
    named = inspect(PLAIN, "--url", ADDRESS)
    assert "kind: article" in named.stdout
    assert "article_id      900001" in named.stdout
    unnamed = inspect(str(CASES / "addresses" / "canonical_of_home" / "page.html"))
    assert "does not name its own address" in unnamed.stderr
    assert "kind: article" in unnamed.stdout, "a canonical that points to the home page is no address"


def test_a_listing() -> None:
    with serve(SampleSite(articles=60)) as server:
        few, all_, data = (inspect(f"{server.url}news/", *options) for options in ((), ("--all",), ("--json",)))
        records = {record["url"]: record for record in server.site.gold(server.url)}
        next_page = f"{server.url}news/page/2/"
    assert all(done.returncode == 0 for done in (few, all_, data)), few.stderr
    assert f"kind: listing\ncards: 30: 30 with a number, 0 without\nnext page: {next_page}\n" in few.stdout
    assert "… and 10 more; --all shows them" in few.stdout
    assert few.stdout.splitlines()[-1] == "TrendingEntry: 16 entries; --all shows them"
    assert all_.stdout.count("TrendingEntry: rank=") == 16
    read = json.loads(data.stdout)
    assert (read["kind"], read["next_page"], len(read["cards"]), read["entries"]) == ("listing", next_page, 30, [])
    found = [(card["headline"], records[card["url"]]["headline"]) for card in read["cards"] if card["url"] in records]
    assert len(found) > 15
    assert all(headline == expected for headline, expected in found)
    assert all(headline in all_.stdout for headline, _ in found)


def test_a_feed_and_sitemaps() -> None:
    with serve(SampleSite(articles=40)) as server:
        feed, index, sitemap = (
            inspect(server.url + path) for path in ("rss/", "sitemap_index.xml", "post-sitemap1.xml")
        )
        data = json.loads(inspect(f"{server.url}rss/", "--json").stdout)
        headlines = {record["url"]: record["headline"] for record in server.site.gold(server.url)}
    assert "kind: feed\nentries: 20; of articles 20: " in feed.stdout
    assert "kind: sitemap index\nsitemaps: 1\n" in index.stdout
    assert index.stdout.splitlines()[-1].endswith("/post-sitemap1.xml")
    assert "kind: sitemap\n" in sitemap.stdout
    assert sitemap.stdout.splitlines()[-1].endswith(" more; --all shows them")
    assert (data["kind"], len(data["entries"]), data["cards"]) == ("feed", 20, [])
    assert all(headlines[one["url"]] == one["headline"] and one["day"] for one in data["entries"])


def test_json_for_programs() -> None:
    expected = expectation(BYLINE)
    done = inspect(str(BYLINE / "page.html"), "--url", expected["url"], "--json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data.keys() == {
        *("version", "url", "kind", "title", "canonical", "article", "found_by", "missing"),
        *("rates", "weather", "trending", "cards", "next_page", "entries", "sitemaps"),
    }
    for name in ("headline", "body", "date_published", "views", "authors"):
        assert data["article"][name] == expected["expect"][name]
    assert data["found_by"]["authors"] == "authors_byline"
    assert {one["currency"]: one["rate"] for one in data["rates"]} == expected["expect"]["rates"]
    assert len(data["trending"]) == len(expected["expect"]["trending"])


def test_control_characters_in_a_page_are_escaped(tmp_path: Path) -> None:
    escapes = "\x1b]0;owned\x07\x9b2J\u202e"
    article = {"@type": "NewsArticle", "datePublished": f"2025-05-12{escapes}", "articleBody": f"{escapes}Дождь " * 40}
    head = f'<title>Снег</title><script type="application/ld+json">{json.dumps(article)}</script>'
    file = tmp_path / "page.html"
    file.write_text(
        f"<html><head>{head}</head><body><h1>Снег</h1><div>12 Мая 2025</div></body></html>", encoding="utf-8"
    )
    for options in ((), ("--full",), ("--json",)):
        done = inspect(str(file), "--url", ADDRESS, *options)
        assert done.returncode == 0
        assert "Дождь" in done.stdout
        assert not [one for one in done.stdout if one not in "\n\t\xa0" and not one.isprintable()]


def test_control_characters_in_an_address_are_escaped() -> None:
    answer = Answer.of_page(b"<html></html>", "http://127.0.0.1/\x1b]0;owned\x07\x9b2J", None, datetime.now(UTC))
    facts = FactReader(Site("http://127.0.0.1/"), [], Bounds()).read(answer)
    assert next(page_lines(facts, full=False, show_all=False)) == "http://127.0.0.1/\\x1b]0;owned\\x07\\x9b2J"


def test_control_characters_in_a_redirect_are_escaped() -> None:
    def trick(target: str, _: SampleResponse) -> SampleResponse | None:
        return None if target == "/robots.txt" else SampleResponse(302, {"Location": "http://\x9b2J.example/"}, b"")

    with serve(MonthlySite(trick)) as server:
        done = inspect(server.url)
    assert done.returncode == 4
    assert not [one for one in done.stderr if one != "\n" and not one.isprintable()]


def test_save_fixture_writes_a_page_case(tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = caravan_crawler.settings\n", encoding="utf-8")
    cases = tmp_path / "tests" / "pages" / "cases"

    def inspected(*options: str) -> "subprocess.CompletedProcess[str]":
        return run("scrapy", "inspect", *options, timeout=TIMEOUT, folder=tmp_path)

    with serve(SampleSite(articles=40)) as server:
        url = next(record for record in server.site.gold(server.url) if record["views"])["url"]
        before = inspected(url, "--save-fixture", "views/plain-1")
        cases.mkdir(parents=True)
        first = inspected(url, "--save-fixture", "views/plain-1")
        again = inspected(url, "--save-fixture", "views/plain-1")
        bad = inspected(url, "--save-fixture", "../../etc/x")
    assert [done.returncode for done in (before, first, again, bad)] == [2, 0, 2, 2]
    assert all(done.stderr.count("\n") == 1 for done in (before, first, again, bad))
    case = cases / "views" / "plain-1"
    assert first.stderr == f"scrapy inspect: saved in {case}\n"
    check(case)
    assert expectation(case)["kind"] == "article"
    assert problems(cases) == [f'{case}/expected.json: "why" is empty; say what this page catches that no other does']
    assert expectation(case)["why"] == ""


@pytest.mark.parametrize("path", ["", "news/page/2/", "rss/", "sitemap_index.xml", "post-sitemap1.xml"])
def test_a_list_is_saved_as_a_case_too(path: str, tmp_path: Path) -> None:
    base = "http://127.0.0.1:8000/"
    body = SampleSite(articles=60).respond(f"/{path}", base).body
    save_case(tmp_path / "lists" / "one", Answer.of_page(body, base + path, "utf-8", datetime.now(UTC)), PIPELINES)
    check(tmp_path / "lists" / "one")
    expected = expectation(tmp_path / "lists" / "one")["expect"]
    assert any(len(expected.get(name, ())) > 0 for name in ("cards", "entries", "sitemaps"))


BAD = [
    ((), "takes one URL or one file", 2),
    (("/no/such/file.html",), "cannot be read: No such file or directory", 2),
    (("http://127.0.0.1:9/",), "was not read: robots.txt could not be read (Connection was refused", 4),
    (("http://[::1",), "is no address of a page", 2),
    (("ftp://127.0.0.1/",), "is no address of a page", 2),
    (("README.md", "--url", "foo"), "is no address of a page", 2),
    (("http://127.0.0.1:9/", "-s", "BROWSER=maybe"), "BROWSER=maybe is none of off, auto, always", 2),
]


@pytest.mark.parametrize(("options", "message", "code"), BAD)
def test_bad_options_are_reported_in_one_line(options: tuple[str, ...], message: str, code: int) -> None:
    done = inspect(*options)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_crawl_delay_is_obeyed_or_reported() -> None:
    with serve(MonthlySite(robots="User-agent: *\nCrawl-delay: 3000\n")) as server:
        done = inspect(server.url)
        assert list(server.requests) == ["/robots.txt"]
    problem = f"{server.url} was not read: robots.txt asks for 3000 seconds between requests"
    assert (done.returncode, done.stdout, done.stderr) == (4, "", f"scrapy inspect: {problem}\n")


def test_a_page_that_breaks_the_reader_is_one_line(tmp_path: Path) -> None:
    with serve(SampleSite(articles=20)) as server:
        for options in ((server.url,), (str(BYLINE / "page.html"), "--url", ADDRESS)):
            done = run("tests.support.broken_inspect", "inspect", *options, timeout=TIMEOUT)
            assert done.returncode == 1
            assert (
                "the reader broke on it (RuntimeError: broken on purpose); this is a bug: send the page" in done.stderr
            )
            assert done.stderr.count("\n") == 1


def test_closed_standard_output_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    process = fork("scrapy", "inspect", PLAIN, "--url", ADDRESS, stdout=writes)
    os.close(writes)
    assert process.communicate(timeout=TIMEOUT) == ("", "")
    assert process.returncode == 0


def test_standard_output_on_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        process = fork("scrapy", "inspect", PLAIN, "--url", ADDRESS, stdout=full.fileno())
    assert process.communicate(timeout=TIMEOUT)[1] == "standard output cannot be written: No space left on device\n"
    assert process.returncode == 1


def test_a_host_in_other_letters_than_ascii() -> None:
    with serve(SampleSite(articles=20)) as server:
        done = inspect(server.url.replace("127.0.0.1", "ｌocalhost"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_card_that_prints_only_a_time_is_not_in_the_future() -> None:
    cards = "".join(
        f'<div><a href="/news/{n}/">Дождь в городе, день {n}</a> <span>23:59</span></div>'
        for n in range(900001, 900006)
    )
    body = f"<html><body><h1>Новости</h1>{cards}</body></html>".encode()
    morning = datetime(2026, 1, 15, 3, tzinfo=UTC)
    facts = FactReader(Site("http://127.0.0.1/"), [], Bounds()).read(
        Answer.of_page(body, "http://127.0.0.1/news/", "utf-8", morning)
    )
    assert facts.source is not None
    assert {found.stamp for found in facts.source.found} == {"23:59"}
    assert facts.source.in_future == 0
