from datetime import date

import pytest

from caravan_crawler.frontier.list_walk import ListingWalk
from caravan_crawler.pages.listing import Card, Listing
from caravan_crawler.urls import Address

TRENDING = [1, 2]
FURNITURE = frozenset(map(str, TRENDING))


def page(number: int, ids: list[int], *, following: bool = True, paginated: bool = True) -> Listing:
    cards = tuple(Card(Address(f"/news/a-{key}/", key), f"/news/a-{key}/", None) for key in [*ids, *TRENDING])
    return Listing("/news/", number, cards, number + 1 if following else None, paginated)


def walk(
    *pages: Listing,
    until: frozenset[str] = frozenset(),
    since: date | None = None,
    days: list[list[date]] | None = None,
    new: int = 1,
) -> list[int | None]:
    walked = ListingWalk("/news/", until, since)
    numbers = []
    for index, listing in enumerate(pages):
        walked.take(listing, FURNITURE)
        numbers.append(walked.next_number(listing, days[index] if days else [], new))
    return numbers


def test_to_the_last_page_without_a_next_link() -> None:
    assert walk(page(1, [10, 11]), page(2, [12, 13], following=False)) == [2, None]


def test_listing_without_links_is_read_until_a_404() -> None:
    silent = [page(number, [number * 10], following=False, paginated=False) for number in (1, 2)]
    assert walk(*silent) == [2, 3]


def test_repeating_pages_end_a_walk() -> None:
    assert walk(page(1, [10]), page(2, [10]), page(3, [10])) == [2, 3, None]


def test_cards_of_a_page_exclude_those_of_earlier_pages() -> None:
    walked = ListingWalk("/news/")
    assert len(walked.take(page(1, [10, 11]), FURNITURE)) == 4
    assert [card.address.key for card in walked.take(page(2, [12, 13]), FURNITURE)] == ["12", "13"]


def test_a_shift_is_noticed() -> None:
    walked = ListingWalk("/news/")
    walked.take(page(1, [10, 11]), FURNITURE)
    assert not walked.has_shifted
    walked.take(page(2, [11, 12]), FURNITURE)
    assert walked.has_shifted


TOP = frozenset(["10", "11", "12", "13"])


def test_a_walk_ends_where_it_meets_an_earlier_one() -> None:
    assert walk(page(1, [8, 9]), page(2, [10, 11]), until=TOP) == [2, None]


def test_pinned_article_or_trending_block_does_not_end_a_walk() -> None:
    pinned = [page(1, [10, 7, 8]), page(2, [9, 11, 12, 13])]
    assert walk(*pinned, until=TOP | FURNITURE) == [2, None]


def test_a_first_page_that_has_grown_longer_ends_a_walk() -> None:
    assert walk(page(1, [10, 11, 12, 13, 14, 15, 16, 17]), until=TOP) == [None]


def test_known_pages_end_a_walk_if_the_earlier_top_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caravan_crawler.frontier.list_walk._KNOWN_PAGES", 5)
    pages = [page(number, [number * 100]) for number in range(1, 7)]
    assert walk(*pages, until=TOP, new=0) == [2, 3, 4, 5, None, None]
    assert walk(*pages, until=TOP, new=1) == [2, 3, 4, 5, 6, 7]


def test_top_excludes_links_found_on_every_page() -> None:
    walked = ListingWalk("/news/")
    walked.take(page(1, [10, 11, 99]), FURNITURE)
    assert walked.top == ["10", "11", "99"]
    walked.take(page(2, [12, 13, 99]), FURNITURE)
    assert walked.top == ["10", "11"]


OLD, YOUNG = date(2018, 1, 1), date(2020, 1, 1)
PAGES = [page(number, [number * 10 + 5]) for number in range(1, 5)]


def test_two_pages_before_the_period_end_a_walk() -> None:
    days = [[YOUNG] * 5, [OLD] * 5, [OLD] * 5, [OLD] * 5]
    assert walk(*PAGES, since=date(2019, 1, 1), days=days) == [2, 3, None, None]


def test_unordered_listing_is_not_ended_by_pages_before_the_period() -> None:
    days = [[OLD] * 5, [YOUNG] * 5, [OLD] * 5, [OLD] * 5]
    assert walk(*PAGES, since=date(2019, 1, 1), days=days) == [2, 3, 4, 5]


def test_old_article_pinned_to_the_top_is_ignored() -> None:
    days = [[OLD, YOUNG, YOUNG], [OLD, YOUNG, YOUNG], [OLD, YOUNG, YOUNG], [OLD] * 3]
    assert walk(*PAGES, since=date(2019, 1, 1), days=days) == [2, 3, 4, 5]


def test_a_few_failed_pages_are_skipped() -> None:
    walked = ListingWalk("/news/")
    assert [walked.may_skip(number) for number in range(2, 6)] == [True, True, True, False]
    assert walked.missed == [2, 3, 4, 5]
