"""A crawl with a missing, unreadable or malformed robots.txt."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from caravan_crawler.downloadermiddlewares import HttpCompressionMiddleware
from caravan_crawler.pages.encoding import utf_16_as_utf_8
from caravan_crawler.sample_site import SampleResponse, serve
from caravan_crawler.store import schema
from tests.crawl.timed import BUSY, HTML, Timed
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import Answer, Answers, article, links, page, serve_plain, urlset

# robots.txt

UNREAD = [
    (BUSY, "HTTP 503"),
    (SampleResponse(429, HTML, b""), "HTTP 429"),
    (SampleResponse(302, {"Location": "http://127.0.0.1:9/robots.txt", **HTML}, b""), "offsite: 127.0.0.1:9"),
    (SampleResponse(302, {"Location": "/robots.txt", **HTML}, b""), "max redirections reached"),
    (SampleResponse(302, {"Location": "file:///etc/passwd", **HTML}, b""), "HTTP 302"),
    (SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, b"\x1f\x8b\x08 broken"), "Compressed file ended before"),
    (SampleResponse(200, {"Content-Encoding": "deflate", **HTML}, b"\0\1\2 nothing"), "while decompressing"),
]


@pytest.mark.parametrize(("answer", "words"), UNREAD, ids=range(len(UNREAD)))
def test_unreadable_robots_txt_forbids_every_request(answer: SampleResponse, words: str, tmp_path: Path) -> None:
    site = Timed(1, robots_txt=answer)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert set(site.targets) == {"/robots.txt"}
    last = result.log.splitlines()[-1]
    assert last.startswith(f"scrapy crawl: no page could be read; {server.url}: robots.txt could not be read (")
    assert words in last
    assert "Traceback" not in result.log


def test_pages_that_wait_for_robots_txt(tmp_path: Path) -> None:
    """When the run ends meanwhile, they are no failures; where it cannot be read, they are one line."""
    site = Timed()
    with serve(site) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}", "-a", "limit=5").code == 0
        site.answers["/robots.txt"] = SampleResponse(503, {"Retry-After": "5000", **HTML}, b"")
        ended = crawl(tmp_path, "-a", f"site={server.url}")
        store = open_in(tmp_path)
        assert table(store, schema.failures) == []
        store.close()
        site.answers["/robots.txt"] = BUSY
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert ended.code == 4
    assert ended.stat("caravan/unasked") > 0
    assert ended.stat("caravan/failed/RobotsUnreadError") == 0
    assert result.code == 4
    assert result.log.count("Not read: ") == 1
    failed = result.stat("caravan/failed/RobotsUnreadError")
    assert failed > 20
    assert (
        f"Not read: {failed} pages (robots.txt could not be read (HTTP 503), so nothing may be requested)" in result.log
    )


RULES = b"User-agent: *\nDisallow: /\n"


FORBIDDEN = [f"/news/{word}-otkryli-posle-remonta/" for word in "shkolu dorogu teatr bolnitsu most park".split()]
ALLOWED = [f"/sport/{word}-vyigrala-match/" for word in "komanda sbornaya shkola molodezh".split()]


def test_articles_forbidden_by_mistake_are_read_once_they_are_allowed(tmp_path: Path) -> None:
    answers: Answers = {path: article(number) for number, path in enumerate([*FORBIDDEN, *ALLOWED])}
    answers |= {
        "/": page("Газета", links(*FORBIDDEN, *ALLOWED)),
        "/sitemap.xml": urlset(*FORBIDDEN, *ALLOWED),
        "/robots.txt": Answer("User-agent: *\nDisallow: /news/\n", {"Content-Type": "text/plain"}),
    }
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        for number in range(3):
            done = crawl(tmp_path, *options)
            assert done.code == 0, done.log[-1500:]
            assert "failed" not in done.log.splitlines()[-1]
            assert done.stat("caravan/forbidden") >= (len(FORBIDDEN) if number < 2 else 0)
            # No page names them any longer.
            server.answers |= {"/": page("Газета", links(*ALLOWED)), "/sitemap.xml": urlset(*ALLOWED)}
        assert not set(FORBIDDEN) & set(server.requests)
        server.answers["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", {"Content-Type": "text/plain"})
        _make_due(tmp_path)
        done = crawl(tmp_path, *options)
        assert done.code == 0, done.log[-1500:]
        assert {urlsplit(record["url"]).path for record in done.articles} == set(FORBIDDEN)
    store = open_in(tmp_path)
    assert table(store, schema.failures) == []
    store.close()


def test_a_page_that_was_forbidden_and_is_no_article_is_no_failure(tmp_path: Path) -> None:
    answers: Answers = {path: article(number) for number, path in enumerate(ALLOWED)}
    answers |= {
        "/": page("Газета", links("/news/kontakty-redaktsii/", *ALLOWED)),
        "/news/kontakty-redaktsii/": page("Контакты", "<h1>Контакты</h1><p>Редакция работает по будням.</p>"),
        "/robots.txt": Answer("User-agent: *\nDisallow: /news/\n", {"Content-Type": "text/plain"}),
    }
    with serve_plain(answers) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        server.answers["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", {"Content-Type": "text/plain"})
        done = crawl(tmp_path, "-a", f"site={server.url}")
    assert done.code == 0
    assert "/news/kontakty-redaktsii/" in server.requests
    assert done.stat("caravan/failed/kind_other") == 0


def _make_due(data_dir: Path) -> None:
    store = open_in(data_dir)
    store.execute(update(schema.failures).values(retry_at="2020-01-01T00:00:00+00:00"))
    store.close()


@pytest.mark.parametrize("status", [404, 403, 410])
def test_missing_robots_txt_allows_every_request(status: int, tmp_path: Path) -> None:
    site = Timed(6, robots_txt=SampleResponse(status, HTML, RULES))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 6


# false codings of plain rules, and the encoding of their text
FALSE = [("gzip, br", "utf-8"), ("identity", "utf-16-le")]


@pytest.mark.parametrize(("coding", "encoding"), FALSE)
def test_plain_rules_under_a_false_coding_or_behind_a_byte_order_mark_are_obeyed(
    coding: str, encoding: str, tmp_path: Path
) -> None:
    rules = "\ufeffUser-agent: *\r\nDisallow: /news/\r\n".encode(encoding)
    site = Timed(6, robots_txt=SampleResponse(200, {"Content-Encoding": coding, "Content-Type": "text/plain"}, rules))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert "/robots.txt" in site.targets
    assert "/" in site.targets
    assert not [target for target in site.targets if target.startswith("/news/")]


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_plain_rules_are_read_under_each_false_coding(coding: bytes) -> None:
    rules = b"User-agent: *\nDisallow: /news/\n"
    assert HttpCompressionMiddleware._decode(rules, coding, 1000) == rules


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_rules_in_utf_16_are_read_as_utf_8(encoding: str) -> None:
    rules = "User-agent: *\r\nDisallow: /news/\r\n"
    assert utf_16_as_utf_8(f"\ufeff{rules}".encode(encoding), None) == rules.encode()


def test_a_robots_txt_that_answers_at_the_second_try_is_obeyed(tmp_path: Path) -> None:
    class Slow(Timed):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            return BUSY if len(self.times) == 1 else response

    site = Slow(6, robots_txt=SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /news/\n"))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert not [target for target in site.targets if target.startswith("/news/")]


def test_every_request_that_waits_for_robots_txt_obeys_it(tmp_path: Path) -> None:
    rules = b"User-agent: *\nDisallow: /news/\n"
    site = Timed(robots_txt=SampleResponse(200, {"Content-Type": "text/plain"}, rules))
    with serve(site) as server:
        urls = ",".join(f"{server.url}news/zapreshcheno-{number}/" for number in range(900001, 900009))
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"urls={urls}", "-s", "CONCURRENT_REQUESTS=4")
    assert "Forbidden by robots.txt" in result.log
    assert set(site.targets) == {"/robots.txt"}
