"""Pages that could not be fetched or read: how often, why, and when a run tries again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from caravan_crawler.store import database
from caravan_crawler.store.schema import failures
from caravan_crawler.store.store import Store

#: Reasons that rarely go away.
_LASTING = ("http_404", "http_410", "http_451", "kind_other", "kind_listing")
_LASTING_DELAY, _LONGEST_LASTING = timedelta(days=1), timedelta(days=30)
#: Delay after the second run in which a page failed; after the first, the next run tries again.
_DELAY, _LONGEST = timedelta(hours=1), timedelta(days=7)
_GROWTH = 4
#: The longest delay before a failed page is tried again.
LONGEST_DELAY = max(_LONGEST, _LONGEST_LASTING)
#: Reason: the article lacks a required field.
LOST_FIELDS = "lost_fields"


def retry_delay(reason: str, attempts: int, *, is_source: bool = False) -> timedelta:
    """Return the delay before a page that failed in ``attempts`` runs is requested again.

    A source, such as a sitemap, is requested again by the next run, whatever the reason.
    """
    if reason in _LASTING and not is_source:
        return min(_LASTING_DELAY * int(_GROWTH ** min(attempts - 1, 5)), _LONGEST_LASTING)
    if attempts == 1:
        return timedelta(0)
    return min(_DELAY * int(_GROWTH ** min(attempts - 2, 5)), _LONGEST)


@dataclass(slots=True)
class _Failing:
    key: str | None
    attempts: int
    run_id: str
    retry_at: str
    reason: str


class FailedPages:
    """The failures known to one run with this ``scope``."""

    def __init__(self, store: Store, run_id: str, scope: str) -> None:
        self._run_id = run_id
        self._scope = scope
        time = database.now()
        self._known: dict[str, _Failing] = {}
        self._losing: set[str] = set()
        self.due: list[str] = []
        """URLs of failed articles to request in this run; listings and feeds are requested anyway."""
        names = ("url", "article_key", "attempts", "run_id", "retry_at", "scope", "reason")
        for row in store.rows(select(*(failures.c[name] for name in names))):
            self._known[row.url] = _Failing(row.article_key, row.attempts, row.run_id, row.retry_at, row.reason)
            if row.reason == LOST_FIELDS:
                self._losing.add(row.article_key)
            # A run of a period or some sections does not repeat the failures of others.
            if row.article_key is not None and row.retry_at <= time and (not scope or row.scope == scope):
                self.due.append(row.url)

    def may_be_asked(self, url: str) -> bool:
        """Whether the page has not failed, or its retry is due."""
        row = self._known.get(url)
        return row is None or row.retry_at <= database.now()

    def is_losing(self, key: str) -> bool:
        """Whether the article lacked a required field and was not read completely since."""
        return key in self._losing

    def failed(self, url: str, key: str | None, reason: str, words: str) -> dict[str, Any]:
        """Return the row for a new failure."""
        time = database.now()
        row = self._known.get(url)
        if row is not None and row.reason == LOST_FIELDS != reason:
            # Else a later run would publish the incomplete article without another try.
            reason, words = LOST_FIELDS, f"{words}; before, it came without a required field"
        attempts = 1 if row is None else row.attempts + (row.run_id != self._run_id)
        retry_at = database.after(time, retry_delay(reason, attempts, is_source=key is None))
        self._known[url] = _Failing(key, attempts, self._run_id, retry_at, reason)
        if key is not None and reason == LOST_FIELDS:
            self._losing.add(key)
        return {
            "url": url,
            "article_key": key,
            "scope": self._scope,
            "reason": reason,
            "words": words[:500],
            "attempts": attempts,
            "first_failed_at": time,
            "last_failed_at": time,
            "retry_at": retry_at,
            "run_id": self._run_id,
        }

    def clear(self, url: str, key: str | None) -> list[str]:
        """Remove the failures of a page that was read; return their URLs."""
        if not self._known:
            return []
        over = [url] if url in self._known else []
        over += [other for other, row in self._known.items() if key is not None and row.key == key and other != url]
        for other in over:
            del self._known[other]
        self._losing.discard(key or "")
        return over


def forgive(store: Store, run_id: str) -> None:
    """Let the next run repeat all failures of this one, because an outage is no fault of the pages."""
    _forgive(store, run_id, failures.c.reason.not_in(_LASTING))


def accept_losses(store: Store) -> None:
    """Accept articles without fields that the site no longer has."""
    store.execute(delete(failures).where(failures.c.reason == LOST_FIELDS))


def forgive_unread(store: Store, run_id: str) -> None:
    """Let the next run repeat pages that were not articles: new readers may read a changed markup."""
    _forgive(store, run_id, failures.c.reason.startswith("kind_"))


def _forgive(store: Store, run_id: str, which: ColumnElement[bool]) -> None:
    store.execute(
        update(failures).where(failures.c.run_id == run_id, which).values(retry_at=database.now(), attempts=1)
    )
