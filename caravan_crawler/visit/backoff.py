"""How long a site in trouble is left alone: twice as long after each bad answer."""

import random

#: The longest pause, as a multiple of the first.
_MOST = 30


class Backoff:
    """Counts bad answers in a row; ``start`` is the longest first pause in seconds.

    The jitter keeps several crawlers that met the same trouble from coming back together.
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._bad = 0

    def bad(self) -> float:
        """Take in a bad answer; return the seconds to wait: start * 2^(n-1) * (0.5 to 1), at most 30 * start."""
        self._bad += 1
        # The exponent is capped, too: 2.0 ** 1024 is an error.
        longest = self._start * 2.0 ** min(self._bad - 1, _MOST)
        return min(longest * random.uniform(0.5, 1), _MOST * self._start)  # noqa: S311 (no secret)

    def good(self) -> None:
        """Take in a good answer."""
        self._bad = 0
