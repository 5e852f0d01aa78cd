"""What a dataset holds, counted while it is written."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from caravan_crawler.publish.dataset.rows import Batch
from caravan_crawler.publish.dataset.tables import Table

_EXAMPLES = 3


class TableCounts:
    """The counts of one table: ``rows``, and ``found``, in how many of them each column has a value.

    A list without entries, and a text without letters, is no value.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = 0
        self.found: Counter[str] = Counter()
        self.latest = ""
        """The latest ``observed_at``."""
        self._observed_at = [column.name for column in table.columns].index("observed_at")

    def take(self, batch: Batch) -> None:
        """Count the rows of a batch."""
        self.rows += len(batch[0])
        for column, values in zip(self.table.columns, batch, strict=True):
            empty = values.count("[]") if column.is_list else values.count(None) + values.count("")
            self.found[column.name] += len(values) - empty
        self.latest = max(self.latest, max(batch[self._observed_at]))

    def share(self, column: str) -> float:
        """Return the share of rows in which a column has a value; 0 where there are no rows."""
        return self.found[column] / self.rows if self.rows else 0.0


class ArticleCounts(TableCounts):
    """The counts of the articles: sections, languages, years, and for each of ``fields`` examples without it."""

    def __init__(self, table: Table, fields: Iterable[str] = ()) -> None:
        super().__init__(table)
        self.sections: Counter[str | None] = Counter()
        self.languages: Counter[str] = Counter()
        self.years: Counter[str] = Counter()
        self.first_day: str | None = None
        self.last_day: str | None = None
        self.without: dict[str, list[str]] = {name: [] for name in fields}
        self._index = {column.name: index for index, column in enumerate(table.columns)}

    def take(self, batch: Batch) -> None:
        """Count the articles of a batch."""
        super().take(batch)
        self.sections.update(batch[self._index["section"]])
        self.languages.update(batch[self._index["language"]])
        days = [value[:10] for value in batch[self._index["date_published"]] if value]
        if days:
            self.years.update([day[:4] for day in days])
            self.first_day = min(days if self.first_day is None else [self.first_day, *days])
            self.last_day = max(days if self.last_day is None else [self.last_day, *days])
        for name, examples in self.without.items():
            if len(examples) < _EXAMPLES and self.found[name] < self.rows:
                self._note_examples(examples, batch[self._index[name]], batch[self._index["url"]])

    def _note_examples(self, examples: list[str], values: Sequence[Any], urls: Sequence[str]) -> None:
        lacking = [url for value, url in zip(values, urls, strict=True) if value in (None, "", "[]")]
        examples += lacking[: _EXAMPLES - len(examples)]


def statistics(counts: dict[str, TableCounts]) -> dict[str, Any]:
    """Return what was counted as JSON values, by table; shares have four digits."""
    return {name: _of_table(one) for name, one in counts.items()}


def _of_table(one: TableCounts) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": one.rows}
    if isinstance(one, ArticleCounts):
        found |= {
            "first_day": one.first_day,
            "last_day": one.last_day,
            "sections": {section or "": number for section, number in one.sections.most_common()},
            "languages": dict(one.languages.most_common()),
            "years": dict(sorted(one.years.items())),
        }
    rates = {column.name: round(one.share(column.name), 4) for column in one.table.columns}
    return found | {"latest": one.latest or None, "fill_rates": rates}
