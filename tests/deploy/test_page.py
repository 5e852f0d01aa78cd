"""The page on deploying, and the files of ``deploy/`` for Scrapyd on a server."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from configparser import ConfigParser
from pathlib import Path

import pytest
from scrapyd.config import Config

from caravan_crawler.arguments import CrawlArguments
from tests.deploy.scrapyd_server import CONF, PROJECT
from tests.support.crawling import ROOT, TIMEOUT
from tests.support.optional_parts import need

PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "scrapyd.service").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "deploy" / "scrapyd.env").read_text(encoding="utf-8")


def option_values(option: str, line: str) -> dict[str, str]:
    """Return the values of an option of a command line, by name."""
    words = iter(shlex.split(line))
    return dict(next(words).split("=", 1) for word in words if word == option)


def lines(start: str) -> Iterable[str]:
    return re.findall(rf"{re.escape(start)}[^`|\n]*", PAGE)


def test_named_files_exist() -> None:
    for name in re.findall(r"\b(deploy/[\w.-]+\w|requirements[\w-]*\.lock)", PAGE):
        assert (ROOT / name).exists(), name


def test_each_crawl_of_the_page_is_accepted() -> None:
    for start, option in (("schedule.json -d project", "-d"), ("crawl caravan", "-a")):
        found = [option_values(option, line) for line in lines(start)]
        assert len(found) > 2
        for values in found:
            if option == "-d":
                assert (values.pop("project"), values.pop("spider")) == (PROJECT, "caravan")
                assert values.pop("setting", "DATA_DIR=/").startswith("DATA_DIR=/")
            CrawlArguments.parse(values)


def test_scrapyd_knows_each_of_its_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    known, ours = Config().cp, ConfigParser()
    ours.read_string(CONF)
    assert set(ours["scrapyd"]) <= set(known["scrapyd"])
    assert ours["scrapyd"]["bind_address"] == "127.0.0.1"
    assert ours["scrapyd"]["items_dir"] == ""
    assert "password" not in ours["scrapyd"]


def test_no_secret_is_in_the_files_for_the_operator() -> None:
    assert re.findall(r"^#?(\w*PASSWORD)=(.*)$", ENVIRONMENT, re.MULTILINE) == [
        ("SCRAPYD_PASSWORD", ""),
        ("PGPASSWORD", ""),
    ]


def test_the_environment_names_existing_settings() -> None:
    source = (ROOT / "caravan_crawler" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"CARAVAN_[A-Z_]+", source))
    assert set(re.findall(r"CARAVAN_[A-Z_]+", ENVIRONMENT)) == names
    assert names <= set(re.findall(r"`(CARAVAN_[A-Z_]+)`", PAGE))


@pytest.mark.parametrize(("password", "code"), [("", 1), ("long and random", 0)])
def test_the_unit_does_not_start_without_a_password(password: str, code: int) -> None:
    (check,) = re.findall(r"^ExecStartPre=(.*)$", UNIT, re.MULTILINE)
    done = subprocess.run(shlex.split(check), env={"SCRAPYD_PASSWORD": password}, timeout=TIMEOUT, check=False)
    assert done.returncode == code


def test_the_unit_is_accepted_by_systemd(tmp_path: Path) -> None:
    tool = need("systemd-analyze")
    unit = tmp_path / "scrapyd.service"
    unit.write_text(UNIT.replace("/opt/scrapyd/.venv/bin", str(Path(sys.executable).parent)), encoding="utf-8")
    done = subprocess.run(
        [tool, "verify", "--man=no", unit], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "scrapyd" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
    assert re.search(r"^EnvironmentFile=/etc/scrapyd\.env$", UNIT, re.MULTILINE), "without the file it does not start"
