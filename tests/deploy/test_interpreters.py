"""A Python of each minor version on this machine runs the README's first command to its end, or refuses in one line."""

import http.client
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.crawling import ROOT, TIMEOUT, read_csv
from tests.support.interpreters import (
    Interpreter,
    environment,
    installable,
    interpreters,
    of_each_minor,
    supported,
    too_old,
)

FIRST_COMMAND = r"^python3 -m venv \.venv && .* && \.venv/bin/scrapy (.*)$"


@pytest.fixture(scope="module", params=of_each_minor(), ids=lambda each: each.version)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the README's requirements, for one Python of each minor version."""
    interpreter: Interpreter = request.param
    return environment(interpreter, tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture(
    scope="module", params=[each for each in too_old() if each in installable()], ids=lambda each: each.version
)
def old_environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in which Scrapy runs and the project does not."""
    return environment(request.param, tmp_path_factory.mktemp("environment") / "venv")


def own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCRAPY", "CARAVAN"))}


def run(command: "list[str | Path]", cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=cwd, env=own_environment(), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def test_interpreters_include_that_of_the_tests() -> None:
    found = [each.version for each in interpreters()]
    assert ".".join(map(str, sys.version_info[:3])) in [each.version for each in supported()]
    assert len(found) == len(set(found))
    minors = [each.version.rpartition(".")[0] for each in of_each_minor()]
    assert minors == list(dict.fromkeys(each.version.rpartition(".")[0] for each in supported()))


def test_the_first_command_ends(python: Path, tmp_path: Path) -> None:
    (line,) = re.findall(FIRST_COMMAND, (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    line = line.replace("=sample -O articles.csv", f"={tmp_path / 'sample'} -O {tmp_path / 'articles.csv'}")
    # To its end on the newest Python; on the others until all modules are in use.
    is_newest = run([python, "-V"]).stdout.split()[1] == of_each_minor()[-1].version
    articles, limit = (300, []) if is_newest else (20, ["-a", "limit=20"])
    done = run([python.with_name("scrapy"), *shlex.split(line), *limit])
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert len(read_csv(tmp_path / "articles.csv")) == articles
    assert len(list((tmp_path / "sample" / "runs").iterdir())) == 1


def test_a_server_closes_whatever_its_clients_do(python: Path) -> None:
    done = run([python, "-W", "error", "-m", "tests.sample_site.closing"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_site_while_a_client_stays(number: signal.Signals, python: Path) -> None:
    command = [str(python), "-m", "caravan_crawler.sample_site", "--port", "0", "--articles", "20"]
    with subprocess.Popen(command, cwd=ROOT, env=own_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
            client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
            client.request("GET", "/")
            assert client.getresponse().read()
            process.send_signal(number)
            assert process.wait(TIMEOUT) == 0
            client.close()
        finally:
            process.kill()


@pytest.mark.parametrize("interpreter", too_old(), ids=lambda each: each.version)
def test_an_older_python_gets_one_line(interpreter: Interpreter) -> None:
    for module in ("caravan_crawler", "caravan_crawler.sample_site", "caravan_crawler.command_line"):
        done = run([interpreter.path, "-m", module])
        assert (done.returncode, done.stdout, done.stderr) == (2, "", refusal(interpreter.version))


@pytest.mark.parametrize("arguments", ["crawl caravan -a site=sample", "inspect page.html", "list"])
def test_scrapy_on_an_older_python_prints_that_line(arguments: str, old_environment: Path) -> None:
    done = run([old_environment.with_name("scrapy"), *arguments.split()])
    version = run([old_environment, "--version"]).stdout.split()[1]
    assert (done.returncode, done.stdout, done.stderr) == (2, "", refusal(version))


def refusal(version: str) -> str:
    return f"Caravan Crawler needs Python 3.11 or newer; this is {version}\n"
