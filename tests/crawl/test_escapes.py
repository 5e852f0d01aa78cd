"""Text of a site is escaped before it reaches a terminal: in the log, the last line, and ``scrapy inspect``."""

import re
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import TIMEOUT, crawl
from tests.support.forking import run

ESC = "\x1b]0;pwned\x07\x1b[31mRED\x1b[2J\x9b5m\u202e"
#: Control characters, except newline and tab.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
JSON_ESC = ESC.replace("\x1b", "\\u001b").replace("\x07", "\\u0007").replace("\x9b", "\\u009b")
LD = (
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"H%s","datePublished":"%s2025",'
    '"author":{"@type":"Person","name":"%sИван ПЕТРОВ"},"image":"http://a/%s.jpg","url":"/%ssec/x-200050/",'
    '"inLanguage":"%s"}</script>'
).replace("%s", JSON_ESC)
PAGE = f"""<!DOCTYPE html><html><head><title>Заголовок{ESC} - Караван</title>{LD}</head><body><main>
<h1>Заголовок{ESC}</h1>
<div><span>5 Мая 2025{ESC}</span> <span>10{ESC}</span></div><div>Фото - {ESC}</div>
<p>Текст{ESC} один, два и три слова.</p>
<p><a href="/news/{ESC}-200051/">a</a><a href="/{ESC}/b-200052/">b</a><a href="http://a/{ESC}">c</a></p></main></body></html>"""


class Escaping(SampleSite):
    """The sample site with such pages, redirects and headers among its own."""

    def __init__(self) -> None:
        super().__init__(articles=12)

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        html = {"Content-Type": "text/html; charset=utf-8"}
        wire = ESC.replace("\u202e", "")
        if "200050" in target:
            return SampleResponse(200, html, PAGE.encode())
        if "200051" in target:
            return SampleResponse(302, {"Location": f"http://{wire}.example/", **html}, b"")
        if "200052" in target:
            return SampleResponse(429, {"Retry-After": wire, "Content-Encoding": wire, **html}, b"x")
        if target == "/robots.txt":
            rules = f"User-agent: *\nCrawl-delay: {ESC}\nDisallow: /{ESC}\nSitemap: {ESC}x\nSitemap: /{ESC}.xml\n"
            return SampleResponse(200, {"Content-Type": "text/plain"}, rules.encode())
        response = super().respond(target, base_url, headers or {})
        more = b'<a href="/news/zagolovok-200050/">x</a></main>'
        body = response.body.replace(b"</main>", more) if target == "/" else response.body
        return SampleResponse(response.status, response.headers, body)


def test_a_run(tmp_path: Path) -> None:
    with serve(Escaping()) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=0", "-s", "LOG_LEVEL=DEBUG")
        base = server.url
    assert not [line for line in result.log.splitlines() if RAW.search(line)]
    assert "pwned" in result.log
    (article,) = [row for row in result.articles if row["article_id"] == 200050]
    assert re.fullmatch(rf"{re.escape(base)}[!-~]+", article["url"])
    assert not re.search(r"[<>\"\s]", article["url"] + article["section"] + article["fetched_url"])


@pytest.mark.parametrize("options", [(), ("--full",)])
def test_inspect(options: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE, encoding="utf-8")
    done = run(
        "scrapy", "inspect", str(file), "--url", "http://127.0.0.1/news/zagolovok-200050/", *options, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    assert not RAW.search(done.stdout + done.stderr)
    assert "pwned" in done.stdout


def test_the_last_line(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", f"urls=http://{ESC.replace(chr(0x202E), '')}/")
    assert result.code == 2
    assert not RAW.search(result.log)
    assert "pwned" in result.log
