"""The rules for what a reading of an article changes, and for whether two records are of one article.

The rule of changes is the same for a crawl and for a page of an archive read again. A crawl's reading is newer than
all that is stored. Pages of an archive come in any order and any number of times: a better reading replaces what the
same page gave before; an observation older than the latest state adds to versions and view counts only. After a reader
is fixed, reparsing gives the same store as if the reader had been right from the start.

The site has moved from URLs with a number to URLs without. The same article is recognised by a redirect from its old
URL, or else by the same headline, day and text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum, StrEnum, auto
from typing import Any
from urllib.parse import urljoin, urlsplit

from caravan_crawler import urls
from caravan_crawler.items import LINK_FIELDS, NOTHING, RECOVERABLE, REQUIRED, TEXT, VOLATILE, Article

Row = dict[str, Any]


class ChangeType(StrEnum):
    """How an article differs from the stored one."""

    NEW = "new"
    CHANGED = "changed"
    RECOUNTED = "recounted"
    """Only its views have changed."""
    UNCHANGED = "unchanged"
    LOST_FIELDS = "lost_fields"
    """A required field is missing that the store has; the stored article stays."""
    CARRIED = "carried"
    """Stored by an earlier run that could not publish it; published by this run."""


@dataclass(frozen=True)
class Observation:
    """An article as its page was at ``article.observed_at``, read in the run ``run_id``."""

    key: str
    article: Article
    run_id: str
    found_by: dict[str, str]
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class MergeResult:
    """The change by an observation; ``effects`` on fields that an earlier reading of the same page had differently.

    An effect is ``found``, ``changed`` or ``lost``. A newer page is no different reading: the site has changed.
    ``had`` are the fields in which the earlier reading had a value.
    """

    change_type: ChangeType
    effects: dict[str, str] = field(default_factory=dict)
    had: tuple[str, ...] = ()


class Losses(Enum):
    """What is done with values that an earlier reading of the same page had and this one has not."""

    KEEP_REQUIRED = auto()
    """They are removed, but for headline, body and date."""
    PUT_OFF = auto()
    """They stay for now."""
    ACCEPT = auto()
    """They are removed."""


class ArticleHistory:
    """The stored state of one article: its ``row`` or None, its ``versions`` and ``views``, oldest first."""

    def __init__(
        self, row: Row | None, versions: list[Row], views: list[Row], losses: Losses = Losses.KEEP_REQUIRED
    ) -> None:
        self._losses = losses
        self.row = row
        self.versions = versions
        self.views = views
        self.has_new_row = self.has_new_versions = self.has_new_views = False

    @classmethod
    def of_latest(cls, row: Mapping[str, Any] | None, last_count: int | None) -> "ArticleHistory":
        """Return the history as a crawl needs it: the latest version and view count only.

        They have no time, so any observation is newer, even if the clock of an earlier run was ahead.
        """
        if row is None:
            return cls(None, [], [])
        version = {"article_key": row["key"], "version": row["version"], **{name: row[name] for name in TEXT}}
        count = {"article_key": row["key"], "views": last_count}
        return cls(
            {**row, "observed_at": "", "checked_at": ""},
            [version | {"observed_at": "", "run_id": row["run_id"]}],
            [] if last_count is None else [count | {"observed_at": "", "run_id": row["run_id"]}],
        )

    @property
    def latest_version(self) -> int:
        """Number of the latest version."""
        return int(self.versions[-1]["version"])

    def merge(self, seen: Observation) -> MergeResult:
        """Merge an observation into the article's state."""
        record = asdict(seen.article)
        if self.row is not None and self.row["body"] and not record["lede"] and record["body"] == self.row["lede"]:
            record["body"] = None  # a new template has lost the text but for the lede
        time = seen.article.observed_at
        earlier = self._earlier_reading(time)
        effects = {name: _effect(earlier[name], record[name]) for name in earlier if record[name] != earlier[name]}
        if self._losses is not Losses.ACCEPT:
            seen = self._put_back(seen, record, earlier, effects)
        change_type = change_type_of(record, self.row)
        if change_type is ChangeType.LOST_FIELDS:
            if not (earlier and self._losses is Losses.ACCEPT):
                return MergeResult(change_type)
            change_type = ChangeType.CHANGED
        latest = self.row["observed_at"] if self.row else ""
        self._take_text(seen, record)
        self._take_views(seen, record["views"])
        if time >= latest:
            self._replace(seen, record, change_type, is_reread=time == latest)
        elif self.row is not None:
            first_seen_at = min(time, self.row["first_seen_at"])
            self._set_row({**self.row, "first_seen_at": first_seen_at, "version": self.latest_version})
        if earlier:
            change_type = ChangeType.CHANGED if effects else ChangeType.UNCHANGED
        return MergeResult(change_type, effects, tuple(name for name, value in earlier.items() if value not in NOTHING))

    def _put_back(self, seen: Observation, record: Row, earlier: Row, effects: dict[str, str]) -> Observation:
        """Put lost values that are kept back into ``record``; return the observation with their readers."""
        if not earlier:
            record |= self._texts_lost_by_reader(seen.article.observed_at, record)
            return seen
        kept = {name for name, effect in effects.items() if effect == "lost" and self._is_kept(name, effects)}
        record |= {name: earlier[name] for name in kept}
        found_by = self.row["found_by"] if self.row is not None else {}
        return replace(seen, found_by=seen.found_by | {name: found_by[name] for name in kept & found_by.keys()})

    def _is_kept(self, name: str, effects: dict[str, str]) -> bool:
        """Whether a lost value is kept, at least for now; a time of day is kept only with its day."""
        if name == "published_at" and "date_published" in effects:
            return effects["date_published"] == "lost"
        return name.removesuffix("_raw") in REQUIRED or self._losses is Losses.PUT_OFF

    def _earlier_reading(self, time: str) -> Row:
        """Return the fields of an earlier reading of the page of this time; empty for a new page."""
        if self.row is not None and self.row["observed_at"] == time:
            return {name: self.row[name] for name in Article.__dataclass_fields__ if name != "fetched_url"}
        texts = next((row for row in self.versions if row["observed_at"] == time), None)
        return {name: texts[name] for name in TEXT} if texts else {}

    def _texts_lost_by_reader(self, time: str, record: Row) -> Row:
        """Return the texts that are equal on the page before and the page after: no edit has removed them between."""
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

    def _set_row(self, row: Row) -> None:
        self.has_new_row |= row != self.row
        self.row = row

    def aliases(self, seen: Observation) -> Iterator[Row]:
        """Yield the URL of an observation if it is not the canonical one."""
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
        first = self.versions[0]["version"] if self.versions else 1
        kept = [{**row, "version": number} for number, row in enumerate(kept, first)]
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
        """Return the rows, with one for the latest state if it has none yet.

        A state that equals the one before it has no row. It may differ from a ``new`` row inserted between the two.
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
        is_new_or_changed = change_type in (ChangeType.NEW, ChangeType.CHANGED)
        keeps_run = is_reread or change_type is ChangeType.UNCHANGED
        its_own = {
            "key": seen.key,
            "run_id": before["run_id"] if keeps_run else seen.run_id,
            "changed_at": time if is_new_or_changed else before["changed_at"],
            "checked_at": max(time, before["checked_at"]),
            "first_seen_at": min(time, before["first_seen_at"]),
            "etag": seen.etag,
            "last_modified": seen.last_modified,
            "found_by": seen.found_by,
            "version": self.latest_version,
        }
        self._set_row({**before, **record, **its_own})


def _effect(before: Any, now: Any) -> str:
    """Return the effect on a field that has changed; 0 is a value."""
    if now in NOTHING:
        return "lost"
    return "found" if before in NOTHING else "changed"


def _with(rows: list[Row], row: Row) -> list[Row]:
    """Return the rows with this one inserted by time, in place of one of the same time."""
    others = [other for other in rows if other["observed_at"] != row["observed_at"]]
    return sorted([*others, row], key=lambda each: each["observed_at"])


def _changes_of(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """Return the rows that differ from the one before them."""
    return [
        row
        for before, row in zip([None, *rows], rows, strict=False)
        if before is None or any(before[name] != row[name] for name in names)
    ]


def change_type_of(row: dict[str, Any], before: Any) -> ChangeType:
    """Return how an article differs from its stored row ``before`` (None if it is not stored)."""
    if before is None:
        return ChangeType.NEW
    if lost_fields(row, before):
        return ChangeType.LOST_FIELDS
    if any(row[name] != before[name] for name in row if name not in (*VOLATILE, *LINK_FIELDS)):
        return ChangeType.CHANGED
    bases = urljoin(row["url"], "/"), urljoin(before["url"], "/")
    if any(json.dumps(row[name]) != json.dumps(before[name]).replace(bases[1], bases[0]) for name in LINK_FIELDS):
        return ChangeType.CHANGED
    return ChangeType.RECOUNTED if row["views"] != before["views"] else ChangeType.UNCHANGED


def lost_fields(row: Row, before: Any) -> list[str]:
    """Return the required fields that the stored row has and ``row`` has not."""
    return [name for name in REQUIRED if not row[name] and before[name]]


_NOT_LETTERS = re.compile(r"[\W_]+")
#: Characters of a paragraph that is compared; shorter ones occur in many articles.
_SHORTEST_PARAGRAPH = 30
#: Share of equal paragraphs in the same text: two markups may separate its paragraphs differently.
_SAME_TEXT = 0.5
#: Characters of a timestamp without its seconds, which not every page has.
_TO_THE_MINUTE = len("2026-11-20T09:00")


def fold(text: str | None) -> str:
    """Return the letters and digits of a text, which do not depend on markup, typography and encoding."""
    return _NOT_LETTERS.sub("", (text or "").casefold().replace("ё", "е"))


def is_same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records, of which one's URL leads to the other, have the same headline or text.

    The same day is enough only if one of them has no text: a removed article may lead to another one of its day.
    """
    is_same_day = bool(one["date_published"]) and one["date_published"] == other["date_published"]
    is_same_headline = bool(one["headline"]) and fold(one["headline"]) == fold(other["headline"])
    has_texts = bool(_whole(one) and _whole(other))
    return is_same_headline or is_same_text(one, other) or (is_same_day and not has_texts)


