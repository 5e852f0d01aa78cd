"""The readers of the dates that a page prints and that its metadata has.

A date may name no day (``undefined``, a database's zero). Each reader returns a date only if it names a day; the last
one of a field (``..._as_it_is``) returns the text found, even if it names none.
"""

import re
from collections.abc import Iterable
from itertools import islice

from caravan_crawler.normalise.dates import day_named
from caravan_crawler.pages.blocks import Element
from caravan_crawler.pages.fact_forms import Fact, is_clock, is_date, is_dated, takes_clock
from caravan_crawler.pages.fact_lines import names_a_change, without_recordings
from caravan_crawler.pages.readers import ArticlePage
from caravan_crawler.pages.selectors import is_published
from caravan_crawler.pages.text_range import clutter_around

#: Most ``time`` elements that are read.
_MOST_TIMES = 50
_DAY_ALONE = re.compile(r"\d{4}-\d{2}-\d{2}")


def date_breadcrumb(page: ArticlePage) -> str | None:
    """``time.full-breadcrumb__time`` of the second generation."""
    if not page.breadcrumb_date:
        return None
    printed, stamp = page.breadcrumb_date
    return printed if day_named(stamp or printed) else None


def date_printed(page: ArticlePage) -> str | None:
    """The date among the lines under the headline."""
    date = printed_date(page.facts)
    if date and _is_of_a_change(date, page):
        return None
    if date and is_clock(date) and (day := printed_date(page.facts_behind)) and is_dated(day):
        date = f"{day} {date}"
    return date if date and day_named(date) else None


def date_time_element(page: ArticlePage) -> str | None:
    """A date with its year in a ``time`` element next to the headline or between it and the text."""
    # Unlike the header's date of the visit, it has its year in the same element.
    for element in _time_elements(page, above=3):
        text = page.document.text_of(element)
        is_other = names_a_change(element) or _is_of_the_page(element, page) or _is_of_a_change(text, page)
        if is_dated(text) and day_named(text) and not is_other:
            return text
    return None


def _is_of_a_change(printed: str, page: ArticlePage) -> bool:
    """Whether a printed date is that of the last change: the metadata says so, and names an earlier publication.

    The day after is no evidence, as the zones may differ.
    """
    day, structured = day_named(printed), page.document.structured
    if day is None or not any(day_named(stamp) == day for stamp in structured.modified):
        return False
    stamp = stamp_meta(page) or stamp_json_ld(page)
    published = day_named(stamp) if stamp else None
    return published is not None and (day - published).days > 1


def date_as_it_is(page: ArticlePage) -> str | None:
    """What is printed in the place of a date and names no day."""
    printed = page.breadcrumb_date[0] if page.breadcrumb_date else printed_date(page.facts)
    is_certain = printed and ("-000" in printed or _is_of_a_change(printed, page))
    return None if is_certain and (stamp_meta(page) or stamp_json_ld(page)) else printed


def _is_of_the_page(element: Element, page: ArticlePage) -> bool:
    """Whether an element is in a header or menu that the headline is not in."""
    headline = page.document.blocks[page.layout.headline or 0]
    return any(each.tag in ("header", "nav") and not headline.is_within(each) for each in element.around)


def _is_in_card(element: Element, page: ArticlePage) -> bool:
    """Whether an element is in a link to another article."""
    site, own = page.document.site, page.document.site.address(page.document.url)
    links = (each.get("href") or "" for each in element.around if each.tag == "a")
    linked = (site.address(href, page.document.base_url) for href in links)
    return own is not None and any(each is not None and each.key != own.key for each in linked)


def _time_elements(page: ArticlePage, above: int = 0) -> list[Element]:
    """Return the ``time`` elements from ``above`` blocks before the headline to the text; else those under it.

    Those under it are in the same ``article`` as the headline, and not in the card of another one.
    """
    layout = page.layout
    if layout.headline is None:
        return []
    start = layout.headline - above
    end = max(layout.text.start, layout.headline + 2)
    times = page.document.visible.times
    found = [time for time in times if start <= time.first < end and not _is_in_card(time, page)]
    return (found or [time for time in times if time.first >= layout.text.end and _is_in_article(time, page)])[
        :_MOST_TIMES
    ]


def _is_in_article(element: Element, page: ArticlePage) -> bool:
    """Whether the innermost ``article`` around an element holds the headline, and it is in no box there."""
    article = next((each for each in element.around if each.tag == "article"), None)
    if article is None or clutter_around(element, article) is not None:
        return False
    return page.document.blocks[page.layout.headline or 0].is_within(article)


def stamp_confirming_breadcrumb(page: ArticlePage) -> str | None:
    """The metadata's stamp, where it is of the day the second generation prints."""
    printed = stamp_breadcrumb(page)
    stamp = stamp_meta(page) or stamp_json_ld(page) if printed else None
    return stamp if stamp and printed and day_named(stamp) == day_named(printed) else None


