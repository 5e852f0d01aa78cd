"""Time to read a slow site with 1, 2 and 4 workers, each with four concurrent requests.

    python -m benchmarks.workers

Needs the programs of PostgreSQL, as the tests do. The site responds after 100 ms. The time is from the first request to
the last, without the start of the processes. With ``--away 20``, PostgreSQL is stopped for 20 seconds in each crawl.
"""

import argparse
import tempfile
import time
from pathlib import Path

from caravan_crawler.sample_site import SampleResponse, serve
from caravan_crawler.sample_site.faults import FaultySite
from tests.support.optional_parts import need
from tests.support.postgresql import Cluster
from tests.workers.crew import Crew

LATENCY = "slow:0.1"


class TimedSite(FaultySite):
    """Records the times of the first and the last request."""

    first = last = 0.0

    def respond(self, *args: object, **kwargs: object) -> SampleResponse:
        """Answer the request."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        return super().respond(*args, **kwargs)  # type: ignore[arg-type]


def seconds(cluster: Cluster, workers: int, articles: int, away: float) -> float:
    """Crawl with ``workers`` workers; return the seconds from the first request to the last."""
    site = TimedSite(articles, faults=[LATENCY])
    with cluster.database() as name, serve(site) as server:
        crew = Crew(server, cluster.url(name), Path(tempfile.mkdtemp()))
        running = [crew.start() for _ in range(workers)]
        if away:
            crew.wait_for_requests(articles // 2)
            cluster.stop()
            time.sleep(away)
            cluster.start()
        for worker in running:
            crew.end(worker)
        crew.check_stored()
        assert not crew.asked_twice
    return site.last - site.first


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--away", type=float, default=0.0)
    arguments = parser.parse_args()
    articles = arguments.articles
    print("| workers | seconds | pages/s | against one |\n|---|---|---|---|")
    with Cluster(need("initdb").parent) as cluster:
        alone = 0.0
        for workers in (1, 2, 4):
            took = seconds(cluster, workers, articles, arguments.away)
            alone = alone or took
            print(f"| {workers} | {took:.1f} | {articles / took:.0f} | {alone / took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
