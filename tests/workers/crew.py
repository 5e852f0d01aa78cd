"""Workers of one crawl, in processes of their own, with a database that they share."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from caravan_crawler.items import Article
from caravan_crawler.sample_site import SampleServer
from tests.support.crawling import read_jsonl, start
from tests.support.forking import Forked
from tests.support.kills import each_once, gold

#: Seconds: four workers, a server and a site need more than two cores while other tests run.
TIMEOUT = 400


def wait_until(is_done: Callable[[], bool], interval: float = 0.01) -> None:
    """Wait for what the workers are to do; fail after ``TIMEOUT``."""
    give_up = time.monotonic() + TIMEOUT
    while not is_done():
        assert time.monotonic() < give_up, "the workers do not go on"
        time.sleep(interval)


class Crew:
    """``options`` are those of every worker."""

    def __init__(self, server: SampleServer, store_url: str, folder: Path, *options: str) -> None:
        self.server = server
        self.folder = folder
        self._store_url = store_url
        shared = ("-s", "SHARED_CRAWL=1", "-s", f"STORE_URL={store_url}")
        self._options = ("-a", f"site={server.url}", *shared, *options)

    def start(self, *options: str, module: str = "scrapy") -> Forked:
        return start(self.folder, *self._options, *options, module=module)

    def end(self, worker: Forked, code: int = 0) -> str:
        """Wait for a worker to end with this code; return its log."""
        _, log = worker.communicate(timeout=TIMEOUT)
        assert worker.returncode == code, log[-3000:]
        assert "Traceback" not in log, log[-6000:]
        return log

    def wait_for_requests(self, number: int) -> None:
        """Wait until the server has received ``number`` requests."""
        wait_until(lambda: self.server.hits >= number)

    def wait_for_quiet(self) -> None:
        """Wait until the server receives no request for three seconds, as pages in flight are finished."""
        for _ in range(10):
            before = self.server.hits
            time.sleep(3)
            if self.server.hits == before:
                return
        raise AssertionError("requests are sent while the store is away")

    def wait_for_runs(self, number: int) -> None:
        """Wait until ``number`` workers have started a run."""
        wait_until(lambda: len(self.rows("runs")) >= number, 0.2)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._store_url, row_factory=dict_row) as connection:
            return connection.execute(f"SELECT * FROM {table}".encode()).fetchall()

    @property
    def asked_twice(self) -> list[str]:
        """URLs requested more than once, except robots.txt, which every worker reads."""
        return [url for url, times in Counter(self.server.requests).items() if times > 1 and url != "/robots.txt"]

    def check_stored(self, without: Iterable[str] = ()) -> None:
        """Every article is stored once, and nothing is left to do; ``without`` some URLs."""
        left_out = set(without)
        expected = [record for record in gold(self.server) if record["url"] not in left_out]
        rows = self.rows("articles")
        each_once([{name: row[name] for name in Article.__dataclass_fields__} for row in rows], expected)
        versions = Counter(row["article_key"] for row in self.rows("article_versions"))
        assert versions == dict.fromkeys([row["key"] for row in rows], 1)
        assert not self.rows("frontier")
        site = self.server.site
        for table, shown in (("rates", site.expected_rates()), ("weather", site.expected_weather())):
            assert len(self.rows(table)) == len(shown), f"{table} lacks lines or has them twice"

    def published(self) -> list[str]:
        return [row["url"] for path in self.folder.glob("runs/*/articles.jsonl") for row in read_jsonl(path)]
