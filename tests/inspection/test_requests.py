"""Requests of an inspection: their number, their pace, and the end when it is stopped."""

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from scrapy.crawler import Crawler

from caravan_crawler.inspection.site_spider import InspectionSpider
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite
from tests.inspection.inspecting import inspect, inspect_site
from tests.inspection.monthly import HTML, MonthlySite, html
from tests.support.crawling import TIMEOUT
from tests.support.forking import fork, run


class Timed(MonthlySite):
    """Records the time and the user agent of each request."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.times: list[float] = []
        self.agents: set[str] = set()

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.times.append(time.monotonic())
        self.agents.add((headers or {}).get("user-agent", ""))
        return super().respond(target, base_url, headers)


def test_a_site_with_a_sitemap_for_each_month() -> None:
    with serve(MonthlySite()) as server:
        code, result = inspect_site(server)
        asked = list(server.requests)
    assert (code, result["odd"]) == (0, []), "a healthy site has no finding"
    assert asked[:3] == ["/robots.txt", "/sitemap.xml", "/"]
    assert len(asked) == len(set(asked)) == result["requests"] == 25
    assert {"/rss/", "/feed/all.xml", "/society/", "/society/page/2/", "/wp-sitemap.xml"} <= set(asked)
    assert {"/sitemap202609.xml", "/sitemap201602.xml", "/sitemap1.xml"} <= set(asked), (
        "newest, oldest, without a month"
    )
    articles = [one["url"].removeprefix(server.url) for one in result["articles"]]
    assert len(articles) >= 12
    assert len({one["date_published"][:4] for one in result["articles"]}) >= 4
    assert len({url.split("/")[0] for url in articles}) >= 4
    assert sum("?p=" in url for url in articles) == sum(url.endswith("/amp/") for url in articles) == 1
    assert any("-2012" in url for url in articles)
    assert all(one["published_at"] and one["found_by"]["date_structured"] == "stamp_meta" for one in result["articles"])


def everything_fails(target: str, _: SampleResponse) -> SampleResponse | None:
    return None if target == "/robots.txt" else html("busy", 503)


def everything_redirects(target: str, _: SampleResponse) -> SampleResponse | None:
    moved = SampleResponse(302, {"Location": f"{target}x", **HTML}, b"")
    return None if target == "/robots.txt" else moved


@pytest.mark.parametrize(
    ("most", "trick"), [(5, None), (10, None), (40, None), (10, everything_fails), (10, everything_redirects)]
)
def test_requests_stay_within_the_limit(most: int, trick: Any) -> None:
    with serve(MonthlySite(trick)) as server:
        code, result = inspect_site(server, "--requests", str(most))
        assert server.hits == result["requests"] <= most
    assert code in ((4,) if trick else (0, 3))
    if trick is None:
        assert result["articles"]


@pytest.mark.parametrize(
    ("robots", "options"),
    [("User-agent: *\nCrawl-delay: 0.3\n", ()), ("User-agent: *\nAllow: /\n", ("-s", "DOWNLOAD_DELAY=0.3"))],
)
def test_requested_delay_is_obeyed_on_loopback_too(robots: str, options: tuple[str, ...]) -> None:
    site = Timed(robots=robots)
    with serve(site) as server:
        inspect_site(server, "--requests", "8", *options)
    assert len(site.times) == 8
    assert site.times[-1] - site.times[1] > 6 * 0.3 * 0.9
    assert len(site.agents) == 1
    assert site.agents.pop().startswith("CaravanCrawler/")


def test_a_site_elsewhere_is_asked_once_a_second() -> None:
    crawler = Crawler(InspectionSpider, _project_settings())
    InspectionSpider.from_crawler(crawler, base="https://www.caravan.kz/", most=25, on_facts=lambda *_: None)
    assert crawler.settings.getfloat("DOWNLOAD_DELAY") == 1
    assert crawler.settings.getint("CONCURRENT_REQUESTS") == 1
    assert crawler.settings.getbool("ROBOTSTXT_OBEY")


def _project_settings() -> dict[str, Any]:
    from caravan_crawler import settings

    return {name: value for name, value in vars(settings).items() if name.isupper() and name != "ADDONS"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_stack_trace(number: signal.Signals) -> None:
    site = Timed(robots="User-agent: *\nCrawl-delay: 0.5\n")
    with serve(site) as server:
        process = fork("scrapy", "inspect", "--site", server.url, stdout=subprocess.PIPE)
        while len(site.times) < 3 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out) == (128 + number, "")
    assert err.startswith("scrapy inspect: stopped on request after ")
    assert err.count("\n") == 1


def test_inspection_spider_is_not_listed() -> None:
    assert run("scrapy", "list", timeout=TIMEOUT).stdout.split() == ["caravan"]


def test_the_sample_site() -> None:
    done = inspect("--site", "sample")
    assert done.returncode in (0, 3), done.stderr
    assert done.stdout.splitlines()[0].endswith(" 25 requests")
    assert "headline_printed" in done.stdout
    assert "USD $ 495.1" in done.stdout
    assert "verdict: " in done.stdout.splitlines()[-1]
    assert done.stderr == ""


def test_every_form_of_the_site_option(tmp_path: Path) -> None:
    with serve(SampleSite(articles=30)) as server:
        for options in (("--site", server.url), ("--site", "--requests", "5", server.url), (server.url, "--site")):
            done = inspect(*options, "--requests", "5", "-s", f"DATA_DIR={tmp_path}")
            assert done.stdout.startswith(server.url), done.stderr
    assert list(tmp_path.iterdir()) == [], "no store is opened"


BAD = [
    (("--site", "caravan.kz"), "site=caravan.kz must begin with http:// or https://"),
    (("--site", "http://127.0.0.1:9/news/"), "must be the root of a site"),
    (("--site", "http://127.0.0.1:9/", "http://127.0.0.1:8/"), "inspect --site takes one site"),
    (("--site", "sample", "--requests", "many"), "requests=many is not a number from 5 to 100"),
    (("--site", "sample", "--requests", "1000"), "requests=1000 is not a number from 5 to 100"),
    (("--site", "sample", "--full"), "--full is not for --site"),
    (("--site", "sample", "--why"), "--why is not for --site"),
    (("--site", "sample", "--all"), "--all is not for --site"),
    (("README.md", "--requests", "5"), "--requests is for --site only"),
    (("README.md", "--save-pages", "x"), "--save-pages is for --site only"),
    (("--site", "sample", "--save-pages", "README.md/x"), "README.md/x cannot be written to: Not a directory"),
    (("--site", "sample", "-s", "DOWNLOAD_DELAY=much"), "DOWNLOAD_DELAY=much is not a number"),
    ((), "inspect takes one URL or one file"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_use_is_reported_in_one_line(options: tuple[str, ...], words: str) -> None:
    done = inspect(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_signal_ends_the_reading_of_one_page() -> None:
    with serve(FaultySite(20, faults=["slow:1"])) as server:
        process = fork("scrapy", "inspect", server.url, stdout=subprocess.PIPE)
        while not server.hits and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out, err) == (130, "", "scrapy inspect: stopped on request\n")
