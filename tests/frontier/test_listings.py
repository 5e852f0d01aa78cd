"""Walks of a listing from run to run; test_listings_property checks that no article is missed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import pytest

from caravan_crawler.frontier.list_walk import Expected, ListState, PageRange
from caravan_crawler.frontier.listings import Listings, ListPage
from caravan_crawler.pages.listing import Listing
from tests.frontier.simulated import FURNITURE, PAGE, PATH, SimulatedList, Walker, listing

#: Ten pages of five articles: 50 … 1.
FIFTY = tuple(range(50, 0, -1))
TOP = ["50", "49", "48", "47", "46"]


def walker() -> Walker:
    return Walker(SimulatedList(list(FIFTY)))


def pages(*numbers: int) -> Callable[[int], bool]:
    """Let these pages fail."""
    return lambda number: number in numbers


def test_the_first_walk_goes_to_the_end_and_the_next_to_where_it_began() -> None:
    one = walker()
    assert one.run()
    assert one.read == list(range(1, 11))
    assert (one.walked["top"], one.walked["open"]) == (TOP, [])
    one.site.publish(7)
    assert one.run()
    assert one.read == [1, 2]
    assert (one.walked["top"], one.walked["open"]) == (["57", "56", "55", "54", "53"], [])


class Stop(NamedTuple):
    """A run that is stopped after some pages, and the resulting state."""

    pages: int
    top: list[str]
    open: list[list[Any]]
    next_from_top: list[int]
    next_without: list[int]


STOPS = [
    Stop(0, [], [], list(range(1, 11)), list(range(1, 11))),
    Stop(1, TOP, [[2, [], 1]], [1, *range(2, 11)], list(range(2, 11))),
    Stop(4, TOP, [[5, [], 2]], [1, *range(5, 11)], list(range(5, 11))),
    Stop(9, TOP, [[10, [], 2]], [1, 10], [10]),
]


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("from_top", [True, False])
def test_interrupted_first_walk_is_resumed(stop: Stop, from_top: bool) -> None:
    one = walker()
    assert not one.run(stop_after=stop.pages)
    assert (one.walked["top"], one.walked["open"]) == (stop.top, stop.open)
    assert one.run(from_top=from_top)
    assert one.read == (stop.next_from_top if from_top else stop.next_without)
    assert one.seen == set(FIFTY)
    assert one.walked["open"] == []


@pytest.mark.parametrize("from_top", [True, False])
@pytest.mark.parametrize("stopped_after", [1, 6, 9])
def test_interrupted_later_walk_is_resumed(stopped_after: int, from_top: bool) -> None:
    one = walker()
    one.run()
    one.site.publish(50)
    one.run(stop_after=stopped_after)
    assert one.walked["open"] == [[stopped_after + 1, sorted(TOP), 2]]
    one.site.publish(3)
    assert one.run(from_top=from_top)
    assert one.walked["open"] == []
    assert set(range(1, 101)) <= one.seen
    assert len(one.read) <= 12 - stopped_after + 2 * from_top


def test_several_page_ranges_are_walked_in_one_run() -> None:
    one = walker()
    one.run(stop_after=2)
    one.site.publish(50)
    one.run(stop_after=1)
    one.site.publish(50)
    one.run(stop_after=1)
    assert [page for page, *_ in one.walked["open"]] == [3, 2, 2]
    assert one.run(from_top=False)
    assert one.seen == set(range(1, 151))
    assert one.walked["open"] == []


def test_failed_page_is_a_range_of_its_own_and_read_by_the_next_run() -> None:
    one = walker()
    assert one.run(fails=pages(3, 4, 8))
    assert one.read == list(range(1, 11))
    assert one.walked["open"] == [[3, ["26", "27", "28", "29", "30"], 2], [8, ["10", "6", "7", "8", "9"], 2]]
    one.site.publish(30)
    assert one.run(from_top=False)
    assert set(FIFTY) <= one.seen
    assert one.walked["open"] == []


def test_listing_with_consecutive_failures_is_abandoned_retried_and_left_to_the_next_run() -> None:
    one = walker()
    assert one.run(fails=lambda number: number > 2)
    assert one.read == [1, 2, *[3, 4, 5, 6] * 2], "three further pages, and a retry of each"
    assert one.abandoned == 1
    assert one.walked["open"] == [[3, [], 2]]
    assert one.run()
    assert one.abandoned == 0
    assert one.seen == set(FIFTY)


def test_abandoned_listing_may_recover_within_the_run() -> None:
    one = walker()
    asked: list[int] = []

    def fails(number: int) -> bool:
        asked.append(number)
        return number > 2 and len(asked) < 7

    assert one.run(fails=fails)
    assert one.abandoned == 0
    assert one.seen == set(FIFTY)
    assert one.walked["open"] == []


def test_a_404_behind_a_failed_page_is_not_the_end() -> None:
    one = Walker(SimulatedList(list(FIFTY), "absent"))
    assert one.run(fails=pages(10))
    assert one.read == [*range(1, 12), 10, 11]
    assert one.abandoned == 1
    assert one.run()
    assert one.seen == set(FIFTY)


def test_empty_page_behind_a_failed_page_is_not_the_end() -> None:
    one = Walker(SimulatedList(list(FIFTY), "empty"))
    one.run(fails=pages(10))
    assert one.run()
    assert one.seen == set(FIFTY)


def test_page_that_is_missing_once_is_read_by_the_next_run() -> None:
    one = walker()
    assert one.run(absent=pages(4))
    assert one.read == list(range(1, 11))
    assert one.walked["missing"] == [[4, ["26", "27", "28", "29", "30"], 2]]
    one.site.publish(12)
    assert one.run(from_top=False)
    assert set(FIFTY) <= one.seen
    assert one.walked["missing"] == []


def test_list_that_breaks_off_once_is_read_by_the_next_run() -> None:
    one = walker()
    assert one.run(absent=lambda number: number > 3)
    assert one.read == [1, 2, 3, 4, 5], "one page behind the missing one"
    assert ListState.from_json(one.walked).is_walked
    assert one.walked["missing"] == [[4, [], 2]]
    assert one.run()
    assert one.read == [1, *range(4, 11)]
    assert one.seen == set(FIFTY)


def test_dead_link_of_a_last_page_is_tried_alone_and_ever_later() -> None:
    one = Walker(DeadLink(list(FIFTY[:-2])))
    assert one.run()
    assert one.read == list(range(1, 13))
    for tries in (1, 2):
        assert [part[:4] for part in one.walked["missing"]] == [[11, [], 1, tries]]
        assert one.run(from_top=False)
        assert one.read == []
        one.make_due()
        assert one.run(from_top=False)
        assert one.read == [11]
    one.make_due()
    one.site.publish(5)
    assert one.run()
    assert sorted(one.read) == [1, 2, 11, 12, 13]
    assert [part[:4] for part in one.walked["missing"]] == [[12, [], 1, 1]]


class DeadLink(SimulatedList):
    """A list whose last page links to a next one, too."""

    def page(self, number: int) -> Listing | None:
        found = super().page(number)
        return found and replace(found, next_number=number + 1)


def test_failure_behind_a_dead_link_is_no_failure_of_the_list() -> None:
    one = Walker(DeadLink(list(FIFTY)))
    assert one.run(fails=pages(12))
    assert (one.abandoned, one.read) == (0, list(range(1, 13)))


def test_missing_page_that_is_not_due_is_not_requested_again() -> None:
    lists = Listings(None, is_bounded=False, may_be_asked=lambda path: path != f"{PATH}page/2/")
    state = ListState(["8", "9"], [], 3, [PageRange(2, frozenset(["30"]), Expected.SURE)])
    assert [part.page for part in lists.left(PATH, state)] == []
    ((path, walk, _),) = lists.begin(PATH, state)
    assert path == PATH
    assert lists.read(walk, listing(1, [20, 21]), FURNITURE, 2) == [ListPage(f"{PATH}page/3/", walk, 3)]
    assert lists.read(walk, listing(3, [8, 9]), FURNITURE, 0) == []
    assert lists.take_changed()[PATH].to_json()["missing"] == [[2, ["30"], 2]], "that of the older articles"


#: Ranges from one page, in the order in which they were found missing, and the one that is kept.
SAME_PAGE = [(["1"], ["2"], ["1"]), ([], ["2"], []), (["1"], [], []), ([], [], [])]


@pytest.mark.parametrize(("first", "second", "kept"), SAME_PAGE)
def test_of_ranges_from_one_page_the_one_that_goes_furthest_is_kept(
    first: list[str], second: list[str], kept: list[str]
) -> None:
    state = ListState(["9"])
    for until in (first, second):
        state.note_missing(PageRange(3, frozenset(until), Expected.SURE))
    state.note_missing(PageRange(5))
    assert state.to_json()["missing"] == [[3, kept, 2], [5, [], 0]]


def test_page_range_of_an_earlier_version_is_read() -> None:
    state = ListState.from_json({"top": [1], "open": [[2, [7]]], "hours": 3})
    assert state.to_json() == {"top": ["1"], "open": [[2, ["7"], 0]], "hours": 3, "missing": []}


def test_after_a_shift_the_top_is_read_once_more() -> None:
    one = walker()
    publish = iter([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    assert one.run(meanwhile=lambda: one.site.publish(next(publish, 0)))
    assert one.read == [*range(1, 12), 1]
    assert one.seen == set(range(1, 53))


@pytest.mark.parametrize("many", [4, 6, 9, 11, 17])
@pytest.mark.parametrize("pages_before", [1, 2, 3])
def test_a_shift_by_any_number_of_articles(many: int, pages_before: int) -> None:
    one = walker()
    publish = iter([*[0] * pages_before, many])
    assert one.run(meanwhile=lambda: one.site.publish(next(publish, 0)))
    assert one.seen == set(range(1, 51 + many))


@pytest.mark.parametrize("many", [5, 10])
def test_after_a_shift_by_whole_pages_the_next_run_reads_the_new_articles(many: int) -> None:
    """A list that sends its first page under every number looks the same."""
    one = walker()
    publish = iter([0, many])
    assert one.run(meanwhile=lambda: one.site.publish(next(publish, 0)))
    assert set(FIFTY) <= one.seen
    assert one.run()
    assert one.seen == set(range(1, 51 + many))


def test_constantly_publishing_site_does_not_prolong_a_run() -> None:
    one = walker()
    assert one.run(meanwhile=lambda: one.site.publish(1))
    assert one.read.count(1) == 4, "once, and three times again"


def test_known_articles_end_a_walk_from_the_top_but_not_a_resumed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caravan_crawler.frontier.list_walk._KNOWN_PAGES", 5)
    one = walker()
    one.run()
    one.site.articles[:] = [*range(200, 100, -1), *FIFTY[10:]]  # the earlier top is gone
    one.seen.update(range(101, 201))
    assert one.run()
    assert one.read == [1, 2, 3, 4, 5]
    one.state = json.dumps({"top": [200, 199], "open": [[2, [15, 14, 13, 12, 11]]], "hours": 1})
    one.run(from_top=False)
    assert one.read == list(range(2, 27))


STATES = [
    ListState(),
    ListState(["3", "/crime/a/"], [PageRange(1), PageRange(7, frozenset({"5", "/crime/b/"}))], 6),
    ListState(
        ["3"], [PageRange(7, expected=Expected.SURE)], 6, [PageRange(9, frozenset({"5"}), Expected.LINKED, 2, "2026")]
    ),
]


@pytest.mark.parametrize("state", STATES)
def test_state_survives_json(state: ListState) -> None:
    again = ListState.from_json(json.loads(json.dumps(state.to_json())))
    assert again.to_json() == state.to_json()
    assert [(part.page, part.until) for part in again.open] == [(part.page, part.until) for part in state.open]


def test_unwalked_listing_has_the_initial_state() -> None:
    assert ListState.from_json(None).to_json() == ListState().to_json()
    assert not ListState().is_walked
    assert ListState(["1"]).is_walked
    assert not ListState(["1"], [PageRange(2)]).is_walked


# articles that looks at the top brought, one after the other, and the hours the list is then left alone
YIELDS = [([], 3), ([0], 6), ([0, 0, 0], 6), ([5], 1), ([5, 0], 2), ([5, 0, 0], 4), ([0, 1], 1)]


@pytest.mark.parametrize(("found", "hours"), YIELDS)
def test_unproductive_listing_is_read_less_often(found: list[int], hours: int) -> None:
    one = walker()
    one.run()
    for number in found:
        one.site.publish(number)
        one.run()
    assert one.walked["hours"] == hours


def test_listing_is_started_once_per_run() -> None:
    lists = Listings(None, is_bounded=False)
    assert [page.path for page in lists.begin(PATH, ListState())] == [PATH]
    assert lists.begin(PATH, ListState()) == []
    assert lists.is_begun(PATH)
    assert not lists.is_begun("/sport/")


def test_without_dates_a_bounded_walk_waits_for_its_articles() -> None:
    lists = Listings(date(2020, 1, 1), is_bounded=True)
    ((path, walk, _),) = lists.begin(PATH, ListState())
    for number, day in ((1, date(2021, 1, 1)), (2, date(2019, 1, 1)), (3, date(2018, 1, 1))):
        assert path == (PATH if number == 1 else f"{PATH}page/{number}/")
        keys = list(range(number * 10, number * 10 + 5))
        assert lists.read(walk, listing(number, keys), FURNITURE, 5) == []
        assert [part.page for part in lists.take_changed()[PATH].open] == [number + 1]
        for key in keys:
            lists.note_day(str(key), day)
        path = next((page.path for page in lists.when_idle()), "")
    assert path == "", "two pages before the period end it"
    assert lists.take_changed()[PATH].is_walked


@pytest.mark.parametrize("are_on_each_page", [True, False])
@pytest.mark.parametrize("count", [1, PAGE, 2 * PAGE])
def test_pinned_articles_do_not_end_a_walk(count: int, are_on_each_page: bool) -> None:
    pinned = tuple(range(20, 20 - count, -1))
    one = Walker(SimulatedList(list(FIFTY), pinned=pinned, are_on_each_page=are_on_each_page))
    assert one.run()
    for published in (36, 0, 1):
        one.site.publish(published)
        assert one.run()
        assert one.seen == set(one.site.articles)
        # The dead end of the first walk is looked at once more.
        assert len(one.read) <= (one.site.pages + 2 if are_on_each_page else published // PAGE + 2)
