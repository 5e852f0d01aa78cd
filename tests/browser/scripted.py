"""Sites whose values are added by scripts, crawls of them, and processes that these leave."""

import os
import time
from pathlib import Path
from typing import Any

from caravan_crawler.sample_site import SampleResponse, SampleServer, SampleSite
from tests.support.crawling import Crawl, crawl
from tests.support.kills import each_once
from tests.support.optional_parts import need

ARTICLES = 7
#: The pages that each browser shows in ``short_lived``.
PAGES_OF_SHORT_LIVED = 4
#: The scripts of these sites add values at once or never.
_SHORT_WAIT = ("-s", "BROWSER_WAIT=1.5")
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Noting(SampleSite):
    """A scripted site that records its requests, with the time."""

    def __init__(self, articles: int = ARTICLES) -> None:
        super().__init__(articles, scripted=True)
        self.asked: list[tuple[float, str]] = []

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.asked.append((time.monotonic(), target))
        return super().respond(target, base_url, headers)

    def targets(self, start: str = "/") -> list[str]:
        return [target for _, target in self.asked if target.startswith(start)]

    @property
    def pages(self) -> list[tuple[float, str]]:
        """Requests other than those of scripts."""
        return [one for one in self.asked if not one[1].startswith("/parts/")]


def browse(data_dir: Path, server: SampleServer, *options: str, mode: str = "auto", module: str = "scrapy") -> Crawl:
    """Crawl with the browser; none of its processes may remain."""
    need("chromium-headless-shell")
    done = crawl(data_dir, "-a", f"site={server.url}", *_SHORT_WAIT, "-s", f"BROWSER={mode}", *options, module=module)
    assert "Traceback" not in done.log, done.log[done.log.find("Traceback") :][:5000]
    assert browsers() == []
    return done


def named_articles(server: SampleServer) -> tuple[str, str]:
    """Return the option to read the articles alone, and no list: rendering a page takes much of a second."""
    return "-a", "urls=" + ",".join(record["url"] for record in server.site.gold(server.url))


def browsers() -> list[int]:
    """Return the PIDs of the node and Chromium processes of this test's crawls.

    Crawls and their browsers inherit the environment variable with the test's name.
    """
    mark = f"PYTEST_CURRENT_TEST={os.environ['PYTEST_CURRENT_TEST']}".encode()
    return [pid for pid, environ, words in _processes() if mark in environ and (b"chrom" in words or b"node" in words)]


def words_of(pid: int) -> str:
    """Return the command line of a process."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _processes() -> list[tuple[int, bytes, bytes]]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            found.append((int(path.name), (path / "environ").read_bytes(), (path / "cmdline").read_bytes()))
        except OSError:
            continue
    return found


def assert_true(done: Crawl, server: SampleServer) -> None:
    """Assert that all articles, rates and weather of the crawl equal the site's expected values."""
    each_once(done.articles, server.site.gold(server.url))
    rates = [(row["currency"], row["rate_raw"]) for row in done.tables["rates"]]
    assert rates == [(row["currency"], row["rate_raw"]) for row in server.site.expected_rates()]
    assert len(done.tables["weather"]) == len(server.site.expected_weather())
