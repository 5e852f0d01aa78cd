"""Store what a run reads: each item once, in one transaction with its page's links, aliases and failures."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update

from caravan_crawler.items import LISTED, REQUIRED, Article, ExchangeRate, Failure, PageWrites, TrendingEntry, Weather
from caravan_crawler.store import database, page_facts
from caravan_crawler.store.article_history import (
    ArticleHistory,
    ChangeType,
    Observation,
    fold,
    has_number,
    is_of_another,
    is_same_content,
    is_same_publication,
    losses,
    may_lead_to,
)
from caravan_crawler.store.crawl_state import LOST_FIELDS, FailedPages
from caravan_crawler.store.field_counts import FieldCounts
from caravan_crawler.store.schema import aliases, articles, view_counts
from caravan_crawler.store.statements import Writes, merging
from caravan_crawler.store.store import Known, Store


class ArticleStore:
    """Stores what one run reads; ``scope`` is its kind: period, sections or ``urls``."""

    def __init__(self, store: Store, run_id: str, scope: str) -> None:
        self.store = store
        self.fields = FieldCounts()
        self._run_id = run_id
        self._scope = scope
        self._stored: set[str] = set()
        self._expected: dict[str, PageWrites] = {}
        self._lost: dict[str, dict[str, Any]] = {}
        self.moved = 0
        """Articles of earlier runs that this run has read under a new URL."""
        self.load()

    def load(self) -> None:
        """Load what other runs have stored, perhaps since this one began."""
        self.failing = FailedPages(self.store, self._run_id, self._scope)
        self._last_shown = page_facts.last_lines(self.store)

    # Look-ups

    def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """Return what is stored about these articles, by one query."""
        return self.store.known(keys, database.now())

    def has_read(self, key: str) -> bool:
        """Whether this run has stored the article, under any of its URLs."""
        return key in self._stored

    def aliases_of(self, key: str) -> list[str]:
        """Return the other URLs of an article that earlier runs stored."""
        of_stored = select(aliases.c.url).join(articles, articles.c.key == aliases.c.article_key)
        return self.store.scalars(of_stored.where(articles.c.key == key).order_by(aliases.c.url))

    # Pages

    def discard_page(self, key: str) -> None:
        """Drop the writes of an article's page, as if it had not been read."""
        self._expected.pop(key, None)

    def accept_page(self, page_writes: PageWrites) -> None:
        """Store the result of a page; if it has an item, together with that (:meth:`add_article`)."""
        if page_writes.has_item:
            assert page_writes.article_key is not None
            self.fields.count_parts(page_writes.page_facts, page_writes.asked_url)
            self._expected[page_writes.article_key] = page_writes
            return
        writes = self._writes_of_page(page_writes, page_writes.article_key, is_whole=page_writes.failure is None)
        if page_writes.other_kind is not None and page_writes.asked_key is not None:
            self._add_other(writes, page_writes.asked_key, page_writes.asked_url, page_writes.other_kind)
        if page_writes.is_unmodified:
            writes.add("checked", the_key=page_writes.article_key, the_time=database.now())
        if page_writes.failure is not None:
            writes.add(
                "failure", **self.failing.failed(page_writes.asked_url, page_writes.asked_key, *page_writes.failure)
            )
        self.store.write(writes)

    def remove_from_frontier(self, key: str) -> None:
        """Remove an article from the frontier: it is not to be requested."""
        self.store.write(Writes().add("left", the_scope=self._scope, the_key=key))

    def fail(self, url: str, key: str | None, reason: str, message: str) -> None:
        """Store a failure, and remove the article from the frontier."""
        self.accept_page(PageWrites(url, key, failure=Failure(reason, message)))

    # Items

    def add_article(self, article: Article, key: str) -> ChangeType:
        """Store an article with its page's writes; return how it differs from the stored one."""
        if article.is_stored:
            return ChangeType.CARRIED
        page_writes = self._expected.pop(key, PageWrites())
        key = self._key_apart(article, key, page_writes)
        before = self._stored_article(article, key, page_writes)
        if before is not None:
            had_number = has_number(before["url"], before)
            _take_identity(article, before, page_writes)
            is_first = before["key"] not in self._stored
            self.moved += is_first and had_number and not has_number(article.url, article)
        own_key = key if has_number(article.url, article) else urlsplit(article.url).path
        key = key if before is None else before["key"]
        self.fields.count_article(article, page_writes.found_by)
        if key in self._stored:
            self._add_url(article, own_key, before, page_writes)
            return ChangeType.UNCHANGED
        return self._merge(article, key, own_key, before, page_writes)

    def _merge(self, article: Article, key: str, own_key: str, before: Any, page_writes: PageWrites) -> ChangeType:
        """Store what the first reading of an article in this run changes."""
        history = ArticleHistory.of_latest(before, self._last_count(key, before) if article.views is not None else None)
        validators = page_writes.etag, page_writes.last_modified
        seen = Observation(key, article, self._run_id, page_writes.found_by, *validators)
        change_type, row = history.merge(seen).change_type, asdict(article)
        is_lacking = not all(row[name] for name in REQUIRED)
        is_whole = change_type is not ChangeType.LOST_FIELDS and not (is_lacking and self.failing.is_losing(key))
        writes = self._writes_of_page(page_writes, key, own_key=own_key, url=article.url, is_whole=is_whole)
        if change_type is not ChangeType.LOST_FIELDS:
            self._add_article(writes, history, before, change_type)
            is_changed = change_type in (ChangeType.CHANGED, ChangeType.RECOUNTED)
            if is_changed and not is_lacking and (lost := losses(row, before)):
                self._lost[key] = lost
        if not is_whole:
            message = f"it came without {', '.join(name for name in REQUIRED if not row[name])}"
            writes.add("failure", **self.failing.failed(article.fetched_url, key, LOST_FIELDS, message))
        self.store.write(writes)
        self._stored.add(key)
        return change_type

    def add_outside(self, article: Article, key: str) -> None:
        """Store that an article is outside the period or the sections, and its page's writes."""
        if key not in self._expected:
            return
        page_writes = self._expected.pop(key)
        writes = self._writes_of_page(page_writes, key, is_outside=True)
        urls = {key: article.url} | ({page_writes.asked_key: page_writes.asked_url} if page_writes.asked_key else {})
        for its_key, url in urls.items():
            self._add_other(writes, its_key, url, "outside", article.section, article.date_published)
        self.store.write(writes)

    def add_page_fact(self, item: TrendingEntry | ExchangeRate | Weather) -> None:
        """Store a trending entry, rate or temperature, unless it equals the last one stored."""
        if item.is_stored:
            return
        about, value = page_facts.meaning(item)
        if self._last_shown.get(about) != value:
            self._last_shown[about] = value
            row = page_facts.row_of(item, self._run_id)
            self.store.write(Writes().add(page_facts.TABLES[type(item)].name, **row))

    def undo_losses(self, fallen: Collection[str] = ()) -> None:
        """Undo the losses of a run whose data are below the floors.

        Articles stored without a required field become failures, so that the next runs read them again. For the fields
        that have ``fallen``, values that the store had and this run did not find are put back.
        """
        lacking = or_(*(articles.c[name].is_(None) for name in REQUIRED))
        rows = self.store.rows(select(articles.c.key, articles.c.url).where(articles.c.published_in.is_(None), lacking))
        for key, url in rows:
            if not self.failing.is_losing(key):
                self.fail(url, key, LOST_FIELDS, "it came without a required field")
        for key, values in self._lost.items():
            if put_back := {name: value for name, value in values.items() if name.removesuffix("_raw") in fallen}:
                self.store.execute(update(articles).where(articles.c.key == key).values(**put_back))

    # Helpers

    def _key_apart(self, article: Article, key: str, page_writes: PageWrites) -> str:
        """Return an article's key, which is its path where the row stored under its number is another article's."""
        before = stored_row(self.store, key)
        if before is None or not is_of_another(article, before, page_writes.asked_url):
            return key
        article.article_id = None
        own_key = article_key(article)
        page_writes.aliases = [(url, own_key if its_key == key else its_key) for url, its_key in page_writes.aliases]
        return own_key

    def _stored_article(self, article: Article, key: str, page_writes: PageWrites) -> Any:
        """Return the stored row of an article, perhaps under another key than ``key``; None if there is none."""
        row, before, asked = asdict(article), stored_row(self.store, key), page_writes.asked_key
        old = stored_row(self.store, asked) if asked is not None and asked != key else None
        # A redirect to another article, such as the newest, does not make the two one.
        if (
            old is not None
            and asked is not None
            and may_lead_to(page_writes.asked_url, old, article)
            and is_same_content(row, old)
        ):
            if before is not None:
                self.store.execute_all(*merging(old, before))
            return stored_row(self.store, asked)
        return before if before is not None else same_publication(self.store, row)

    def _add_url(self, article: Article, own_key: str, before: Any, page_writes: PageWrites) -> None:
        """Store a further URL of an article read in this run, and its number if only this URL has it.

        The article keeps its URL, as both are alive, unless the further one is that of the site after its move.
        """
        writes = self._writes_of_page(page_writes, before["key"], own_key=own_key, url=article.fetched_url)
        own: dict[str, Any] = {"article_id": article.article_id}
        if article.url != before["url"]:
            is_newer = has_number(before["url"], before) and not has_number(article.url, article)
            alias, since = article.url, article.observed_at
            if is_newer:
                own["url"], alias, since = article.url, before["url"], before["first_seen_at"]
            writes.add("alias", url=alias, article_key=before["key"], first_seen_at=since)
        self.store.write(writes)
        if changed := {name: value for name, value in own.items() if value != before[name]}:
            self.store.execute(update(articles).where(articles.c.key == before["key"]).values(**changed))

    def _writes_of_page(
        self,
        page_writes: PageWrites,
        key: str | None,
        *,
        own_key: str | None = None,
        url: str = "",
        is_whole: bool = True,
        is_outside: bool = False,
    ) -> Writes:
        """Return the rows to write for a page; ``key`` is its article's.

        ``own_key`` is the key of the page's own ``url``, if the article is stored under another one. Earlier failures
        are cleared if the page was read completely (``is_whole``). An article that ``is_outside`` the scope is not
        stored, so it still waits for runs of other scopes.
        """
        writes = Writes()
        time = database.now()
        as_found, as_listed = page_writes.request_meta or None, page_writes.request_meta | {LISTED: True}
        for is_speculative, links in ((False, page_writes.links), (True, page_writes.deferred)):
            for found, link in links:
                if found not in self._stored:
                    row = {"scope": self._scope, "key": found, "url": link, "found_at": time}
                    meta = as_listed if found in page_writes.listed else as_found
                    writes.add("found", **row, is_speculative=is_speculative, reach=meta)
        for alias, its_key in page_writes.aliases:
            owner = key if key is not None and its_key == own_key else its_key
            writes.add("alias", url=alias, article_key=owner, first_seen_at=time)
        for source in page_writes.sources:
            writes.add("source", scope=self._scope, **source)
        for source in page_writes.new_lists:
            writes.add("new_list", scope=self._scope, **source)
        # An article whose URL failed still waits if it has another one.
        for done in {page_writes.asked_key, key, own_key} - {None, *(found for found, _ in page_writes.links)}:
            if is_outside:
                writes.add("left", the_scope=self._scope, the_key=done)
            else:
                writes.add("read", the_key=done)
        if not is_outside and page_writes.asked_key is not None and key not in (None, page_writes.asked_key):
            self._add_other(writes, page_writes.asked_key, page_writes.asked_url, "alias")
        if own_key is not None and own_key not in (key, page_writes.asked_key):
            self._add_other(writes, own_key, url, "alias")
        for url in self.failing.clear(page_writes.asked_url, key, only_own=is_outside) if is_whole else ():
            writes.add("failure_cleared", the_key=url)
        return writes

    def _add_other(
        self, writes: Writes, key: str, url: str, kind: str, section: str | None = None, day: str | None = None
    ) -> None:
        writes.add(
            "other_page",
            key=key,
            url=url,
            kind=kind,
            section=section,
            date_published=day,
            seen_at=database.now(),
            scope=self._scope,
        )

    def _add_article(self, writes: Writes, history: ArticleHistory, before: Any, change_type: ChangeType) -> None:
        """Add the rows of an article whose history has changed."""
        assert history.row is not None
        is_moved = before is not None and urlsplit(before["url"]).path != urlsplit(history.row["url"]).path
        if is_moved:
            writes.add("alias", url=before["url"], article_key=before["key"], first_seen_at=before["first_seen_at"])
        if is_moved or before is None:
            writes.add("alias_gone", the_key=history.row["url"])
        statement = "article_unchanged" if change_type is ChangeType.UNCHANGED else "article"
        writes.add(statement, **history.row | {"published_in": None})
        if history.has_new_versions:
            writes.add("version", **history.versions[-1])
        if history.has_new_views:
            writes.add("views", **history.views[-1])

    def _last_count(self, key: str, before: Any) -> int | None:
        """Return the last stored view count; the latest page may have had none."""
        if before is None or before["views"] is not None:
            return None if before is None else before["views"]
        counts = select(view_counts.c.views).where(view_counts.c.article_key == key)
        last: int | None = self.store.scalar(counts.order_by(view_counts.c.observed_at.desc()).limit(1))
        return last


