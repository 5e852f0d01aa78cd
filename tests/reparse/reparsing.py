"""Real ``scrapy reparse`` runs for the tests, and the comparison of two stores."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caravan_crawler.items import Article
from tests.export.exporting import ALL_FORMATS, export, files, succeeded
from tests.store.stored import StoreTables
from tests.support.crawling import TIMEOUT, Crawl, crawl
from tests.support.forking import Forked, fork

#: Columns of an article that do not depend on when and by which run it was stored.
_OF_AN_ARTICLE = (*Article.__dataclass_fields__, "version", "first_seen_at")
_TABLES = ("articles", "article_versions", "view_counts", "trending", "rates", "weather")

Dataset = dict[str, list[str]]


@dataclass
class Reparse:
    """A finished ``scrapy reparse``: its exit code, standard output and standard error."""

    code: int
    out: str
    log: str

    @property
    def words(self) -> str:
        return self.log.splitlines()[-1]


def command(*options: str, module: str = "scrapy") -> list[str]:
    return [sys.executable, "-W", "error::ResourceWarning", "-m", module, "reparse", *options]


def start(store: StoreTables | Path, *options: str, module: str = "scrapy", new_session: bool = False) -> Forked:
    """Start to reparse an archive into a store, or into the store of a ``DATA_DIR``."""
    where = ("-s", f"DATA_DIR={store}") if isinstance(store, Path) else store.options
    return fork(module, "reparse", *where, *options, stdout=subprocess.PIPE, new_session=new_session)


#: The warning, an error in tests, about a file that pathlib was opening when a signal was received.
_OPENED = re.compile(r"Exception ignored in: <_io\.FileIO [^\n]+\n[^>]+, in open\n[^>]+\nResourceWarning: [^\n]+\n")


def end(process: Forked, *, may_be_opening: bool = False) -> Reparse:
    """Wait for the end of a reparse; it must not print a stack trace."""
    out, log = process.communicate(timeout=TIMEOUT)
    log = _OPENED.sub("", log) if may_be_opening else log
    assert "Traceback" not in log, log[-3000:]
    return Reparse(process.returncode, out, log)


def reparse(store: StoreTables | Path, *options: str, module: str = "scrapy") -> Reparse:
    """Reparse an archive into a store, with one process by default."""
    jobs = () if "--jobs" in options else ("--jobs", "1")
    return end(start(store, *options, *jobs, module=module))


def sound(result: Reparse | Crawl) -> Any:
    """Return a result that is a success."""
    assert result.code == 0, result.log[-3000:]
    return result


def crawl_archived(store: StoreTables, data_dir: Path, site: str, *options: str, module: str = "scrapy") -> Crawl:
    """Crawl a site into a store, and its pages into ``data_dir/warc``."""
    return crawl(data_dir, "-a", f"site={site}", "-s", "ARCHIVE=1", *store.options, *options, module=module)


def sqlite(path: Path) -> StoreTables:
    return StoreTables(f"sqlite:///{path}")


def dataset(store: StoreTables) -> Dataset:
    """Return the rows of a store as sorted JSON, without run, feed and row number."""
    return {table: sorted(_row(table, row) for row in store.rows(table)) for table in _TABLES}


def exported(store: StoreTables, folder: Path) -> dict[str, bytes]:
    """Export a store into a folder in all formats; return its files."""
    succeeded(export(folder, folder.parent, "--format", ALL_FORMATS, *store.options))
    return files(folder)


def _row(table: str, row: dict[str, Any]) -> str:
    names = _OF_AN_ARTICLE if table == "articles" else sorted(row.keys() - {"id", "run_id", "published_in"})
    return json.dumps({name: row[name] for name in names}, ensure_ascii=False, sort_keys=True)


def assert_equal(found: Dataset, expected: Dataset) -> None:
    """Assert that two stores are equal; the message has a few of the rows that differ."""
    for table in _TABLES:
        surplus, missing = [
            [row for row in one[table] if row not in set(other[table])][:2]
            for one, other in ((found, expected), (expected, found))
        ]
        assert surplus == missing, f"{table}: {surplus} instead of {missing}"
        assert len(found[table]) == len(expected[table]), f"{table} has rows twice"
