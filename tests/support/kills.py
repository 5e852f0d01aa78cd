"""Killed runs of one command, and the checks that must hold after each."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.items import Article
from caravan_crawler.sample_site import SampleServer
from tests.support.crawling import TIMEOUT, Crawl, crawl, read_csv, read_jsonl, start
from tests.support.forking import Forked

Process = subprocess.Popen[str] | Forked
#: Waits for a stage of a run, or its end.
Moment = Callable[[Process], None]

#: Requests that a kill may cost: pages under way and not yet committed, and sources that are read again.
MOST_PER_KILL = 12
#: Fields of a record that describe its reading, not the article.
_OF_THE_READING = ("fetched_url", "observed_at")
_LISTS = ("authors", "tags", "images", "links")
_NUMBERS = ("article_id", "views")


def dice(name: str) -> random.Random:
    """Random numbers for a test; its seed is printed, and the same again with ``KILL_SEED`` set to it."""
    seed = os.environ.get("KILL_SEED") or str(random.randrange(1_000_000))
    print(f"repeat with KILL_SEED={seed}")
    return random.Random(f"{seed} {name}")


# Moments


def after_seconds(seconds: float) -> Moment:
    def wait(process: Process) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    return wait


def after_requests(server: SampleServer, number: int) -> Moment:
    """Wait until the server has answered ``number`` more requests."""
    goal = server.hits + number

    def wait(process: Process) -> None:
        while server.hits < goal and process.poll() is None:
            time.sleep(0.002)

    return wait


# Files on the disk


def copy_of_store(data_dir: Path, folder: Path) -> Path:
    """Copy the store as a kill left it: opening the original would run SQLite's recovery before the next run."""
    for file in data_dir.glob("caravan.db*"):
        shutil.copyfile(file, folder / file.name)
    return folder / "caravan.db"


def stored_so_far(data_dir: Path) -> int:
    """Return the number of articles that a running crawl has stored."""
    with (
        suppress(sqlite3.OperationalError),  # there is no table yet
        closing(sqlite3.connect(f"file:{data_dir / 'caravan.db'}?mode=ro", uri=True)) as connection,
    ):
        return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    return 0


class Stored:
    """The store's tables as they are."""

    def __init__(self, data_dir: Path) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        with tempfile.TemporaryDirectory() as folder:
            database = copy_of_store(data_dir, Path(folder))
            if not database.exists():
                return
            connection = sqlite3.connect(database)
            connection.row_factory = sqlite3.Row
            try:
                assert [row[0] for row in connection.execute("PRAGMA integrity_check")] == ["ok"]
                names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for name in names:
                    self.tables[name] = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            finally:
                connection.close()

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.tables.get(table, [])

    @property
    def articles(self) -> dict[str, dict[str, Any]]:
        """Records as in the feeds, by key."""
        return {row["key"]: _record(row) for row in self.rows("articles")}


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in Article.__dataclass_fields__}
    return values | {name: json.loads(values[name]) for name in _LISTS}


def without_reading(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _OF_THE_READING}


def read_articles(path: Path) -> list[dict[str, Any]]:
    """Read a feed of articles, CSV or JSON lines, to the same records."""
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    return [_from_cells(row) for row in read_csv(path)]


def _from_cells(row: Mapping[str, str]) -> dict[str, Any]:
    assert None not in row.values(), "a row is cut"
    values: dict[str, Any] = {
        name: cell.removeprefix("'") if cell[1:2] in _GUARDED else cell for name, cell in row.items()
    }
    values = {name: value or None for name, value in values.items()}
    values |= {name: json.loads(row[name]) for name in _LISTS}
    return values | {name: int(row[name]) if row[name] else None for name in _NUMBERS}


_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n")


def gold(server: SampleServer) -> list[dict[str, Any]]:
    """The records that reading every article of the site should yield."""
    return list(server.site.gold(server.url))


