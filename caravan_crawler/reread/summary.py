"""What a reading of an archive has changed, field by field."""

from collections import Counter
from collections.abc import Iterator

from caravan_crawler.keep.history import Taken

_HOW = ("found", "changed", "lost")
_KINDS_WITH_RECORDS = ("article",)


class Summary:
    """Counts pages by what they were, articles by what became of them, and fields by how they differ."""

    def __init__(self) -> None:
        self.pages: Counter[str] = Counter()
        self.fates: Counter[str] = Counter()
        self.fields: dict[str, Counter[str]] = {}
        self._examples: dict[str, str] = {}

    def page(self, what: str) -> None:
        """Count a page by its kind, or why it was none."""
        self.pages[what] += 1

    def article(self, url: str, taken: Taken) -> None:
        """Count an article's observation."""
        name = "read_differently" if taken.fields else str(taken.fate)
        self.fates[name] += 1
        for field, how in taken.fields.items():
            self.fields.setdefault(field, Counter())[how] += 1
            self._examples.setdefault(field, url)

    def lines(self) -> Iterator[str]:
        """Yield the lines of a table: a field each."""
        if not self.fields:
            return
        width = max(map(len, self.fields))
        yield "  ".join(["field".ljust(width), *(how.rjust(7) for how in _HOW), "for example"])
        for field, counts in sorted(self.fields.items()):
            cells = [f"{counts[how]:7,}" for how in _HOW]
            yield "  ".join([field.ljust(width), *cells, self._examples[field]])

    def words(self) -> str:
        """Return the whole in one line."""
        fates = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(self.fates.items()))
        passed = ", ".join(
            f"{number:,} {what.replace('_', ' ')}"
            for what, number in sorted(self.pages.items())
            if what not in _KINDS_WITH_RECORDS
        )
        total = sum(number for what, number in self.pages.items() if what != "known_under_another_address")
        return f"{total:,} pages; articles: {fates or 'none'}" + (f"; others: {passed}" if passed else "")
