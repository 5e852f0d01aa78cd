"""Files that several append to, and streams whose readers leave: no row is lost, and no other feed suffers."""

import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.items import Article, column_names
from caravan_crawler.sample_site import SampleSite, serve
from tests.crawl.reporting import report
from tests.support.crawling import ROOT, TIMEOUT, command, crawl, read_csv, read_jsonl, start

HEADER = ",".join(column_names(Article))
RECORD = dict.fromkeys(column_names(Article))


def wait_for_part(folder: Path) -> None:
    """Wait until a run has begun to append to a file in the folder."""
    give_up = time.monotonic() + TIMEOUT
    while not list(folder.glob("*.part")) and not list(folder.glob(".*.part")):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def rows(path: Path) -> list[dict[str, str]]:
    return read_csv(path) if path.suffix == ".csv" else read_jsonl(path)


def outputs(paths: Iterable[Path]) -> list[str]:
    """Return the options of a crawl that appends to files."""
    return [option for path in paths for option in ("-o", str(path))]


def test_two_crawls_append_to_the_same_files(tmp_path: Path) -> None:
    new, there = ([tmp_path / "out" / f"{name}{suffix}" for suffix in (".csv", ".jsonl")] for name in ("new", "there"))
    sites = [SampleSite(articles=20) for _ in range(2)]
    with serve(sites[0]) as first, serve(sites[1]) as second:
        crawl(tmp_path / "0", "-a", f"site={first.url}", "-a", "sections=art", *outputs(there))
        before = dict.fromkeys(new, 0) | {path: len(rows(path)) for path in there}
        processes = [
            start(tmp_path / f"store{number}", "-a", f"site={server.url}", *outputs(before))
            for number, server in enumerate((first, second))
        ]
        logs = [process.communicate(timeout=TIMEOUT)[1] for process in processes]
        ports = Counter([first.port, second.port] * 20)
    assert [process.returncode for process in processes] == [0, 0], logs
    for path, number in before.items():
        assert Counter(urlsplit(row["url"]).port for row in rows(path)[number:]) == ports, path
        if path.suffix == ".csv":
            assert path.read_text(encoding="utf-8").count("article_id,url") == 1, path
    assert min(before[path] for path in there) > 0
    assert not list((tmp_path / "out").glob(".*.part*"))


