"""An article's history takes its observations in any order, as often as one likes."""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caravan_crawler.items import REQUIRED, TEXT, Article
from caravan_crawler.store import schema
from caravan_crawler.store.article_history import ArticleHistory, ChangeType, Losses, Observation
from tests.store.stores import LATER, SEEN, article, keep, open_in, table

#: Columns in which the crawl and a history must agree.
_COMPARED = ("observed_at", "version", "first_seen_at", "views", *TEXT)


class Page(NamedTuple):
    """Contents of a page: the number of its edit, its views, whether it has them, and whether it has a lede."""

    edit: int
    views: int
    shows_views: bool = True
    has_lede: bool = True


def growing(steps: list[tuple[int, int, bool]]) -> list[Page]:
    edits, views = (accumulate(step[place] for step in steps) for place in (0, 1))
    return [Page(*values) for values in zip(edits, views, (step[2] for step in steps), strict=True)]


def time_of(hour: int) -> str:
    return f"2026-01-02T{hour:02}:00:00+00:00"


def seen(page: Page, hour: int) -> Article:
    return article(
        headline=f"Заголовок {page.edit}",
        lede=f"Лид {page.edit // 2}" if page.has_lede else None,
        views=page.views if page.shows_views else None,
        views_raw=str(page.views) if page.shows_views else None,
        observed_at=time_of(hour),
    )


def observation(item: Article) -> Observation:
    return Observation(str(item.article_id), item, f"run {item.observed_at}", {"body": "body_printed"})


def taken(items: Iterable[Article], losses: Losses = Losses.KEEP_REQUIRED) -> ArticleHistory:
    history = ArticleHistory(None, [], [], losses)
    for item in items:
        history.merge(observation(item))
    return history


def content(history: ArticleHistory) -> tuple[Any, ...]:
    assert history.row is not None
    versions = [tuple(row[name] for name in ("version", "observed_at", *TEXT)) for row in history.versions]
    views = [(row["observed_at"], row["views"]) for row in history.views]
    return tuple(history.row[name] for name in _COMPARED), versions, views