def _take_identity(article: Article, before: Any, page_writes: PageWrites) -> None:
    """Set an article's stored number, and the newer of its URLs: the one without a number."""
    if article.article_id is None:
        article.article_id = before["article_id"]
    if has_number(article.url, article) and before["url"] != article.url and not has_number(before["url"], article):
        page_writes.aliases.append((article.url, str(before["key"])))
        article.url, article.section = before["url"], before["section"]


def article_key(article: Article) -> str:
    """Return the key of an article: its number, else its path, which is the same on every copy of the site."""
    return str(article.article_id) if article.article_id is not None else urlsplit(article.url).path


def same_publication(store: Store, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the stored row of the article with the same headline, day and text, or None."""
    day, headline = row["date_published"], fold(row["headline"])
    if not headline or not day:
        return None
    of_that_day = store.rows(select(articles.c.key, articles.c.headline).where(articles.c.date_published == day))
    for key in (key for key, other in of_that_day if fold(other) == headline):
        stored = stored_row(store, key)
        # Two articles have two numbers, even if one is a copy of the other.
        if stored and is_same_publication(row, stored) and None in (row["article_id"], stored["article_id"]):
            return stored
    return None


def stored_row(store: Store, key: str) -> Mapping[str, Any] | None:
    """Return the stored row of an article, or None."""
    rows = store.rows(select(articles).where(articles.c.key == key))
    return rows[0]._mapping if rows else None
