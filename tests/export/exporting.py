"""Run ``scrapy export`` and read its files."""

import hashlib
import io
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from scrapy.cmdline import execute

from tests.store.stores import BASE, article, keep, open_in
from tests.support.crawling import TIMEOUT
from tests.support.forking import Forked, fork

ALL_FORMATS = "csv,jsonl,parquet"


class Done(NamedTuple):
    """The exit code and the log of an export."""

    code: int
    log: str


def arguments(target: Path | str, data_dir: Path, *options: str) -> list[str]:
    return ["scrapy", "export", str(target), "-s", f"DATA_DIR={data_dir}", *options]


def export(target: Path | str, data_dir: Path, *options: str) -> Done:
    """Run ``scrapy export`` in this process, which is faster."""
    with redirect_stderr(io.StringIO()) as log, pytest.raises(SystemExit) as end:
        execute(arguments(target, data_dir, *options))
    return Done(int(end.value.code or 0), log.getvalue())


def start_export(
    target: Path | str, data_dir: Path, *options: str, module: str = "scrapy", **environment: str
) -> Forked:
    """Start ``scrapy export`` in a process of its own."""
    return fork(module, *arguments(target, data_dir, *options)[1:], environment=environment)


def export_apart(target: Path | str, data_dir: Path, *options: str, module: str = "scrapy", **environment: str) -> Done:
    """Run ``scrapy export`` in a process of its own and wait for its end."""
    process = start_export(target, data_dir, *options, module=module, **environment)
    _, log = process.communicate(timeout=TIMEOUT)
    return Done(process.returncode, log)


def succeeded(done: Done) -> None:
    assert done.code == 0, done.log[-3000:]
    assert done.log.count("\n") == 1, done.log[-3000:]


def failed(done: Done, code: int, words: str) -> None:
    """Assert that the export ended with ``code`` and one line that contains ``words``."""
    assert done.code == code, done.log[-3000:]
    assert done.log.count("\n") == 1, done.log[-3000:]
    assert done.log.startswith("scrapy export: ")
    assert words in done.log


def files(folder: Path) -> dict[str, bytes]:
    """Return path to content of all files in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()}


def check_whole(folder: Path) -> None:
    """Assert that the files of a dataset are those of its checksums."""
    found = files(folder)
    lines = found.pop("SHA256SUMS").decode().splitlines()
    sums = {name: sum_ for sum_, name in (line.split("  ", 1) for line in lines)}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == sums


def small_store(folder: Path, articles: int = 30) -> Path:
    """Create a store with articles only."""
    with_articles(folder, *({"article_id": 900000 + number} for number in range(articles)))
    return folder


def with_articles(folder: Path, *changes: dict[str, Any]) -> None:
    """Store articles in ``folder``; the default URL has the article's number."""
    store = open_in(folder)
    for change in changes:
        url = f"{BASE}{change.get('section', 'news')}/a-{change['article_id']}/"
        keep(store, article(**{"url": url, "fetched_url": url, **change}))
    store.close()
