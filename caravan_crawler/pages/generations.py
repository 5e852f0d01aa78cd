"""What is known of the markup of the site's earlier generations; of the present one nothing is.

- first (about 2016 to 2018): the text in ``div.article_text``;
- second (2021 to 2023): the text in ``div.full-article__text.clear``, the date in
  ``time.full-breadcrumb__time``, which begins with the day, month and year in the first inline script as
  ``'MM-YYYY'`` after a word with ``Date``; else the ``time`` holds ``DD.MM.YYYY``.
"""

import re

from lxml import etree


def _class(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


_TEXT_CONTAINERS = etree.XPath(f"//div[{_class('article_text')} or {_class('full-article__text')}]")
_BREADCRUMB_TIME = etree.XPath(f"//time[{_class('full-breadcrumb__time')}]")
_FIRST_SCRIPT = etree.XPath("string((//script[@type='text/javascript'])[1])")
_MONTH_AND_YEAR = re.compile(r"\S*Date\S*?[\s=:,('\"]+(?P<month>\d{1,2})-(?P<year>\d{4})\b")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


def text_container(source: bytes, root: etree._Element) -> etree._Element | None:
    """Return the element known to hold the text in the first and second generation, or None."""
    if b"article_" not in source:
        return None  # the two names share it, and this is much cheaper than to look at every element
    found = _TEXT_CONTAINERS(root)
    return found[0] if found else None


def breadcrumb_date(source: bytes, root: etree._Element) -> tuple[str, str | None] | None:
    """Return the second generation's date as printed and in ISO 8601, or None on other pages.

    The ISO form is put together from the day printed and the month and year of the script; it is None
    where the printed text is a whole date by itself or the script has none.
    """
    found = _BREADCRUMB_TIME(root) if b"full-breadcrumb__time" in source else []
    if not found:
        return None
    printed = " ".join("".join(found[0].itertext()).split())
    day = re.match(r"\d{1,2}(?![\d.])", printed)
    script = _MONTH_AND_YEAR.search(str(_FIRST_SCRIPT(root))) if day else None
    if not day or not script:
        return (printed, None) if printed else None
    clock = _CLOCK.search(printed)
    time = f"T{clock[0]:0>5}:00" if clock else ""
    return printed, f"{script['year']}-{int(script['month']):02}-{int(day[0]):02}{time}"
