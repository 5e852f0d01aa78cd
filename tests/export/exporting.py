"""Exports for the tests: the project's own command in a process of its own, and what it leaves."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.crawling import ROOT, TIMEOUT
from tests.keep.stores import BASE, article, keep, open_in

ALL_FORMATS = "csv,jsonl,parquet"


def export_command(target: Path | str, *options: str) -> list[str]:
    return [sys.executable, "-W", "error::ResourceWarning", "-m", "scrapy", "export", str(target), *options]


def export(target: Path | str, data_dir: Path, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run ``scrapy export`` to its end."""
    return subprocess.run(
        export_command(target, "-s", f"DATA_DIR={data_dir}", *options),
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def succeeded(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("\n") == 1, done.stderr[-3000:]


def failed(done: "subprocess.CompletedProcess[str]", code: int, words: str) -> None:
    """The export ended with ``code`` and one line that has ``words`` in it."""
    assert done.returncode == code, done.stderr[-3000:]
    assert done.stderr.count("\n") == 1, done.stderr[-3000:]
    assert done.stderr.startswith("scrapy export: ")
    assert words in done.stderr


def files(folder: Path) -> dict[str, bytes]:
    """Path to content of all that lies in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()}


def check_whole(folder: Path) -> None:
    """Every file is what the sums say, and none is there beside."""
    found = files(folder)
    lines = found.pop("SHA256SUMS").decode().splitlines()
    sums = {name: sum_ for sum_, name in (line.split("  ", 1) for line in lines)}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == sums


def small_store(folder: Path, articles: int = 30) -> Path:
    """A store with so many articles and nothing else."""
    with_articles(folder, *({"article_id": 900000 + number} for number in range(articles)))
    return folder


def with_articles(folder: Path, *changes: dict[str, object]) -> None:
    """Keep articles in the store in ``folder``; those without an address of their own get one by their number."""
    store = open_in(folder)
    for change in changes:
        url = f"{BASE}{change.get('section', 'news')}/a-{change['article_id']}/"
        keep(store, article(**{"url": url, "fetched_url": url, **change}))
    store.close()