def test_concurrently_appended_line_is_preserved(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    lines = {folder / "all.jsonl": '{"mine": 1}\n', folder / "all.csv": f"{'mine,' * 18}mine\n"}
    (folder / "all.jsonl").touch()
    (folder / "all.csv").write_text(f"{HEADER}\n", encoding="utf-8")
    with serve(SampleSite(articles=30)) as server:
        process = start(tmp_path, "-a", f"site={server.url}", *outputs(lines), "-s", "DOWNLOAD_DELAY=0.05")
        wait_for_part(folder)
        for path, line in lines.items():
            with path.open("a", encoding="utf-8") as file:
                file.write(line)
        _, log = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, log
    for path in lines:
        assert sum("mine" in str(row) for row in rows(path)) == 1, path
        assert len(rows(path)) == 31, path


#: Files that rows continue: their content, and the number of their rows.
CONTINUED = {
    "no_newline.jsonl": (json.dumps(RECORD), 1),
    "no_newline.csv": (f"{HEADER}\r\n{'x,' * 18}x", 1),
    "byte_order_mark.csv": (f"\ufeff{HEADER}\r\n", 0),
}


@pytest.fixture(scope="module")
def continued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of these files after a run that appended twelve articles to each."""
    folder = tmp_path_factory.mktemp("continued")
    for name, (there, _) in CONTINUED.items():
        (folder / name).write_bytes(there.encode())
    with serve(SampleSite(articles=12)) as server:
        result = crawl(folder / "data", "-a", f"site={server.url}", *outputs(folder / name for name in CONTINUED))
    assert result.code == 0, result.log[-1000:]
    return folder


@pytest.mark.parametrize("name", CONTINUED)
def test_a_file_is_appended_to_and_its_last_line_ended(name: str, continued: Path) -> None:
    there, number = CONTINUED[name]
    assert (continued / name).read_bytes().startswith(there.encode())
    read = read_csv(continued / name) if name.startswith("byte") else rows(continued / name)
    assert len(read) == 12 + number


#: What is not continued by rows: file, its content, and why.
NOT_CONTINUED = [
    ("all.jsonl", "a,b\n1,2\n", "its first line is no JSON object"),
    ("all.jsonl", '[{"headline": "a"}]\n', "its first line is no JSON object"),
    ("all.jsonl", '{"headline": "a"\n', "its first line is no JSON object"),
    ("all.jsonl", '{"headline": "a"}\n', "its first line lacks the column article_id"),
    ("all.jsonl", json.dumps(RECORD | {"more": 1}) + "\n", "its first line has other columns"),
    ("all.csv", f'{HEADER}\r\n1,"broken off', "a quotation mark is open at its end"),
]


@pytest.mark.parametrize(("name", "there", "words"), NOT_CONTINUED)
def test_a_file_that_rows_do_not_continue_is_refused(name: str, there: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(there, encoding="utf-8")
    done = crawl(tmp_path, "-a", "site=sample", "-o", str(path))
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert words in done.log
    assert path.read_text(encoding="utf-8") == there.replace("\r\n", "\n")


OTHER = [
    ("a,b\n1,2\n", "its header lacks the column article_id"),
    (HEADER.replace(",url,", ",") + "\n", "its header lacks the column url"),
    (HEADER.replace("article_id,url", "url,article_id") + "\n", "has other columns, or in another order"),
    (HEADER.replace(",", ";") + "\n", "its header lacks the column"),
    ("\n", "its header lacks the column"),
    ("\ufeff" + HEADER + ",more\n", "has other columns"),
]


@pytest.mark.parametrize(("there", "words"), OTHER)
def test_a_csv_of_other_columns_is_refused(there: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(there, encoding="utf-8")
    with serve(SampleSite(articles=12)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-o", str(path))
        assert not server.requests
    assert (result.code, result.log.count("\n")) == (2, 1)
    assert words in result.log
    assert path.read_text(encoding="utf-8") == there


def test_a_csv_of_renamed_columns_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with serve(SampleSite(articles=12)) as server:
        options = ("-s", 'FEED_EXPORT_FIELDS={"url": "a", "headline": "b"}')
        result = crawl(tmp_path, "-a", f"site={server.url}", "-o", str(path), *options)
    assert result.code == 0, result.log[-1000:]
    assert len(read_csv(path)) == 12


def test_closed_standard_output_stops_no_other_feed(tmp_path: Path) -> None:
    site = SampleSite(articles=60)
    other = tmp_path / "other.jsonl"
    with serve(site) as server:
        options = ("-a", f"site={server.url}", "-s", f"DATA_DIR={tmp_path / 'data'}", "-O", "-:csv", "-O", str(other))
        words = " ".join(command(*options))
        done = subprocess.run(
            ["/bin/sh", "-c", f"{{ {words}; echo rc=$? >&2; }} | head -1"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert done.stdout.strip() == HEADER
    lines = done.stderr.splitlines()
    assert lines[-1] == "rc=1"
    assert "standard output could not be written to its end: Broken pipe; the run's files are whole" in lines[-2]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Broken pipe") < 8
    assert report(tmp_path / "data")["exit_code"] == 1
    (run,) = (tmp_path / "data" / "runs").iterdir()
    urls = {record["url"] for record in site.gold(server.url)}
    assert {row["url"] for row in read_jsonl(run / "articles.jsonl")} == urls
    assert {row["url"] for row in read_csv(run / "articles.csv")} == urls
    assert {row["url"] for row in read_jsonl(other)} == urls


def test_closed_pipe_stops_no_other_feed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    first: list[str] = []

    def read_a_line() -> None:
        with pipe.open(encoding="utf-8") as file:
            first.append(file.readline())

    reader = threading.Thread(target=read_a_line)
    reader.start()
    with serve(SampleSite(articles=60)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-O", str(pipe))
    reader.join(timeout=30)
    assert json.loads(first[0])["headline"]
    assert result.code == 1
    assert "Traceback" not in result.log
    assert len(result.articles) == 60
