"""Store what a run reads: each item once, in one transaction with its page's links, aliases and failures."""

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select, update

from caravan_crawler import urls
from caravan_crawler.items import NOTHING, RECOVERABLE, REQUIRED, Article, ExchangeRate, TrendingEntry, Weather, as_row
from caravan_crawler.page_writes import Failure, PageWrites
from caravan_crawler.store import database, page_facts
from caravan_crawler.store.article_history import ArticleHistory, ChangeType, Observation, lost_fields
from caravan_crawler.store.failed_pages import LOST_FIELDS, FailedPages
from caravan_crawler.store.field_counts import FieldCounts
from caravan_crawler.store.same_article import KnownTexts, has_number, is_same_article, merge_rows, stored_row
from caravan_crawler.store.schema import articles, view_counts
from caravan_crawler.store.statements import Writes
from caravan_crawler.store.store import Known, Store


class ArticleStore:
    """Stores what one run reads; ``scope`` is its kind: period, sections or named pages."""

    def __init__(self, store: Store, run_id: str, scope: str) -> None:
        self.store = store
        self.failing = FailedPages(store, run_id, scope)
        self.fields = FieldCounts()
        self._run_id = run_id
        self._scope = scope
        self._new: set[str] = set()
        self._stored: set[str] = set()
        self._aliases: set[str] = set()
        self._expected: dict[str, PageWrites] = {}
        self._earlier: dict[int, Any] = {}
        self._lacking: dict[str, str] = {}
        self._lost: dict[str, dict[str, Any]] = {}
        self._last_shown = page_facts.last_lines(store)
        self._texts = KnownTexts(store)
        self.moved = 0
        """Articles of earlier runs that this run has read under a new URL."""

    def reload(self) -> None:
        """Reload what other runs have stored since this one began."""
        self.failing = FailedPages(self.store, self._run_id, self._scope)
        self._last_shown = page_facts.last_lines(self.store)

    # Look-ups

    def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """Return what earlier runs stored about these articles: one query, or none if the store was empty."""
        return {} if self.store.was_empty else self.store.known(keys, database.now())

    def has_read(self, key: str) -> bool:
        """Whether this run has stored the article, under any of its URLs."""
        return key in self._stored

    # Pages

    def register(self, key: str) -> None:
        """Register an article that is not in the store and will be requested."""
        self._new.add(key)

    def register_earlier(self, record: Any) -> None:
        """Register an item in the pipelines that an earlier run has stored already."""
        self._earlier[id(record)] = record

    def is_from_earlier_run(self, record: Any) -> bool:
        """Whether an earlier run has stored the item."""
        return id(record) in self._earlier

    def _take_earlier(self, record: Any) -> bool:
        return self._earlier.pop(id(record), None) is not None

    def discard_page(self, key: str) -> None:
        """Drop the writes of an article's page, as if it had not been read."""
        self._expected.pop(key, None)

    def accept_page(self, page: PageWrites) -> None:
        """Store the result of a page; if it has an item, together with that (:meth:`add_article`)."""
        if page.has_item:
            assert page.article_key is not None
            self.fields.count_parts(page.page_facts, page.asked_url)
            self._expected[page.article_key] = page
            return
        writes = self._writes_of_page(page, page.article_key, is_whole=page.failure is None)
        if page.other_kind is not None and page.asked_key is not None:
            self._add_other(writes, page.asked_key, page.asked_url, page.other_kind)
        if page.is_unmodified:
            writes.add("checked", the_key=page.article_key, the_time=database.now())
        if page.failure is not None:
            writes.add("failure", **self.failing.failed(page.asked_url, page.asked_key, *page.failure))
        self.store.write(writes)

    def remove_from_frontier(self, key: str) -> None:
        """Remove an article from the frontier: it is not to be requested."""
        writes = Writes()
        writes.add("left", the_scope=self._scope, the_key=key)
        self.store.write(writes)

    def fail(self, url: str, key: str | None, reason: str, message: str) -> None:
        """Store a failure, and remove the article from the frontier."""
        self.accept_page(PageWrites(url, key, failure=Failure(reason, message)))

    # Items

    def add_article(self, article: Article, key: str) -> ChangeType:
        """Store an article with its page's writes; return how it differs from the stored one."""
        if self._take_earlier(article):
            return ChangeType.CARRIED
        page_writes = self._expected.pop(key, PageWrites())
        own_key = key_of_number = key
        before = self._stored_row(key)
        if before is not None and _is_of_another(article, before, page_writes):
            article.article_id = None
            key = own_key = article_key(article)
            page_writes.aliases = [
                (url, key if its_key == key_of_number else its_key) for url, its_key in page_writes.aliases
            ]
            before = self._stored_row(key)
        if (moved := self._find_and_merge_moved(article, key, before, page_writes)) is not None:
            key, before = moved["key"], moved
        if before is not None:
            _take_identity(article, before, page_writes)
            had_number = has_number(before["url"], before)
            self.moved += key not in self._stored and had_number and not has_number(article.url, article)
        if not has_number(article.url, article):
            own_key = urlsplit(article.url).path
        self.fields.count_article(article, page_writes.found_by)
        row = as_row(article)
        if key in self._stored:
            self._note_address(article, row, key, own_key, before, page_writes)
            return ChangeType.UNCHANGED
        history = ArticleHistory.of_latest(before, self._last_count(key, before) if article.views is not None else None)
        seen = Observation(
            key, article, self._run_id, page_writes.found_by, page_writes.etag, page_writes.last_modified
        )
        change_type = history.merge(seen).change_type
        is_losing = self._note_losses(row, before, key, change_type)
        is_whole = change_type is not ChangeType.LOST_FIELDS and not is_losing
        writes = self._writes_of_page(page_writes, key, own_key=own_key, url=article.url, is_whole=is_whole)
        if change_type is ChangeType.LOST_FIELDS:
            message = f"it came without {', '.join(lost_fields(row, before))}"
            writes.add("failure", **self.failing.failed(article.fetched_url, key, LOST_FIELDS, message))
        else:
            self._add_article(writes, history, before, change_type)
        self.store.write(writes)
        self._stored.add(key)
        self._texts.add(row, key)
        return change_type

    def add_outside(self, article: Article, key: str) -> None:
        """Store that an article is outside the period or the sections, and its page's writes."""
        if key not in self._expected:
            return
        writes = self._writes_of_page(self._expected.pop(key, PageWrites()), key)
        self._add_other(writes, key, article.url, "outside", article.section, article.date_published)
        self.store.write(writes)

    def add_page_fact(self, item: TrendingEntry | ExchangeRate | Weather) -> None:
        """Store a trending entry, rate or temperature, unless it equals the last one stored."""
        if self._take_earlier(item):
            return
        about, value = page_facts.meaning(item)
        if self._last_shown.get(about) != value:
            self._last_shown[about] = value
            writes = Writes()
            writes.add(page_facts.TABLES[type(item)].name, **page_facts.row_of(item, self._run_id))
            self.store.write(writes)

    def undo_losses(self, fallen: Collection[str] = ()) -> None:
        """Undo the losses of a run whose data are below the floors.

        Articles stored without a required field become failures, so that the next runs read them again. For the fields
        that have ``fallen``, values that the store had and this run did not find are put back.
        """
        lacking = or_(*(articles.c[name].is_(None) for name in REQUIRED))
        rows = self.store.rows(select(articles.c.key, articles.c.url).where(articles.c.published_in.is_(None), lacking))
        for key, url in ({key: url for key, url in rows if not self.failing.is_losing(key)} | self._lacking).items():
            self.fail(url, key, LOST_FIELDS, "it came without a required field")
        self.store.flush()
        for key, values in self._lost.items():
            if put_back := {name: value for name, value in values.items() if name.removesuffix("_raw") in fallen}:
                self.store.execute(update(articles).where(articles.c.key == key).values(**put_back))

    # Helpers

    def _find_and_merge_moved(self, article: Article, key: str, before: Any, page: PageWrites) -> Any:
        """Return the stored row of an article that was known under another key; None if there is none."""
        row = as_row(article)
        asked = page.asked_key
        old = stored_row(self.store, asked) if asked is not None and asked != key else None
        # A redirect to another article, such as the newest, does not make the two one.
        if old is not None and asked is not None and _may_lead_to(page, old, article) and is_same_article(row, old):
            if before is not None:
                merge_rows(self.store, old, before)
            return stored_row(self.store, asked)
        return self._texts.find(row) if before is None else None

    def _note_address(
        self, article: Article, row: dict[str, Any], key: str, own_key: str, before: Any, page: PageWrites
    ) -> None:
        """Store a further URL of an article read in this run, and its number if only this URL has it."""
        writes = self._writes_of_page(page, key, own_key=own_key, url=article.fetched_url)
        if row["url"] != before["url"]:
            writes.add("alias", url=before["url"], article_key=key, first_seen_at=before["first_seen_at"])
        self.store.write(writes)
        self.store.flush()
        changed = {name: row[name] for name in ("url", "article_id") if row[name] != before[name]}
        if changed:
            self.store.execute(update(articles).where(articles.c.key == key).values(**changed))

    def _note_losses(self, row: dict[str, Any], before: Any, key: str, change_type: ChangeType) -> bool:
        """Register values the article has lost; return whether it lacks a required field once more."""
        if change_type is not ChangeType.LOST_FIELDS and not all(row[name] for name in REQUIRED):
            self._lacking[key] = row["url"]
            return self.failing.is_losing(key)
        if change_type in (ChangeType.CHANGED, ChangeType.RECOUNTED):
            lost = {name: before[name] for name in RECOVERABLE if before[name] not in NOTHING and row[name] in NOTHING}
            if row["date_published"] != before["date_published"]:
                lost.pop("published_at", None)  # it is of the earlier day
            if lost:
                self._lost[key] = lost
        return False

    def _writes_of_page(
        self, page: PageWrites, key: str | None, *, own_key: str | None = None, url: str = "", is_whole: bool = True
    ) -> Writes:
        """Return the rows to write for a page; ``key`` is its article's.

        ``own_key`` is the key of the page's own ``url``, if the article is stored under another one. Earlier failures
        are cleared if the page was read completely (``is_whole``).
        """
        writes = Writes()
        time = database.now()
        for is_speculative, links in ((False, page.links), (True, page.aside)):
            for found, link in links:
                if found not in self._stored:
                    row = {"scope": self._scope, "key": found, "url": link, "found_at": time}
                    writes.add("found", **row, is_speculative=is_speculative, reach=page.reach or None)
        for alias, its_key in page.aliases:
            if alias not in self._aliases:
                self._aliases.add(alias)
                owner = key if key is not None and its_key == own_key else its_key
                writes.add("alias", url=alias, article_key=owner, first_seen_at=time)
        for source in page.sources:
            writes.add("source", scope=self._scope, **source)
        for source in page.new_lists:
            writes.add("new_list", scope=self._scope, **source)
        for done in {page.asked_key, key, own_key} - {None}:
            writes.add("read", the_key=done)
        if page.asked_key is not None and key is not None and page.asked_key != key:
            self._add_other(writes, page.asked_key, page.asked_url, "alias")
        if own_key is not None and own_key not in (key, page.asked_key):
            self._add_other(writes, own_key, url, "alias")
        for url in self.failing.clear(page.asked_url, key) if is_whole else ():
            writes.add("failure_cleared", the_key=url)
        return writes

    def _add_other(
        self, writes: Writes, key: str, url: str, kind: str, section: str | None = None, day: str | None = None
    ) -> None:
        writes.add(
            "other_page", key=key, url=url, kind=kind, section=section, date_published=day, seen_at=database.now()
        )

    def _add_article(self, writes: Writes, history: ArticleHistory, before: Any, change_type: ChangeType) -> None:
        """Add the rows of an article whose history has changed."""
        assert history.row is not None
        if before is not None and urlsplit(before["url"]).path != urlsplit(history.row["url"]).path:
            writes.add("alias", url=before["url"], article_key=before["key"], first_seen_at=before["first_seen_at"])
        statement = "article_unchanged" if change_type is ChangeType.UNCHANGED else "article"
        writes.add(statement, **history.row | {"published_in": None})
        if history.has_new_versions:
            writes.add("version", **history.versions[-1])
        if history.has_new_views:
            writes.add("views", **history.views[-1])

    def _stored_row(self, key: str) -> Any:
        """Return the stored row of an article, or None."""
        may_be_pending = key not in self._new or key in self._stored
        if not may_be_pending and self.store.was_empty:
            return None
        return stored_row(self.store, key, may_be_pending=may_be_pending)

    def _last_count(self, key: str, before: Any) -> int | None:
        """Return the last stored view count; the latest page may have had none."""
        if before is None or before["views"] is not None:
            return None if before is None else before["views"]
        counts = select(view_counts.c.views).where(view_counts.c.article_key == key)
        rows = self.store.rows(counts.order_by(view_counts.c.observed_at.desc()).limit(1))
        return rows[0][0] if rows else None


