"""What every page repeats is recorded when first seen and when it changes."""

from collections.abc import Hashable


class Changes:
    """Remembers the last value of each key."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Hashable] = {}

    def is_new(self, key: Hashable, value: Hashable) -> bool:
        """Note ``value``; return whether it differs from the last one of ``key``."""
        if self._last.get(key) == value:
            return False
        self._last[key] = value
        return True
