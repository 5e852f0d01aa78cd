"""A sample site that records the time of each request, and a check of a crawl's log."""

import re
import time
from itertools import pairwise
from typing import Any

from caravan_crawler.sample_site import SampleResponse, SampleSite
from tests.support.crawling import Crawl

HTML = {"Content-Type": "text/html; charset=utf-8"}
BUSY = SampleResponse(503, HTML, b"<html><body>Busy</body></html>")
#: Requests that may have been sent before the answer of another was known: the others of four.
IN_FLIGHT = 3


def is_article(target: str) -> bool:
    return len(target) > 25 and not target.endswith(".xml")


class Timed(SampleSite):
    """Records the time of each request; ``answers``, by target, take precedence over the site's own."""

    def __init__(self, articles: int = 40, **answers: SampleResponse) -> None:
        super().__init__(articles=articles)
        self.answers = {f"/{name.replace('_', '.')}": answer for name, answer in answers.items()}
        self.times: list[float] = []
        self.targets: list[str] = []

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        self.times.append(time.monotonic())
        self.targets.append(target)
        return self.answers.get(target) or super().respond(target, base_url, headers or {})

    @property
    def pauses(self) -> list[float]:
        """Seconds between each two requests."""
        return [later - earlier for earlier, later in pairwise(self.times)]


def assert_logged_in_one_line(result: Crawl, *words: str, of: int = 1) -> None:
    """Check that all ``words`` are in one of the ``of`` warnings and errors, and that there is no stack trace."""
    problems = re.findall(r"\[(\w+)\S*\] (?:WARNING|ERROR|CRITICAL)(.*)", result.log)
    assert [name for name, _ in problems] == ["caravan_crawler"] * of, problems
    assert len([line for _, line in problems if all(each in line for each in words)]) == 1, problems
    assert "Traceback" not in result.log
