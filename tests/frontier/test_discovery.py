"""Links that are requested, with a store that has data of earlier runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler import settings
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.frontier.articles import Frontier, Target
from caravan_crawler.frontier.discovery import Discovery
from caravan_crawler.items import Failure, PageWrites
from caravan_crawler.store import schema
from caravan_crawler.store.database import store_url
from caravan_crawler.store.store import Store
from caravan_crawler.store.workers import SharedStore
from caravan_crawler.urls import Address, Site
from tests.store.stores import BASE, article, article_store, keep, open_in, table
from tests.store.stores import SITE as SITE_NAME
from tests.support.postgresql import Cluster

HERE = f"{BASE}news/"
SITE = Site(BASE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Data of an earlier run: an article, a failure, an alias, and pages outside of its arguments."""
    opened = open_in(tmp_path)
    one = article_store(opened, "run-0")
    keep(opened, article())
    one.fail(f"{BASE}news/gone-900002/", "900002", "http_404", "HTTP 404")
    one.accept_page(PageWrites(f"{BASE}news/moved-900003/", "900003", other_kind="alias"))
    for key, path, day in (("900004", "news/old", "2019-05-05"), ("900005", "sport/other", "2024-05-05")):
        one.accept_page(PageWrites(article_key=key, has_item=True))
        url, section = f"{BASE}{path}-{key}/", path.split("/")[0]
        one.add_outside(article(article_id=int(key), url=url, section=section, date_published=day), key)
    opened.close()
    opened = open_in(tmp_path)
    yield opened
    opened.close()


class Days:
    def __init__(self) -> None:
        self.noted: dict[str, date | None] = {}

    def note(self, key: str, day: date | None) -> None:
        self.noted[key] = day


def discovery(store: Store, days: Days | None = None, **arguments: Any) -> Discovery:
    return Discovery(
        SITE,
        CrawlArguments(**arguments),
        Frontier(SITE),
        article_store(store),
        (days or Days()).note,
        settings.MAX_UNDATED,
    )


def links(*paths: str) -> list[tuple[Address, str]]:
    found = [(SITE.address(path, HERE), path) for path in paths]
    return [(address, path) for address, path in found if address is not None]


ALL = (
    "/news/a-900001/",
    "/news/gone-900002/",
    "/news/moved-900003/",
    "/news/old-900004/",
    "/sport/other-900005/",
    "/news/new-900006/",
)

# arguments of the run, the numbers requested
WANTED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [900004, 900005, 900006]),
    ({"since": date(2024, 1, 1)}, [900005, 900006]),
    ({"since": date(2019, 5, 5), "until": date(2019, 5, 5)}, [900004, 900006]),
    ({"sections": frozenset({"news"})}, [900004, 900006]),
    ({"sections": frozenset({"sport"})}, [900005]),
]


@pytest.mark.parametrize(("arguments", "expected"), WANTED)
def test_requests_of_a_run(arguments: dict[str, Any], expected: list[int], store: Store) -> None:
    page = PageWrites(HERE)
    one = discovery(store, **arguments)
    targets = one.new_targets(links(*ALL, *ALL), HERE, page)
    assert [int(target.key) for target in targets] == expected
    assert page.links == [(target.key, target.url) for target in targets]
    has_news = "sections" not in arguments or "news" in arguments["sections"]
    assert one.known == 2 * has_news, "the stored article and the alias of another one"
    assert one.new_targets(links(*ALL), HERE, PageWrites(HERE)) == [], "each once a run"


@pytest.mark.parametrize("days", [100_000, 999_999])  # 999,999 days ago there was no calendar
def test_all_articles_are_young_by_a_long_limit(days: int, store: Store) -> None:
    due = discovery(store, refresh_days=days).due_for_refresh(datetime.now(UTC) + timedelta(minutes=1))
    assert [key for key, _, _ in due] == ["900001"]


@pytest.mark.parametrize(("section", "known"), [("news", 1), ("sport", 0)])
def test_a_short_link_counts_for_the_section_of_its_article(section: str, known: int, store: Store) -> None:
    one = discovery(store, sections=frozenset({section}))
    assert one.new_targets(links("/?p=900001"), HERE, PageWrites(HERE)) == []
    assert one.known == known


def test_days_of_known_articles_are_passed_to_the_listings(store: Store) -> None:
    days = Days()
    discovery(store, days).new_targets(links(*ALL), HERE, PageWrites(HERE))
    assert days.noted["900001"] == date(2025, 5, 12)


def test_further_addresses_are_aliases_and_requested_only_if_nothing_else_names_the_article(store: Store) -> None:
    page = PageWrites(HERE)
    one = discovery(store)
    amp, short = "/amp/news/b-900007", "/?p=900008"
    targets = one.new_targets(links(amp, short, "/?p=900001"), HERE, page)
    assert targets == [Target("900007", f"{BASE}news/b-900007/")]
    assert {url for url, _ in page.aliases} == {f"{BASE}{path[1:]}" for path in (amp, short, "/?p=900001")}
    assert ("900008", f"{BASE}?p=900008") in page.links, "a short link waits, in the store, too"


def test_leftovers_of_an_earlier_run_are_requested_from_the_current_site(store: Store) -> None:
    one = discovery(store)
    other = "https://www.caravan.kz/news/new-900006/"
    assert one.restore(other) == [Target("900006", f"{BASE}news/new-900006/")]
    assert one.restore(other) == []
    assert one.restore("https://www.caravan.kz/news/") == []


DOUBTFUL = [f"/crime/x{number}/" for number in range(30)]


def waiting(store: Store) -> list[str]:
    return [row["key"] for row in table(store, schema.frontier)]