def each_once(records: Iterable[Mapping[str, Any]], expected: Iterable[Mapping[str, Any]]) -> None:
    """Assert that the records are those expected, each once, in any order and with every field the same."""
    found = list(records)
    wanted = {record["url"]: without_reading(record) for record in expected}
    times = Counter(record["url"] for record in found)
    doubled = [url for url, number in times.items() if number > 1]
    assert not doubled, f"{len(doubled)} of {len(times)} are doubled, as {doubled[:3]}"
    missing, foreign = sorted(wanted.keys() - times.keys()), sorted(times.keys() - wanted.keys())
    assert not missing, f"{len(missing)} of {len(wanted)} are missing, as {missing[:3]}"
    assert not foreign, f"{len(foreign)} are not asked for, as {foreign[:3]}"
    for record in found:
        assert without_reading(record) == wanted[record["url"]]


def check_published(data_dir: Path) -> None:
    """Check that each state of each record is in the feeds of one published run, once, and that the store names it."""
    store = Stored(data_dir)
    for table, about in (("trending", "rank"), ("rates", "currency"), ("weather", "city")):
        published = _published(data_dir, table)
        lines = Counter((run, line[about], line["observed_at"]) for run, line in published)
        marks = Counter((row["published_in"], row[about], row["observed_at"]) for row in store.rows(table))
        # Feeds also have the first rows a run saw, even if they had not changed, so they may exceed the store.
        assert not marks - lines, f"{table}: {marks - lines} are marked and not published"
    published = _published(data_dir, "articles")
    states = Counter(json.dumps(without_reading(line), sort_keys=True) for _, line in published)
    doubled = [state for state, number in states.items() if number > 1]
    assert not doubled, f"{len(doubled)} states of articles are published twice, as {doubled[0]}"
    last: dict[str, tuple[str, Any]] = {}
    for run, line in published:
        last[str(line["article_id"] or urlsplit(line["url"]).path)] = run, without_reading(line)
    # A record that a run below the floors read without a required field waits until a sound run has tried again.
    waiting = {row["article_key"] for row in store.rows("failures") if row["reason"] == "lost_fields"}
    rows = [row for row in store.rows("articles") if row["published_in"] or row["key"] not in waiting]
    stored = {row["key"]: (row["published_in"], without_reading(_record(row))) for row in rows}
    assert last.keys() == stored.keys(), "what is stored is published, and nothing else"
    for key, state in stored.items():
        assert last[key] == state, f"article {key} is stored in another state than published"


def _published(data_dir: Path, table: str) -> list[tuple[str, dict[str, Any]]]:
    """The lines of all published feeds with their runs, in the order of the runs."""
    order = {row["run_id"]: row["number"] for row in Stored(data_dir).rows("runs")}
    files = sorted(data_dir.glob(f"runs/*/{table}.jsonl"), key=lambda file: order[file.parent.name])
    return [(file.parent.name, line) for file in files for line in read_jsonl(file)]


# The runs


