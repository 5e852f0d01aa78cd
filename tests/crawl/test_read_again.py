"""Articles that are read again: by servers that refuse conditional requests, and when their day has come."""

from collections import Counter
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request

from caravan_crawler.downloadermiddlewares import ConditionsMiddleware
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.store import database, schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import HTML, Answers, article, links, page, serve_plain

REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.INTERNAL_SERVER_ERROR)


class Refusing(SampleSite):
    """Refuses requests with conditions, each page by one of these statuses, and counts them."""

    def __init__(self, articles: int) -> None:
        super().__init__(articles)
        self.refused: Counter[int] = Counter()

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        if "if-none-match" in (headers or {}) or "if-modified-since" in (headers or {}):
            status = REFUSALS[sum(target.encode()) % len(REFUSALS)]
            self.refused[status] += 1
            return SampleResponse(status, HTML, b"No")
        return super().respond(target, base_url, headers)


def test_a_server_that_refuses_conditions_is_asked_once_more_without(tmp_path: Path) -> None:
    site = Refusing(articles=24)
    with serve(site) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
        assert not site.refused
        hits = server.hits
        done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=9000")
        assert done.code == 0, done.log[-2000:]
    assert site.refused.keys() == set(REFUSALS)
    assert done.stat("caravan/articles/unchanged") >= site.refused.total()
    assert server.hits - hits < 2 * site.refused.total() + 20


def test_a_redirected_request_has_no_conditions() -> None:
    headers = {"If-None-Match": "1", "If-Modified-Since": "1", "Accept": "text/html"}
    request = Request("http://127.0.0.1/news/a-900001/", headers=headers, meta={"redirect_times": 1})
    ConditionsMiddleware().process_request(request)
    assert [*request.headers] == [b"Accept"]


@pytest.mark.parametrize("period", [(), ("-a", "since=2026-01-01")])
def test_an_article_of_tomorrow_is_kept_and_read_again(tmp_path: Path, period: tuple[str, ...]) -> None:
    path = "/news/statya-o-zavtra-610001/"
    tomorrow = database.after(database.now(), timedelta(days=2))[:10]
    answers: Answers = {
        "/": page("Газета", links(path)),
        "/news/": page("Новости", links(path)),
        path: article(1, day=tomorrow),
    }
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", *period)
        done = crawl(tmp_path, *options)
        assert stored(tmp_path) == [("610001", None)], done.log[-3000:]
        today = database.now()[:10]
        server.answers[path] = article(1, day=today, text="<p>Завтра уже наступило, и статья вышла в свет.</p>")
        server.requests.clear()
        crawl(tmp_path, *options)
        assert path in server.requests
    assert stored(tmp_path) == [("610001", today)]


def stored(data_dir: Path) -> list[tuple[str, str | None]]:
    store = open_in(data_dir)
    rows = [(row["key"], row["date_published"]) for row in table(store, schema.articles)]
    store.close()
    return rows
