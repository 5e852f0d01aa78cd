"""A process forked for the tests behaves like one started on its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crawling import ROOT, TIMEOUT, command
from tests.support.forking import fork, run


def output_of(*words: str) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def modules_of_a_crawl(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that a crawl without options has loaded at its end, at which it has archived nothing."""
    folder = tmp_path_factory.mktemp("crawl")
    options = ("-s", f"DATA_DIR={folder}", "-a", "site=sample", "-a", "sections=art")
    crawl = output_of(*command(*options, module="tests.crawl.imported"))
    assert (folder / "caravan.db").exists()
    assert not (folder / "warc").exists()
    return set(crawl.rpartition("imported: ")[2].split())


def test_preloaded_modules_are_those_of_every_crawl(modules_of_a_crawl: set[str]) -> None:
    before = output_of(
        sys.executable, "-c", "import sys; from tests.support.forking import load; load(); print(*sys.modules)"
    )
    there = {name for name in before.split() if not name.startswith("tests")}
    assert len(there) > 500
    assert there <= modules_of_a_crawl


@pytest.mark.parametrize("part", ["archive", "browser", "export", "inspection", "reparse", "report", "store.workers"])
def test_a_crawl_loads_no_part_that_is_not_switched_on(part: str, modules_of_a_crawl: set[str]) -> None:
    assert not [name for name in modules_of_a_crawl if name.startswith(f"caravan_crawler.{part}")]


def test_a_crawl_loads_no_optional_library(modules_of_a_crawl: set[str]) -> None:
    assert "scrapy" in modules_of_a_crawl
    libraries = ("scrapy_playwright", "playwright", "warcio", "six", "tqdm", "psycopg")
    assert not [name for name in modules_of_a_crawl if name.startswith(libraries)]


def test_arguments_environment_and_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "another")
    process = fork("scrapy", "crawl", "caravan", "-a", "sitte=x")
    _, log = process.communicate(timeout=TIMEOUT)
    assert "No module named 'another'" in log
    assert process.returncode == process.poll() == 1
    monkeypatch.undo()
    process = fork("scrapy", "crawl", "caravan", "-a", "sitte=x")
    _, log = process.communicate(timeout=TIMEOUT)
    assert "did you mean 'site'" in log
    assert (process.returncode, process.pid != os.getpid()) == (2, True)


def test_end_of_a_process() -> None:
    left_open = "import atexit; atexit.register(print, 'the end'); cycle = [open('/dev/null')]; cycle.append(cycle)"
    done = run("timeit", "-n1", "-r1", left_open, timeout=TIMEOUT)
    assert done.returncode == 0
    assert done.stdout.endswith("\nthe end\n")
    assert "unclosed file" in done.stderr


def test_process_ended_by_a_signal(tmp_path: Path) -> None:
    process = fork("tests.crawl.imported", "shell", "-c", "import time; time.sleep(1000)")
    assert process.poll() is None
    process.kill()
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == -signal.SIGKILL
    process.kill()  # one that is gone