#: Edits are never taken back and views never fall; then no order of reading loses anything.
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), min_size=1, max_size=8)
ANY = st.lists(
    st.builds(Page, st.integers(0, 3), st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=8
)


@given(STEPS.map(growing), st.data())
def test_any_order_any_number_of_times(pages: list[Page], data: st.DataObject) -> None:
    items = [seen(page, hour) for hour, page in enumerate(pages)]
    mixed = data.draw(st.permutations(items + data.draw(st.lists(st.sampled_from(items), max_size=5))))
    assert content(taken(mixed)) == content(taken(items))


@given(ANY, st.data())
def test_to_begin_again_anywhere_changes_nothing(pages: list[Page], data: st.DataObject) -> None:
    items = [seen(page, hour) for hour, page in enumerate(pages)]
    history = taken(items)
    before = content(history)
    history.has_new_row = history.has_new_versions = history.has_new_views = False
    for item in items[data.draw(st.integers(0, len(items))) :]:
        assert history.merge(observation(item)).change_type is ChangeType.UNCHANGED or item.observed_at < time_of(
            len(items) - 1
        )
    assert content(history) == before


@given(ANY, st.data())
def test_whatever_the_order_a_history_is_whole(pages: list[Page], data: st.DataObject) -> None:
    items = [seen(page, hour) for hour, page in enumerate(pages)]
    history = taken(data.draw(st.permutations(items)))
    assert history.row is not None
    assert history.row["observed_at"] == items[-1].observed_at
    assert history.row["first_seen_at"] == items[0].observed_at
    assert [row["version"] for row in history.versions] == list(range(1, history.row["version"] + 1))
    assert [history.versions[-1][name] for name in TEXT] == [history.row[name] for name in TEXT]
    if history.row["views"] is not None:
        assert history.views[-1]["views"] == history.row["views"]
    for rows, names in ((history.versions, TEXT), (history.views, ("views",))):
        assert sorted(row["observed_at"] for row in rows) == [row["observed_at"] for row in rows]
        said = [[row[name] for name in names] for row in rows]
        assert all(before != after for before, after in pairwise(said))


@settings(max_examples=25)
@given(pages=ANY)
def test_the_crawl_keeps_the_same(pages: list[Page], tmp_path_factory: pytest.TempPathFactory) -> None:
    items = [seen(page, hour) for hour, page in enumerate(pages)]
    store = open_in(tmp_path_factory.mktemp("crawl"))
    try:
        for hour, item in enumerate(items):
            keep(store, item, f"run-{hour}")
        (row,) = table(store, schema.articles)
        stored = ArticleHistory(row, table(store, schema.article_versions), table(store, schema.view_counts))
    finally:
        store.close()
    assert content(stored) == content(taken(items))


# Losses

DAY, NEXT_DAY, MOMENT = "2025-05-12", "2025-05-13", "2025-05-12T14:05:00+05:00"
Dates = tuple[str | None, str | None]

LOSSES = [
    ({"lede": None}, "lede", "lost"),
    ({"tags": []}, "tags", "lost"),
    ({"views": None, "views_raw": None}, "views", "lost"),
    ({"views": 0}, "views", "changed"),
    ({"headline": None}, "headline", "lost"),
    ({"date_published": None}, "date_published", "lost"),
    ({"source": "Казинформ"}, "source", "found"),
]


@pytest.mark.parametrize("losses", [Losses.KEEP_REQUIRED, Losses.ACCEPT])
@pytest.mark.parametrize(("changes", "name", "how"), LOSSES, ids=[f"{name} {how}" for _, name, how in LOSSES])
def test_the_same_page_read_again(changes: dict[str, Any], name: str, how: str, losses: Losses) -> None:
    before = article()
    history = taken([before], losses)
    result = history.merge(observation(article(**changes)))
    assert result.change_type is ChangeType.CHANGED
    assert result.effects[name] == how
    assert history.row is not None
    stays = how == "lost" and name in REQUIRED and losses is not Losses.ACCEPT
    assert history.row[name] == (getattr(before, name) if stays else changes[name])
    assert [row["views"] for row in history.views] == [history.row["views"]] * (history.row["views"] is not None)
    assert [row[text] for row in history.versions for text in TEXT] == [history.row[text] for text in TEXT]


# date and time of a later reading: what stays of them until the losses are known to be few, and at all
TIMES = [
    ((DAY, None), (DAY, MOMENT), (DAY, None)),
    ((NEXT_DAY, None), (NEXT_DAY, None), (NEXT_DAY, None)),
    ((None, None), (DAY, MOMENT), (DAY, MOMENT)),
]


@pytest.mark.parametrize(("read", "before", "after"), TIMES)
def test_a_time_of_day_stays_with_its_day(read: Dates, before: Dates, after: Dates) -> None:
    for losses, expected in ((Losses.PUT_OFF, before), (Losses.KEEP_REQUIRED, after)):
        row = taken([article(date_published=DAY, published_at=MOMENT)]).row
        history = ArticleHistory(row, [], [], losses)
        history.merge(observation(article(date_published=read[0], published_at=read[1])))
        assert history.row is not None
        assert (history.row["date_published"], history.row["published_at"]) == expected


def lacking(names: Iterable[str], time: str) -> Article:
    nothing: dict[str, Any] = dict.fromkeys(names)
    return article(observed_at=time, **nothing)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("losses", [Losses.KEEP_REQUIRED, Losses.ACCEPT])
def test_a_newer_page_without_required_fields_changes_nothing(name: str, losses: Losses) -> None:
    history = taken([article()], losses)
    before = history.row
    assert history.merge(observation(lacking([name], LATER))).change_type is ChangeType.LOST_FIELDS
    assert history.row is before
    assert len(history.versions) == len(history.views) == 1


def test_a_newer_page_whose_text_is_the_lede_alone_changes_nothing() -> None:
    stored = article()
    history = taken([stored])
    before = history.row
    assert history.merge(observation(article(observed_at=LATER, lede=None, body=stored.lede))).change_type is (
        ChangeType.LOST_FIELDS
    )
    assert history.row is before


@given(st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from(REQUIRED))), max_size=8))
def test_required_fields_are_never_lost(pages: list[tuple[int, set[str]]]) -> None:
    history = taken([article(observed_at=time_of(3))])
    for hour, names in pages:
        history.merge(observation(lacking(names, time_of(hour))))
        assert history.row is not None
        assert all(history.row[name] for name in REQUIRED)


def test_a_lede_lost_between_two_pages_that_have_it_stays() -> None:
    items = [article(observed_at=time_of(hour)) for hour in range(3)]
    history = taken(items)
    before = content(history)
    history.merge(observation(article(observed_at=items[1].observed_at, lede=None)))
    assert content(history) == before


def test_a_page_between_two_that_say_the_same_makes_the_later_one_a_change() -> None:
    history = taken(article(observed_at=time_of(hour), headline=text) for hour, text in ((1, "А"), (3, "А"), (2, "Б")))
    assert [(row["observed_at"][12], row["headline"]) for row in history.versions] == [
        ("1", "А"),
        ("2", "Б"),
        ("3", "А"),
    ]


def test_an_alias_is_an_address_of_another_path() -> None:
    history = taken([])
    assert not list(history.aliases(observation(article())))
    (row,) = history.aliases(observation(article(fetched_url="http://127.0.0.1:8000/amp/news/a-900001/")))
    assert row["first_seen_at"] == SEEN
