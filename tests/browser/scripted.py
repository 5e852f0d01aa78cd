"""Sites whose pages come by script, and what crawls of them may leave behind."""

import os
import time
from pathlib import Path
from typing import Any

from caravan_crawler.sample_site import SampleResponse, SampleServer, SampleSite
from tests.support.crawling import Crawl, crawl
from tests.support.kills import each_once
from tests.support.optional_parts import need

ARTICLES = 25
#: The scripts of these sites do something at once or never.
_SWIFT = ("-s", "BROWSER_WAIT=1.5")
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Noting(SampleSite):
    """A scripted site that notes what it was asked for, and when."""

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
        """Requests that were not a script's."""
        return [one for one in self.asked if not one[1].startswith("/parts/")]


def browse(data_dir: Path, server: SampleServer, *options: str, mode: str = "auto", module: str = "scrapy") -> Crawl:
    """Crawl with the browser, of which nothing may be left."""
    need("chromium")
    done = crawl(data_dir, "-a", f"site={server.url}", *_SWIFT, "-s", f"BROWSER={mode}", *options, module=module)
    assert "Traceback" not in done.log, done.log[done.log.find("Traceback") :][:5000]
    assert browsers() == []
    return done


def browsers() -> list[int]:
    """The numbers of the node and Chromium processes that crawls of this test process have left or still have.

    Crawls inherit the name of the test that is under way, and so do their browsers.
    """
    mark = f"PYTEST_CURRENT_TEST={os.environ['PYTEST_CURRENT_TEST']}".encode()
    return [pid for pid, environ, words in _processes() if mark in environ and (b"chrom" in words or b"node" in words)]


def words_of(pid: int) -> str:
    """A process's command line."""
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
    """All that the crawl read is the site's truth, article by article and field by field."""
    each_once(done.articles, server.site.gold(server.url))
    rates = [(row["currency"], row["rate_raw"]) for row in done.tables["rates"]]
    assert rates == [(row["currency"], row["rate_raw"]) for row in server.site.expected_rates()]
    assert len(done.tables["weather"]) == len(server.site.expected_weather())
