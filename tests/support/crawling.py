"""Real crawls for the tests: the project's own command in a process of its own, against a server on loopback."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.forking import Forked, fork
from tests.support.optional_parts import need

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120
#: The log without the versions of all packages, which take a while to look up.
_LOG = ("-s", "LOG_LEVEL=INFO", "-s", "LOG_VERSIONS=")


@dataclass
class Crawl:
    """A finished crawl: its exit code, its log, and the tables of its run."""

    code: int
    log: str
    data_dir: Path
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def articles(self) -> list[dict[str, Any]]:
        return self.tables["articles"]

    def stat(self, name: str) -> int:
        """Return a counter of the stats at the end of the log, or 0."""
        marker = f"'{name}': "
        return int(self.log.split(marker, 1)[1].split(",")[0].split("}")[0]) if marker in self.log else 0


def command(*options: str, module: str = "scrapy") -> list[str]:
    return [sys.executable, "-W", "error::ResourceWarning", "-m", module, "crawl", "caravan", *options]


def crawl(data_dir: Path, *options: str, stop_with: signal.Signals | None = None, module: str = "scrapy") -> Crawl:
    """Run ``scrapy crawl caravan``, with its whole log, to its end, or stop it by a signal once it has begun to store.

    ``module`` may be one that changes something before it runs Scrapy's command.
    """
    process = start(data_dir, *options, module=module)
    if stop_with is not None:
        wait_for_rows(data_dir, process)
        process.send_signal(stop_with)
    _, log = process.communicate(timeout=TIMEOUT)
    runs = sorted((data_dir / "runs").iterdir()) if (data_dir / "runs").exists() else []
    tables = {file.stem: read_jsonl(file) for file in runs[-1].glob("*.jsonl")} if runs else {}
    return Crawl(process.returncode, log, data_dir, tables)


def start(data_dir: Path, *options: str, module: str = "scrapy") -> Forked:
    return fork(module, "crawl", "caravan", "-s", f"DATA_DIR={data_dir}", *_LOG, *options)


def wait_for_rows(data_dir: Path, process: Forked) -> None:
    """Wait until the run has written rows, so that a signal falls into its middle."""
    while process.poll() is None:
        if any(part.stat().st_size > 10_000 for part in data_dir.glob("runs/*/.articles.jsonl.*.part")):
            return
        time.sleep(0.005)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def start_by_clock(data_dir: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start a crawl with another clock, not as a fork: a forked process has its libraries loaded already."""
    need("faketime")
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return subprocess.Popen(
        command("-s", f"DATA_DIR={data_dir}", *options),
        env={**os.environ, "LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
