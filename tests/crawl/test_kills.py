"""Runs killed at any moment: no record is lost or duplicated, no file is partial, few pages are read twice.

The moments are random; the seed is printed with a failure, and ``KILL_SEED`` repeats it as far as time allows.
"""

import random
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from tests.support.crawling import crawl
from tests.support.kills import MOST_PER_KILL, Runs, after_requests, after_seconds, dice

SINCE, UNTIL = "2012-01-01", "2021-12-31"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A dataset of an earlier day, as CSV and JSON lines."""
    folder = tmp_path_factory.mktemp("earlier")
    files = [folder / "articles.csv", folder / "articles.jsonl"]
    with serve(SampleSite(articles=20)) as server:
        feeds = [option for file in files for option in ("-O", str(file))]
        assert crawl(folder, "-a", f"site={server.url}", *feeds).code == 0
    return files


def gold(server: SampleServer) -> list[dict[str, Any]]:
    return list(server.site.gold(server.url))


def kill_often(runs: Runs, times: int, chance: random.Random, reference: int) -> None:
    """Kill ``times`` runs midway, let one end, and compare the requests with those of an undisturbed run."""
    before = done = runs.server.hits
    for moment in sorted(chance.sample(range(1, reference * 9 // 10), times)):
        runs.kill(after_requests(runs.server, before + moment - done))
        done = before + moment
    runs.complete()
    asked = runs.server.hits - before
    print(f"{runs.kills} kills, {asked} requests, undisturbed {reference}: {asked / reference - 1:+.1%}")
    assert runs.kills == times
    assert asked <= reference + times * MOST_PER_KILL


def test_kills_of_a_full_crawl(tmp_path: Path, earlier: list[Path]) -> None:
    with serve(SampleSite(articles=140)) as server:
        runs = Runs(server, tmp_path, new=gold(server), earlier=earlier)
        reference = runs.undisturbed(tmp_path / "undisturbed")
        kill_often(runs, 8, dice("full"), reference)


def test_kills_of_a_run_for_a_period(tmp_path: Path, earlier: list[Path]) -> None:
    with serve(SampleSite(articles=80)) as server:
        wanted = [record for record in gold(server) if SINCE <= (record["date_published"] or "")[:10] <= UNTIL]
        runs = Runs(
            server, tmp_path, "-a", f"since={SINCE}", "-a", f"until={UNTIL}", new=wanted, earlier=earlier, output="-o"
        )
        reference = runs.undisturbed(tmp_path / "undisturbed")
        kill_often(runs, 2, dice("period"), reference)


def test_kills_of_hourly_runs_over_a_known_site(tmp_path: Path, earlier: list[Path]) -> None:
    with serve(SampleSite(articles=40)) as server:
        assert crawl(tmp_path / "data", "-a", f"site={server.url}").code == 0
        before = gold(server)
        server.site.publish(50)
        new = gold(server)[len(before) :]
        runs = Runs(server, tmp_path, new=new, before=before, earlier=earlier, output="-o")
        reference = runs.undisturbed(tmp_path / "undisturbed")
        kill_often(runs, 2, dice("hourly"), reference)


def test_kills_of_a_refresh(tmp_path: Path, earlier: list[Path]) -> None:
    with serve(SampleSite(articles=50)) as server:
        assert crawl(tmp_path / "data", "-a", f"site={server.url}").code == 0
        options = ("-a", "refresh_days=20000")
        runs = Runs(server, tmp_path, *options, new=[], before=gold(server), earlier=earlier)
        reference = runs.undisturbed(tmp_path / "undisturbed")
        kill_often(runs, 2, dice("refresh"), reference)


def test_kills_in_the_first_moments(tmp_path: Path, earlier: list[Path]) -> None:
    chance = dice("first")
    with serve(SampleSite(articles=40)) as server:
        runs = Runs(server, tmp_path, new=gold(server), earlier=earlier)
        for event, most in (("os.mkdir", 1), ("sqlite3.connect", 1), ("sql", 20), ("sql", 60), ("commit", 5)):
            assert runs.kill_at(event, chance.randint(1, most))
        for _ in range(3):
            runs.kill(after_seconds(chance.uniform(0, 1)))
        runs.complete()


@pytest.mark.parametrize("output", ["-O", "-o"])
def test_kills_while_files_are_renamed(output: str, tmp_path: Path, earlier: list[Path]) -> None:
    chance = dice(output)
    with serve(SampleSite(articles=20)) as server:
        runs = Runs(server, tmp_path, new=gold(server), earlier=earlier, output=output)
        # Eight files in the run's folder and two requested; a second run has no rows for these.
        for most in (10, 8):
            assert runs.kill_at("os.rename", chance.randint(1, most))
        runs.complete()
