"""The alarm: a command or a URL is notified of a run with a non-zero exit code."""

import json
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.outcome import raise_alarm
from tests.crawl.reporting import report, run
from tests.support.crawling import crawl


@contextmanager
def listener(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that records the JSON posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/alarm", posted
        server.shutdown()
        thread.join()


SAVE = (
    "import os, sys; open(sys.argv[1], 'w').write(os.environ.get('CARAVAN_RUN_JSON', '-') + chr(10) + sys.stdin.read())"
)
UNREACHABLE = ("-a", "site=http://127.0.0.1:9/", "-s", "RETRY_TIMES=0")


def python(code: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", code, *arguments])


def test_failed_run_starts_the_alarm_command(tmp_path: Path) -> None:
    received = tmp_path / "received"
    done = crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={python(SAVE, str(received))}")
    assert done.code == 4
    path, _, body = received.read_text(encoding="utf-8").partition("\n")
    assert json.loads(body) == json.loads(Path(path).read_text(encoding="utf-8")) == report(tmp_path)
    assert json.loads(body)["exit_code"] == 4


def test_failed_run_is_posted_to_the_alarm_url(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={url}").code == 4
    assert posted == [report(tmp_path)]


def test_refused_run_raises_an_alarm_with_the_known_facts(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert crawl(tmp_path, "-a", "since=never", "-s", f"ON_FAILURE={url}").code == 2
    (alarm,) = posted
    assert (alarm["exit_code"], alarm["outcome"]) == (2, "refused")
    assert alarm["reason"] == "since=never is not a day as YYYY-MM-DD"


@pytest.mark.parametrize("option", ["-a", "-s", "-o"])
def test_an_option_without_a_value_raises_an_alarm(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listener() as (url, posted):
        monkeypatch.setenv("CARAVAN_ON_FAILURE", url)
        assert crawl(tmp_path, option).code == 2
    (alarm,) = posted
    assert (alarm["exit_code"], alarm["outcome"]) == (2, "refused")
    assert alarm["reason"].startswith(f"argument {option}")
    assert alarm["reason"].endswith(": expected one argument")


def test_successful_run_raises_no_alarm(tmp_path: Path) -> None:
    with listener() as (url, posted):
        assert run(tmp_path, "-s", f"ON_FAILURE={url}").crawl.code == 0
    assert posted == []


# a broken hook, and its problem
BROKEN = [
    ("/no/such/command", "the alarm's command could not be run: "),
    (python("raise SystemExit(7)"), "the alarm's command ended with code 7"),
    (python("import sys; sys.stdin.close()"), None),
    ("http://127.0.0.1:9/", "the alarm could not be posted: "),
]


@pytest.mark.parametrize(("hook", "words"), BROKEN)
def test_a_broken_hook_is_a_problem(hook: str, words: str | None) -> None:
    problem = raise_alarm(hook, {"exit_code": 4}, None)
    assert problem is None if words is None else problem is not None and problem.startswith(words)


def test_broken_hook_logs_one_line_and_changes_no_exit_code(tmp_path: Path) -> None:
    with listener(500) as (url, posted):
        done = crawl(tmp_path, *UNREACHABLE, "-s", f"ON_FAILURE={url}")
    assert (done.code, len(posted)) == (4, 1)
    assert "Traceback" not in done.log
    (line,) = [line for line in done.log.splitlines() if "the alarm" in line]
    assert line.startswith("scrapy crawl: the alarm could not be posted: ")
    assert done.log.splitlines()[-1].startswith("scrapy crawl: no page could be read; ")


# an invalid hook, and the line that refuses it
NO_HOOKS = [("'unclosed", "ON_FAILURE is no command line: "), ("http:///x", "ON_FAILURE names no host")]


@pytest.mark.parametrize(("hook", "words"), NO_HOOKS)
def test_invalid_hook_is_refused_before_the_run(hook: str, words: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", "-s", f"ON_FAILURE={hook}")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert words in done.log
