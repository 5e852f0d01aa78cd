"""Text for a terminal or a log: what a site sends must not move the cursor, change colours or hide a line."""

import re

# Control characters but tab and line feed, line separators, and marks that turn the direction of what follows.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return ``text`` with escapes, as JSON has them, for what a terminal would act on; other text is as it was."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
