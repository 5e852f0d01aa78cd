"""Servers that block, drop, redirect or mislabel responses: a run loses nothing, or reports its losses."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import crawl, start, wait_for_rows

HTML = {"Content-Type": "text/html; charset=utf-8"}
CHALLENGE = SampleResponse(200, HTML, b"<html><head><title>Just a moment...</title></head><body>Wait</body></html>")
GOOD = "the last good dataset"

Trick = Callable[[str, SampleResponse], SampleResponse | None]


class Tricky(SampleSite):
    """The sample site, but ``trick`` may answer something else."""

    def __init__(self, trick: Trick, articles: int = 120) -> None:
        super().__init__(articles=articles)
        self.trick = trick

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers or {})
        return self.trick(target, response) or response


def is_article(target: str) -> bool:
    return target.startswith(("/news/", "/gazeta/", "/sport/", "/art/")) and len(target) > 25


def redirect(to: str) -> SampleResponse:
    return SampleResponse(302, {"Location": to, **HTML}, b"")


def block_all(target: str, response: SampleResponse) -> SampleResponse | None:
    return None if target == "/robots.txt" else CHALLENGE


#: How an article may fail, by the reason that is stored.
FAILING_ARTICLES = {
    "kind_challenge": CHALLENGE,
    "offsite": redirect("http://127.0.0.1:9/login"),
    "redirected": redirect("/"),
    "kind_empty": SampleResponse(200, HTML, b""),
}


_WAYS: dict[str, SampleResponse] = {}


def every_article(target: str, response: SampleResponse) -> SampleResponse | None:
    """Each article fails, in one of these ways, by turns: the run may end before it has requested all."""
    ways = [*FAILING_ARTICLES.values()]
    return _WAYS.setdefault(target, ways[len(_WAYS) % len(ways)]) if is_article(target) else None


def everything_to_itself(target: str, response: SampleResponse) -> SampleResponse | None:
    return None if target == "/robots.txt" else redirect(target)


FAILING = [
    (block_all, 4, "pages failed"),
    (every_article, 4, "pages failed"),
    (everything_to_itself, 4, "no page could be read"),
]


@pytest.mark.parametrize(("trick", "code", "words"), FAILING, ids=[case[0].__name__ for case in FAILING])
def test_run_without_its_articles_fails(trick: Trick, code: int, words: str, tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    file.write_text(GOOD, encoding="utf-8")
    with serve(Tricky(trick, articles=24)) as server:  # of more the run would not wait for the end
        options = ("-a", f"site={server.url}", "-O", str(file), "-s", "RETRY_TIMES=1")
        result = crawl(tmp_path, *options)
    assert result.code == code, result.log[-1500:]
    assert words in result.log.splitlines()[-1]
    assert "Traceback" not in result.log
    assert file.read_text(encoding="utf-8") == GOOD
    for reason in FAILING_ARTICLES if trick is every_article else ():
        assert result.stat(f"caravan/failed/{reason}"), reason


def test_no_article_anywhere_is_below_the_floor(tmp_path: Path) -> None:
    def only_lists(target: str, response: SampleResponse) -> SampleResponse | None:
        body = b"<html><body><h1>Empty</h1><p>No articles here.</p></body></html>"
        return None if target == "/robots.txt" else SampleResponse(200, HTML, body)

    with serve(Tricky(only_lists, articles=1)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 3
    assert "no article on" in result.log.splitlines()[-1]


class Once:
    """A trick that affects only the first request of each address."""

    def __init__(self, trick: Trick) -> None:
        self._trick = trick
        self._played: set[str] = set()

    def __call__(self, target: str, response: SampleResponse) -> SampleResponse | None:
        if target in self._played:
            return None
        self._played.add(target)
        return self._trick(target, response)


def cut(target: str, response: SampleResponse) -> SampleResponse | None:
    if target.endswith((".xml", ".txt")) or response.status != 200:
        return None
    return SampleResponse(200, response.headers, response.body[: len(response.body) * 2 // 3])


def unavailable(target: str, response: SampleResponse) -> SampleResponse | None:
    return None if target == "/robots.txt" else SampleResponse(503, HTML, b"busy")


def renamed_list(target: str, response: SampleResponse) -> SampleResponse | None:
    return redirect("/gazeta/page/1/") if target == "/gazeta/" else None


def feed_with_undeclared_prefix(target: str, response: SampleResponse) -> SampleResponse | None:
    if target != "/rss/":
        return None
    return SampleResponse(200, response.headers, response.body.replace(b"<item>", b"<item><media:thumb/><p:>x</p:>"))


def malformed_links(target: str, response: SampleResponse) -> SampleResponse | None:
    if not response.headers.get("Content-Type", "").startswith("text/html") or response.status != 200:
        return None
    bad = b"<nav><a href='http://[broken/'>x</a><a href='//'>y</a><img src='http://[x'></nav></body>"
    return SampleResponse(200, response.headers, response.body.replace(b"</body>", bad))


def gallery_trap(target: str, response: SampleResponse) -> SampleResponse | None:
    """Each page has a relative link to a gallery, and any address with it answers."""
    link = b"<a href='foto/galereya/'>x</a></body>"
    body = response.body if response.status == 200 else b"<html><body>Foto</body></html>"
    if target.endswith((".xml", ".txt")) or target == "/rss/" or (response.status == 404 and "foto" not in target):
        return None
    return SampleResponse(200, HTML, body.replace(b"</body>", link)) if response.status in (200, 404) else None


def all_of(*tricks: Trick) -> Trick:
    """Play several tricks, each on what the one before has answered."""

    def play(target: str, response: SampleResponse) -> SampleResponse:
        for trick in tricks:
            response = trick(target, response) or response
        return response

    return play


#: Tricks, and the articles of the site.
HARMLESS: dict[str, tuple[Trick, int]] = {
    "cut pages and lists": (Once(cut), 45),  # enough for two pages of news
    "unavailable": (Once(unavailable), 25),
    "odd lists, feed and links, a gallery": (
        all_of(renamed_list, feed_with_undeclared_prefix, malformed_links, gallery_trap),
        25,
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_is_lost(name: str, tmp_path: Path) -> None:
    trick, articles = HARMLESS[name]
    site = Tricky(trick, articles)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
        gold = {record["url"] for record in site.gold(server.url)}
        hits = server.hits
    assert result.code == 0, result.log[-1500:]
    assert {record["url"] for record in result.articles} == gold
    assert len(result.articles) == len(gold)
    assert hits < 6 * articles


def test_permanently_failing_listing_is_reported(tmp_path: Path) -> None:
    def fails_from_page_3(target: str, response: SampleResponse) -> SampleResponse | None:
        is_late = target.startswith("/news/page/") and int(target.split("/")[3]) >= 3
        return SampleResponse(502, HTML, b"bad gateway") if is_late else None

    with serve(Tricky(fails_from_page_3, articles=140)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=0", "-a", "sections=news")
    assert result.code == 4
    assert "lists were given up" in result.log.splitlines()[-1]


def test_a_site_on_ipv6_or_by_name(tmp_path: Path) -> None:
    with serve(SampleSite(articles=20)) as server:
        result = crawl(tmp_path, "-a", f"site=http://LOCALHOST:{server.port}/")
    assert result.code == 0, result.log[-1500:]
    assert all(record["url"].startswith(f"http://localhost:{server.port}/") for record in result.articles)


def test_named_sections_are_requested_even_if_nothing_links_to_them(tmp_path: Path) -> None:
    def bare_home(target: str, response: SampleResponse) -> SampleResponse | None:
        return SampleResponse(200, HTML, b"<html><body>Home</body></html>") if target == "/" else None

    site = Tricky(bare_home, articles=60)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=sport")
        wanted = {record["url"] for record in site.gold(server.url) if record["section"] == "sport"}
        assert "/sport/" in server.requests
    assert {record["url"] for record in result.articles} <= wanted
    assert len(result.articles) > 5


def test_one_article_named_by_all_its_addresses_is_one_request(tmp_path: Path) -> None:
    with serve(SampleSite(articles=40)) as server:
        record = next(record for record in server.site.gold(server.url) if record["section"] == "news")
        number, path = record["article_id"], record["url"]
        urls = f"?p={number},{path},{path}?utm_source=x,{path.rstrip('/')},/amp/news/{path.split('/news/')[1]}"
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"urls={urls}")
        assert server.hits == 2  # with robots.txt
    assert result.code == 0
    assert [record["url"] for record in result.articles] == [path]


def test_second_signal_ends_the_run_at_once_and_is_logged(tmp_path: Path) -> None:
    with serve(SampleSite(articles=3000)) as server:
        process = start(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_DELAY=0.05")
        wait_for_rows(tmp_path, process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


def test_article_with_only_an_amp_page(tmp_path: Path) -> None:
    sample, base = SampleSite(articles=40), "http://127.0.0.1/"
    news = [record for record in sample.gold(base) if record["section"] == "news" and record["article_id"]]
    gone = next(record for record in news if sample.respond(f"/amp/{record['url'][len(base) :]}", base).status == 200)
    path = gone["url"][len(base) :].rstrip("/")
    link = f'<a href="/amp/{path}">x</a></body>'.encode()

    def only_amp(target: str, response: SampleResponse) -> SampleResponse | None:
        if target == "/":
            return SampleResponse(200, response.headers, response.body.replace(b"</body>", link))
        is_gone = target.strip("/").startswith(path)
        return SampleResponse(404, HTML, b"<html><body>404</body></html>") if is_gone else None

    with serve(Tricky(only_amp, articles=40)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news")
    found = [record for record in result.articles if record["article_id"] == gone["article_id"]]
    assert [record["fetched_url"].endswith(f"/amp/{path}") for record in found] == [True]
    assert found[0]["url"].endswith(f"/{path}/")
    assert found[0]["headline"] == gone["headline"]