def stamp_breadcrumb(page: ArticlePage) -> str | None:
    """Day, month and year the second generation keeps in two places, put together."""
    stamp = page.breadcrumb_date[1] if page.breadcrumb_date else None
    return stamp if stamp and day_named(stamp) else None


def stamp_meta(page: ArticlePage) -> str | None:
    """``article:published_time`` or the ``datePublished`` of microdata; never a time of modification."""
    return _with_clock(_first_named(page.document.structured.published), page)


def stamp_json_ld(page: ArticlePage) -> str | None:
    """``datePublished`` of the JSON-LD article."""
    return _with_clock(_first_named(page.document.structured.article_stamps("datePublished")), page)


def _with_clock(stamp: str | None, page: ArticlePage) -> str | None:
    """Return a stamp of the metadata; the moment of the ``time`` element of that day where the stamp is a day alone."""
    moment = stamp_time_element(page) if stamp and _DAY_ALONE.fullmatch(stamp) else None
    return moment if stamp and moment and moment.startswith(stamp) else stamp


def stamp_time_element(page: ArticlePage) -> str | None:
    """``datetime`` of the ``time`` element that prints the date, or would if a script had filled it in."""
    printed = printed_date(page.facts) or printed_date(page.facts_behind)
    behind = (time for time in page.document.visible.times if time.first >= page.layout.front_start)
    near = [*islice(behind, _MOST_TIMES if printed else 0)]
    for element in sorted(near, key=lambda time: time.get("datetime") is None):
        stamp = element.get("datetime") or element.get("title")
        # The element may hold a label as well.
        is_it = f" {page.document.text_of(element)}".endswith(f" {printed}")
        is_of_its_day = _is_named_published(element) and day_named(stamp or "") == day_named(printed or "")
        if stamp and is_dated(stamp) and day_named(stamp) and (is_it or is_of_its_day):
            return stamp
    for element in _time_elements(page):
        stamp = element.get("datetime")
        is_unfilled = not is_date(page.document.text_of(element))
        is_its = printed or is_unfilled or _is_named_published(element)
        if stamp and is_dated(stamp) and day_named(stamp) and is_its and not names_a_change(element):
            return stamp
    return None


def _is_named_published(element: Element) -> bool:
    is_marked = element.get("itemprop") == "datePublished" or element.get("pubdate") is not None
    return is_marked or is_published(element.names)


def stamp_page(page: ArticlePage) -> str | None:
    """The date that JSON-LD or other metadata gives the page, where nothing gives one to its article."""
    return _first_named(page.document.structured.page_stamps)


def stamp_as_it_is(page: ArticlePage) -> str | None:
    """Return the first timestamp of the metadata, even if it names no day."""
    structured = page.document.structured
    times = (element.get("datetime") for element in _time_elements(page) if not page.document.text_of(element))
    return next(filter(None, [*structured.published, *structured.article_stamps("datePublished"), *times]), None)


def _first_named(stamps: Iterable[str]) -> str | None:
    # Not "18 hours ago": nobody knows when that was written.
    return next((stamp for stamp in stamps if is_dated(stamp) and day_named(stamp)), None)


def printed_date(facts: list[Fact]) -> str | None:
    """Return the date of publication among the lines, as printed: a real one first, one so labelled, one with its year.

    The time of day and the zone after it are included. A date after ``Обновлено`` does not count.
    """
    facts = without_recordings(facts)
    dates = [place for place, fact in enumerate(facts) if fact.kind == "date" and fact.value]
    dates = [place for place in dates if not (place and facts[place - 1].kind == "updated")]
    if not dates:
        return None
    if len(dates) > 1:
        dates = [index for index in dates if day_named(facts[index].value)] or dates
        # Joomla prints when an article was created, too.
        published = {place + (fact.kind == "other") for place, fact in enumerate(facts) if fact.is_published}
        dates = [place for place in dates if place in published and is_dated(facts[place].value)] or dates
    best = min(dates, key=lambda index: (not is_dated(facts[index].value), is_clock(facts[index].value)))
    date = facts[best].value
    if not takes_clock(date):
        return _with_zone(date, facts, best)
    if best + 1 in dates and is_clock(facts[best + 1].value):
        return _with_zone(f"{date} {facts[best + 1].value}", facts, best + 1)
    if best - 1 in dates and is_clock(facts[best - 1].value):
        return f"{facts[best - 1].value} {date}"
    return date


def _with_zone(date: str, facts: list[Fact], index: int) -> str:
    """Return ``date`` with the zone printed behind the line at ``index``."""
    following = facts[index + 1] if index + 1 < len(facts) else None
    return f"{date} {following.value}" if following and following.kind == "zone" and ":" in date else date
