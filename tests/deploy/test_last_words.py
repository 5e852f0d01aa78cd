"""The last lines of a run without a terminal, and settings from the environment."""

import json
import os
import runpy
import subprocess
from pathlib import Path

import pytest

from tests.support.crawling import ROOT, TIMEOUT, command, crawl


def last_line(log: Path) -> str:
    return log.read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "words"),
    [("urls=/", "Exit code 3: no article on 1 page"), ("since=soon", "Exit code 2: since=soon is not a day")],
)
def test_the_log_ends_with_the_exit_code(option: str, words: str, tmp_path: Path) -> None:
    log = tmp_path / "crawl.log"
    result = crawl(tmp_path / "data", "-a", "site=sample", "-a", option, "-s", f"LOG_FILE={log}")
    assert last_line(log).startswith(words)
    assert result.log.splitlines()[-1] == f"scrapy crawl: {last_line(log).split(': ', 1)[1]}"


def test_unwritable_log_is_the_one_line(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", "since=soon", "-s", f"LOG_FILE={tmp_path}/none/crawl.log")
    assert result.code == 2
    line = f"scrapy crawl: LOG_FILE={tmp_path}/none/crawl.log cannot be written: No such file or directory"
    assert result.log.splitlines() == [line]


def test_run_whose_parent_has_ended_ends_normally(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    options = ("-a", "site=sample", "-s", f"DATA_DIR={tmp_path}", "-s", f"LOG_FILE={tmp_path}/log")
    alarm = tmp_path / "alarm"
    try:
        done = subprocess.run(
            command(*options, "-a", "urls=/", "-s", f"ON_FAILURE=cp /dev/stdin {alarm}"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=writing,
            timeout=TIMEOUT,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 3
    assert last_line(tmp_path / "log").startswith("Exit code 3: ")
    assert json.loads(alarm.read_text(encoding="utf-8"))["exit_code"] == 3, "the alarm is raised all the same"


BY_ENVIRONMENT = [
    ({}, "DATA_DIR", "data"),
    ({"CARAVAN_DATA_DIR": "/srv/caravan"}, "DATA_DIR", "/srv/caravan"),
    ({"CARAVAN_DATA_DIR": ""}, "DATA_DIR", "data"),
    ({"CARAVAN_STORE_URL": "postgresql://localhost/caravan"}, "STORE_URL", "postgresql://localhost/caravan"),
    ({"CARAVAN_STORE_URL": ""}, "STORE_URL", "None"),
    ({"CARAVAN_ON_FAILURE": "mail me"}, "ON_FAILURE", "mail me"),
    ({"CARAVAN_USER_AGENT": "CaravanCrawler (+mailto:x)"}, "USER_AGENT", "CaravanCrawler (+mailto:x)"),
]


@pytest.mark.parametrize(("environment", "name", "value"), BY_ENVIRONMENT)
def test_settings_from_the_environment(
    environment: dict[str, str], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DATA_DIR", "STORE_URL", "ON_FAILURE", "USER_AGENT"):
        monkeypatch.delenv(f"CARAVAN_{variable}", raising=False)
    for variable, given in environment.items():
        monkeypatch.setenv(variable, given)
    assert str(runpy.run_path(str(ROOT / "caravan_crawler" / "settings.py"))[name]) == value
