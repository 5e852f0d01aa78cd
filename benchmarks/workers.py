"""How much faster a slow site is read by 1, 2 and 4 workers, each four requests side by side.

    python -m benchmarks.workers

Needs the programs of PostgreSQL and Redis, as the tests do. The site answers after 100 ms. What is measured is the
time from the first request to the last, without the start of the processes.
"""

import argparse
import tempfile
import time
from pathlib import Path

from caravan_crawler.sample_site import SampleResponse, serve
from caravan_crawler.sample_site.faults import FaultySite
from tests.parts import need
from tests.postgresql import Cluster
from tests.redis_server import RedisServer
from tests.workers.crew import Crew

LATENCY = "slow:0.1"


class TimedSite(FaultySite):
    """Notes when it was first and last asked."""

    first = last = 0.0

    def respond(self, *args: object, **kwargs: object) -> SampleResponse:
        """Answer as ever."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        return super().respond(*args, **kwargs)  # type: ignore[arg-type]


def seconds(cluster: Cluster, workers: int, articles: int) -> float:
    """Crawl with so many workers; return how long it took."""
    site = TimedSite(articles, faults=[LATENCY])
    with RedisServer(need("redis-server")) as redis, cluster.database() as name, serve(site) as server:
        crew = Crew(server, redis, cluster.url(name), Path(tempfile.mkdtemp()))
        for worker in [crew.start() for _ in range(workers)]:
            crew.end(worker)
        crew.check_stored()
        assert not crew.asked_twice
    return site.last - site.first


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    articles = parser.parse_args().articles
    print("| workers | seconds | pages/s | against one |\n|---|---|---|---|")
    with Cluster(need("initdb").parent) as cluster:
        alone = 0.0
        for workers in (1, 2, 4):
            took = seconds(cluster, workers, articles)
            alone = alone or took
            print(f"| {workers} | {took:.1f} | {articles / took:.0f} | {alone / took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
