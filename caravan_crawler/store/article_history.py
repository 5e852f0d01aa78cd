"""An article's history, into which its observations are put in any order and any number of times.

What was read better replaces what the same page gave before; what was observed earlier than the latest state
adds to versions and view counts and leaves that state alone. So a page that was read wrongly is mended as if it
had been read rightly at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.items import Article, as_row
from caravan_crawler.store.article_store import NOTHING, REQUIRED, TEXT, ChangeType, change_type_of

Row = dict[str, Any]

#: What an article must have, each with the text it was read from.
_KEPT = (*REQUIRED, "date_published_raw")


@dataclass(frozen=True)
class Observation:
    """An article as a page said at ``article.observed_at``, in the run ``run_id``."""

    key: str
    article: Article
    run_id: str
    found_by: dict[str, str]
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class MergeResult:
    """What became of an observation, and of the ``fields`` that an earlier reading of the same page gave differently.

    They are ``found``, ``changed`` or ``lost``. What a newer page says is no different reading but news of the site.
    ``had`` are the fields in which the earlier reading had a value.
    """

    change_type: ChangeType
    fields: dict[str, str] = field(default_factory=dict)
    had: tuple[str, ...] = ()


class History:
    """What the store has of one article: its ``row`` or None, its ``versions`` and ``views``, oldest first.

    What the same page gave before and does not give any more is taken away; but headline, body and date, without which
    an article is not whole, only where losses are accepted. Where they are put off, nothing is taken away yet.
    """

    def __init__(
        self,
        row: Row | None,
        versions: list[Row],
        views: list[Row],
        *,
        accept_losses: bool = False,
        put_off_losses: bool = False,
    ) -> None:
        self._accept_losses = accept_losses
        self._put_off_losses = put_off_losses
        self.row = row
        self.versions = versions
        self.views = views
        self.has_new_row = self.has_new_versions = self.has_new_views = False

    def take(self, seen: Observation) -> MergeResult:
        """Put an observation in its place."""
        record = as_row(seen.article)
        time = seen.article.observed_at
        earlier = self._earlier_reading(time)
        fields = {name: _how(earlier[name], record[name]) for name in earlier if record[name] != earlier[name]}
        if not self._accept_losses:
            kept = {name for name, how in fields.items() if how == "lost" and (name in _KEPT or self._put_off_losses)}
            record |= {name: earlier[name] for name in kept}
            if self.row is not None and earlier:
                readers = {name: reader for name, reader in self.row["found_by"].items() if name in kept}
                seen = replace(seen, found_by=seen.found_by | readers)
            record |= {} if earlier else self._said_before_and_after(time, record)
        change_type = change_type_of(record, self.row)
        if change_type is ChangeType.LOST_FIELDS:
            if not (earlier and self._accept_losses):
                return MergeResult(change_type)
            change_type = ChangeType.CHANGED
        latest = self.row["observed_at"] if self.row else ""
        self._take_text(seen, record)
        self._take_views(seen, record["views"])
        if time >= latest:
            self._replace(seen, record, change_type, is_reread=time == latest)
        elif self.row is not None and time < self.row["first_seen_at"]:
            self._set(first_seen_at=time)
        if self.row is not None and self.row["version"] != len(self.versions):
            self._set(version=len(self.versions))
        if earlier:
            change_type = ChangeType.CHANGED if fields else ChangeType.UNCHANGED
        return MergeResult(change_type, fields, tuple(name for name, value in earlier.items() if value not in NOTHING))

    def _earlier_reading(self, time: str) -> Row:
        """Return the fields that were read before from the very page of this time; empty where it is a new one."""
        if self.row is not None and self.row["observed_at"] == time:
            return {name: self.row[name] for name in Article.__dataclass_fields__ if name != "fetched_url"}
        texts = next((row for row in self.versions if row["observed_at"] == time), None)
        return {name: texts[name] for name in TEXT} if texts else {}

    def _said_before_and_after(self, time: str, record: Row) -> Row:
        """Return the texts that a page lacks and both its neighbours in time have: a reading lost them, no edit."""
        before = [row for row in self.versions if row["observed_at"] < time][-1:]
        after = [row for row in self.versions if row["observed_at"] > time][:1] or self._latest_after(time)
        return {
            name: one[name]
            for one, other in zip(before, after, strict=False)
            for name in TEXT
            if not record[name] and one[name] == other[name]
        }

    def _latest_after(self, time: str) -> list[Row]:
        """Return the latest state if it is younger than ``time``."""
        return [self.row] if self.row is not None and self.row["observed_at"] > time else []

    def _set(self, **values: Any) -> None:
        assert self.row is not None
        self.row = {**self.row, **values}
        self.has_new_row = True

    def aliases(self, seen: Observation) -> Iterator[Row]:
        """Yield the addresses beside its canonical one that an observation came from."""
        if urlsplit(seen.article.fetched_url).path != urlsplit(seen.article.url).path:
            yield {"url": seen.article.fetched_url, "article_key": seen.key, "first_seen_at": seen.article.observed_at}

    def _take_text(self, seen: Observation, record: Row) -> None:
        version = {
            "article_key": seen.key,
            "observed_at": seen.article.observed_at,
            "run_id": seen.run_id,
            **{name: record[name] for name in TEXT},
        }
        kept = _changes_of(_with(self._and_latest(self.versions, version), version), TEXT)
        kept = [{**row, "version": number} for number, row in enumerate(kept, 1)]
        self.has_new_versions |= kept != self.versions
        self.versions = kept

    def _take_views(self, seen: Observation, views: int | None) -> None:
        time = seen.article.observed_at
        if views is not None:
            count = {"article_key": seen.key, "observed_at": time, "views": views, "run_id": seen.run_id}
            rows = _with(self._and_latest(self.views, count), count)
        else:
            rows = [row for row in self.views if row["observed_at"] != time]
        kept = _changes_of(rows, ("views",))
        self.has_new_views |= kept != self.views
        self.views = kept

    def _and_latest(self, rows: list[Row], new: Row) -> list[Row]:
        """Return the rows with one for the latest state, which had none if it said the same as the one before it.

        What is put between the two may have made it a change.
        """
        for latest in self._latest_after(new["observed_at"]):
            is_there = any(row["observed_at"] == latest["observed_at"] for row in rows)
            values = {name: latest[name] for name in new if name in ("observed_at", "run_id", "views", *TEXT)}
            if not is_there and values.get("views", 0) is not None:
                return _with(rows, {**new, **values})
        return rows

    def _replace(self, seen: Observation, record: Row, change_type: ChangeType, *, is_reread: bool) -> None:
        """Make the observation the latest state."""
        time = seen.article.observed_at
        before = self.row or {"first_seen_at": time, "changed_at": time, "checked_at": time, "run_id": seen.run_id}
        is_stored_as = change_type in (ChangeType.NEW, ChangeType.CHANGED)
        is_old_news = is_reread or change_type is ChangeType.UNCHANGED
        row = {
            **before,
            **record,
            "key": seen.key,
            "run_id": before["run_id"] if is_old_news else seen.run_id,
            "changed_at": time if is_stored_as else before["changed_at"],
            "checked_at": max(time, before["checked_at"]),
            "first_seen_at": min(time, before["first_seen_at"]),
            "etag": seen.etag,
            "last_modified": seen.last_modified,
            "found_by": seen.found_by,
            "version": len(self.versions),
        }
        self.has_new_row |= row != self.row
        self.row = row


def _how(before: Any, now: Any) -> str:
    """Return what happened to a field; 0 is a value."""
    if now in NOTHING:
        return "lost"
    return "found" if before in NOTHING else "changed"


def _with(rows: list[Row], row: Row) -> list[Row]:
    """Return the rows with this one in its place by time, instead of one of the same time."""
    others = [other for other in rows if other["observed_at"] != row["observed_at"]]
    return sorted([*others, row], key=lambda each: each["observed_at"])


def _changes_of(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """Return the rows without those that say the same as the one before them."""
    return [
        row
        for before, row in zip([None, *rows], rows, strict=False)
        if before is None or any(before[name] != row[name] for name in names)
    ]
