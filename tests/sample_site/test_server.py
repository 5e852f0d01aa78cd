"""Command line and server of the sample site."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import SampleSite, serve

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "caravan_crawler.sample_site"]


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_stopped(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--articles", "20"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    url = next(word for word in line.split() if word.startswith("http://"))
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    process.send_signal(number)
    assert process.wait(timeout=20) == 0
    process.stdout.close()


def test_gold_has_one_record_per_article(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    assert run("--articles", "50", "--gold", str(file)).returncode == 0
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len({record["url"] for record in records}) == 50
    assert all(record["url"].startswith("http://127.0.0.1:8000/") for record in records)


@pytest.mark.parametrize(
    "options",
    [
        ("--articles", "0"),
        ("--articles", "x"),
        ("--port", "99999"),
        ("--gold", "/no/such/folder/gold.jsonl"),
        ("--nonsense",),
    ],
)
def test_bad_options_are_refused(options: tuple[str, ...]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_taken_port_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_pages_are_repeatable() -> None:
    first, second = SampleSite(articles=40, markup_seed=3), SampleSite(articles=40, markup_seed=3)
    base = "http://127.0.0.1:8000/"
    for record in first.gold(base):
        target = record["url"][len(base) - 1 :]
        assert first.respond(target, base).body == second.respond(target, base).body


def test_million_articles_need_no_storage() -> None:
    site = SampleSite(articles=1_000_000)
    response = site.respond("/news/page/20000/", "http://127.0.0.1:8000/")
    assert response.status == 200


def test_validators_and_malformed_requests() -> None:
    with serve(SampleSite(articles=40)) as server:
        host = urlsplit(server.url).netloc
        record = next(record for record in server.site.gold(server.url) if record["section"] == "news")
        path = urlsplit(record["url"]).path
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", path)
        first = connection.getresponse()
        first.read()
        connection.request("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        again = connection.getresponse()
        assert (first.status, again.status, again.read()) == (200, 304, b"")
        connection.close()
        with socket.create_connection((urlsplit(server.url).hostname or "", server.port), timeout=10) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            assert raw.recv(100).startswith(b"HTTP/1.1 400")
