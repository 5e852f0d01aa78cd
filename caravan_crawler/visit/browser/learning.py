"""What a run learns of where the browser helps: by kind of page, and by what was missing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from caravan_crawler.pages.shown import EVERYWHERE, Asked

#: So many pages in a row may be shown in vain before it is left, and so many more as it has helped before …
_TRIES = 3
#: … up to this: a site may stop to need it in the middle of a run.
_MOST_TRIES = 20
#: What stands on every page alike is looked for again after so many seconds.
_EVERYWHERE_AGAIN = 3600.0


@dataclass
class _Tally:
    helped: int = 0
    in_vain: int = 0
    in_a_row: int = 0

    @property
    def is_given_up(self) -> bool:
        return self.in_a_row >= min(_TRIES + self.helped, _MOST_TRIES)


class Learning:
    """Tells what to show a page in the browser for, by how that went before."""

    def __init__(self) -> None:
        self._tallies: defaultdict[tuple[Asked, str], _Tally] = defaultdict(_Tally)
        self._seen_at: dict[str, float] = {}

    def wanted(self, asked: Asked, lacks: frozenset[str]) -> frozenset[str]:
        """Return what of that which a page lacks the browser may bring."""
        return frozenset(
            name for name in lacks if not self._tallies[asked, name].is_given_up and not self._is_fresh(name)
        )

    def tell(self, asked: Asked, wanted: frozenset[str], gained: frozenset[str]) -> None:
        """Take in what a page has gained of what was wanted."""
        for name in wanted:
            tally = self._tallies[asked, name]
            if name in gained:
                tally.helped += 1
                tally.in_a_row = 0
            else:
                tally.in_vain += 1
                tally.in_a_row += 1
        for name in gained & EVERYWHERE:
            self._seen_at[name] = monotonic()

    def counts(self) -> Iterator[tuple[str, int]]:
        """Yield what was learnt as counters: ``helped/article/views`` …"""
        for (asked, name), tally in sorted(self._tallies.items()):
            for what, number in (
                ("helped", tally.helped),
                ("in_vain", tally.in_vain),
                ("given_up", int(tally.is_given_up)),
            ):
                if number:
                    yield f"{what}/{asked}/{name}", number

    def words(self) -> str:
        """Return what was learnt, in one line."""
        parts = [
            f"{name} on {asked} pages: {tally.helped} of {tally.helped + tally.in_vain}"
            + (", given up" if tally.is_given_up else "")
            for (asked, name), tally in sorted(self._tallies.items())
            if tally.helped or tally.in_vain
        ]
        return "; ".join(parts) or "it was not needed"

    def _is_fresh(self, name: str) -> bool:
        seen_at = self._seen_at.get(name)
        return seen_at is not None and monotonic() - seen_at < _EVERYWHERE_AGAIN
