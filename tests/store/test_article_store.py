"""Storing an article's record and the result of its page."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from caravan_crawler.items import Article, Failure, Link, PageWrites
from caravan_crawler.store import crawl_state, database, schema
from caravan_crawler.store.article_history import ChangeType
from caravan_crawler.store.publication import article_of
from caravan_crawler.store.store import Store
from tests.store.stores import BASE, LATER, SEEN, article, article_store, keep, open_in, table

COPY = "https://www.caravan.kz/"


class Case(NamedTuple):
    """A second reading of an article: what differs, its change type, and what it leaves in the store."""

    changes: dict[str, Any]
    change_type: ChangeType
    versions: int = 1
    views: int = 1
    base: str = BASE


CASES = [
    Case({}, ChangeType.UNCHANGED),
    Case({"views": 11, "views_raw": "11"}, ChangeType.RECOUNTED, views=2),
    Case({"views_raw": " 10"}, ChangeType.UNCHANGED),
    Case({"views": None, "views_raw": None}, ChangeType.RECOUNTED),
    Case({"headline": "Other"}, ChangeType.CHANGED, versions=2),
    Case({"lede": "Other"}, ChangeType.CHANGED, versions=2),
    Case({"lede": None}, ChangeType.CHANGED, versions=2),
    Case({"body": "Other", "views": 11}, ChangeType.CHANGED, versions=2, views=2),
    Case({"tags": []}, ChangeType.CHANGED),
    Case({"section": "sport"}, ChangeType.CHANGED),
    Case({"date_published": "2025-05-13"}, ChangeType.CHANGED),
    Case({"published_at": "2025-05-12T14:05:00+05:00"}, ChangeType.CHANGED),
    Case({"images": []}, ChangeType.CHANGED),
    Case({"links": [Link("a", f"{BASE}news/b-2/")]}, ChangeType.CHANGED),
    Case({"headline": None}, ChangeType.LOST_FIELDS),
    Case({"body": None, "views": 11}, ChangeType.LOST_FIELDS),
    Case({"body": ""}, ChangeType.LOST_FIELDS),
    Case({"date_published": None, "date_published_raw": None}, ChangeType.LOST_FIELDS),
    Case({}, ChangeType.UNCHANGED, base=COPY),
    Case({"views": 11}, ChangeType.RECOUNTED, views=2, base=COPY),
    Case({"images": [f"{COPY}wp-content/2.jpg"]}, ChangeType.CHANGED, base=COPY),
]


def test_an_article_outside_a_scope_waits_for_others(tmp_path: Path) -> None:
    store, full, period = open_in(tmp_path), "", "since=2026-01-01"
    one, key = article(), "900001"
    for scope in (full, period):
        article_store(store, scope=scope).accept_page(PageWrites(BASE, links=[(key, one.url)]))
    for scope in (full, period):
        article_store(store, scope=scope).fail(f"{BASE}news/{scope[:5]}-2/", "2", "http_500", "words")
    last = article_store(store, "run-2", period)
    for each, its_key in ((one, key), (article(article_id=2, url=f"{BASE}news/b-2/"), "2")):
        last.accept_page(PageWrites(each.url, its_key, article_key=its_key, has_item=True))
        last.add_outside(each, its_key)
    assert [row["scope"] for row in table(store, schema.frontier)] == [full]
    assert [row["scope"] for row in table(store, schema.failures)] == [full]
    store.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.change_type} {' '.join(case.changes)}")
def test_a_second_reading(case: Case, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    first = article()
    assert keep(store, first, "run-1") is ChangeType.NEW
    (before,) = table(store, schema.articles)
    second = article(case.base, **{"observed_at": LATER} | case.changes)

    assert keep(store, second) is case.change_type
    assert len(table(store, schema.article_versions)) == case.versions
    assert len(table(store, schema.view_counts)) == case.views
    (row,) = table(store, schema.articles)
    is_kept = case.change_type is ChangeType.LOST_FIELDS
    assert article_of(row) == (first if is_kept else second)
    assert row["version"] == case.versions
    assert row["first_seen_at"] == SEEN
    assert row["checked_at"] == (SEEN if is_kept else LATER)
    assert row["changed_at"] == (LATER if case.change_type is ChangeType.CHANGED else SEEN)
    assert row["run_id"] == ("run-2" if case.change_type in (ChangeType.CHANGED, ChangeType.RECOUNTED) else "run-1")
    failed = [row["reason"] for row in table(store, schema.failures)]
    assert failed == (["lost_fields"] if case.change_type is ChangeType.LOST_FIELDS else [])
    if is_kept:
        assert row == before
    store.close()


def test_each_version_has_its_texts_and_its_time(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article(), "run-1")
    keep(store, article(body="Other", tags=[], observed_at=LATER))
    versions = [tuple(row.values()) for row in table(store, schema.article_versions)]
    assert versions == [
        ("900001", 1, SEEN, "Headline", "Lede", "Body", "run-1"),
        ("900001", 2, LATER, "Headline", "Lede", "Other", "run-2"),
    ]
    counts = [tuple(row.values()) for row in table(store, schema.view_counts)]
    assert counts == [("900001", SEEN, 10, "run-1")]
    store.close()


def test_storing_twice_changes_nothing(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    page = PageWrites(
        f"{BASE}?p=900001",
        "900001",
        links=[("2", f"{BASE}news/b-2/")],
        aliases=[(f"{BASE}?p=900001", "900001")],
        sources=[{"path": "/news/", "read_at": SEEN, "stamp": None, "state": {"top": [1], "open": []}}],
    )
    names = (
        schema.articles,
        schema.article_versions,
        schema.view_counts,
        schema.aliases,
        schema.frontier,
        schema.sources,
    )
    keep(store, article(), "run-1", page)
    before = [table(store, name) for name in names]
    assert all(before)
    keep(store, article(), "run-1", page)
    times = ("found_at",)
    assert [[{k: v for k, v in row.items() if k not in times} for row in table(store, name)] for name in names] == [
        [{k: v for k, v in row.items() if k not in times} for row in rows] for rows in before
    ]
    store.close()


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_an_article_that_keeps_losing_fields_stays_among_the_failures(attempts: int, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article(), "run-0")
    for number in range(attempts):
        assert keep(store, article(body=None, observed_at=LATER), f"run-{number + 1}") is ChangeType.LOST_FIELDS
    (failure,) = table(store, schema.failures)
    assert (failure["url"], failure["reason"], failure["words"], failure["attempts"]) == (
        article().url,
        "lost_fields",
        "it came without body",
        attempts,
    )
    assert keep(store, article(observed_at=LATER), "run-9") is ChangeType.UNCHANGED
    assert table(store, schema.failures) == []
    store.close()


def test_a_found_article_stays_in_the_frontier_until_it_is_read(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    one.accept_page(
        PageWrites(BASE, None, links=[("900001", article().url), ("2", f"{BASE}?p=2"), ("3", f"{BASE}c-3/")])
    )
    one.accept_page(PageWrites(BASE, None, links=[("2", f"{BASE}news/b-2/")]))
    found = {url for url, _ in crawl_state.waiting(store, "")}
    assert found == {article().url, f"{BASE}news/b-2/", f"{BASE}c-3/"}, "by its own path"
    assert crawl_state.waiting(store, "since=2025-01-01") == []
    keep(store, article())
    one.fail(f"{BASE}c-3/", "3", "http_404", "HTTP 404")
    assert crawl_state.waiting(store, "") == [(f"{BASE}news/b-2/", False)]
    store.close()


def test_an_article_stays_in_the_frontier_if_it_has_another_url(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    one.accept_page(PageWrites(BASE, None, links=[("2", f"{BASE}news/b-2")]))
    gone = Failure("http_404", "HTTP 404")
    one.accept_page(PageWrites(f"{BASE}news/b-2", "2", failure=gone, links=[("2", f"{BASE}news/b-2/")]))
    assert crawl_state.waiting(store, "") == [(f"{BASE}news/b-2/", False)], "a run that is killed now leaves it"
    store.close()


def test_an_address_that_leads_elsewhere_is_an_alias(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    crime = article(article_id=None, url=f"{BASE}crime/a/", fetched_url=f"{BASE}crime/a/")
    # Asked for by a short link, it turned out to be an article without a number.
    aliases = [(f"{BASE}?p=7", "/crime/a/")]
    one.accept_page(PageWrites(f"{BASE}?p=7", "7", "/crime/a/", has_item=True, aliases=aliases))
    assert one.add_article(crime, "/crime/a/") is ChangeType.NEW
    assert [(row["url"], row["article_key"]) for row in table(store, schema.aliases)] == [(f"{BASE}?p=7", "/crime/a/")]
    assert store.known(["7"], database.now())["7"].what == "alias"
    store.close()


def test_an_article_under_a_new_path_keeps_the_old_one_as_an_alias(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article())
    moved = f"{BASE}sport/b-900001/"
    assert keep(store, article(url=moved, fetched_url=moved, section="sport")) is ChangeType.CHANGED
    assert [row["url"] for row in table(store, schema.aliases)] == [article().url]
    store.close()


TEXT = "\n\n".join(f"Абзац {number} о курсах валют в обменниках города." for number in range(4))
#: Moment and text of a second page of one headline and day, and whether it is of the same article.
SECOND_PAGES = [
    ("2025-05-12T09:00:00+05:00", TEXT, True),
    ("2025-05-12T09:00:37+05:00", f"{TEXT} Ещё одно предложение.", True),
    (None, TEXT.replace("Абзац 1", "Часть 1"), True),
    ("2025-05-12T09:00:00+05:00", TEXT.replace("Абзац 1", "Часть 1"), True),
    ("2025-05-12T14:00:00+05:00", TEXT, True),
    ("2025-05-12T19:00:00+05:00", TEXT.replace("Абзац 1", "Часть 1"), False),
]


@pytest.mark.parametrize("is_same_run", [True, False])
@pytest.mark.parametrize(("moment", "text", "is_same"), SECOND_PAGES)
def test_two_pages_of_one_headline_and_day(
    moment: str | None, text: str, is_same: bool, is_same_run: bool, tmp_path: Path
) -> None:
    own: dict[str, Any] = {"article_id": None, "lede": None}
    first = article(**own, url=f"{BASE}news/a/", fetched_url=f"{BASE}news/a/", body=TEXT)
    second = article(**own, url=f"{BASE}news/b/", fetched_url=f"{BASE}news/b/", body=text, published_at=moment)
    first.published_at = "2025-05-12T09:00:00+05:00"
    store = open_in(tmp_path)
    one = article_store(store)
    one.add_article(first, "/news/a/")
    another = one if is_same_run else article_store(open_again(store, tmp_path), "run-2")
    another.add_article(second, "/news/b/")
    assert len(table(another.store, schema.articles)) == 2 - is_same
    another.store.close()


def open_again(store: Store, folder: Path) -> Store:
    store.close()
    return open_in(folder)


def test_the_url_of_a_removed_article_that_leads_to_another_one_of_its_day(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article(body="Один текст о дороге."))
    keep(store, article(article_id=900002, url=f"{BASE}news/b-900002/", headline="Другая", body="Иной текст о доме."))
    led = article(article_id=900002, url=f"{BASE}news/b-900002/", headline="Другая", body="Иной текст о доме.")
    keep(store, led, "run-3", PageWrites(article().url, "900001"))
    assert {row["key"] for row in table(store, schema.articles)} == {"900001", "900002"}
    store.close()


def test_an_article_the_site_confirms_is_checked_and_nothing_else(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    keep(store, article())
    (before,) = table(store, schema.articles)
    article_store(store).accept_page(PageWrites(article().url, "900001", "900001", is_unmodified=True))
    (after,) = table(store, schema.articles)
    assert after.pop("checked_at") > before.pop("checked_at")
    assert after == before
    assert crawl_state.due_for_refresh(store, "2025-05-12", database.after(database.now(), -timedelta(hours=1))) == []
    store.close()


# first day, read before, whether the article of 2025-05-12, read at SEEN, is due
DUE = [
    ("2025-05-12", LATER, True),
    ("2025-05-13", LATER, False),
    ("2025-05-12", SEEN, False),
]


@pytest.mark.parametrize(("first_day", "read_before", "is_due"), DUE)
def test_articles_due_for_a_refresh(first_day: str, read_before: str, is_due: bool, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    one.accept_page(PageWrites(article().url, "900001", "900001", has_item=True, etag='"x"'))
    one.add_article(article(), "900001")
    due = crawl_state.due_for_refresh(store, first_day, read_before)
    assert [row.key for row in due] == ["900001"] * is_due
    assert [row.conditions for row in due] == [{"If-None-Match": '"x"'}] * is_due
    store.close()


def test_an_article_counted_by_its_reader(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    one.accept_page(PageWrites(article().url, "900001", "900001", has_item=True, found_by={"headline": "og:title"}))
    one.add_article(article(authors=[]), "900001")
    assert one.fields.cells["news", "2025", "headline", "og:title"] == 1  # type: ignore[index]
    assert one.fields.cells["news", "2025", "body", "page"] == 1  # type: ignore[index]
    assert one.fields.cells["news", "2025", "authors", ""] == 1  # type: ignore[index]
    assert one.fields.examples["authors"] == [article().url]
    store.close()


def test_a_run_below_the_floors_has_its_incomplete_articles_read_again(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    one = article_store(store)
    bare: list[Article] = [article(article_id=1, url=f"{BASE}news/a-1/", body=None), article()]
    for item in bare:
        one.add_article(item, str(item.article_id))
    one.undo_losses()
    assert [row["article_key"] for row in table(store, schema.failures)] == ["1"]
    assert article_store(store, "run-2").failing.due == [f"{BASE}news/a-1/"]
    store.close()


@pytest.mark.parametrize(("day", "moment"), [("2025-03-01", "2025-03-01T10:00:00+05:00"), ("2025-03-02", None)])
def test_a_lost_moment_is_put_back_if_it_is_of_the_same_day(day: str, moment: str | None, tmp_path: Path) -> None:
    store = open_in(tmp_path)
    first = article(date_published="2025-03-01", published_at="2025-03-01T10:00:00+05:00")
    article_store(store).add_article(first, "900001")
    second = article_store(store, "run-2")
    second.add_article(article(date_published=day, published_at=None), "900001")
    assert table(store, schema.articles)[0]["published_at"] is None
    assert second.fields.cells["news", "2025", "published_at", ""] == 1  # type: ignore[index]
    second.undo_losses(["published_at"])
    assert table(store, schema.articles)[0]["published_at"] == moment
    store.close()


def test_an_article_known_by_its_short_link_is_known_under_its_own_path(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    short = f"{BASE}?p=900001"
    keep(store, article(url=short, fetched_url=short, body="Один текст о дороге."))
    keep(store, article(headline="Новый заголовок", body="Переписанный текст о мосте."))
    (row,) = table(store, schema.articles)
    assert (row["key"], row["url"]) == ("900001", article().url)
    store.close()


def test_a_waiting_article_is_known_to_be_named_as_one(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    found = [("/news/a-b/", f"{BASE}news/a-b/"), ("/news/c-d/", f"{BASE}news/c-d/")]
    article_store(store).accept_page(PageWrites(BASE, None, links=found, listed={"/news/a-b/"}))
    assert crawl_state.listed_waiting(store, "") == {"/news/a-b/"}
    store.close()
