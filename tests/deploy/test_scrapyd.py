"""The project deployed to a real Scrapyd with the documented command, and the results of its crawls."""

import json
import os
import re
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from caravan_crawler import __version__
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.deploy.scrapyd_server import PROJECT, Scrapyd, wait_until
from tests.support.crawling import ROOT, TIMEOUT, read_jsonl
from tests.support.kills import Stored, each_once, gold, read_articles

(DEPLOY,) = re.findall(r"^scrapyd-deploy$", (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8"), re.MULTILINE)

#: The articles of a site whose crawls are stopped in their middle.
ARTICLES = 40


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    server = Scrapyd(tmp_path_factory.mktemp("scrapyd"))
    try:
        server.start()
        done = server.deploy(DEPLOY)
        assert done.returncode == 0, done.stdout + done.stderr
        yield server
    finally:
        server.kill_all()


@pytest.fixture
def scrapyd(deployed: Scrapyd) -> Iterator[Scrapyd]:
    """An idle server."""
    yield deployed
    if not deployed.is_idle:  # a test has failed
        deployed.kill_all()
        deployed.start()


def to(data_dir: Path) -> dict[str, str]:
    return {"setting": f"DATA_DIR={data_dir}"}


class Gated(SampleSite):
    """Serves a number of pages, and the rest when the gate is opened."""

    def __init__(self, articles: int, given: int) -> None:
        super().__init__(articles=articles)
        self.gate = Event()
        self.close_after(given)

    def close_after(self, given: int) -> None:
        self.gate.clear()
        self._left = given

    @property
    def is_reached(self) -> bool:
        return self._left < 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self._left -= 1
        if self.is_reached:
            self.gate.wait(TIMEOUT)
        return super().respond(target, base_url, headers)


def runs(data_dir: Path) -> dict[str, dict[str, Any]]:
    """The reports of the runs, by the number of their job."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in data_dir.glob("runs/*/run.json")]
    return {report["arguments"]["job"]: report for report in reports}


def test_a_job_runs_what_was_deployed_last_or_the_version_it_names(scrapyd: Scrapyd, tmp_path: Path) -> None:
    (first,) = scrapyd.ask(f"listversions.json?project={PROJECT}")["versions"]
    scrapyd.write_version("9.9.9")
    done = scrapyd.deploy(DEPLOY)
    assert done.returncode == 0, done.stdout + done.stderr
    job = scrapyd.schedule(site="sample", limit="5", jobid="first", _version=first)
    with serve(SampleSite(articles=5)) as server:
        elsewhere = scrapyd.schedule(site=server.url, urls="/", **to(tmp_path))
        scrapyd.wait_for(elsewhere)
    last = scrapyd.wait_for(job)
    report = runs(scrapyd.default_dir)[job]
    folder = scrapyd.default_dir / "runs" / report["run_id"]
    counts = f"articles: 5 new; {report['requests']} requests"
    assert last == f"Exit code 0: ended at the limit of 5; the next run continues ({counts}); {folder}/run.json"
    assert report["exit_code"] == 0
    assert report["version"] == __version__
    assert report["arguments"]["job"] == job
    assert json.loads(Stored(scrapyd.default_dir).rows("runs")[0]["arguments"])["job"] == job
    assert len(read_jsonl(folder / "articles.jsonl")) == len(read_articles(folder / "articles.csv")) == 5
    assert {job: report["version"] for job, report in runs(tmp_path).items()} == {elsewhere: "9.9.9"}
    page = tmp_path / "report.html"
    done = scrapyd.run_command("report", str(page), "-s", f"DATA_DIR={scrapyd.default_dir}")
    assert done.returncode == 0, done.stderr
    assert "<html" in page.read_text(encoding="utf-8")


def test_what_is_refused_is_one_line_in_the_log_of_the_job(scrapyd: Scrapyd) -> None:
    job = scrapyd.schedule(setting="DATA_DIR=data")
    assert scrapyd.wait_for(job).startswith("Exit code 2: DATA_DIR=data is relative")
    assert scrapyd.log(job).count("\n") == 1
    assert not (scrapyd.folder / "data").exists()


def test_a_wrong_password(scrapyd: Scrapyd) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        scrapyd.ask("listjobs.json", password="a guess")
    assert caught.value.code == 401
    caught.value.close()


def test_jobs_stopped_alone_and_with_their_scrapyd_are_stopped_in_order_and_continued(
    scrapyd: Scrapyd, tmp_path: Path
) -> None:
    def cancel(**values: str) -> None:
        scrapyd.cancel(job, **values)
        wait_until(lambda: "Received SIG" in scrapyd.log(job), "the signal")

    site = Gated(ARTICLES, given=10)
    stops: list[tuple[Callable[[], None], int]] = [
        (lambda: cancel(signal="TERM"), 143),
        (cancel, 130),
        (scrapyd.stop, 143),
    ]
    stopped = []
    with serve(site) as server:
        for stop, code in stops:
            job = scrapyd.schedule(site=server.url, **to(tmp_path))
            stopped.append(job)
            wait_until(lambda: site.is_reached, "the middle of the crawl")
            stop()
            site.gate.set()
            wait_until(lambda: "Exit code" in scrapyd.log(job), "the end of the crawl")  # noqa: B023 - called at once
            last = scrapyd.log(job).splitlines()[-1]
            assert last.startswith(f"Exit code {code}: stopped on request; the same command continues")
            site.close_after(10)
        assert not list(tmp_path.glob("runs/*/articles.*"))
        scrapyd.start()
        assert set(stopped[:2]) <= scrapyd.jobs("finished").keys(), "a restart forgets no finished job"
        site.gate.set()
        assert scrapyd.wait_for(scrapyd.schedule(site=server.url, **to(tmp_path))).startswith("Exit code 0: complete")
        check(tmp_path, gold(server))
    codes = [code for _, code in stops]
    assert [report["exit_code"] for report in sorted(runs(tmp_path).values(), key=started)] == [*codes, 0]


def test_crawls_killed_with_their_scrapyd_and_left_alone_by_it(scrapyd: Scrapyd, tmp_path: Path) -> None:
    site = Gated(ARTICLES, given=30)
    with serve(site) as server:
        killed = scrapyd.schedule(site=server.url, **to(tmp_path))
        wait_until(lambda: site.is_reached, "the middle of the crawl")
        os.kill(scrapyd.jobs("running")[killed]["pid"], 0)
        scrapyd.kill_all()
        site.gate.set()
        asked = server.hits
        site.close_after(5)
        scrapyd.start()
        orphan = scrapyd.schedule(site=server.url, **to(tmp_path))
        wait_until(lambda: site.is_reached, "the middle of the crawl")
        scrapyd.kill()
        scrapyd.start()
        assert scrapyd.wait_for(scrapyd.schedule(site=server.url, **to(tmp_path))).startswith(
            "Exit code 5: another run is using"
        )
        site.gate.set()
        wait_until(lambda: orphan in runs(tmp_path), "the end of the crawl that is left alone")
        wait_until(lambda: "Exit code" in scrapyd.log(orphan), "the last line of its log")
        assert scrapyd.log(orphan).splitlines()[-1].startswith("Exit code 0: complete")
        check(tmp_path, gold(server))
        articles = {record["url"].removeprefix(server.url.rstrip("/")) for record in gold(server)}
        requests = list(server.requests)
        read, then = articles.intersection(requests[:asked]), articles.intersection(requests[asked:])
        assert len(read & then) < len(read) / 2, "it does not continue the earlier run"
        last = scrapyd.wait_for(scrapyd.schedule(site=server.url, **to(tmp_path)))
        assert last.startswith("Exit code 0: complete (articles: 0 new")
        check(tmp_path, gold(server))


def started(report: dict[str, Any]) -> str:
    return str(report["started_at"])


def check(data_dir: Path, expected: list[dict[str, Any]]) -> None:
    """Every article is in the store once, and published once."""
    each_once(Stored(data_dir).articles.values(), expected)
    published = [path for path in data_dir.glob("runs/*/articles.jsonl") if path.stat().st_size]
    each_once([record for path in published for record in read_articles(path)], expected)
