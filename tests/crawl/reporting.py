"""Crawls of the sample site, each with its report."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from caravan_crawler.sample_site import serve
from caravan_crawler.sample_site.faults import FaultySite
from tests.support.crawling import Crawl, crawl

ARTICLES, NEW = 60, 30


def report(data_dir: Path) -> dict[str, Any]:
    """The report of the last run."""
    newest = max(data_dir.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    loaded: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return loaded


class Run(NamedTuple):
    crawl: Crawl
    report: dict[str, Any]
    requests: int


def run(data_dir: Path, *options: str, new: int = 0, faults: tuple[str, ...] = ()) -> Run:
    """Crawl the sample site after it has published ``new`` articles."""
    site = FaultySite(ARTICLES, faults=faults)
    site.publish(new)
    with serve(site) as server:
        done = crawl(data_dir, "-a", f"site={server.url}", *options)
        return Run(done, report(data_dir), server.hits)
