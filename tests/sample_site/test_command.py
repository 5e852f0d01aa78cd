"""Command line of the sample site: faults by name, bursts of news."""

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site.faults import FAULTS, FaultySite

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "caravan_crawler.sample_site"]


def test_each_fault_has_a_description_and_valid_defaults() -> None:
    assert all(kind.description and name in kind.usage(name) for name, kind in FAULTS.items())
    assert FaultySite(40, faults=FAULTS).respond("/news/", "http://x/").status == 200


BAD_FAULTS = [
    ("nonsense", "known are slow"),
    ("cut,,nonsense", "known are slow"),
    ("slow:", "SECONDS"),
    ("slow:nan", "SECONDS"),
    ("cut:0", "TIMES"),
    ("cut:1:2:3", "too many values"),
    ("huge:9999", "MEGABYTES"),
    ("markup_switch:5:colour", "date, body"),
]


@pytest.mark.parametrize(("written", "message"), BAD_FAULTS)
def test_invalid_fault_is_reported_in_one_line(written: str, message: str) -> None:
    done = run("--fault", written)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("options", [("--fault", "list"), ("--help",)])
def test_faults_are_listed(options: tuple[str, ...]) -> None:
    done = run(*options)
    assert done.returncode == 0
    assert all(kind.usage(name) in done.stdout for name, kind in FAULTS.items())


def test_faults_and_bursts_from_the_command_line(tmp_path: Path) -> None:
    options = ["--port", "0", "--articles", "40", "--fault", "dead_robots,empty", "--fault", "cut", "--burst", "7"]
    with subprocess.Popen([*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/robots.txt")
        assert connection.getresponse().status == 500
        connection.close()
        before = news(url)
        for _ in range(2):
            process.send_signal(signal.SIGUSR1)
            assert "7 more" in process.stdout.readline()
        assert news(url)[14 : 14 + 3] == before[:3]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_site_of_one_generation_moves_at_a_signal(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    options = ["--port", "0", "--articles", "40", "--generation", "3", "--seed", "1", "--old-addresses", "redirect"]
    command = [*COMMAND, *options, "--gold", str(gold)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        records = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
        assert all(record["url"].startswith(url) for record in records)
        assert {status(record["url"]) for record in records} == {200}
        process.send_signal(signal.SIGUSR2)
        assert process.stdout.readline() == "Moved to generation 4\n"
        assert {status(record["url"]) for record in records} == {301}
        assert status(f"{url}sitemap.xml") == 200
        process.send_signal(signal.SIGUSR2)
        assert process.stderr.readline() == "sample_site: only a site of generation 3 can move\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def status(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", parts.path)
    answer = connection.getresponse().status
    connection.close()
    return answer


def news(url: str) -> list[str]:
    """Headlines on the first page of the listing of news."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/news/")
    body = connection.getresponse().read().decode()
    connection.close()
    return [part.partition("</span>")[0] for part in body.split('card__title">')[1:]]
