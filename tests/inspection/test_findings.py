"""Findings about a site: each has its line, and some the exit code 3."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from caravan_crawler.sample_site import SampleResponse, serve
from tests.inspection.inspecting import inspect, inspect_site
from tests.inspection.monthly import HTML, XML, MonthlySite, Trick, html, is_article, page

STAMP = rb'content="(\d{4}-\d\d-\d\d)T[^"]*"'
WINDOWS_1251 = {"Content-Type": "text/html; charset=windows-1251"}


def on_articles(pattern: bytes, by: bytes, encoding: str = "utf-8", headers: "dict[str, str] | None" = None) -> Trick:
    """Return a trick that changes each article's page: the matches of ``pattern``, the encoding, the headers."""

    def trick(target: str, response: SampleResponse) -> SampleResponse | None:
        if not is_article(target) or response.status != 200:
            return None
        body = re.sub(b"(?s)" + pattern, by, response.body)
        body = body if encoding == "utf-8" else body.decode().encode(encoding, "replace")
        return replace(response, body=body, headers={**response.headers, **(headers or {})})

    return trick


def one_article_only(trick: Trick, section: str = "/") -> Trick:
    """The same for the first requested article only, optionally of one section."""
    first: list[str] = []

    def once(target: str, response: SampleResponse) -> SampleResponse | None:
        if is_article(target) and target.startswith(section) and not first:
            first.append(target)
        return trick(target, response) if target in first else None

    return once


def at(path: str, answer: SampleResponse) -> Trick:
    return lambda target, response: answer if re.fullmatch(path, target) else None


def everywhere(answer: SampleResponse) -> Trick:
    return lambda target, response: None if target == "/robots.txt" else answer


NOT_FOUND = html("<html><body><h1>404</h1></body></html>", 404)
CHALLENGE = html("<html><head><title>Just a moment...</title></head><body>Wait</body></html>", 403)
CONTACTS = html(page("<title>Контакты</title>", "<p>Адрес редакции</p>"))
EMPTY_INDEX = SampleResponse(200, XML, b"<sitemapindex></sitemapindex>")
FEED = MonthlySite().respond("/rss/", "/").body
EMPTY_FEED = SampleResponse(200, XML, b"<rss><channel></channel></rss>")
PRINTED = b'</h1><p class="date">1 \xd0\x9c\xd0\xb0\xd1\x80\xd1\x82\xd0\xb0 2011</p>'
FUTURE = rb'content="2097-05-05T10:00:00+05:00"'
OTHER_DAY = rb'content="2019-05-05T10:00:00+05:00"'


MOVED = SampleResponse(301, {"Location": "/news/otkrytie-most-v-rajone-bz-2016020/", **HTML}, b"")

