"""Runs stopped by a signal or a site that goes away are continued by the next run."""

import signal
from pathlib import Path
from typing import Any

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import TIMEOUT, crawl, start
from tests.support.kills import MOST_PER_KILL, Runs, Stored, after_requests, each_once, gold, read_articles

# Signals


def test_signals(tmp_path: Path) -> None:
    with serve(SampleSite(articles=50)) as server:
        runs = {times: Runs(server, tmp_path / f"{times}", new=gold(server)) for times in (1, 2)}
        reference = runs[1].undisturbed(tmp_path / "undisturbed")
        for times, each in runs.items():
            before = server.hits
            for number in (signal.SIGINT, signal.SIGTERM):
                assert each.kill(after_requests(server, 20), *[number] * times) == 128 + number
            each.complete()
            assert server.hits - before <= reference + 2 * MOST_PER_KILL


# One run at a time


def test_second_run_exits_at_once(tmp_path: Path) -> None:
    with serve(SampleSite(articles=500)) as server, serve(SampleSite(articles=20)) as other:
        first = start(tmp_path, "-a", f"site={server.url}")
        after_requests(server, 50)(first)
        folders = set((tmp_path / "runs").iterdir())
        second = crawl(tmp_path, "-a", f"site={other.url}", "-O", str(tmp_path / "articles.csv"))
        assert first.poll() is None
        assert second.code == 5
        advice = "wait until it has ended, or name another folder: -s DATA_DIR=FOLDER"
        assert second.log.splitlines()[-1] == f"scrapy crawl: another run is using {tmp_path / 'caravan.db'}: {advice}"
        assert other.hits == 0
        assert set((tmp_path / "runs").iterdir()) == folders
        assert not list(tmp_path.glob("*articles.csv*"))
        first.kill()
        first.communicate(timeout=TIMEOUT)
    with serve(SampleSite(articles=20)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code != 5, "the lock of a killed run is released"


# The site


def test_a_site_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    site = SampleSite(articles=70)
    with serve(site) as server:
        port = server.port
        options = ("-a", f"site={server.url}", "-s", "RETRY_TIMES=1")
        first = start(tmp_path, *options)
        after_requests(server, 50)(first)
    _, log = first.communicate(timeout=TIMEOUT)
    assert first.returncode == 4, log[-3000:]
    assert "Traceback" not in log
    stored = Stored(tmp_path).articles
    assert len(stored) > 20
    with serve(site, port) as server:
        assert crawl(tmp_path, *options).code == 0
        expected = gold(server)
        asked = {target.split("?")[0] for target in server.requests}
    assert not [record["url"] for record in stored.values() if "?" not in record["url"] and path_of(record) in asked]
    each_once(Stored(tmp_path).articles.values(), expected)
    (published,) = tmp_path.glob("runs/*/articles.jsonl")
    each_once(read_articles(published), expected)


def path_of(record: dict[str, Any]) -> str:
    return "/" + str(record["url"]).split("/", 3)[3]


def test_the_same_site_on_another_port(tmp_path: Path) -> None:
    site = SampleSite(articles=60)
    with serve(site) as server:
        first = start(tmp_path, "-a", f"site={server.url}")
        after_requests(server, 45)(first)
        first.kill()
        first.communicate(timeout=TIMEOUT)
        stored = Stored(tmp_path).articles
        assert len(stored) > 15
        with serve(site) as copy:
            result = crawl(tmp_path, "-a", f"site={copy.url}")
            assert result.code == 0, result.log[-3000:]
            assert not {path_of(record) for record in stored.values() if "?" not in record["url"]} & {*copy.requests}
            assert len(result.articles) == len(Stored(tmp_path).articles) == 60


def test_known_article_that_returns_is_not_new(tmp_path: Path) -> None:
    """An article that a refresh could not read is retried by the next run of any kind."""
    with serve(Flaky(articles=30)) as server:
        options = ("-a", f"site={server.url}", "-s", "RETRY_TIMES=0")
        assert crawl(tmp_path, *options).code == 0
        before = Stored(tmp_path)
        server.site.missing = {path_of(record) for record in gold(server)[10:12]}  # type: ignore[attr-defined]
        assert crawl(tmp_path, *options, "-a", "refresh_days=20000").code == 0
        assert len(Stored(tmp_path).rows("failures")) == 2
        server.site.missing = set()  # type: ignore[attr-defined]
        result = crawl(tmp_path, *options)
    after = Stored(tmp_path)
    assert result.articles == []
    assert not after.rows("failures")
    for table in ("articles", "article_versions", "view_counts"):
        assert len(after.rows(table)) == len(before.rows(table))


class Flaky(SampleSite):
    """Some pages answer 500 for a while."""

    missing: frozenset[str] | set[str] = frozenset()

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if target in self.missing:
            return SampleResponse(500, {"Content-Type": "text/html"}, b"<html><body>500</body></html>")
        return super().respond(target, base_url, headers)


# A backfill


def test_a_killed_backfill_walks_no_list_twice(tmp_path: Path) -> None:
    """An early year is behind many listing pages, none of which may be requested again."""
    with serve(SampleSite(articles=160)) as server:
        options = ("-a", "since=2008-01-01", "-a", "until=2008-12-31")
        wanted = [record for record in gold(server) if (record["date_published"] or "")[:4] == "2008"]
        runs = Runs(server, tmp_path, *options, new=wanted)
        reference = runs.undisturbed(tmp_path / "undisturbed")
        pages = sum("/page/" in target for target in server.requests)
        assert pages > 10
        server.requests.clear()
        for part in (3, 2):
            runs.kill(after_requests(server, reference // part))
        runs.complete()
        asked = sum("/page/" in target for target in server.requests)
        assert runs.kills == 2
        # Four pages under way and four that share the next commit, per kill.
        assert asked <= pages + 2 * (4 + 4)
