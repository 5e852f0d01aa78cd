"""Types and style, as tests, so that one command checks everything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


#: Most of mypy's work is on the packages, so its cache is with them, for each working copy that uses them.
CACHE = ["--cache-dir", str(Path(sys.prefix) / ".mypy_cache"), "--no-sqlite-cache"]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        ["mypy", *CACHE],
        ["scrapy-lint"],
        ["lint-imports", "--no-cache"],
    ],
    ids=["ruff check", "ruff format", "mypy", "scrapy-lint", "import-linter"],
)
def test_clean(command: list[str]) -> None:
    tool = Path(sys.executable).with_name(command[0])
    assert tool.exists(), f"{command[0]} is missing: pip install -e '.[test]'"
    done = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
