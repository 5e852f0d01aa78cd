"""A crawl shared between workers: nothing lost or duplicated when workers come and go."""

import signal
import time
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite
from caravan_crawler.store.article_history import ChangeType
from caravan_crawler.store.database import StoreLockedError
from caravan_crawler.store.store import open_store
from caravan_crawler.store.workers import MOST_DEATHS
from tests.store.stores import LATER, article, article_store
from tests.support.crawling import crawl
from tests.support.kills import dice, gold
from tests.support.postgresql import Cluster
from tests.workers.crew import Crew, wait_until

#: Workers are killed in these tests, and their leases must expire soon.
SHORT = ("-s", "WORKER_LEASE=3")


@pytest.fixture
def store_url(cluster: Cluster, database: str) -> str:
    return cluster.url(database)


@pytest.mark.parametrize("number", [1, 4])
def test_workers_read_every_page_once(number: int, store_url: str, tmp_path: Path) -> None:
    with serve(FaultySite(40, faults=["slow:0.05"])) as server:
        crew = Crew(server, store_url, tmp_path)
        logs = [crew.end(worker) for worker in [crew.start() for _ in range(number)]]
        assert not crew.asked_twice
        crew.check_stored()
        assert not crew.rows("failures")
        # A run's files hold what it has read itself, so together they hold all, once.
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))
        assert all(row["published_in"] for row in crew.rows("articles"))
    assert all("complete" in log.splitlines()[-1] for log in logs)
    assert [row["outcome"] for row in crew.rows("runs")] == ["sound"] * number
    assert sum("'caravan/worker': 'leads'" in log for log in logs) == 1
    assert sum("'caravan/worker': 'helps'" in log for log in logs) == number - 1


def test_pages_of_the_argument_urls_wait_in_no_frontier(store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=5)) as server:
        crew = Crew(server, store_url, tmp_path)
        named = [record["url"] for record in gold(server)][:2]
        crew.end(crew.start("-a", f"urls={','.join(named)}"))
        assert sorted(row["url"] for row in crew.rows("articles")) == sorted(named)
        assert not crew.rows("frontier")


def test_six_kills_of_single_workers(store_url: str, tmp_path: Path) -> None:
    chance = dice("workers")
    moments = sorted(chance.sample(range(20, 80), 6))
    with serve(SampleSite(articles=90)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        crew_of_three = [crew.start() for _ in range(3)]
        for moment in moments:
            crew.wait_for_requests(moment)
            victim = chance.randrange(3)
            crew_of_three[victim].kill()
            crew_of_three[victim].communicate()
            crew_of_three[victim] = crew.start()
        for worker in crew_of_three:
            crew.end(worker)
        assert not crew.rows("failures")
        crew.check_stored()
        print(f"{server.hits} requests for 90 articles")
        # The next run publishes the articles that the killed workers had read.
        crew.end(crew.start())
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))


def test_all_workers_killed_at_once(store_url: str, tmp_path: Path) -> None:
    """All workers are killed and new ones started; each article is in the feeds of one of them, once."""
    with serve(SampleSite(articles=60)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        for moment in (30, 55):
            both = [crew.start(), crew.start()]
            crew.wait_for_requests(moment)
            for worker in both:
                worker.kill()
            for worker in both:
                worker.communicate()
        for worker in [crew.start(), crew.start()]:
            crew.end(worker)
        crew.check_stored()
        # An article stored by a worker that learned too late of another's end waits for the next run.
        crew.end(crew.start())
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))
        assert all(row["published_in"] for row in crew.rows("articles"))


def test_orderly_stop_releases_unread_pages(store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=45)) as server:
        # Without the release, the other worker would wait for ten minutes.
        crew = Crew(server, store_url, tmp_path, "-s", "WORKER_LEASE=600")
        leader = crew.start("-s", "DOWNLOAD_DELAY=0.05")
        crew.wait_for_requests(20)
        worker = crew.start("-s", "DOWNLOAD_DELAY=0.05")
        crew.wait_for_runs(2)
        crew.wait_for_requests(server.hits + 10)  # it has seen by then that another one leads
        leader.send_signal(signal.SIGTERM)
        crew.end(leader, 143)
        assert "this worker leads now" in crew.end(worker)
        crew.check_stored()
        assert not crew.asked_twice or len(crew.asked_twice) < 20, "only sources are read again"


def test_killed_leader_is_succeeded_by_another(store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=50)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        leader = crew.start("-s", "DOWNLOAD_DELAY=0.3")  # leaves enough work for the other worker
        crew.wait_for_requests(5)
        worker = crew.start()
        crew.wait_for_runs(2)
        crew.wait_for_requests(server.hits + 10)
        leader.kill()
        leader.communicate()
        assert "this worker leads now" in crew.end(worker)
        crew.check_stored()