def test_deferred_links_stay_in_the_store_until_they_are_dropped(store: Store) -> None:
    page, again = PageWrites(HERE), PageWrites(HERE)
    one = discovery(store)
    targets = one.new_targets(links(*DOUBTFUL), HERE, page)
    assert len(targets) == 20
    found = {key for key, _ in [*page.links, *page.deferred]}
    assert (len(page.links), found) == (20, set(DOUBTFUL)), "a run that is killed now leaves them to the next"
    assert one.new_targets(links(*DOUBTFUL), HERE, again) == []
    assert again.links == again.deferred == []
    article_store(store).accept_page(page)
    article_store(store, scope="sections=crime").accept_page(page)
    assert len(waiting(store)) == 60
    one.drop_deferred()
    assert sorted(waiting(store)) == sorted([*DOUBTFUL, *(target.key for target in targets)]), "only of its own kind"


def test_links_of_listings_feeds_and_sitemaps_are_requested_without_limit(store: Store) -> None:
    named = [f"/crime/delo-{number}/" for number in range(20_000)]
    page = PageWrites(HERE)
    one = discovery(store)
    one.new_targets(links(*DOUBTFUL), HERE, PageWrites(HERE))
    targets = one.new_targets(links(*named, *DOUBTFUL), HERE, page, is_listed=True)
    assert len(targets) == len(page.links) == len(named) + 10, "earlier deferred links are named now"
    assert one.pop_deferred() == []
    assert one.skipped == 0


def test_only_deferred_links_are_limited_in_the_next_run(store: Store) -> None:
    one = discovery(store)
    assert all(one.restore(f"{BASE}crime/delo-{number}/") for number in range(200))
    assert sum(bool(one.restore(f"{BASE}trap/x{number}/", is_speculative=True)) for number in range(200)) == 20


def test_other_address_of_an_article_is_requested_after_one_failed(store: Store) -> None:
    targets = discovery(store).new_targets(links("/news/gone-900002/", "/news/is-here-900002/"), HERE, PageWrites(HERE))
    assert [target.url for target in targets] == [f"{BASE}news/is-here-900002/"]


# what earlier runs have stored of a URL, the links of two pages of this run, and which of them are requested
BROKEN: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({"failure": Failure("http_404", "HTTP 404")}, ["/news/c-900008", "/news/c-900008/"], ["/news/c-900008/"]),
    ({"failure": Failure("http_404", "HTTP 404")}, ["/news/c-900008"], []),
    ({"failure": Failure("http_404", "HTTP 404")}, ["/news/c-900008", "/sport/c-900008/"], ["/sport/c-900008/"]),
    ({"other_kind": "alias"}, ["/news/c-900008", "/news/c-900008/"], ["/news/c-900008/"]),
    ({"other_kind": "alias"}, ["/news/c-900008"], []),
]


@pytest.mark.parametrize(("stored", "paths", "expected"), BROKEN)
def test_a_broken_url_of_an_earlier_run(
    stored: dict[str, Any], paths: list[str], expected: list[str], store: Store
) -> None:
    article_store(store).accept_page(PageWrites(f"{BASE}news/c-900008", "900008", **stored))
    one = discovery(store)
    found = [target for path in paths for target in one.new_targets(links(path), HERE, PageWrites(HERE))]
    assert [target.url for target in found] == [f"{BASE}{path[1:]}" for path in expected]


def test_the_further_url_of_a_failed_article_is_tried_in_its_retry(store: Store) -> None:
    one = discovery(store)
    (first,) = one.restore(f"{BASE}news/c-900008/")
    assert one.restore(f"{BASE}sport/c-900008/") == []
    assert one.next_target(first.key, first.url, first.url) == [Target("900008", f"{BASE}sport/c-900008/")]


def test_number_in_a_headline_is_not_an_article_number(store: Store) -> None:
    page = PageWrites(HERE)
    other = "/sport/bilety-po-900001/"
    targets = discovery(store).new_targets(links(other, "/news/a-900001/"), HERE, page)
    assert targets == [Target(other, f"{BASE}sport/bilety-po-900001/")]
    article_store(store).accept_page(page)
    assert waiting(store) == [other]


def test_two_articles_of_one_page_whose_slugs_end_in_one_number(store: Store) -> None:
    page = PageWrites(HERE)
    paths = "/news/pozhar-v-dome-5000/", "/sport/bilety-po-5000/"
    targets = discovery(store).new_targets(links(*paths), HERE, page)
    assert [target.url for target in targets] == [f"{BASE}{path[1:]}" for path in paths]
    assert [key for key, _ in page.links] == ["5000", paths[1]]


def test_another_article_with_the_number_of_a_stored_one_on_a_page_with_both(store: Store) -> None:
    other = "/sport/bilety-po-900001/"
    targets = discovery(store).new_targets(links("/news/a-900001/", other), HERE, PageWrites(HERE))
    assert targets == [Target(other, f"{BASE}sport/bilety-po-900001/")]


def test_articles_read_by_other_workers_raise_the_budget(cluster: Cluster, database: str) -> None:
    stores = [SharedStore(store_url(cluster.url(database), ""), SITE_NAME) for _ in range(2)]
    one = discovery(stores[0])
    asked = one.new_targets(links(*DOUBTFUL), HERE, PageWrites(HERE))
    assert one.pop_deferred() == []
    for target in asked:
        keep(stores[1], article(article_id=None, url=target.url, fetched_url=target.url))
    assert {target.key for target in (*asked, *one.pop_deferred())} == set(DOUBTFUL)
    for each in stores:
        each.close()


def test_links_to_other_sites_are_ignored(store: Store) -> None:
    page = PageWrites(HERE)
    assert discovery(store).new_targets(links("https://example.org/news/x-900009/", "/news/", "/"), HERE, page) == []
    assert page == PageWrites(HERE)
