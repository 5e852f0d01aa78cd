"""Pauses that a site asks for, and when a crawl of it ends: Retry-After, back-off, outage, Crawl-delay."""

import asyncio
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.settings import Settings

from caravan_crawler.downloadhandlers import CrawlDelay
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.crawl.timed import BUSY, HTML, IN_FLIGHT, Timed, is_article
from tests.support.crawling import crawl, start

# Retry-After


class AskingForQuiet(Timed):
    """Answers one request, for the tenth article, with Retry-After."""

    def __init__(self, status: int, wish: str | timedelta) -> None:
        super().__init__(articles=18)
        self.status, self.wish = status, wish
        self.asked_at: int | None = None
        self.articles = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        self.articles += is_article(target)
        if self.articles < 10 or self.asked_at is not None:
            return response
        self.asked_at = len(self.times)
        if isinstance(self.wish, str):
            return SampleResponse(self.status, {"Retry-After": self.wish, **HTML}, b"")
        now = datetime.now(UTC)
        dates = {
            "Date": format_datetime(now, usegmt=True),
            "Retry-After": format_datetime(now + self.wish, usegmt=True),
        }
        return SampleResponse(self.status, {**dates, **HTML}, b"")


def test_retry_after_pauses_all_requests(tmp_path: Path) -> None:
    site = AskingForQuiet(503, timedelta(seconds=2))
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 18
    assert site.asked_at is not None
    asked_at = site.times[site.asked_at - 1]
    in_pause = [moment for moment in site.times[site.asked_at :] if moment < asked_at + 2]
    assert len(in_pause) <= IN_FLIGHT
    assert len(site.times) > site.asked_at + IN_FLIGHT
    assert "The site asks for a pause of 2 seconds (HTTP 503)" in result.log


def test_nonsensical_retry_after_counts_as_a_failed_response(tmp_path: Path) -> None:
    site = AskingForQuiet(503, "soon")
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 18
    assert result.stat("caravan/pauses/backoff") == 1


def test_too_long_retry_after_ends_the_run(tmp_path: Path) -> None:
    site = AskingForQuiet(429, "3600")
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert site.asked_at is not None
    assert len(site.times) - site.asked_at <= IN_FLIGHT
    assert result.stat("caravan/retry_after") == 3600
    assert "'finish_reason': 'retry_after'" in result.log
    assert "Traceback" not in result.log


def test_the_longest_pause_is_a_setting(tmp_path: Path) -> None:
    with serve(AskingForQuiet(429, "2")) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_AFTER_MAX=1")
    assert "'finish_reason': 'retry_after'" in result.log


def test_a_signal_ends_a_pause(tmp_path: Path) -> None:
    with serve(AskingForQuiet(429, "500")) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        assert process.stderr is not None
        for line in process.stderr:
            if "asks for a pause" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143


# Back-off


