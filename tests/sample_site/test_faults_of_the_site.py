"""Faults of the whole site: pauses, templates, shifting and endless listings, traps."""

import time
from collections import Counter
from email.utils import parsedate_to_datetime

import pytest

from caravan_crawler.sample_site.faults import (
    ANSWERED_BETWEEN,
    IN_TRANSIT,
    LOSABLE,
    MOST_TRAPPED,
    FaultySite,
    RateLimit,
)
from tests.sample_site.client import ARTICLES, running

RATE_LIMITS = [("rate_limit:30", 429), ("rate_limit_date:30", 429), ("rate_limit_503:30", 503)]


@pytest.mark.parametrize(("fault", "status"), RATE_LIMITS)
def test_rate_limit_counts_early_requests(fault: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(RateLimit, "clock", staticmethod(lambda: now))
    with running(fault) as client:
        assert {client.get("/robots.txt").status for _ in range(ANSWERED_BETWEEN)} == {200}
        refused = client.get("/a/")
        assert refused.status == status
        if fault.startswith("rate_limit_date"):
            until = parsedate_to_datetime(refused.header("Retry-After")).timestamp()
        else:
            until = now + int(refused.header("Retry-After"))
        assert 30 <= until - now < 31
        # Those perhaps sent before the client knew.
        assert {client.get(f"/b-{number}/").status for number in range(IN_TRANSIT - 1)} == {status}
        assert client.site.early_requests == 0
        assert client.get("/a/").status == status  # the client knew
        assert client.site.early_requests == 1
        assert client.get("/c/").status == status  # more than in transit
        assert client.site.early_requests == 2
        now = until
        assert client.get("/robots.txt").status == 200
        assert client.site.early_requests == 2


@pytest.mark.parametrize("field", LOSABLE)
def test_template_without_a_field(field: str) -> None:
    with running(f"markup_switch:30:{field}") as client:
        bodies = [client.get(path).body for path in client.paths]
        assert [body == client.sound(path) for body, path in zip(bodies, client.paths, strict=True)] == (
            [True] * 30 + [False] * (ARTICLES - 30)
        )
        shown, left = Counter[str](), Counter[str]()
        gold = list(client.site.gold(client.server.url))
        for record, path, body in zip(gold[30:], client.paths[30:], bodies[30:], strict=True):
            marks = {
                "date": f">{record['date_published_raw']}<",
                "views": f">{record['views_raw']}<",
                "headline": f"<title>{record['headline']}",
                "body": record["body"].split("\n\n")[-1][:30],
            }
            shown.update(name for name, mark in marks.items() if mark in client.sound(path).decode())
            left.update(
                name for name, mark in marks.items() if mark in body.decode().rpartition("<script>window.__page")[0]
            )
        assert min(shown.values()) > (ARTICLES - 30) // 2
        # A lede may have the same beginning as a paragraph.
        assert [name for name in marks if left[name] < shown[name] // 10] == [field]
        assert [client.site.spoils(number) for number in range(ARTICLES)] == [False] * 30 + [True] * (ARTICLES - 30)
        assert b"window.__page" in client.get(client.paths[0]).body, "a page read again has changed, too"


def test_new_articles_during_the_listing_walk() -> None:
    with running("shifting:2") as client:
        first, second = client.get("/news/"), client.get("/news/")
        assert first.body == client.sound("/news/")
        assert first.body != second.body
        for _ in range(50):
            client.get("/news/page/2/")
        assert len(list(client.site.gold(client.server.url))) == ARTICLES + 2 * 20


@pytest.mark.parametrize("fault", ["endless_listing", "endless_listing_new"])
def test_endless_listings(fault: str) -> None:
    with running(fault) as client:
        target, bodies = "/gazeta/", []
        for _ in range(12):
            got = client.get(target)
            assert got.status == 200
            bodies.append(got.body)
            target = got.body.decode().rpartition("<a rel='next' href='")[2].partition("'")[0]
        assert target.startswith("/gazeta/page/13/")
        assert ("?from=" in target) == (fault == "endless_listing_new")
        links = [body.split(b"BlockNewsCardImage", 1)[1].split(b"rel='next'")[0] for body in bodies[-3:]]
        assert len(set(links)) == (3 if fault == "endless_listing_new" else 1)
        assert client.get(f"/gazeta/page/{MOST_TRAPPED + 1}/").status == 404


@pytest.mark.parametrize(("fault", "forms"), [("url_trap", ("kalendar", "sort")), ("article_trap", ("arkhiv",))])
def test_endless_urls(fault: str, forms: tuple[str, ...]) -> None:
    with running(fault) as client:
        seen: set[str] = set()
        waiting = ["/", *client.paths]
        while waiting and len(seen) < 500:
            body = client.get(waiting.pop(0)).body.decode()
            new = {
                part.partition("'")[0].replace("&amp;", "&")
                for part in body.rpartition("<p><a href='")[2].split("<a href='")
            }
            assert new
            assert not new & seen
            waiting += [target for target in new if target not in seen]
            seen |= new
        assert all(any(form in target for target in seen) for form in forms)
        assert client.get(seen.pop()).status == 200


def test_trap_is_finite() -> None:
    site = FaultySite(ARTICLES, faults=["article_trap"])
    answers = [site.respond(f"/arkhiv/{n}-x/", "http://x/").status for n in range(MOST_TRAPPED + 1)]
    assert answers == [200] * MOST_TRAPPED + [404]


def test_robots_txt_fails() -> None:
    with running("dead_robots") as client:
        assert (client.get("/robots.txt").status, client.get("/").status) == (500, 200)


def test_several_faults_at_once() -> None:
    with running("slow:0.001", "cut:always:4", "challenge:always:5") as client:
        got = [client.get(path) for path in client.paths]
        assert {"cut", ""} == {answer.error for answer in got}
        assert any(b"human" in answer.body for answer in got)
