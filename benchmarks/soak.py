"""Stop real crawls at random moments in every possible way, for a given time, and check the invariants.

    python benchmarks/soak.py --seconds 600 --seed 7 --articles 2000

Each round uses a fresh store and one kind of run: the whole site, a period, new articles of a known site, a
refresh. Its runs are killed at random moments and at single statements, commits and moves of files, stopped by
signals, or lose their server. After each stop the store must be consistent, nothing stored may be lost, and no
published file may be incomplete or changed. At the end of the round every article must be stored and published once,
with every field exact, with at most 12 % more requests than one undisturbed run. Exit code 1 on a violation.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from tests.support.crawling import TIMEOUT, crawl
from tests.support.kills import Moment, Runs, Stored, after_requests, after_seconds

SINCE, UNTIL = "2012-01-01", "2021-12-31"
KINDS = ("full", "period", "hourly", "refresh")
EVENTS = {"sql": 400, "commit": 150, "os.rename": 12, "os.mkdir": 2, "open": 900}
#: Requests per stop: each stop costs the requests in flight, and robots.txt again.
REQUESTS_A_STOP = 90
#: Requests of stopped runs, as a multiple of those of an undisturbed one.
MOST_REQUESTS = 1.12


class Soak:
    """Rounds of stopped crawls, and counts of the stops."""

    def __init__(self, seed: int, articles: int) -> None:
        self.chance = random.Random(seed)
        self.articles = articles
        self.done: Counter[str] = Counter()
        self.asked = self.reference = 0

    def round(self, folder: Path) -> str:
        """Run one round; AssertionError on a violation."""
        kind = self.chance.choice(KINDS)
        server = serve(SampleSite(articles=self.chance.randint(self.articles // 4, self.articles))).start()
        runs = self._runs(kind, server, folder)
        try:
            reference = runs.undisturbed(folder / "undisturbed")
            before = server.hits
            stops, done = 0, False
            while stops < max(1, reference // REQUESTS_A_STOP) and not done:
                done = self._stop(runs, 2 * REQUESTS_A_STOP) == 0
                stops += 1
            runs.complete()
            if kind == "refresh":
                # A run that was complete, even if killed right after that, is followed by another run.
                reference *= self._complete(folder / "data") - 1
            asked = runs.server.hits - before
        finally:
            runs.server.close()
        self.done["rounds"] += 1
        self.asked += asked
        self.reference += reference
        assert asked <= MOST_REQUESTS * reference, f"{asked} requests, undisturbed {reference}"
        return f"{kind}, {stops} stops, {asked} requests, {asked / reference - 1:+.1%}"

    def _complete(self, data_dir: Path) -> int:
        return sum(row["outcome"] == "sound" for row in Stored(data_dir).rows("runs"))

    def _runs(self, kind: str, server: SampleServer, folder: Path) -> Runs:
        options: list[str] = []
        known = self.articles // 4 if kind in ("hourly", "refresh") else 0
        if known:
            code = crawl(folder / "data", "-a", f"site={server.url}").code
            assert code == 0, f"an undisturbed run ended with {code}"
        before = list(server.site.gold(server.url)) if known else []
        if kind == "hourly":
            server.site.publish(known)
        new = list(server.site.gold(server.url))[len(before) :]
        if kind == "period":
            options = ["-a", f"since={SINCE}", "-a", f"until={UNTIL}"]
            new = [record for record in new if SINCE <= (record["date_published"] or "")[:10] <= UNTIL]
        if kind == "refresh":
            options = ["-a", "refresh_days=20000"]
        return Runs(
            server,
            folder,
            *options,
            new=new,
            before=before,
            earlier=self._earlier(folder),
            output=self.chance.choice(["-O", "-o"]),
        )

    def _earlier(self, folder: Path) -> list[Path]:
        """Make the files of an earlier day, which the runs' feeds replace."""
        files = [folder / "earlier" / "articles.csv", folder / "earlier" / "articles.jsonl"]
        with serve(SampleSite(articles=20)) as server:
            feeds = [option for file in files for option in ("-O", str(file))]
            crawl(folder / "earlier", "-a", f"site={server.url}", *feeds)
        return files

    def _stop(self, runs: Runs, requests: int) -> int:
        """Stop a run in a random way, within about ``requests`` requests; return its exit code."""
        way = self.chance.choice(["requests", "requests", "seconds", "event", "signal", "signals", "outage"])
        self.done[way] += 1
        moment = after_requests(runs.server, self.chance.randint(1, requests))
        if way == "requests":
            return runs.kill(moment)
        if way == "seconds":
            return runs.kill(after_seconds(self.chance.uniform(0, 1.5)))
        if way == "event":
            event = self.chance.choice(list(EVENTS))
            return -signal.SIGKILL if runs.kill_at(event, self.chance.randint(1, EVENTS[event])) else 0
        if way == "outage":
            return self._outage(runs, moment)
        number = self.chance.choice([signal.SIGINT, signal.SIGTERM])
        return runs.kill(moment, *[number] * (1 if way == "signal" else 2))

    def _outage(self, runs: Runs, moment: Moment) -> int:
        """Stop the server, wait until the run ends, and restart the server on the same port."""
        process = runs.start()
        moment(process)
        away = runs.server
        away.close()
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode in (0, 4), log[-3000:]
        assert "Traceback" not in log, log[-3000:]
        runs.server = serve(away.site, away.port).start()
        runs.server.hits = away.hits
        runs.check_intact()
        return process.returncode


def main() -> int:
    """Run rounds and print a summary; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="time in which new rounds are started")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--articles", type=int, default=2000, help="the largest site")
    options = parser.parse_args()
    soak = Soak(options.seed, options.articles)
    end = time.monotonic() + options.seconds
    print(f"seed {options.seed}, {options.articles} articles")
    failed = None
    while time.monotonic() < end and failed is None:
        folder = Path(tempfile.mkdtemp(prefix="soak-"))
        try:
            print(soak.round(folder), flush=True)
            shutil.rmtree(folder)
        except AssertionError as error:
            failed = error
            print(f"VIOLATION in round {soak.done['rounds'] + 1}, whose files are in {folder}: {error}")
            traceback.print_tb(error.__traceback__)
    ways = ", ".join(f"{way} {number}" for way, number in sorted(soak.done.items()))
    print(f"seed {options.seed}: {ways}")
    if soak.reference:
        overhead = soak.asked / soak.reference - 1
        print(f"{soak.asked} requests, undisturbed {soak.reference}: {overhead:+.1%}")
    print("checked after each stop: the store's integrity, its articles, every published file; after each round:")
    print("all articles, versions, view counts, lines of the header, queues and feeds against the site's truth")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
