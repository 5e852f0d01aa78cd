"""Tests that need a program which is not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import install_parts
from tests.support import optional_parts
from tests.support.crawling import ROOT

ABSENT = optional_parts.Part("no-such-package", "no-such-program")


@pytest.fixture
def _absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional_parts, "PARTS", (ABSENT,))


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An apt-get that logs its arguments and fails, and a user who may call it."""
    script = tmp_path / "apt-get"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho "E: no network" >&2\nexit 100\n', encoding="ascii"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path / "calls"


#: A test without its program, one whose fixture lacks its program, and one with its program.
TESTS = """
import pytest
from tests.support import optional_parts

optional_parts.PARTS = (optional_parts.Part("no-such-package", "no-such-program"), optional_parts.Part("shell", "sh"))

@pytest.fixture
def server():
    return optional_parts.need("no-such-program")

def test_program(): optional_parts.need("no-such-program")
def test_fixture(server): pass
def test_there(): optional_parts.need("sh")
"""


@pytest.mark.parametrize(("ci", "code", "outcome"), [("", 0, "2 skipped"), ("true", 1, "1 failed, 1 passed, 1 error")])
def test_missing_parts_skip_or_fail_tests(ci: str, code: int, outcome: str, tmp_path: Path) -> None:
    path = tmp_path / "test_some.py"
    path.write_text(TESTS, encoding="utf-8")
    run = [sys.executable, "-m", "pytest", "-n0", "-ra", "-c", "/dev/null", str(path)]
    environment = {**os.environ, "CI": ci}
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.count("sudo apt-get install no-such-package") > 0) == (code, True), done.stdout
    assert outcome in done.stdout.splitlines()[-1]


@pytest.mark.usefixtures("_absent")
def test_a_failed_installation_is_one_line(apt_get: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install_parts.install() == "apt-get install no-such-package failed: E: no network"
    assert capsys.readouterr().out == "installing for the tests: no-such-package\n"
    assert apt_get.read_text(encoding="ascii").splitlines()[-1].endswith("no-such-package")


def test_one_unknown_package_does_not_cost_the_others(apt_get: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = optional_parts.Part("another-package", "another-program")
    monkeypatch.setattr(optional_parts, "PARTS", (ABSENT, other))
    assert install_parts.install().count("failed: E: no network") == 2
    calls = [line.split()[4:] for line in apt_get.read_text(encoding="ascii").splitlines()]
    assert calls[1:] == [["no-such-package", "another-package"], ["no-such-package"], ["another-package"]]


def test_a_substitute_is_installed_where_a_package_is_unknown(apt_get: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional_parts, "PARTS", (optional_parts.Part("no-such-package", "no-such", instead="sh"),))
    assert install_parts.install() == "apt-get install sh failed: E: no network"
    calls = [line.split()[4:] for line in apt_get.read_text(encoding="ascii").splitlines()]
    assert calls[1:] == [["no-such-package"], ["no-such-package"], ["sh"]]
    assert optional_parts.need("no-such").name in ("sh", "dash", "bash")


@pytest.mark.usefixtures("_absent")
def test_without_rights_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))  # neither sudo nor apt-get
    assert install_parts.install().endswith("sudo apt-get install no-such-package")


def test_newest_of_several_versions_is_used(tmp_path: Path) -> None:
    for version in ("9.6", "15", "9"):
        program = tmp_path / version / "bin" / "server"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    found = optional_parts.find(optional_parts.Part("some-server", "server", f"{tmp_path}/*/bin"))
    assert found == tmp_path / "15" / "bin" / "server"


def test_command_succeeds_if_every_part_is_installed() -> None:
    command = [
        sys.executable,
        "-c",
        "import runpy, tests.support.optional_parts as p, tests.support.interpreters as i; p.PARTS = ();"
        "newest = i.installable()[-1:]; i.installable = lambda: newest;"
        "runpy.run_module('tests.install_parts', run_name='__main__')",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
