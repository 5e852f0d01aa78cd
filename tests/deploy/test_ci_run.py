"""``.ci/run`` with imitations of the commands that it calls."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.crawling import ROOT, TIMEOUT
from tests.support.interpreters import Interpreter, supported, too_old

TEST_COMMAND = r"^python3 -m venv .* -m pytest$"
#: A Python whose ``venv`` needs a separate package, and whose environments only log their calls.
PYTHON = """#!/bin/sh
case "$*" in
*ensurepip*) test -e "$MACHINE/venv-is-installed" ;;
"-m venv .venv") mkdir -p .venv/bin && for name in pip uv python; do
    printf '#!/bin/sh\\necho "%s $*" >> "$MACHINE/log"\\n' $name > .venv/bin/$name; chmod +x .venv/bin/$name; done ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >> "$MACHINE/log"
case "$*" in *install*python3-venv*) touch "$MACHINE/venv-is-installed" ;; esac
"""


class Machine:
    """A clone, and a path with ``python3``, ``apt-get`` and ``sudo`` on it."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.clone = folder / "clone"
        shutil.copytree(ROOT / ".ci", self.clone / ".ci")
        (self.clone / "caravan_crawler").mkdir()
        shutil.copy(ROOT / "caravan_crawler" / "__init__.py", self.clone / "caravan_crawler")
        shutil.copy(ROOT / "README.md", self.clone)
        self._bin = folder / "bin"
        self._bin.mkdir()
        for name, script in {"python3": PYTHON, "apt-get": APT_GET, "sudo": '#!/bin/sh\nexec "$@"\n'}.items():
            (self._bin / name).write_text(script, encoding="utf-8")
            (self._bin / name).chmod(0o755)
        self._python = python

    def run(self) -> "subprocess.CompletedProcess[str]":
        path = f"{self._bin}{os.pathsep}/usr/bin{os.pathsep}/bin"
        variables = {"PATH": path, "MACHINE": str(self.folder), "REAL_PYTHON": str(self._python)}
        return subprocess.run(
            ["bash", self.clone / ".ci" / "run"],
            env=variables,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    @property
    def log(self) -> list[str]:
        return (self.folder / "log").read_text(encoding="utf-8").splitlines()


def test_the_readme_has_one_test_command_and_a_clone_before_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(re.findall(TEST_COMMAND, text, re.MULTILINE)) == 1
    assert text.index("git clone ") < text.index("\ncd caravan-crawler\n") < text.index("\npython3 -m venv")
    assert "python3.1" not in text


@pytest.mark.parametrize("interpreter", supported(), ids=lambda each: each.version)
def test_missing_parts_are_installed_and_the_command_runs(interpreter: Interpreter, tmp_path: Path) -> None:
    machine = Machine(tmp_path, interpreter.path)
    done = machine.run()
    assert done.returncode == 0, done.stderr
    installed, updated = machine.log[1], machine.log[0]
    assert updated.startswith("apt-get update")
    assert installed.startswith("apt-get install")
    assert installed.endswith("python3 python3-venv")
    assert [line.split()[0] for line in machine.log[2:]] == ["pip", "uv", "python", "python"]
    assert machine.log[-1] == "python -m pytest"
    done = machine.run()
    assert done.returncode == 0, done.stderr
    assert sum(line.startswith("apt-get") for line in machine.log) == 2, "nothing is installed twice"


@pytest.mark.parametrize("interpreter", too_old(), ids=lambda each: each.version)
def test_too_old_python_is_one_line(interpreter: Interpreter, tmp_path: Path) -> None:
    machine = Machine(tmp_path, interpreter.path)
    (tmp_path / "venv-is-installed").touch()
    done = machine.run()
    assert done.returncode == 2
    assert done.stderr == f"Caravan Crawler needs Python 3.11 or newer; this is {interpreter.version}\n"
    assert not (tmp_path / "log").exists()
