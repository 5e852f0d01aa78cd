"""The wheel, built and installed outside of the repository."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from caravan_crawler import __version__
from tests.deploy.scrapyd_server import clean_python, copy_of_project
from tests.support.crawling import ROOT, TIMEOUT, read_csv


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    project = copy_of_project(folder / "clone")
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(project)]
    subprocess.run([sys.executable, "-m", "pip", *build], cwd=folder, timeout=TIMEOUT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command; the wheel's dependencies are those of the tests, not downloaded again."""
    folder = tmp_path_factory.mktemp("installed")
    python = clean_python(folder / "venv")
    install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([Path(sys.executable).with_name("uv"), *install], timeout=TIMEOUT, check=True, capture_output=True)
    return python.with_name("caravan-crawler")


def run(command: Path, folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SCRAPY", "PYTHON", "CARAVAN"))}
    return subprocess.run(
        [command, *arguments],
        cwd=folder,
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_wheel_has_all_files_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = ROOT / "caravan_crawler"
    there = {str(path.relative_to(ROOT)) for path in package.rglob("*") if path.is_file()}
    assert held == {name for name in there if "__pycache__" not in name}


def test_wheel_crawls_in_any_folder(command: Path, tmp_path: Path) -> None:
    done = run(command, tmp_path, "crawl", "caravan", "-a", "site=sample", "-a", "limit=5", "-O", "articles.csv")
    assert done.returncode == 0, done.stderr
    assert len(read_csv(tmp_path / "articles.csv")) == 5
    assert (tmp_path / "data" / "caravan.db").exists()
    (report,) = (tmp_path / "data" / "runs").glob("*/run.json")
    assert json.loads(report.read_text(encoding="utf-8"))["version"] == __version__


def test_wheel_has_the_commands(command: Path, tmp_path: Path) -> None:
    done = run(command, tmp_path, "crawl", "caravan", "-a", "sicne=2019-01-01")
    assert done.returncode == 2, done.stderr
    assert "did you mean 'since'?" in done.stderr


def test_other_settings_may_be_named(command: Path, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("from caravan_crawler.settings import *\nUSER_AGENT = 'own'\n", encoding="utf-8")
    variables = {"SCRAPY_SETTINGS_MODULE": "own", "PYTHONPATH": str(tmp_path)}
    assert run(command, tmp_path, "settings", "--get", "USER_AGENT", **variables).stdout == "own\n"