#: Findings that do not count, each with its trick. Those of one site hit different pages.
ASIDE: list[dict[str, Trick]] = [
    {
        "sitemap_unread": at("/sitemap.xml", html("<html><body>no</body></html>")),
        "feed_unread": at("/rss/", html("<html><body>no feed</body></html>")),
        "listing_unread": at("/society/page/2/", NOT_FOUND),
        "future_date": one_article_only(on_articles(STAMP, FUTURE)),
    },
    {
        "empty_index": at("/sitemap.xml", EMPTY_INDEX),
        "no_feed": at("/rss/", NOT_FOUND),
        "same_list": at("/society/page/2/", MonthlySite().respond("/society/", "/")),
        "no_moment": on_articles(STAMP, rb'content="\1"'),
        "no_canonical": on_articles(b'rel="canonical"', b'rel="other"'),
    },
    {
        "no_sitemap": at("/sitemap.*", NOT_FOUND),
        "no_articles_named": at("/rss/", EMPTY_FEED),
        "other_day": one_article_only(on_articles(b"</h1>", PRINTED)),
        "other_canonical": on_articles(rb'rel="canonical" href="[^"]*"', b'rel="canonical" href="/"'),
    },
    {
        "future_stamp": at("/rss/", SampleResponse(200, XML, FEED.replace(b" 2026 ", b" 2096 "))),
        "home_unread": lambda target, _: NOT_FOUND if target == "/" else None,
        "no_article": one_article_only(lambda target, _: NOT_FOUND),
        "encoding": on_articles(b"$", b"", "cp1251", WINDOWS_1251),
    },
    {
        "unreadable_stamp": at("/rss/", SampleResponse(200, XML, FEED.replace(b" 2026 ", b" MMXXVI "))),
        "rate": at("/society/", html(page("<title>society</title>", "").replace("$ 512.4", "$ 5.4"))),
        "other_title": one_article_only(
            on_articles(rb"<title>.*?</title>|<meta property=.og:title.*?>", b"<title>X y</title>")
        ),
        "missing_date_published": one_article_only(on_articles(STAMP, b""), "/news/"),
        "redirect": lambda target, _: MOVED if target.startswith("/?p") else None,
        "encoding": on_articles(b"$", b"", headers=WINDOWS_1251),
    },
]
#: Findings that count, each with its trick, and those that follow from it.
COUNTING: list[dict[str, Trick]] = [
    {
        "future_date missing_date_published": on_articles(STAMP, FUTURE),
        "sitemap_unread": at("/sitemap20.*", SampleResponse(200, XML, b"oops")),
    },
    {"other_day": on_articles(b"</h1>", PRINTED), "sitemap_unread": at("/sitemap20.*", NOT_FOUND)},
    {
        "other_month": on_articles(STAMP, OTHER_DAY),
        "undecodable": on_articles("итоги".encode(), "ито\ufffdи".encode()),
        "short_body": on_articles(rb"(</h1><p>.{150}).*?</article>", rb"\1.</p></article>"),
    },
    {"no_article no_articles": lambda target, _: CONTACTS if is_article(target) else None},
    {"no_article": lambda target, _: NOT_FOUND if is_article(target) else None},
    {"challenge": lambda target, _: CHALLENGE if is_article(target) else None},
    {"challenge": everywhere(CHALLENGE)},
    {
        "challenge": everywhere(
            SampleResponse(403, {"cf-mitigated": "challenge", **HTML}, b"<html><body>.</body></html>")
        )
    },
]


def all_of(tricks: Iterable[Trick]) -> Trick:
    """Play several tricks, each on what the one before has answered."""

    def play(target: str, response: SampleResponse) -> SampleResponse:
        for trick in tricks:
            response = trick(target, response) or response
        return response

    return play


@pytest.mark.parametrize(
    ("tricks", "counts"), [*((tricks, False) for tricks in ASIDE), *((tricks, True) for tricks in COUNTING)]
)
def test_findings(tricks: dict[str, Trick], counts: bool) -> None:
    with serve(MonthlySite(all_of(tricks.values()))) as server:
        exit_code, result = inspect_site(server)
        assert server.hits <= 25
    shown = json.dumps(result["odd"], ensure_ascii=False, indent=1)
    odd = {one["code"]: one["counts"] for one in result["odd"]}
    for code in " ".join(tricks).split():
        assert odd.get(code) is counts, f"{code}: {shown}"
    assert exit_code == result["verdict"]["exit_code"] == (3 if counts else 0), shown
    assert all(one["words"] in result["verdict"]["reason"] for one in result["odd"] if one["counts"])


ROBOTS = [
    ("User-agent: CaravanCrawler\nDisallow: /\n", {"/robots.txt"}),
    ("User-agent: *\nDisallow: /\nAllow: /rss/\n", {"/robots.txt", "/rss/"}),
]


@pytest.mark.parametrize(("rules", "asked"), ROBOTS)
def test_a_robots_txt_that_forbids_us(rules: str, asked: set[str]) -> None:
    with serve(MonthlySite(robots=rules)) as server:
        code, result = inspect_site(server)
        assert set(server.requests) == asked
    assert code == 3
    assert "robots_forbids" in [one["code"] for one in result["odd"] if one["counts"]]
    assert result["robots"]["allows_home"] is False