class Busy(Timed):
    """Answers 503 to everything but robots.txt, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__(articles=8)
        self.left = times

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        if target == "/robots.txt" or not self.left:
            return response
        self.left -= 1
        return BUSY


def test_pauses_after_failed_responses_grow(tmp_path: Path) -> None:
    site = Busy(times=4)
    with serve(site) as server:
        options = ("-s", "BACKOFF_START=0.2", "-s", "RETRY_TIMES=4")
        result = crawl(tmp_path, "-a", f"site={server.url}", *options)
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 8
    # robots.txt, and four failed requests of the home page.
    for pause, least in zip(site.pauses[1:5], (0.1, 0.2, 0.4, 0.8), strict=True):
        assert pause >= least


# Outage


CHALLENGE = SampleResponse(403, HTML, b"<html><title>Just a moment...</title><body>Wait</body></html>")
REFUSALS = [BUSY, CHALLENGE, SampleResponse(200, HTML, CHALLENGE.body)]


class GoesAway(Timed):
    """Refuses or challenges every request after that for the fifth article, each page in its own way."""

    def __init__(self) -> None:
        super().__init__(articles=300)
        self.articles = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.articles += is_article(target)
        response = super().respond(target, base_url, headers)
        return REFUSALS[sum(target.encode()) % len(REFUSALS)] if self.articles > 5 else response


def test_a_site_that_refuses_all_pages_ends_the_run(tmp_path: Path) -> None:
    site = GoesAway()
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert "'finish_reason': 'outage'" in result.log
    assert "'caravan/outage': '20 pages in a row were refused'" in result.log
    assert "Traceback" not in result.log
    # Each page is requested three times at most, and the queued ones not at all.
    assert len(site.targets) < 100


def test_outage_ends_the_run_whatever_the_number_of_queued_pages(tmp_path: Path) -> None:
    site = SampleSite(articles=50)
    with serve(site) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        known = server.hits
        process = start(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=20000")
        while server.hits == known and process.poll() is None:
            time.sleep(0.01)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 4, log[-1500:]
    (tries,) = re.findall(r"'downloader/exception_count': (\d+)", log)
    assert int(tries) < 40, "the run must not request each of the 50 pages"


def test_a_site_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    site = SampleSite(articles=3000)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}", "-s", "DOWNLOAD_DELAY=0.01")
        while server.hits < 20 and process.poll() is None:
            time.sleep(0.01)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 4
    assert "'caravan/outage': '5 pages in a row got no answer'" in log
    assert "Traceback" not in log


# AutoThrottle and Crawl-delay

ROBOTS = SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nCrawl-delay: 0.5\n")


def are_half_a_second_apart(times: list[float]) -> bool:
    """Whether requests were sent half a second apart: on average, as each may arrive late."""
    return len(times) > 5 and times[-1] - times[0] >= 0.9 * 0.5 * (len(times) - 1)


def test_autothrottle_never_goes_below_crawl_delay(tmp_path: Path) -> None:
    site = Timed(articles=5, robots_txt=ROBOTS)
    with serve(site) as server:
        options = ["-s", "AUTOTHROTTLE_ENABLED=1", "-s", "AUTOTHROTTLE_START_DELAY=0.1"]
        options += ["-s", "AUTOTHROTTLE_MAX_DELAY=0.3"]
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news", *options)
    assert result.code == 0, result.log[-1500:]
    assert "robots.txt asks for 0.5 seconds" in result.log
    assert are_half_a_second_apart(site.times[1:])  # the first pause is before robots.txt is known


def test_autothrottle_never_goes_below_the_delay_set(tmp_path: Path) -> None:
    site = Timed(articles=5)
    with serve(site) as server:
        options = ("-s", "AUTOTHROTTLE_ENABLED=1", "-s", "DOWNLOAD_DELAY=0.5", "-s", "AUTOTHROTTLE_START_DELAY=0.5")
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news", *options)
    assert result.code == 0, result.log[-1500:]
    assert are_half_a_second_apart(site.times)


def test_a_crawl_delay_too_long_ends_the_run(tmp_path: Path) -> None:
    robots = SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nCrawl-delay: 601\n")
    site = Timed(articles=5, robots_txt=robots)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}")
    assert result.code == 4
    assert "seconds between requests; CRAWL_DELAY_MAX allows fewer" in result.log.splitlines()[-1]
    assert site.targets == ["/robots.txt"]
    assert "Traceback" not in result.log


def test_long_crawl_delay_is_logged_and_obeyed(tmp_path: Path) -> None:
    robots = SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nCrawl-delay: 90\n")
    site = Timed(articles=5, robots_txt=robots)
    with serve(site) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        give_up = time.monotonic() + 60
        while not site.targets and time.monotonic() < give_up:
            time.sleep(0.05)
        time.sleep(3)
        asked = list(site.targets)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 143
    assert len(asked) <= 2
    assert re.search(r"WARNING: .*asks for 90.0 seconds between requests.*: 100 requests take 2.5 hours", log)
    assert "Traceback" not in log


def test_nonsensical_crawl_delay_is_ignored(tmp_path: Path) -> None:
    robots = SampleResponse(200, {"Content-Type": "text/plain"}, b"User-agent: *\nCrawl-delay: nan\n")
    with serve(Timed(articles=1, robots_txt=robots)) as server:
        (record,) = server.site.gold(server.url)
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"urls={record['url']}")
    assert result.code == 0, result.log[-1500:]


#: Delays of robots.txt, and the seconds between requests; None where the run ends.
DELAYS = {"2.5": 2.5, "600": 600.0, "601": None, "86400": None, "1e9": None}
DELAYS |= dict.fromkeys(("nan", "inf", "-5", "soon", "0"), 0.0)


@pytest.mark.parametrize("delay", DELAYS)
def test_delays_of_robots_txt(delay: str) -> None:
    crawler = Mock(settings=Settings({"DOWNLOAD_DELAY": 0, "CRAWL_DELAY_MAX": 600}))
    crawler.get_extension.return_value = None
    crawler.engine.downloader = Mock(per_slot_settings={}, slots={})
    rules = ProtegoRobotParser(f"User-agent: *\nCrawl-delay: {delay}\n".encode(), None)

    async def obey() -> None:
        crawl_delay = CrawlDelay(crawler)
        crawl_delay.robots_parsed(rules, Mock())
        crawl_delay.engine_stopped()

    asyncio.run(obey())
    set_to = [slot["delay"] for slot in crawler.engine.downloader.per_slot_settings.values()]
    assert set_to == ([DELAYS[delay]] if DELAYS[delay] else [])
    assert crawler.stats.set_value.called is (DELAYS[delay] is None)


def test_cloudflare_errors_are_retried(tmp_path: Path) -> None:
    class Failing(Timed):
        statuses: ClassVar = [520, 521, 522, 523, 524]

        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            if self.targets.count(target) > 1 or target == "/robots.txt":
                return response
            status = self.statuses[len(set(self.targets)) % len(self.statuses)]
            return SampleResponse(status, HTML, b"<html><body>Web server error</body></html>")

    site = Failing(articles=5)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=news")
    assert result.code == 0, result.log[-1500:]
    assert result.articles
    assert "Not read" not in result.log
    for status in site.statuses:
        assert result.stat(f"downloader/response_status_count/{status}") > 0
