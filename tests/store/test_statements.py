"""The number of statements that a page of a crawl causes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.items import Article, PageWrites
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.spidermiddlewares import PageCommitMiddleware
from caravan_crawler.spiders.caravan import CaravanSpider
from caravan_crawler.store.article_store import article_key
from caravan_crawler.store.store import Store, open_store
from tests.store.statements import statements
from tests.store.stored import StoreTables

BASE = "http://caravan.test/"


@pytest.fixture
def store(store_tables: StoreTables) -> Iterator[Store]:
    opened = open_store(store_tables.url, "", "sample")
    yield opened
    opened.close()


def crawl_on(store: Store, data_dir: Path) -> tuple[CaravanSpider, CrawlStore]:
    settings: dict[str, Any] = {"DATA_DIR": str(data_dir)}
    crawler = get_crawler(CaravanSpider, settings)
    crawler.spider = CaravanSpider.from_crawler(crawler, site=BASE)
    return crawler.spider, CrawlStore(crawler, crawler.spider, store)


def keep_all(store_tables: StoreTables, site: SampleSite, data_dir: Path) -> None:
    """Store every article, as an earlier run."""
    store = open_store(store_tables.url, "", "sample")
    _, crawl_store = crawl_on(store, data_dir)
    article_store = crawl_store.articles
    for record in site.gold(BASE):
        article = Article(**record, fetched_url=record["url"], observed_at="2999-01-01T00:00:00+00:00")
        article_store.add_article(replace(article, links=[]), article_key(article))
    store.close()


@pytest.mark.parametrize("is_known", [False, True], ids=["empty", "all known"])
def test_a_listing_page_needs_one_query(store_tables: StoreTables, tmp_path: Path, *, is_known: bool) -> None:
    site = SampleSite(articles=90)
    url = f"{BASE}news/page/2/"
    if is_known:
        keep_all(store_tables, site, tmp_path)
    store = open_store(store_tables.url, "", "sample")
    spider, _ = crawl_on(store, tmp_path)
    middleware = PageCommitMiddleware(spider.crawler)
    (walk,) = [page.walk for page in spider.lists.begin("/news/", spider.schedule.list_state("/news/"))]
    body = site.respond("/news/page/2/", BASE).body
    response = HtmlResponse(url, body=body, request=Request(url))
    with statements() as sent:
        output = middleware.process_spider_output(response, spider.parse_list(response, walk, 2))
        followed = [item.url for item in output if isinstance(item, Request)]
    store.close()
    assert sum(statement.startswith("SELECT") for statement in sent) == 1
    cards = [address for address in followed if "/page/" not in address]
    assert not cards if is_known else len(cards) > 10


def test_a_listing_page_is_written_by_two_statements(store: Store, tmp_path: Path) -> None:
    spider, crawl_store = crawl_on(store, tmp_path)
    links = [(str(number), f"{BASE}news/x-{number}/") for number in range(10_000, 10_030)]
    with statements() as sent:
        crawl_store.articles.accept_page(
            PageWrites(f"{BASE}news/", links=links, sources=[spider.schedule.read_now("/news/")])
        )
    assert len(sent) == 2, "one for the links, one for the listing"