def is_same_text(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether most paragraphs of two records are the same; False if one has no text."""
    first, second = _whole(one), _whole(other)
    if not first or not second:
        return False
    if first in second or second in first:
        return True
    paragraphs, others = _paragraphs(one), _paragraphs(other)
    smaller = min(len(paragraphs), len(others))
    return smaller > 0 and len(paragraphs & others) > _SAME_TEXT * smaller


def is_same_publication(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records of one headline and day, each with a URL of its own, are one article.

    If they were published at different times, most of their paragraphs may be the same in two articles: only an equal
    text makes them one. A move of the site may have shifted all times.
    """
    moments = {row["published_at"][:_TO_THE_MINUTE] for row in (one, other) if row["published_at"]}
    return is_same_text(one, other) if len(moments) < 2 else _whole(one) == _whole(other) != ""


def _whole(row: Mapping[str, Any]) -> str:
    lede, body = fold(row["lede"]), fold(row["body"])
    return body if body.startswith(lede) else lede + body


def _paragraphs(row: Mapping[str, Any]) -> set[str]:
    texts = [row["lede"], *(row["body"] or "").split("\n\n")]
    return {folded for text in texts if len(folded := fold(text)) >= _SHORTEST_PARAGRAPH}


def has_number(url: str, article: Article | Mapping[str, Any]) -> bool:
    """Whether an article's URL ends in its number, as all did before the move."""
    number = article.article_id if isinstance(article, Article) else article["article_id"]
    return number is not None and url.rstrip("/").endswith((f"-{number}", f"={number}"))


def is_of_another(article: Article, stored: Any, asked_url: str) -> bool:
    """Whether the row ``stored`` under an article's number is another article's.

    Two slugs may contain one number, and a broken template may put one number into all short links. The number of a
    requested short link is trusted.
    """
    own, other = urlsplit(article.url).path, urlsplit(stored["url"]).path
    if article.article_id is None or "/" in (own, other) or other in (own, urlsplit(asked_url).path):
        return False
    has_numbers = has_number(article.url, article) or has_number(stored["url"], stored)
    if has_numbers and urls.is_same_article(article.article_id, other, own):
        return False
    return not is_same_content(asdict(article), stored)


def may_lead_to(asked_url: str, stored: Any, article: Article) -> bool:
    """Whether the URL requested is one of the ``stored`` article, rather than the article's own with its number."""
    asked = urlsplit(asked_url).path
    return asked == urlsplit(stored["url"]).path or asked != urlsplit(article.url).path


def losses(row: dict[str, Any], before: Any) -> dict[str, Any]:
    """Return the values of a stored row that the new one lacks."""
    lost = {name: before[name] for name in RECOVERABLE if before[name] not in NOTHING and row[name] in NOTHING}
    if row["date_published"] != before["date_published"]:
        lost.pop("published_at", None)  # it is of the earlier day
    return lost