class Runs:
    """Runs of one command in one folder, which may be killed; after each, nothing may be lost, doubled or torn.

    ``new`` are the articles the command adds in all its runs to those stored ``before``.
    The files of ``-O`` or ``-o``, as in ``output``, are at first copies of the ``earlier`` ones.
    """

    def __init__(
        self,
        server: SampleServer,
        folder: Path,
        *options: str,
        new: Iterable[Mapping[str, Any]],
        before: Iterable[Mapping[str, Any]] = (),
        earlier: Iterable[Path] = (),
        output: str = "-O",
    ) -> None:
        self.server = server
        self.data_dir = folder / "data"
        self.new = list(new)
        self.before = list(before)
        self.kills = 0
        self._options = ["-a", f"site={server.url}", *options]
        self._outputs: list[str] = []
        self._earlier: dict[Path, list[dict[str, Any]]] = {}
        for file in earlier:
            path = folder / file.name
            shutil.copyfile(file, path)
            self._outputs += [output, str(path)]
            # A run that brings nothing leaves even a file of -O as it is.
            self._earlier[path] = read_articles(path) if output == "-o" or not self.new else []
        self._before = self._run_files()
        self._bytes = {path: path.read_bytes() for path in {*self._earlier, *self._before}}
        self._articles: dict[str, dict[str, Any]] = {}

    def undisturbed(self, folder: Path) -> int:
        """Return the number of requests of one undisturbed run, in a copy of the current folder."""
        if self.data_dir.exists():
            shutil.copytree(self.data_dir, folder)
        before = self.server.hits
        result = crawl(folder, *self._options)
        assert result.code == 0, result.log[-2000:]
        return self.server.hits - before

    def start(self, module: str = "scrapy") -> Process:
        return start(self.data_dir, *self._options, *self._outputs, module=module)

    def kill(self, moment: Moment, *numbers: signal.Signals) -> int:
        """Run and kill at a moment, or send other signals; return the exit code."""
        process = self.start()
        moment(process)
        for number in numbers or (signal.SIGKILL,):
            process.send_signal(number)
        _, log = process.communicate(timeout=TIMEOUT)
        expected = {0} | {128 + number for number in numbers} if numbers else {0, -signal.SIGKILL}
        self.kills += process.returncode == -signal.SIGKILL
        assert process.returncode in expected, log[-3000:]
        assert "Traceback" not in log, log[-3000:]
        self.check_intact()
        return process.returncode

    def kill_at(self, event: str, times: int) -> bool:
        """Run and be killed at the n-th time of an event; False where the run came to its end before."""
        os.environ["KILL_AT"] = f"{event} {times}"
        try:
            process = self.start("tests.crawl.killed")
        finally:
            del os.environ["KILL_AT"]
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode in (0, -signal.SIGKILL), log[-3000:]
        self.kills += process.returncode != 0
        self.check_intact()
        return process.returncode != 0

    def complete(self) -> Crawl:
        """Run to the end, and check that everything is stored and published."""
        result = crawl(self.data_dir, *self._options, *self._outputs)
        assert result.code == 0, result.log[-3000:]
        self.check_intact()
        self.check_complete()
        return result

    def check_intact(self) -> None:
        """Check that stored records are unchanged, and that published files are unchanged or completely replaced."""
        stored = Stored(self.data_dir).articles
        for key, record in self._articles.items():
            now = stored.get(key, {})
            if not record["date_published"]:  # read again after a kill, in case the date was overlooked
                now = now | {name: record[name] for name in _OF_THE_READING}
            assert now == record, f"article {key} is lost or has changed"
        self._articles = stored
        for path, content in self._bytes.items():
            if path.read_bytes() != content:
                assert path in self._earlier, f"{path} is published, and has changed"
                each_once(read_articles(path), [*self._earlier[path], *self.new])
        for path in self._run_files() - self._bytes.keys():
            _parse(path)
        self._bytes = {path: path.read_bytes() for path in {*self._earlier, *self._run_files()}}

    def check_complete(self) -> None:
        """Check that everything the command should bring is stored and published, each article once."""
        store = Stored(self.data_dir)
        every = [*self.before, *self.new]
        each_once(store.articles.values(), every)
        versions = Counter(row["article_key"] for row in store.rows("article_versions"))
        assert versions == dict.fromkeys(store.articles, 1)
        viewed = [key for key, record in store.articles.items() if record["views"] is not None]
        assert Counter(row["article_key"] for row in store.rows("view_counts")) == dict.fromkeys(viewed, 1)
        self._check_page_facts(store)
        assert not store.rows("frontier")
        assert not store.rows("failures"), store.rows("failures")
        still_open = [row["path"] for row in store.rows("sources") if row["state"] and json.loads(row["state"])["open"]]
        assert not still_open
        assert all(row["ended_at"] for row in store.rows("runs"))
        check_published(self.data_dir)
        for path, earlier in self._earlier.items():
            each_once(read_articles(path), [*earlier, *self.new])
        for kind in ("csv", "jsonl"):
            published = [path for path in self._run_files() - self._before if path.name == f"articles.{kind}"]
            each_once([record for path in published for record in read_articles(path)], self.new)

    def _check_page_facts(self, store: Stored) -> None:
        site, url = self.server.site, self.server.url
        expected = {
            "trending": site.expected_trending(url),
            "rates": site.expected_rates(),
            "weather": site.expected_weather(),
        }
        for table, rows in expected.items():
            seen = [{name: row[name] for name in rows[0]} for row in store.rows(table)]
            assert seen == json.loads(json.dumps(rows, default=float)), f"{table} lacks lines or has them twice"

    def _run_files(self) -> set[Path]:
        return {path for path in self.data_dir.glob("runs/*/*") if not path.name.startswith(".")}


def _parse(path: Path) -> None:
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".jsonl":
        read_jsonl(path)
    else:
        assert read_csv(path) is not None
