"""Crawl the sample site and compare every field of every record with the expected one.

    python benchmarks/accuracy.py --articles 300 --seeds 0 1 2 3 4 5

Prints a table: the number of exact records per field and markup seed; articles found, duplicated and
invented; requests per article as counted at the server. Exit code 1 if anything differs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from caravan_crawler.sample_site import SampleSite, serve

OF_THE_VISIT = ("fetched_url", "observed_at")


@dataclass
class Score:
    """Comparison of one crawl with the expected records."""

    articles: int
    exact: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)
    wrong: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    requests: int = 0

    @property
    def is_perfect(self) -> bool:
        """Whether every expected record was found exactly once, with exact fields."""
        return not (self.missing or self.doubled or self.made_up or self.wrong)


def crawl(url: str, data_dir: Path) -> dict[str, list[dict[str, Any]]]:
    """Crawl ``url`` with the project's command and return the run's tables."""
    command = [sys.executable, "-m", "scrapy", "crawl", "caravan", "-a", f"site={url}", "-s", f"DATA_DIR={data_dir}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        sys.exit(f"the crawl ended with {done.returncode}:\n{done.stderr[-3000:]}")
    (run,) = (data_dir / "runs").iterdir()
    return {file.stem: [json.loads(line) for line in file.open(encoding="utf-8")] for file in run.glob("*.jsonl")}


def score(records: list[dict[str, Any]], gold: list[dict[str, Any]]) -> Score:
    """Compare records with the expected ones, by URL."""
    result = Score(len(gold))
    truth = {record["url"]: record for record in gold}
    seen: Counter[str] = Counter(record["url"] for record in records)
    result.doubled = [url for url, count in seen.items() if count > 1]
    result.made_up = [url for url in seen if url not in truth]
    result.missing = [url for url in truth if url not in seen]
    for record in records:
        expected = truth.get(record["url"])
        if expected is None:
            continue
        for name, value in record.items():
            if name in OF_THE_VISIT:
                continue
            if value == expected[name]:
                result.exact[name] += 1
            else:
                result.wrong.append((record["url"], name, expected[name], value))
    return result


def measure(articles: int, seed: int) -> Score:
    """Crawl the sample site with the markup of ``seed`` and score the result."""
    site = SampleSite(articles=articles, markup_seed=seed)
    with serve(site) as server, tempfile.TemporaryDirectory() as folder:
        tables = crawl(server.url, Path(folder))
        result = score(tables["articles"], list(site.gold(server.url)))
        result.requests = server.hits
        for table, expected in (
            ("trending", site.expected_trending(server.url)),
            ("rates", site.expected_rates()),
            ("weather", site.expected_weather()),
        ):
            got = [{name: value for name, value in record.items() if name != "observed_at"} for record in tables[table]]
            if json.dumps(got, default=float, sort_keys=True) == json.dumps(expected, default=float, sort_keys=True):
                result.exact[f"{table} (table)"] = articles
            else:
                result.wrong.append((server.url, f"{table} (table)", expected, got))
    return result


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--show", type=int, default=5, metavar="N", help="how many differences to print (default 5)")
    options = parser.parse_args()
    scores = {seed: measure(options.articles, seed) for seed in options.seeds}
    names = list(
        dict.fromkeys(
            name for result in scores.values() for name in [*result.exact, *(wrong[1] for wrong in result.wrong)]
        )
    )
    print(f"{'exact of ' + str(options.articles):<24}" + "".join(f"{'seed ' + str(seed):>12}" for seed in scores))
    for name in names:
        print(f"{name:<24}" + "".join(f"{result.exact[name]:>12}" for result in scores.values()))
    for name in ("missing", "doubled", "made_up"):
        print(f"{name.replace('_', ' '):<24}" + "".join(f"{len(getattr(one, name)):>12}" for one in scores.values()))
    print(
        f"{'requests per article':<24}"
        + "".join(f"{result.requests / result.articles:>12.3f}" for result in scores.values())
    )
    for seed, result in scores.items():
        for url in (result.missing + result.made_up)[: options.show]:
            print(f"seed {seed}: {'missing' if url in result.missing else 'made up'} {url}")
        for url, name, expected, got in result.wrong[: options.show]:
            print(f"seed {seed}: {name} of {url}\n  expected {expected!r}\n  got      {got!r}")
    sys.exit(0 if all(result.is_perfect for result in scores.values()) else 1)


if __name__ == "__main__":
    main()