def test_workers_warn_of_a_frozen_leader(store_url: str, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with serve(SampleSite(articles=20)) as server:
        crew = Crew(server, store_url, tmp_path, "-s", "WORKER_LEASE=0.5")
        leader = crew.start("-s", "DOWNLOAD_DELAY=0.2")
        crew.wait_for_requests(5)
        leader.send_signal(signal.SIGSTOP)
        # Frozen within a commit it would lose its connection, and the other worker would lead.
        while any(row["state"] == "idle in transaction" for row in crew.rows("pg_stat_activity")):
            leader.send_signal(signal.SIGCONT)
            time.sleep(0.05)
            leader.send_signal(signal.SIGSTOP)
        (run,) = crew.rows("runs")
        worker = crew.start("-s", f"LOG_FILE={log}")
        wait_until(lambda: log.exists() and f"waits for the leader, run {run['run_id']};" in log.read_text())
        leader.send_signal(signal.SIGCONT)
        for process in (leader, worker):
            crew.end(process)
        crew.check_stored()


def test_page_that_kills_its_workers_becomes_a_failure(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SampleSite(articles=20)
    with serve(site) as server:
        # The body of article 10 has the only link to article 9.
        assert site.is_only_way(10)
        hidden, poison = (gold(server)[number]["url"] for number in (9, 10))
        monkeypatch.setenv("POISON", poison.removeprefix(server.url))
        crew = Crew(server, store_url, tmp_path, "-s", "WORKER_LEASE=1")
        deaths = 0
        while True:
            worker = crew.start(module="tests.workers.poison")
            _, log = worker.communicate()
            if worker.returncode != -signal.SIGKILL:
                break
            deaths += 1
            assert deaths <= MOST_DEATHS, "it kills one worker after the other"
        assert (worker.returncode, deaths) == (0, MOST_DEATHS), log[-2000:]
        crew.check_stored(without=[poison, hidden])
        (failure,) = crew.rows("failures")
        assert (failure["reason"], failure["words"]) == ("worker_lost", "3 workers died while they read it")
        # Once the page can be read, the next run finds both.
        crew.end(crew.start())
        crew.check_stored()
        assert not crew.rows("failures")
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))


def test_workers_wait_for_an_absent_database(cluster: Cluster, store_url: str, tmp_path: Path) -> None:
    with serve(FaultySite(90, faults=["slow:0.2"])) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        crew_of_three = [crew.start() for _ in range(3)]
        crew.wait_for_requests(30)
        crew.wait_for_runs(3)
        crew.wait_for_requests(server.hits + 20)
        cluster.stop()
        crew.wait_for_quiet()
        cluster.start()
        logs = [crew.end(worker) for worker in crew_of_three]
        assert all("answers again" in log for log in logs)
        crew.check_stored()
        assert not crew.rows("failures")
        assert not crew.asked_twice
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))


def test_permanently_absent_database_ends_the_run(cluster: Cluster, store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=45)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT, "-s", "STORE_PATIENCE=1", "-s", "DOWNLOAD_DELAY=0.02")
        worker = crew.start()
        crew.wait_for_requests(25)
        cluster.stop()
        try:
            last = crew.end(worker, 1).splitlines()[-1]
            assert last.startswith("scrapy crawl: the store postgresql://"), last
        finally:
            cluster.start()
        crew.end(crew.start())
        crew.check_stored()


class TimedSite(SampleSite):
    """Records the time of each request."""

    def __init__(self, articles: int) -> None:
        super().__init__(articles=articles)
        self.asked_at: list[float] = []

    def respond(self, *args: object, **kwargs: object) -> SampleResponse:
        self.asked_at.append(time.monotonic())
        return super().respond(*args, **kwargs)  # type: ignore[arg-type]


def test_the_delay_is_one_for_all_workers(store_url: str, tmp_path: Path) -> None:
    delay = 0.1
    site = TimedSite(articles=15)
    with serve(site) as server:
        crew = Crew(server, store_url, tmp_path, "-s", f"DOWNLOAD_DELAY={delay}")
        for worker in [crew.start() for _ in range(3)]:
            crew.end(worker)
        crew.check_stored()
    least = (len(site.asked_at) - 1) * delay
    # The first may have come late, and all later ones in time.
    assert site.asked_at[-1] - site.asked_at[0] >= 0.9 * least


def test_an_article_that_another_worker_has_read_meanwhile_is_not_new(store_url: str) -> None:
    first, second = (open_store(store_url, "", "sample", shared=True) for _ in range(2))
    keepers = [article_store(store, run) for store, run in ((first, "run-1"), (second, "run-2"))]
    assert keepers[0].add_article(article(), "900001") is ChangeType.NEW
    assert keepers[1].add_article(article(observed_at=LATER), "900001") is ChangeType.UNCHANGED
    for store in (first, second):
        store.close()


def test_single_run_and_workers_exclude_each_other(store_url: str, tmp_path: Path) -> None:
    first, second = (open_store(store_url, "", "sample", shared=True) for _ in range(2))
    with pytest.raises(StoreLockedError):
        open_store(store_url, "", "sample")
    assert crawl(tmp_path, "-a", "site=sample", "-s", f"STORE_URL={store_url}").code == 5
    first.close()
    second.close()
    alone = open_store(store_url, "", "sample")
    with pytest.raises(StoreLockedError):
        open_store(store_url, "", "sample", shared=True)
    alone.close()
