"""A crawl shared between workers: nothing lost, nothing doubled, whoever comes and goes."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from caravan_crawler.keep.errors import StoreLockedError
from caravan_crawler.keep.keeper import Fate
from caravan_crawler.keep.opening import open_store
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.visit.shared.link import RedisLink
from caravan_crawler.visit.shared.queue import Queue
from tests.crawling import crawl
from tests.keep.stores import LATER, article, keeper
from tests.kills import dice, gold
from tests.parts import need
from tests.postgresql import Cluster
from tests.redis_server import RedisServer
from tests.workers.crew import Crew

#: Workers die in these tests, and what they had is not to be waited for.
SHORT = ("-s", "WORKER_LEASE=3")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer(need("redis-server")) as server:
        yield server


@pytest.fixture
def store_url(cluster: Cluster, database: str) -> str:
    return cluster.url(database)


def test_four_workers_read_every_page_once(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=2000)) as server:
        crew = Crew(server, store_url, tmp_path)
        logs = [crew.end(worker) for worker in [crew.start() for _ in range(4)]]
        assert not crew.asked_twice
        crew.check_stored()
        assert not crew.rows("failures")
        # A run's files hold what it has read itself, so together they hold all, once.
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))
    assert all("complete" in log.splitlines()[-1] for log in logs)
    assert [row["outcome"] for row in crew.rows("runs")] == ["sound"] * 4
    crew.check_redis_is_left_clean()


def test_six_kills_and_a_redis_that_comes_back_empty(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    chance = dice("workers")
    moments = sorted(chance.sample(range(50, 1800), 7))
    restart = chance.randrange(7)
    with serve(SampleSite(articles=2000)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        crew_of_four = [crew.start() for _ in range(4)]
        for number, moment in enumerate(moments):
            crew.wait_for_requests(moment)
            if number == restart:
                redis.kill()
                redis.start()
                continue
            victim = chance.randrange(4)
            crew_of_four[victim].kill()
            crew_of_four[victim].communicate()
            crew_of_four[victim] = crew.start()
        for worker in crew_of_four:
            crew.end(worker)
        assert not crew.rows("failures")
        crew.check_stored()
        print(f"{server.hits} requests for 2000 articles")
        # The next run of a lead publishes what those had read that were killed.
        crew.end(crew.start())
        # What two had in hand when Redis came back empty may stand in the files of both.
        assert set(crew.published()) == {record["url"] for record in gold(server)}


def test_the_end_of_all_workers_at_once(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    """Others begin anew; each article stands in the feeds of one of them, once."""
    with serve(SampleSite(articles=300)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        for moment in (100, 200):
            both = [crew.start(), crew.start()]
            crew.wait_for_requests(moment)
            for worker in both:
                worker.kill()
            for worker in both:
                worker.communicate()
        for worker in [crew.start(), crew.start()]:
            crew.end(worker)
        crew.check_stored()
        # What a worker stored that another one's end made known too late waits for the next run.
        crew.end(crew.start())
        assert sorted(crew.published()) == sorted(record["url"] for record in gold(server))
        assert all(row["published_in"] for row in crew.rows("articles"))


def test_an_orderly_stop_gives_back_what_is_not_read(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=300)) as server:
        # Were it not given back, the other one would wait for ten minutes.
        crew = Crew(server, store_url, tmp_path, "-s", "WORKER_LEASE=600")
        leads = crew.start()
        crew.wait_for_requests(20)
        helps = crew.start()
        crew.wait_for_requests(120)
        leads.send_signal(signal.SIGTERM)
        crew.end(leads, 143)
        crew.end(helps)
        crew.check_stored()


def test_a_lead_that_is_killed_is_followed_by_another(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=200)) as server:
        crew = Crew(server, store_url, tmp_path, *SHORT)
        leads = crew.start("-s", "DOWNLOAD_DELAY=0.3")  # so that there is much left to do when the other one is there
        crew.wait_for_requests(5)
        helps = crew.start()
        crew.wait_for_runs(2)
        leads.kill()
        leads.communicate()
        assert "this one goes on" in crew.end(helps)
        crew.check_stored()


def test_a_page_that_kills_its_workers_ends_among_the_failures(
    redis: RedisServer, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(SampleSite(articles=60)) as server:
        poison = gold(server)[30]["url"]
        monkeypatch.setenv("POISON", poison.removeprefix(server.url))
        crew = Crew(server, store_url, tmp_path, "-s", "WORKER_LEASE=1")
        deaths = 0
        while True:
            worker = crew.start(module="tests.workers.poison")
            _, log = worker.communicate()
            if worker.returncode != -signal.SIGKILL:
                break
            deaths += 1
            assert deaths <= 3, "it kills one worker after the other"
        assert (worker.returncode, deaths) == (0, 3), log[-2000:]
        crew.check_stored(without=[poison])
        (failure,) = crew.rows("failures")
    assert (failure["reason"], failure["words"]) == ("worker_lost", "3 workers died while they read it")


def test_a_lost_redis_is_waited_for_and_then_ends_the_run(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    with serve(SampleSite(articles=300)) as server:
        crew = Crew(server, store_url, tmp_path, "-s", "REDIS_PATIENCE=1")
        worker = crew.start()
        crew.wait_for_requests(50)
        redis.kill()
        last = crew.end(worker, 1).splitlines()[-1]
        assert f"Redis at 127.0.0.1:{redis.port} has not answered for 1 s" in last
        # And one that is not there at the start.
        refused = crew.end(crew.start(), 1)
        assert f"Redis at 127.0.0.1:{redis.port} cannot be used" in refused
        assert refused.count("\n") == 1
        redis.start()
        crew.end(crew.start())
        crew.check_stored()


class TimedSite(SampleSite):
    """Notes when it was asked."""

    def __init__(self, articles: int) -> None:
        super().__init__(articles=articles)
        self.asked_at: list[float] = []

    def respond(self, *args: object, **kwargs: object) -> SampleResponse:
        self.asked_at.append(time.monotonic())
        return super().respond(*args, **kwargs)  # type: ignore[arg-type]


def test_the_delay_is_one_for_all_workers(redis: RedisServer, store_url: str, tmp_path: Path) -> None:
    delay = 0.1
    site = TimedSite(articles=40)
    with serve(site) as server:
        crew = Crew(server, store_url, tmp_path, "-s", f"DOWNLOAD_DELAY={delay}")
        for worker in [crew.start() for _ in range(3)]:
            crew.end(worker)
        crew.check_stored()
    least = (len(site.asked_at) - 1) * delay
    # The first may have come late, and all later ones in time.
    assert site.asked_at[-1] - site.asked_at[0] >= 0.9 * least


def test_who_is_about_to_lead_what_is_done_makes_nothing_anew(redis: RedisServer) -> None:
    leads, follows = (Queue(RedisLink(redis.url), "caravan:test:all", name, 3.0) for name in ("first", "second"))
    assert leads.open("first", alone=True)
    follows.crawl = leads.crawl
    assert leads.finish()
    assert not follows.open("first", alone=False)
    state = follows.look()
    assert state is not None
    assert (state.crawl, state.is_done) == (None, True)
    assert follows.open("next", alone=True), "the next crawl is another one"


def test_an_article_that_another_worker_has_read_meanwhile_is_not_new(store_url: str) -> None:
    first, second = (open_store(store_url, "", "sample", shared=True) for _ in range(2))
    keepers = [keeper(store, run) for store, run in ((first, "run-1"), (second, "run-2"))]
    for one in keepers:
        one.admit("900001")
    assert keepers[0].keep(article(), "900001") is Fate.NEW
    first.flush()
    assert keepers[1].keep(article(observed_at=LATER), "900001") is Fate.UNCHANGED
    for store in (first, second):
        store.close()


def test_a_run_alone_and_workers_exclude_each_other(store_url: str) -> None:
    first, second = (open_store(store_url, "", "sample", shared=True) for _ in range(2))
    with pytest.raises(StoreLockedError):
        open_store(store_url, "", "sample")
    first.close()
    second.close()
    alone = open_store(store_url, "", "sample")
    with pytest.raises(StoreLockedError):
        open_store(store_url, "", "sample", shared=True)
    alone.close()


def test_a_plain_crawl_does_not_load_redis(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", "site=sample", module="tests.workers.without_redis")
    assert result.code == 0, result.log[-2000:]
    options = ("-s", "REDIS_URL=redis://:secret@127.0.0.1/0", "-s", "STORE_URL=postgresql://127.0.0.1/caravan")
    result = crawl(tmp_path, "-a", "site=sample", *options, module="tests.workers.without_redis")
    assert (result.code, result.log) == (2, "scrapy crawl: REDIS_URL needs one library more: pip install redis\n")
