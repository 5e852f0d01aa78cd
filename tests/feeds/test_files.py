"""Files of a feed: new, existing, a link or a pipe; any other is refused before the crawl."""

import os
import signal
import threading
from pathlib import Path

import pytest
from scrapy.settings import Settings

from caravan_crawler.feed_checks import data_dir_problem, feeds_problem
from caravan_crawler.sample_site import SampleSite, serve
from tests.support.crawling import TIMEOUT, crawl, read_csv, start, wait_for_rows


def problem(folder: Path, uri: str, **options: object) -> str | None:
    return feeds_problem(Settings({"DATA_DIR": str(folder), "FEEDS": {uri: {"format": "csv", **options}}}))


def test_writable_targets(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("a")
    for name in ("new.csv", "there.csv", "deep/er/new.csv"):
        assert problem(tmp_path, str(tmp_path / name), overwrite=True) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.csv"]
    assert problem(tmp_path, "stdout:") is None


def test_unwritable_targets(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "old.json").write_text("[]")
    assert "is a folder" in str(problem(tmp_path, str(tmp_path)))
    assert "is no folder" in str(problem(tmp_path, str(tmp_path / "file" / "x.csv")))
    assert "too long" in str(problem(tmp_path, str(tmp_path / ("x" * 240))))
    assert "too long" in str(problem(tmp_path, str(tmp_path / ("x" * 300))))
    assert "use -O" in str(problem(tmp_path, str(tmp_path / "old.json"), format="json"))
    assert "batches" in str(problem(tmp_path, str(tmp_path / "x.csv"), batch_item_count=5))
    assert data_dir_problem(Settings({"DATA_DIR": ""})) == "DATA_DIR is empty"
    assert "is a URL" in str(data_dir_problem(Settings({"DATA_DIR": "file:///data"})))


#: Options of a feed, and the end of the problem. Scrapy would find it at the first record, or never.
UNUSABLE: list[tuple[dict[str, object], str]] = [
    ({"encoding": "cp1251"}, "encoding=cp1251 lacks letters that texts of the site have; utf-8 has them"),
    (
        {"format": "json", "encoding": "koi8-r"},
        "encoding=koi8-r lacks letters that texts of the site have; utf-8 has them",
    ),
    ({"encoding": "base64"}, "use codecs.open() to handle arbitrary codecs"),
    ({"format": "jsonl", "encoding": "utf-16"}, "encoding=utf-16 would begin each record with a byte order mark"),
    ({"item_export_kwargs": {"delimiter": "ab"}}, 'no record can be written: "delimiter" must be a 1-character string'),
    ({"item_export_kwargs": "x"}, "must be a mapping, not str"),
    ({"postprocessing": ["scrapy.extensions.postprocessing.GzipPlugin"], "gzip_compresslevel": "x"}, "as an integer"),
    ({"item_filter": "os.path.join"}, "not dict"),
    ({"overwrite": "false"}, "overwrite=false is not true or false"),
]


@pytest.mark.parametrize(("options", "words"), UNUSABLE)
def test_options_with_which_no_record_can_be_written(options: dict[str, object], words: str, tmp_path: Path) -> None:
    assert str(problem(tmp_path, "x.csv", **options)).endswith(words)


def test_usable_options(tmp_path: Path) -> None:
    assert problem(tmp_path, "x.xml", format="xml", encoding="latin-1") is None
    assert problem(tmp_path, "x.csv", encoding="utf-16", item_export_kwargs={"delimiter": ";"}) is None
    assert problem(tmp_path, "%(own)s.csv", uri_params="os.path.join") is None  # it may give any placeholder a value


@pytest.mark.parametrize("is_link", [False, True])
@pytest.mark.parametrize(("name", "settings"), [("runs", {}), ("warc", {"ARCHIVE": "1"})])
def test_folders_of_the_data_that_are_none(name: str, settings: dict[str, str], is_link: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    if is_link:
        path.symlink_to("nowhere")
    else:
        path.touch()
    problem = feeds_problem(Settings({"DATA_DIR": str(tmp_path), **settings}))
    assert problem == f"{tmp_path} cannot be written: {path} is no folder"


def test_a_link_with_its_mode_and_a_pipe_get_the_rows(tmp_path: Path) -> None:
    target, link, pipe = (tmp_path / name for name in ("target.csv", "link.csv", "pipe.csv"))
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with serve(SampleSite(articles=20)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}", "-O", str(link), "-O", str(pipe)).code == 0
    reader.join(timeout=30)
    assert link.is_symlink()
    assert len(read_csv(target)) == 20
    assert target.stat().st_mode & 0o777 == 0o640
    assert pipe.is_fifo()
    assert received[0].count(b"http://127.0.0.1") >= 20


def test_a_pipe_without_a_reader_is_reported_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with serve(SampleSite(articles=20)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-O", f"{pipe}")
    assert done.code == 1
    assert f"{pipe} could not be written to its end: no program reads it" in done.log.splitlines()[-1]
    assert len(done.articles) == 20


def test_a_server_that_takes_no_feed_is_one_line(tmp_path: Path) -> None:
    with serve(SampleSite(articles=20)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-O", "ftp://127.0.0.1:1/a.csv")
    assert done.code == 1
    assert "in: ftp://127.0.0.1:1/a.csv ([Errno 111] Connection refused)" in done.log
    assert "Traceback" not in done.log
    assert len(done.articles) == 20


def test_partial_files_that_are_gone_are_no_stack_trace(tmp_path: Path) -> None:
    """Another run has published the records of one that it took for killed, and removed its partial files."""
    with serve(SampleSite(articles=500)) as server:
        process = start(tmp_path, "-a", f"site={server.url}")
        wait_for_rows(tmp_path, process)
        for part in tmp_path.glob("runs/*/.*.part"):
            part.unlink()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 143, log[-2000:]
    assert "Traceback" not in log
    assert ".part" not in log.splitlines()[-1]
