"""A Scrapyd of the tests' own, as ``deploy/`` sets it up, on a free port of loopback."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.crawling import ROOT, TIMEOUT

PROJECT, USER, PASSWORD = "caravan_crawler", "caravan", "only for this test"
CONF = (ROOT / "deploy" / "scrapyd.conf").read_text(encoding="utf-8")


def clean_python(folder: Path) -> Path:
    """Create an environment with the tests' packages except the project; return its Python.

    An installed copy of the project would be run instead of the deployed one.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    paths = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    # The links to the sources of what is installed with -e are not followed from here.
    (packages / "of_the_tests.pth").write_text("\n".join(paths), encoding="utf-8")
    done = subprocess.run([python, "-c", "import caravan_crawler"], cwd=folder, capture_output=True, check=False)
    assert done.returncode != 0, "install the project with -e, as the README says"
    return python


def copy_of_project(folder: Path) -> Path:
    """Copy what a clone has that is needed to build the project; return the folder."""
    folder.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "caravan_crawler", folder / "caravan_crawler", ignore=ignore)
    for name in ("pyproject.toml", "scrapy.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(what: Callable[[], bool], words: str) -> None:
    """Wait until a condition holds; fail after the timeout."""
    deadline = time.monotonic() + TIMEOUT
    while not what():
        assert time.monotonic() < deadline, f"timed out waiting for {words}"
        time.sleep(0.2)  # often enough, as each question to Scrapyd costs it some milliseconds


def watch(group: int) -> "subprocess.Popen[bytes]":
    """Start a watchdog that kills a process group when this process has ended, for whatever reason."""
    script = 'cat; kill -KILL -- "-$0"'
    return subprocess.Popen(["sh", "-c", script, str(group)], stdin=subprocess.PIPE, start_new_session=True)


class Scrapyd:
    """The server. ``default_dir`` is where its crawls keep what they read where nothing else is said.

    Its ``python`` is by default one that lacks the project; ``conf`` is what its settings say.
    """

    def __init__(self, folder: Path, python: Path | None = None, conf: str = CONF) -> None:
        self.folder = folder / "scrapyd"
        self.default_dir = folder / "data"
        self.port = free_port()
        self._python = python or clean_python(folder / "python")
        self._clone = copy_of_project(folder / "clone")
        self._home = folder / "home"
        self._home.mkdir()
        self.folder.mkdir()
        (self.folder / "scrapyd.conf").write_text(conf.replace("/var/lib/scrapyd", str(self.folder)), encoding="utf-8")
        self._groups: dict[int, subprocess.Popen[bytes]] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            **os.environ,
            "HOME": str(self._home),
            "SCRAPYD_HTTP_PORT": str(self.port),
            "SCRAPYD_PASSWORD": PASSWORD,
            "CARAVAN_DATA_DIR": str(self.default_dir),
        }
        with (self.folder / "scrapyd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._python, "-m", "scrapyd", "--pidfile="],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of processes, by which its crawls are ended too
            )
        self._groups[self._process.pid] = watch(self._process.pid)
        wait_until(self._answers, "an answer of Scrapyd")

    def kill(self) -> None:
        """Kill the server alone, as ``kill -9`` does; its crawls are left to themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Signal the server and its crawls to end, as systemd does."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(TIMEOUT)

    def kill_all(self) -> None:
        """Kill the server and whatever it has started, however long ago."""
        for group, watcher in self._groups.items():
            watcher.kill()
            watcher.communicate()
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._groups.clear()
        if self._process is not None:
            self._process.wait()

    def deploy(self, line: str, password: str = PASSWORD) -> "subprocess.CompletedProcess[str]":
        """Run a line of the README in a copy of the project whose ``scrapy.cfg`` names this server."""
        config = (ROOT / "scrapy.cfg").read_text(encoding="utf-8")
        assert ":6800/" in config
        (self._clone / "scrapy.cfg").write_text(config.replace(":6800/", f":{self.port}/"), encoding="utf-8")
        netrc = self._home / ".netrc"
        netrc.write_text(f'machine 127.0.0.1 login {USER} password "{password}"\n', encoding="utf-8")
        netrc.chmod(0o600)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "HOME": str(self._home), "PATH": path}
        return subprocess.run(
            line,
            shell=True,
            cwd=self._clone,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def write_version(self, version: str) -> None:
        """Change the version of the project that is deployed next."""
        module = self._clone / "caravan_crawler" / "__init__.py"
        text = module.read_text(encoding="utf-8")
        module.write_text(
            re.sub("^__version__ = .*$", f'__version__ = "{version}"', text, flags=re.M), encoding="utf-8"
        )

    def ask(self, path: str, password: str = PASSWORD, **values: str) -> dict[str, Any]:
        """Request a page of the API, by POST if there are ``values``."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}", urlencode(values).encode() if values else None
        )
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode())
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            reply: dict[str, Any] = json.load(answer)
        assert reply["status"] == "ok", reply
        return reply

    def schedule(self, **values: str) -> str:
        """Schedule a crawl; return the number of its job."""
        return str(self.ask("schedule.json", project=PROJECT, spider="caravan", **values)["jobid"])

    def cancel(self, job: str, **values: str) -> None:
        assert self.ask("cancel.json", project=PROJECT, job=job, **values)["prevstate"] == "running"

    def jobs(self, state: str) -> dict[str, dict[str, Any]]:
        """The jobs in a state, by number."""
        return {job["id"]: job for job in self.ask("listjobs.json")[state]}

    @property
    def is_idle(self) -> bool:
        """Whether the server responds and is idle."""
        try:
            return not self.jobs("running")
        except urllib.error.URLError:
            return False

    def wait_for(self, job: str) -> str:
        """Wait for a job's end; return the last line of its log."""
        wait_until(lambda: job in self.jobs("finished"), f"the end of job {job}")
        return self.log(job).splitlines()[-1]

    def log(self, job: str) -> str:
        path = self.folder / "logs" / PROJECT / "caravan" / f"{job}.log"
        return path.read_text(encoding="utf-8")

    def run_command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the deployed project as Scrapyd runs its crawls."""
        return subprocess.run(
            [self._python, "-m", "scrapyd.runner", *arguments],
            cwd=self.folder,
            env={**os.environ, "SCRAPY_PROJECT": PROJECT},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "scrapyd.log").read_text(encoding="utf-8")
        try:
            return bool(self.ask("daemonstatus.json"))
        except urllib.error.URLError:
            return False
