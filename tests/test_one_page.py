"""Scrapy's own commands and other spiders work within the project, and leave no files."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.sample_site.server import SampleServer
from tests.pages.test_page_cases import CASES
from tests.support.crawling import TIMEOUT
from tests.support.forking import run


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serve(SampleSite(articles=20)) as server:
        yield server


PAGE = str(CASES / "related" / "heading_dont_miss" / "page.html")
COMMANDS = [
    (("fetch", "--nolog", "{url}"), "</html>"),
    (("fetch", "--nolog", "--headers", "{url}"), "< Content-Type: text/html"),
    (("fetch", "--nolog", "--spider=caravan", "{url}"), "</html>"),
    (("shell", "--nolog", "{url}", "-c", "response.css('title::text').get()"), " - Караван"),
    (("shell", "--nolog", "{url}", "-c", "(fetch('{url}'), fetch('{url}'), response.status)"), "200"),
    (("shell", "--nolog", "--spider=caravan", "{url}", "-c", "response.status"), "200"),
    (("shell", "--nolog", "-c", "1 + 1"), "2"),
    (("shell", "--nolog", PAGE, "-c", "response.css('h1::text').get()"), "Пешеходный мост"),
    (("view", "-L", "INFO", "{url}"), "Spider closed (finished)"),
    (("parse", "--nolog", "{url}"), "'fetched_url': '{url}'"),
    (("parse", "--nolog", "{url}"), "'views': {views},"),
    (("parse", "--nolog", "--spider=caravan", "{url}"), "'fetched_url': '{url}'"),
    (("parse", "--nolog", "--pipelines", "-c", "parse", "{url}"), "'fetched_url': '{url}'"),
    (("parse", "--nolog", "{base}news/"), "<GET {base}news/page/2/>"),
    (("parse", "--nolog", "{base}rss/"), "<GET {url}>"),
    (("parse", "--nolog", "{base}sitemap_index.xml"), "<GET {base}post-sitemap1.xml>"),
]


@pytest.mark.parametrize(("words", "shown"), COMMANDS, ids=lambda value: " ".join(value[:2]) if len(value) < 9 else "")
def test_a_command_for_one_page(words: tuple[str, ...], shown: str, server: SampleServer, tmp_path: Path) -> None:
    article = next(each for each in server.site.gold(server.url) if each["section"] == "news" and each["views"])
    url, shown = article["url"], shown.replace("{views}", str(article["views"]))
    given = [word.replace("{url}", url).replace("{base}", server.url) for word in words]
    data_dir = tmp_path / "data"
    done: subprocess.CompletedProcess[str] = run(
        "scrapy", given[0], "-s", f"DATA_DIR={data_dir}", *given[1:], timeout=TIMEOUT, environment={"BROWSER": "true"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert shown.replace("{url}", url).replace("{base}", server.url) in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "ERROR" not in done.stderr
    assert not data_dir.exists()


@pytest.mark.parametrize("words", [("fetch",), ("view",), ("parse",), ("shell", "-c", "response")], ids=" ".join)
def test_a_site_that_cannot_be_reached(words: tuple[str, ...]) -> None:
    done = run("scrapy", *words, "http://127.0.0.1:9/", timeout=TIMEOUT, environment={"BROWSER": "true"})
    assert done.returncode == 4
    assert "robots.txt could not be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("fetch",), ("view",), ("shell", "-c", "response")], ids=" ".join)
def test_a_page_that_robots_txt_forbids_is_one_line(words: tuple[str, ...], server: SampleServer) -> None:
    url = f"{server.url}search/?s=x"
    done = run("scrapy", *words, url, timeout=TIMEOUT)
    line = f"scrapy {words[0]}: not fetched: Forbidden by robots.txt: <GET {url}>\n"
    assert (done.returncode, done.stderr) == (4, line)


def test_an_unknown_argument_of_parse_is_one_line(server: SampleServer) -> None:
    done = run("scrapy", "parse", "--nolog", "-a", "lumit=3", server.url, timeout=TIMEOUT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "unknown argument 'lumit'" in done.stderr


REFUSED = [
    (("fetch",), "give one URL"),
    (("view",), "give one URL"),
    (("parse",), "give one URL"),
    (("fetch", "word"), "give one URL"),
    (("view", "word"), "give one URL"),
    (("parse", "word"), "give one URL"),
    (("fetch", "http://[x/"), "Invalid IPv6 URL"),
    (("fetch", "file:///none/page.html"), "/none/page.html is no file"),
    (("shell", "/none/page.html"), "/none/page.html is no file"),
    (("fetch", "--spider=nope", "http://127.0.0.1:9/"), "there is no spider 'nope', only caravan"),
    (("parse", "-c", "nope", "http://127.0.0.1:9/"), "the spider has no callback 'nope'"),
    (("view", "-s", "RETRY_TIMES=x", "http://127.0.0.1:9/"), "RETRY_TIMES=x is not a whole number"),
    (("shell", "-s", "STATS_CLASS=no.X", "http://127.0.0.1:9/"), "STATS_CLASS names no.X, which cannot be loaded: "),
    (("fetch", "-s", "SPIDER_MODULES=no", "http://127.0.0.1:9/"), "SPIDER_MODULES=no cannot be loaded: No module"),
    (("parse", "file:///none"), "site=file:/// must begin with http:// or https://"),
    (("parse", "-O", "x.unknown", "http://127.0.0.1:9/"), "Unrecognized output format 'unknown'"),
    (("runspider", "caravan_crawler/spiders/caravan.py"), "run it by its name: scrapy crawl caravan"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_a_mistake_is_one_line(words: tuple[str, ...], message: str) -> None:
    done = run("scrapy", *words, timeout=TIMEOUT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith(f"scrapy {words[0]}: {message}")


OTHER = """
import scrapy

class Other(scrapy.Spider):
    name = "other"
    start_urls = ["{url}"]

    def parse(self, response):
        yield {{"title": response.css("title::text").get()}}
"""


def test_a_spider_of_a_developer(server: SampleServer, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(OTHER.format(url=server.url), encoding="utf-8")
    feed, data_dir = tmp_path / "titles.jsonl", tmp_path / "data"
    options = ("-s", f"DATA_DIR={data_dir}", "-s", "ARCHIVE=1", "-s", "SHARED_CRAWL=1", "-o", str(feed))
    done = run("scrapy", "runspider", str(tmp_path / "other.py"), *options, timeout=TIMEOUT)
    assert done.returncode == 0
    assert "Караван" in feed.read_text(encoding="utf-8")
    assert "ERROR" not in done.stderr
    assert not data_dir.exists()
