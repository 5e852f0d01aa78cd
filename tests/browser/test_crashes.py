"""A browser that crashes, hangs or does not start costs at most its page, never the run."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, serve
from tests.browser.scripted import ARTICLES, Noting, assert_true, browse, browsers, named_articles, words_of
from tests.support.crawling import TIMEOUT, start
from tests.support.kills import each_once
from tests.support.optional_parts import need

VIEWS = "/parts/views/"


class Deadly(Noting):
    """Kills a process of the crawl's browser when the view counts of a number of articles were requested.

    ``kills`` maps this number to a part of the process's command line.
    """

    def __init__(self, kills: dict[int, str]) -> None:
        super().__init__()
        self._kills = kills
        self.killed: list[str] = []
        self._test = os.environ["PYTEST_CURRENT_TEST"]

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        name = self._kills.pop(len(set(self.targets(VIEWS))), None) if target.startswith(VIEWS) else None
        if name is not None:
            threading.Thread(target=self._kill, args=(name,)).start()
        return response

    def _kill(self, name: str) -> None:
        victim = min(pid for pid in browsers() if name in words_of(pid))  # the first has started the others
        os.kill(victim, signal.SIGKILL)
        self.killed.append(name)


def test_a_browser_killed_twice_loses_nothing(tmp_path: Path) -> None:
    # Far enough apart that no page is rendered at both times: after two failures it would be read as downloaded.
    site = Deadly({1: "/lib/chromium/", 5: "run-driver"})
    with serve(site) as server:
        done = browse(tmp_path, server, *named_articles(server))
        assert done.code == 0, done.log[-3000:]
        assert_true(done, server)
    assert site.killed == ["/lib/chromium/", "run-driver"]
    assert done.stat("caravan/browser/restarts") >= 2
    assert "a new one is started" in done.log
    assert "[asyncio]" not in done.log
    assert "[playwright]" not in done.log


class Hanging(Noting):
    """A site with one page whose script runs in an endless loop."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        if self.number_of(target) != 2:
            return response
        return SampleResponse(
            200, response.headers, response.body.replace(b"<body>", b"<body><script>for(;;);</script>")
        )


def test_a_page_that_hangs_is_read_without_the_browser(tmp_path: Path) -> None:
    site = Hanging()
    urls = [site.article(number).path for number in (0, 2, 4)]
    with serve(site) as server:
        named = ",".join(server.url + path[1:] for path in urls)
        done = browse(
            tmp_path, server, "-a", f"urls={named}", "-s", "DOWNLOAD_TIMEOUT=4", "-s", "CONCURRENT_REQUESTS=1"
        )
    assert done.code == 0, done.log[-3000:]
    assert "Read without the browser: " in done.log
    assert {record["url"].partition("/")[2][-20:]: record["views"] is None for record in done.articles} == {
        path[-20:]: number == 1 for number, path in enumerate(urls)
    }


@pytest.mark.parametrize(("mode", "code"), [("auto", 0), ("always", 4)])
def test_without_a_browser_that_starts(mode: str, code: int, tmp_path: Path) -> None:
    with serve(Noting()) as server:
        # Each page starts a browser of its own until it is given up.
        options = ("-s", "BROWSER_PATH=/bin/false", "-s", "CONCURRENT_REQUESTS=1")
        done = browse(tmp_path, server, *named_articles(server), *options, mode=mode)
    assert done.code == code, done.log[-3000:]
    said = "the browser cannot be used: "
    if mode == "auto":
        assert len(done.articles) == ARTICLES
        assert done.log.count(said) == 1
    else:
        assert done.log.splitlines()[-1].startswith(f"scrapy crawl: {said}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_run_leaves_no_browser_and_the_next_completes_a_killed_one(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    need("chromium-headless-shell")
    site = Noting(articles=5)
    with serve(site) as server:
        named = named_articles(server)
        process = start(tmp_path, "-a", f"site={server.url}", *named, "-s", "BROWSER=auto", "-s", "BROWSER_WAIT=0.7")
        pages = 3 if number == signal.SIGKILL else 1
        while len(site.targets(VIEWS)) < pages and process.poll() is None:
            time.sleep(0.01)
        assert browsers()
        if number == signal.SIGINT:  # a terminal sends it to all processes
            for pid in [pid for pid in browsers() if "run-driver" in words_of(pid)]:
                os.kill(pid, number)
        process.send_signal(number)
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, log[-3000:]
        assert "Traceback" not in log, log[-3000:]
        until = time.monotonic() + 20
        while browsers() and time.monotonic() < until:
            time.sleep(0.1)
        assert browsers() == []
        if number != signal.SIGKILL:
            # A page that was not rendered when the run stopped is no failure.
            assert "caravan/browser/failed" not in log
            return
        # The next run completes a killed one.
        done = browse(tmp_path, server, *named)
        assert done.code == 0, done.log[-3000:]
        each_once(done.articles, site.gold(server.url))
