"""When to stop asking: a site that answers no more, or refuses again and again."""

from collections.abc import Callable

_MOST_UNANSWERED = 5
_MOST_REFUSED = 20


class Outage:
    """Counts pages in a row that got no answer, or none but refusals, each after all its retries.

    ``on_outage`` is called once, with what happened in words.
    """

    def __init__(self, on_outage: Callable[[str], None]) -> None:
        self._on_outage = on_outage
        self._unanswered = 0
        self._refused = 0
        self._is_over = False

    def good(self) -> None:
        """Take in that a page came, or an answer that is about the page: the site is there."""
        self._unanswered = self._refused = 0

    def bad(self, answered: bool) -> None:
        """Take in that a page failed: with a 5xx, 429 or a challenge where ``answered``, else without any answer."""
        if answered:
            self._refused += 1
            self._unanswered = 0
        else:
            self._unanswered += 1
        if self._unanswered >= _MOST_UNANSWERED:
            self._end(f"{self._unanswered} pages in a row got no answer")
        elif self._refused >= _MOST_REFUSED:
            self._end(f"{self._refused} pages in a row were refused")

    def _end(self, words: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._on_outage(words)