def test_a_robots_txt_that_forbids_sections() -> None:
    with serve(MonthlySite(robots="User-agent: *\nDisallow: /news/\n")) as server:
        code, result = inspect_site(server)
        assert not [target for target in server.requests if target.startswith("/news/")]
    assert code == 3
    assert {one["problem"] for one in result["articles"] if "/news/" in one["url"]} == {"robots.txt forbids it"}
    assert any(one["kind"] == "article" for one in result["articles"])


UNREACHABLE: list[tuple[Trick, str]] = [
    (lambda target, _: html("busy", 503), "robots.txt could not be read (HTTP 503)"),
    (everywhere(html("<html><body>No</body></html>", 403)), "HTTP 403"),
    (everywhere(SampleResponse(302, {"Location": "http://127.0.0.1:9/", **HTML}, b"")), "offsite: 127.0.0.1:9"),
]


@pytest.mark.parametrize(("trick", "words"), UNREACHABLE)
def test_site_without_any_readable_page_is_unreachable(trick: Trick, words: str) -> None:
    with serve(MonthlySite(trick)) as server:
        code, result = inspect_site(server)
        assert server.hits <= 25
    assert code == 4
    assert result["verdict"]["outcome"] == "unreachable"
    assert words in result["verdict"]["reason"]


def test_retry_after_ends_an_inspection() -> None:
    busy = SampleResponse(429, {"Retry-After": "5000", **HTML}, b"")

    def trick(target: str, _: SampleResponse) -> SampleResponse | None:
        return busy if is_article(target) else None

    with serve(MonthlySite(trick)) as server:
        code, result = inspect_site(server)
        assert len([target for target in server.requests if is_article(target)]) == 1
    assert code == 3
    assert "the site asks for a pause of 5000 seconds" in result["verdict"]["reason"]


def test_retry_after_in_place_of_robots_txt_is_the_reason() -> None:
    busy = SampleResponse(503, {"Retry-After": "5000", **HTML}, b"")
    with serve(MonthlySite(lambda _target, _response: busy)) as server:
        done = inspect("--site", server.url)
    assert done.returncode == 4
    assert "allows us" not in done.stdout
    assert done.stdout.splitlines()[-1].endswith("the site asks for a pause of 5000 seconds")


def test_a_crawl_delay_of_a_day_ends_it_at_once() -> None:
    with serve(MonthlySite(robots="User-agent: *\nCrawl-delay: 86400\n")) as server:
        done = inspect("--site", server.url)
        assert server.hits <= 2
    assert done.returncode in (3, 4)
    assert "robots.txt asks for 86400 seconds between requests" in done.stdout.splitlines()[-1]


def test_a_site_that_goes_away() -> None:
    class Gone(MonthlySite):
        def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
            if is_article(target):
                raise ConnectionResetError
            return super().respond(target, base_url, headers)

    with serve(Gone()) as server:
        code, result = inspect_site(server, "-s", "RETRY_TIMES=1")
    assert code == 3
    assert "3 pages in a row got no answer" in result["verdict"]["reason"]


def test_a_site_that_is_not_there() -> None:
    done = inspect("--site", "http://127.0.0.1:9/")
    assert done.returncode == 4
    assert "verdict: unreachable (exit code 4): no page could be read; robots.txt could not be read" in done.stdout
    assert done.stderr == ""


def test_site_text_cannot_control_a_terminal() -> None:
    escape = "\x1b]0;owned\x07\x9b2J\u202e".encode()

    def trick(target: str, response: SampleResponse) -> SampleResponse | None:
        body = response.body.replace(b"$ 512.4", b"$ 9" + escape).replace("Открытие".encode(), escape + b"X")
        return replace(response, body=body.replace(b"<rss", b"<rss" + escape))

    with serve(MonthlySite(trick)) as server:
        table, data = inspect("--site", server.url), inspect("--site", server.url, "--json")
    for text in (table.stdout, table.stderr, data.stdout, data.stderr):
        assert not [character for character in text if character != "\n" and not character.isprintable()]
    assert json.loads(data.stdout)["articles"]
