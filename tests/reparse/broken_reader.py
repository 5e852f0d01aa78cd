"""Scrapy's command with a broken reader: ``BREAK`` names one of ``CASES``, which change a page's reading."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from scrapy.cmdline import execute

from caravan_crawler.items import PageKind
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.page import PageReading, read_page
from caravan_crawler.reparse import reader
from caravan_crawler.spiders import requests


class Case(NamedTuple):
    """A broken reader, the exit code of its crawl, and the fields that a reparse corrects.

    ``is_false``: it finds a date where there is none, which is only removed if losses are accepted.
    """

    read: Callable[[PageReading], PageReading]
    code: int = 0
    fields: tuple[str, ...] = ()
    is_false: bool = False


def of_articles(change: Callable[[ArticleReading], None]) -> Callable[[PageReading], PageReading]:
    def read(page: PageReading) -> PageReading:
        if page.article is not None:
            change(page.article)
        return page

    return read


def without(name: str) -> Callable[[PageReading], PageReading]:
    return of_articles(lambda article: setattr(article, name, None))


def always(name: str, value: str) -> Callable[[PageReading], PageReading]:
    return of_articles(lambda article: setattr(article, name, value))


def cut_body(article: ArticleReading) -> None:
    article.body = (article.body or "").rpartition("\n\n")[0] or article.body


def another_day(article: ArticleReading) -> None:
    article.date_published, article.date_structured = "1 Января 2001", None


def other_rates(page: PageReading) -> PageReading:
    rates = {currency: f"1{raw}" for currency, raw in page.header.rates.items()}
    return replace(page, header=replace(page.header, rates=rates))


def nothing_shown(page: PageReading) -> PageReading:
    return replace(page, trending=(), header=replace(page.header, rates={}, temperature=None, date=None))


def some_unknown(page: PageReading) -> PageReading:
    address = page.article.address if page.article else None
    is_lost = address is not None and (address.article_id or 0) % 3 == 1
    return replace(page, kind=PageKind.OTHER, article=None) if is_lost else page


def all_of(*reads: Callable[[PageReading], PageReading]) -> Callable[[PageReading], PageReading]:
    def read(page: PageReading) -> PageReading:
        for each in reads:
            page = each(page)
        return page

    return read


CASES = {
    "no lede, no views, a body cut short, nothing shown": Case(
        all_of(without("lede"), without("views"), of_articles(cut_body), nothing_shown),
        fields=("lede", "body", "views", "views_raw"),
    ),
    "another day": Case(of_articles(another_day), 0, ("date_published", "date_published_raw"), is_false=True),
    "wrong views, rates, source and lede": Case(
        all_of(always("views", "7"), always("source", "Выдумка"), always("lede", "Читайте нас."), other_rates),
        fields=("views", "views_raw", "source", "lede"),
    ),
    "no headline": Case(without("headline"), 3, ("headline",)),
    "articles not known as such": Case(some_unknown, 3),
}
#: A reader that is broken at the reparse, after a correct crawl.
TODAY = {"no lede": Case(without("lede"))}


if __name__ == "__main__":
    broken = (CASES | TODAY)[os.environ["BREAK"]].read
    for module in (requests, reader):
        vars(module)["read_page"] = lambda document: broken(read_page(document))
    execute()
