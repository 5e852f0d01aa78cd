"""``scrapy inspect --site`` in a process of its own, against a site on loopback."""

import json
import subprocess
from typing import Any

from caravan_crawler.sample_site import SampleServer
from tests.support.crawling import TIMEOUT
from tests.support.forking import run


def inspect(*options: str) -> "subprocess.CompletedProcess[str]":
    return run("scrapy", "inspect", *options, timeout=TIMEOUT)


def inspect_site(server: SampleServer, *options: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and what is printed for programs."""
    done = inspect("--site", server.url, "--json", *options)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)
