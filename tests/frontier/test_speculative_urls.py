"""Traps of ever new addresses are limited without losing an article."""

from collections import deque
from collections.abc import Callable, Iterable

import pytest

from caravan_crawler.frontier.speculative_urls import SpeculativeUrls
from caravan_crawler.urls import Address, article_address


def address(path: str) -> Address:
    found = article_address(path)
    assert found is not None
    return found


Links = Callable[[str], Iterable[str]]


def crawl(
    links: Links, start: list[str], is_article: Callable[[str], bool], limit: int = 5000
) -> tuple[SpeculativeUrls, list[str]]:
    """Follow links as a spider does, from a page without an article; return the requested ones."""
    speculative_urls = SpeculativeUrls()
    asked: list[str] = []
    waiting = deque(path for path in start if speculative_urls.follow_or_defer(address(path), path, None))
    while waiting and len(asked) < limit:
        path = waiting.popleft()
        asked.append(path)
        speculative_urls.read(address(path), is_article=is_article(path))
        known = {*asked, *waiting}
        waiting.extend(
            link
            for link in links(path)
            if link not in known and speculative_urls.follow_or_defer(address(link), link, address(path))
        )
        if not waiting:
            waiting.extend(url for _, url in speculative_urls.pop_deferred(lambda found: found.path in asked))
    return speculative_urls, asked


def number(path: str) -> int:
    return int(path.strip("/").rpartition("-")[2])


def next_of_chain(path: str) -> list[str]:
    return [f"/foo/bar-{number(path) + 1}/"]


def a_thousand_more(path: str) -> list[str]:
    return [f"/foo/bar-{number(path) * 1000 + more}/" for more in range(1000)]


TRAPS: list[tuple[Links, str, int]] = [
    (next_of_chain, "/foo/bar-1/", 20),
    (next_of_chain, "/foo/bar-700001/", 20),  # the addresses have numbers like an article's
    (a_thousand_more, "/foo/bar-1/", 50),
]


@pytest.mark.parametrize(("links", "start", "most"), TRAPS)
def test_traps(links: Links, start: str, most: int) -> None:
    speculative_urls, asked = crawl(links, [start], lambda path: False)
    assert len(asked) <= most
    assert speculative_urls.refused or speculative_urls.deferred


def test_articles_without_number_are_all_read() -> None:
    paths = [f"/crime/delo-{name}/" for name in range(400)]
    speculative_urls, asked = crawl(lambda path: (), paths, lambda path: True)
    assert sorted(asked) == sorted(paths)
    assert (speculative_urls.refused, speculative_urls.deferred) == (0, 0)


def test_articles_behind_a_page_without_article_are_read_within_the_budget() -> None:
    articles = [f"/news/statya-{1_000_000 + name}/" for name in range(300)]
    _, asked = crawl(
        lambda path: articles if path == "/news/almaty/" else (), ["/news/almaty/"], lambda path: path in articles
    )
    assert sorted(asked) == sorted([*articles, "/news/almaty/"])


def test_numbered_articles_found_on_articles_need_no_budget() -> None:
    speculative_urls = SpeculativeUrls()
    page = address("/news/statya-1000000/")
    speculative_urls.read(page, is_article=True)
    assert all(
        speculative_urls.follow_or_defer(address(f"/news/statya-{1_000_001 + name}/"), "", page) for name in range(1000)
    )


def test_read_articles_raise_the_budget() -> None:
    speculative_urls = SpeculativeUrls()
    doubtful = [address(f"/foo{name % 3}/bar-{name}/") for name in range(60)]
    assert [speculative_urls.follow_or_defer(one, f"url {one.path}", None) for one in doubtful].count(True) == 50
    assert speculative_urls.pop_deferred(lambda known: False) == []
    for _ in range(8):
        speculative_urls.read(address("/news/statya-1000000/"), is_article=True)
    taken = speculative_urls.pop_deferred(lambda known: known == doubtful[51])
    assert taken == [(doubtful[50], "url /foo2/bar-50/"), (doubtful[52], "url /foo1/bar-52/")]
    assert speculative_urls.deferred == 7


def test_deferred_links_are_limited() -> None:
    speculative_urls = SpeculativeUrls()
    for name in range(10_100):
        speculative_urls.follow_or_defer(address(f"/foo/bar-x{name}/"), "", None)
    assert (speculative_urls.deferred, speculative_urls.refused) == (10_000, 80)


def test_section_of_traps_leaves_budget_for_one_of_articles() -> None:
    speculative_urls = SpeculativeUrls()
    traps = [speculative_urls.follow_or_defer(address(f"/trap/bar-x{name}/"), "", None) for name in range(100)]
    assert traps.count(True) == 20
    first = address("/crime/delo-pervoe/")
    assert speculative_urls.follow_or_defer(first, "", None)
    speculative_urls.read(first, is_article=True)
    more = [speculative_urls.follow_or_defer(address(f"/crime/delo-x{name}/"), "", None) for name in range(25)]
    assert all(more), "articles raise the budget of their section"


def test_deferred_links_are_followed_after_others_read_speculative_urls() -> None:
    speculative_urls = SpeculativeUrls()
    links = [address(f"/crime/x{number}/") for number in range(60)]
    followed = [link for link in links if speculative_urls.follow_or_defer(link, link.path or "", None)]
    assert len(followed) == len(speculative_urls.doubtful) == 20
    assert [speculative_urls.is_deferred(link) for link in links] == [False] * 20 + [True] * 40
    assert speculative_urls.pop_deferred(lambda _: False) == []
    speculative_urls.remove_articles({str(link.key) for link in followed})
    assert speculative_urls.doubtful == []
    assert [found for found, _ in speculative_urls.pop_deferred(lambda _: False)] == links[20:]


def test_dropped_links_are_counted_and_forgotten() -> None:
    speculative_urls = SpeculativeUrls()
    links = [address(f"/crime/x{number}/") for number in range(25)]
    for link in links:
        speculative_urls.follow_or_defer(link, link.path or "", None)
    assert speculative_urls.drop_deferred() == [link.key for link in links[20:]]
    assert (speculative_urls.deferred, speculative_urls.refused) == (0, 5)


def test_page_that_became_an_article_is_followed() -> None:
    speculative_urls = SpeculativeUrls()
    page = address("/crime/x/")
    assert speculative_urls.follow_or_defer(page, "/crime/x/", None)
    speculative_urls.read(page, is_article=False)
    speculative_urls.read(page, is_article=True)
    assert speculative_urls.follow_or_defer(address("/news/y-900001/"), "/news/y-900001/", page)
    assert speculative_urls.doubtful == []