def _take_identity(article: Article, before: Any, page: PageWrites) -> None:
    """Set an article's stored number, and the newer of its URLs: the one without a number."""
    if article.article_id is None:
        article.article_id = before["article_id"]
    if has_number(article.url, article) and before["url"] != article.url and not has_number(before["url"], article):
        page.aliases.append((article.url, str(before["key"])))
        article.url, article.section = before["url"], before["section"]


def _is_of_another(article: Article, stored: Any, page: PageWrites) -> bool:
    """Whether the row ``stored`` under an article's number is another article's.

    A number may be part of two slugs, or that of all short links of a broken template. A short link's own is certain.
    """
    own, other = urlsplit(article.url).path, urlsplit(stored["url"]).path
    if article.article_id is None or "/" in (own, other) or other in (own, urlsplit(page.asked_url).path):
        return False
    has_numbers = has_number(article.url, article) or has_number(stored["url"], stored)
    if has_numbers and urls.is_same_article(article.article_id, other, own):
        return False
    return not is_same_article(as_row(article), stored)


def _may_lead_to(page: PageWrites, stored: Any, article: Article) -> bool:
    """Whether the URL requested is one of the ``stored`` article, rather than the article's own with its number."""
    asked = urlsplit(page.asked_url).path
    return asked == urlsplit(stored["url"]).path or asked != urlsplit(article.url).path


def article_key(article: Article) -> str:
    """Return the key of an article: its number, else its path, which is the same on every copy of the site."""
    return str(article.article_id) if article.article_id is not None else urlsplit(article.url).path
