"""What is known of the markup of the site's earlier generations; of the present one nothing is.

- first (about 2016 to 2018): the text in ``div.article_text``;
- second (2021 to 2023): the text in ``div.full-article__text.clear``, the date in
  ``time.full-breadcrumb__time``, which begins with the day, month and year in the first inline script as
  ``'MM-YYYY'`` after a word with ``Date``; else the ``time`` holds ``DD.MM.YYYY``.
"""

import re
from collections.abc import Sequence

from lxml import etree

_TEXT_CLASSES = frozenset(["article_text", "full-article__text"])
_TIME_CLASS = "full-breadcrumb__time"
_MONTH_AND_YEAR = re.compile(r"\S*Date\S*?[\s=:,('\"]+(?P<month>\d{1,2})-(?P<year>\d{4})\b")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


def holds_text(classes: str) -> bool:
    """Whether an element of these classes is the one that holds the text in the first or second generation."""
    return "article_" in classes and not _TEXT_CLASSES.isdisjoint(classes.split())


def breadcrumb_date(times: Sequence[etree._Element], root: etree._Element) -> tuple[str, str | None] | None:
    """Return the second generation's date, of a page's ``times``, as printed and in ISO 8601; None on other pages.

    The ISO form is put together from the day printed and the month and year of the script; it is None
    where the printed text is a whole date by itself or the script has none.
    """
    found = next((time for time in times if _TIME_CLASS in (time.get("class") or "").split()), None)
    if found is None:
        return None
    printed = " ".join("".join(found.itertext()).split())
    day = re.match(r"\d{1,2}(?![\d.])", printed)
    scripts = (each for each in root.iter("script") if each.get("type") == "text/javascript")
    first = next(scripts, None) if day else None
    script = _MONTH_AND_YEAR.search(first.text or "") if first is not None else None
    if not day or not script:
        return (printed, None) if printed else None
    clock = _CLOCK.search(printed)
    time = f"T{clock[0]:0>5}:00" if clock else ""
    return printed, f"{script['year']}-{int(script['month']):02}-{int(day[0]):02}{time}"
