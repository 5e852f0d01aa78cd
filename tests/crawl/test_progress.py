"""The progress line of a crawl: on a real terminal, and nowhere else."""

import os
import pty
import re
import select
import signal
import termios
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import TIMEOUT, crawl, read_csv, read_jsonl
from tests.support.forking import fork, run

LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[\w.]+\] [A-Z]+: .+")
#: A part of the sample site.
SAMPLE = ("-a", "site=sample", "-a", "sections=art")
FEW = ("-a", "site=sample", "-a", "limit=3")
#: The number of articles, or of articles and failures with a total, and that of failures.
FRAME = re.compile(r"(\d+)(?: articles|/\d+) \[[\d:<?]+, +[\d.?]+ (?:articles|pages)/s, (\d+) failed")


class SomeGone(SampleSite):
    """A site that has lost about a tenth of its articles."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if target.endswith("7/"):
            return SampleResponse(404, {"Content-Type": "text/html"}, b"<html><body>404</body></html>")
        return super().respond(target, base_url, headers or {})


class Stuck(SampleSite):
    """A site that delays all requests after the first 50 until ``go_on`` is set."""

    def __init__(self) -> None:
        super().__init__(articles=300)
        self.go_on = Event()
        self.visits = 0

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.visits += 1
        if self.visits > 50:
            self.go_on.wait(TIMEOUT)
        return super().respond(target, base_url, headers or {})


class Terminal:
    """A crawl whose stderr is a terminal: all it wrote there, its exit code, and what is seen at the end."""

    def __init__(
        self, data_dir: Path, *options: str, columns: int = 300, watch: Callable[["Terminal"], None] | None = None
    ) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, columns))
        self.process = fork("scrapy", "crawl", "caravan", "-s", f"DATA_DIR={data_dir}", *options, stderr=theirs)
        os.close(theirs)
        written = b""
        self.written = ""
        try:
            while part := _read(ours):
                written += part
                self.written = written.decode("utf-8", "ignore").replace("\r\n", "\n")
                if watch:
                    watch(self)
            self.code = self.process.wait(TIMEOUT)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(ours)

    @property
    def frames(self) -> list[tuple[int, int]]:
        """Pages and failures of each state the bar showed."""
        return [(int(pages), int(failed)) for pages, failed in FRAME.findall(self.written)]

    @property
    def lines(self) -> list[str]:
        """The lines visible at the end: text after a carriage return hides the text before it."""
        seen = []
        for line in self.written.split("\n"):
            cells = ""
            for part in line.split("\r"):
                cells = part + cells[len(part) :]
            seen.append(cells.rstrip())
        assert seen.pop() == "", "the last line is not ended"
        return seen


def _read(descriptor: int) -> bytes:
    if not select.select([descriptor], [], [], TIMEOUT)[0]:
        return b""  # a crawl that hangs fails its test
    try:
        return os.read(descriptor, 65536)
    except OSError:  # what Linux says when nobody has the other end any more
        return b""


def test_terminal_shows_a_counting_bar_and_only_important_lines(tmp_path: Path) -> None:
    with serve(SomeGone(articles=60)) as server:
        terminal = Terminal(tmp_path, "-a", f"site={server.url}")
    (run_dir,) = (tmp_path / "runs").iterdir()
    articles = len(read_jsonl(run_dir / "articles.jsonl"))
    failed = [line for line in terminal.lines if "Not read: " in line]
    assert terminal.frames[-1] == (articles, len(failed))
    assert terminal.frames == sorted(terminal.frames)
    assert failed
    *log, folder, store, status, export, last = terminal.lines
    assert [line for line in log if "A list ends before " not in line] == failed
    assert all(LOG_LINE.fullmatch(line) and line.endswith("/ (HTTP 404)") for line in failed)
    assert folder == f"scrapy crawl: {run_dir}: what this run read, as .csv and .jsonl"
    assert store == f"scrapy crawl: {tmp_path / 'caravan.db'}: the store of all runs, {articles} articles"
    assert "scrapy crawl: next: scrapy status " in status
    assert "scrapy crawl: next: scrapy export " in export
    assert last.startswith("scrapy crawl: complete")
    assert terminal.code == 0


def test_a_line_is_cut_to_the_width_of_the_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, *SAMPLE, columns=16)
    frames = [part for part in re.split(r"[\r\n]", terminal.written) if " articles" in part and "crawl" not in part]
    assert frames
    assert max(map(len, frames)) <= 16


def test_progress_of_named_pages_has_a_total(tmp_path: Path) -> None:
    site = SampleSite(articles=30)
    with serve(site) as server:
        urls = ",".join(article["url"] for article in site.gold(server.url))
        terminal = Terminal(tmp_path, "-a", f"site={server.url}", "-a", f"urls={urls}")
    assert "100%|" in terminal.written
    assert terminal.frames[-1] == (30, 0)


def test_given_log_level_is_obeyed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, *FEW, "-L", "INFO")
    assert any("[scrapy.middleware] INFO: Enabled extensions:" in line for line in terminal.lines)
    assert any("Dumping Scrapy stats" in line for line in terminal.lines)
    quiet = Terminal(tmp_path, *FEW, "-s", "LOG_LEVEL=ERROR")
    assert len(quiet.lines) == 1
    assert quiet.frames


def test_with_a_log_file_the_bar_stays_on_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "crawl.log"
    terminal = Terminal(tmp_path, *SAMPLE, "-s", f"LOG_FILE={log}")
    assert terminal.frames[-1] == (31, 0)
    assert len(terminal.lines) == 1
    text = log.read_text(encoding="utf-8")
    assert not FRAME.search(text)
    assert "\r" not in text
    assert "Dumping Scrapy stats" in text


def test_without_a_terminal_the_log_is_as_short(tmp_path: Path) -> None:
    """The first run says where its articles are and what next; a later one only how it ended."""
    options = ("-s", f"DATA_DIR={tmp_path}", *SAMPLE, "-O", f"{tmp_path}/articles.csv")
    first, second = (run("scrapy", "crawl", "caravan", *options, timeout=TIMEOUT) for _ in range(2))
    file, folder, store, *what_next, last = first.stderr.splitlines()
    assert file == f"scrapy crawl: {tmp_path}/articles.csv: 30 articles"
    assert folder.startswith(f"scrapy crawl: {tmp_path}/runs/")
    assert store == f"scrapy crawl: {tmp_path}/caravan.db: the store of all runs, 30 articles"
    assert what_next == [
        f"scrapy crawl: next: scrapy status -s DATA_DIR={tmp_path} (what the store holds)",
        f"scrapy crawl: next: scrapy export all.csv -s DATA_DIR={tmp_path} (all its articles as one table)",
    ]
    assert last.startswith("scrapy crawl: complete (articles: 30 new; ")
    unchanged, last = second.stderr.splitlines()
    assert unchanged.startswith(f"scrapy crawl: {tmp_path}/articles.csv: nothing new")
    assert last.startswith("scrapy crawl: complete (articles: 0 new")
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(read_csv(tmp_path / "articles.csv")) == 30


def test_given_level_is_obeyed_without_a_terminal(tmp_path: Path) -> None:
    result = crawl(tmp_path, *FEW, "-L", "INFO")
    assert not FRAME.search(result.log)
    assert "\r" not in result.log
    assert "rogress" not in result.log
    assert "Enabled extensions" in result.log
    assert "Dumping Scrapy stats" in result.log
    assert "next: " not in result.log


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_leaves_the_terminal_clean(times: int, tmp_path: Path) -> None:
    site = Stuck()
    pressed = 0

    def press(terminal: Terminal) -> None:
        nonlocal pressed
        is_stopping = "stopping; once more stops at once" in terminal.written
        if (pressed == 0 and terminal.frames and terminal.frames[-1][0] > 0) or (pressed == 1 < times and is_stopping):
            pressed += 1
            terminal.process.send_signal(signal.SIGINT)
        elif pressed == 1 and is_stopping:
            site.go_on.set()

    with serve(site) as server:
        try:
            terminal = Terminal(tmp_path, "-a", f"site={server.url}", watch=press)
        finally:
            site.go_on.set()
    assert pressed == times
    assert terminal.code == 130
    *log, last = terminal.lines
    assert last.startswith("scrapy crawl: stopped on request")
    assert all(LOG_LINE.fullmatch(line) for line in log), log


def test_a_crash_leaves_the_terminal_clean(tmp_path: Path) -> None:
    broken = "tests.crawl.broken_pipeline.BrokenPipeline"
    terminal = Terminal(tmp_path, *SAMPLE, "-s", f'ITEM_PIPELINES={{"{broken}": 1}}')
    assert terminal.code == 1
    assert terminal.frames
    assert terminal.lines[-1].startswith("scrapy crawl: ")
    assert not [line for line in terminal.lines if FRAME.search(line)]
