"""Scrapy's own commands for one page work within the project, and leave no files."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.sample_site.server import SampleServer
from tests.support.crawling import TIMEOUT
from tests.support.forking import run


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serve(SampleSite(articles=20)) as server:
        yield server


COMMANDS = [
    (("fetch", "--nolog", "{url}"), "</html>"),
    (("fetch", "--nolog", "--headers", "{url}"), "< Content-Type: text/html"),
    (("fetch", "--nolog", "--spider=caravan", "{url}"), "</html>"),
    (("shell", "--nolog", "{url}", "-c", "response.css('title::text').get()"), " - Караван"),
    (("shell", "--nolog", "{url}", "-c", "(fetch('{url}'), fetch('{url}'), response.status)"), "200"),
    (("shell", "--nolog", "--spider=caravan", "{url}", "-c", "response.status"), "200"),
    (("shell", "--nolog", "-c", "1 + 1"), "2"),
    (("view", "{url}"), "Spider closed (finished)"),
    (("parse", "--nolog", "{url}"), "'fetched_url': '{url}'"),
    (("parse", "--nolog", "--spider=caravan", "{url}"), "'fetched_url': '{url}'"),
    (("parse", "--nolog", "--pipelines", "-c", "parse", "{url}"), "'fetched_url': '{url}'"),
]


@pytest.mark.parametrize(("words", "shown"), COMMANDS, ids=lambda value: " ".join(value[:2]) if len(value) < 9 else "")
def test_a_command_for_one_page(words: tuple[str, ...], shown: str, server: SampleServer, tmp_path: Path) -> None:
    url = next(record["url"] for record in server.site.gold(server.url) if record["section"] == "news")
    given = [word.replace("{url}", url) for word in words]
    data_dir = tmp_path / "data"
    done: subprocess.CompletedProcess[str] = run(
        "scrapy", given[0], "-s", f"DATA_DIR={data_dir}", *given[1:], timeout=TIMEOUT, BROWSER="true"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert shown.replace("{url}", url) in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "ERROR" not in done.stderr
    assert not data_dir.exists()
