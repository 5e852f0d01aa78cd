"""The readers of an article's fields, one small function per field and layout; those of dates are ``date_readers.py``.

``article.py`` says in which order they are asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest

from caravan_crawler.normalise.text import clean
from caravan_crawler.pages.body import Text, read_text
from caravan_crawler.pages.bylines import (
    is_person,
    people_in,
    read_byline,
)
from caravan_crawler.pages.credited_source import find_source, is_bare_source_label, labelled_source, source_label
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import (
    ORNAMENT,
    Fact,
    caption_credit,
    fact_in,
    is_counted_behind,
    next_to_labels_of_views,
    signed_credit,
)
from caravan_crawler.pages.headline import printed_headline
from caravan_crawler.pages.images import icons_in
from caravan_crawler.pages.labels import ends_sentence
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import counted
from caravan_crawler.pages.tags import tags_around

#: Most blocks between a picture over the headline and the headline.
_FARTHEST_ABOVE = 2
#: Blocks behind the text that may have a count of views in a title.
_FARTHEST_BEHIND = 8


@dataclass
class ArticlePage:
    """An article's page, taken apart: its ``document``, the ``layout`` of its blocks, its ``text``."""

    document: Document
    layout: Layout

    @cached_property
    def text(self) -> Text:
        """The paragraphs and what stood among them."""
        return read_text(self.document, self.layout)

    @cached_property
    def breadcrumb_date(self) -> tuple[str, str | None] | None:
        """The second generation's date: as printed, and in ISO 8601."""
        if self.layout.headline is None:
            return None
        return self.document.breadcrumb_date

    @cached_property
    def facts(self) -> list[Fact]:
        """The facts around the headline, or where no date is among them, those under the text too."""
        facts = self.layout.facts
        return facts if any(fact.kind == "date" for fact in facts) else facts + self.facts_behind

    @property
    def facts_behind(self) -> list[Fact]:
        """The facts at the end of the text and under it."""
        return self.text.facts + self.layout.facts_after_text


def headline_printed(page: ArticlePage) -> str | None:
    """The block that prints what the page's title says; else its main heading."""
    index = page.layout.headline
    if index is None:
        return None
    return printed_headline(page.document.blocks[index], page.document.structured).replace("\n", " ")


def lede_printed(page: ArticlePage) -> str | None:
    """The block or two between the headline and the lines under it."""
    return "\n".join(page.document.blocks[index].text for index in page.layout.lede) or None


def body_printed(page: ArticlePage) -> str | None:
    """The paragraphs from the lines under the headline to the trending block or the text's end."""
    return "\n\n".join(page.text.paragraphs) or None


def body_metadata(page: ArticlePage) -> str | None:
    """``articleBody`` of JSON-LD, where nothing is printed and it holds no markup."""
    text = page.document.structured.article_text("articleBody")
    return text if text and "<" not in text and len(text) > 100 else None


def views_generation_2(page: ArticlePage) -> str | None:
    """``Опубликовано: 2600`` above the headline, taken to be views."""
    for block in page.document.blocks[: page.layout.headline or 0]:
        label = _GENERATION_2_LABEL.search(block.text)
        if label is None:
            continue
        # The line may be in the breadcrumbs, next to the date.
        texts = (block.text[label.start() :], *(" ".join(text.split()) for text, _, _ in block.pieces))
        facts = (fact_in(text) for text in texts if _GENERATION_2_LABEL.match(text))
        if count := next((fact.value for fact in facts if fact is not None and fact.kind == "views"), None):
            return count
    return None


_GENERATION_2_LABEL = re.compile("[Оо]публиковано|[Жж]арияланды")


def views_printed(page: ArticlePage) -> str | None:
    """The number with a label; else the one whose element is named for views; else the only one at the headline."""
    for facts in (page.layout.facts, page.facts_behind):
        found = [fact for fact in facts if fact.kind == "views"]
        labelled = [fact.value for fact in found if not fact.is_bare]
        labelled += [fact.value for fact in next_to_labels_of_views(facts) if fact in found]
        labelled += [fact.value for fact, label in pairwise(facts) if fact in found and is_counted_behind(label.value)]
        if labelled:
            return labelled[0]
        counts = {fact.value for fact in found}
        if count := _marked_as_views(page, counts):
            return count
        if len(counts) == 1 and facts is page.layout.facts:
            return counts.pop()
    return None


def views_titled(page: ArticlePage) -> str | None:
    """The title of an element under the headline: ``title="Просмотров: 2140"``."""
    if page.layout.headline is None:
        return None
    for block in page.document.blocks[page.layout.headline : page.layout.text.end + _FARTHEST_BEHIND]:
        for _, _, inline in block.pieces:
            fact = fact_in(inline.get("title") or "") if inline is not None else None
            if fact is not None and fact.kind == "views" and not fact.is_bare:
                return fact.value
    return None


def _marked_as_views(page: ArticlePage, counts: set[str]) -> str | None:
    """Return the one of some numbers whose element is named for views; the others may count comments or likes."""
    start, end = page.layout.headline or 0, page.layout.trending.start if page.layout.trending else None
    for block in page.document.blocks[start:end] if counts else ():
        numbers: list[str] = []
        for text, _, inline in block.pieces:
            number = " ".join(text.split()).strip(ORNAMENT)
            if number in counts and counted(block.names_around(inline)) == "views":
                return number
            numbers += [number] if number in counts else []
        icons = icons_in(block, page.document) if numbers else []
        if len(icons) == len(numbers):  # one before each
            for icon, number in zip(icons, numbers, strict=True):
                if counted(icon) == "views":
                    return number
    return None


def credit_printed(page: ArticlePage) -> str | None:
    """``Фото - …`` under the headline."""
    return page.layout.first("credit")


def credit_in_text(page: ArticlePage) -> str | None:
    """``Фото - …`` of a picture in the text."""
    return page.text.credit


def credit_in_caption(page: ArticlePage) -> str | None:
    """The credit behind what the caption of a picture at the headline or between parts of the text says."""
    if page.layout.headline is None:
        return None
    blocks = page.document.blocks[max(0, page.layout.headline - _FARTHEST_ABOVE) : page.layout.text.end]
    captions = (block for block in blocks if block.zone == "figcaption" or block.text[0] == "©")
    return next((credit for block in captions if (credit := caption_credit(block) or signed_credit(block))), None)


def credit_byline(page: ArticlePage) -> str | None:
    """The photographers in a line of authors: ``Имя ФАМИЛИЯ, Имя ФАМИЛИЯ (фото)``."""
    lines = [read_byline(f"Автор: {fact.value}") for fact in page.layout.facts if fact.kind == "author"]
    found = [line.photographers for line in (page.text.byline, *lines) if line is not None]
    return ", ".join(name for names in found for name in names) or None


def credit_behind(page: ArticlePage) -> str | None:
    """``Фото: …`` under the text."""
    credits = [fact.value for fact in page.facts_behind if fact.kind == "credit" and fact.value]
    return ", ".join(dict.fromkeys(credits)) or None


def tags_printed(page: ArticlePage) -> list[str]:
    """Links to topics at the headline, in or under the text."""
    return list(dict.fromkeys([*page.text.tags, *tags_around(page.document, page.layout)]))


def tags_meta(page: ArticlePage) -> list[str]:
    """``article:tag`` of the page's metadata."""
    return list(dict.fromkeys(page.document.structured.article_tags))


def source_in_text(page: ArticlePage) -> str | None:
    """The first outside agency or site that lede and paragraphs credit, in reading order."""
    return find_source("\n\n".join([_whole_lede(page), *page.text.paragraphs]))


def source_labelled(page: ArticlePage) -> str | None:
    """The name in a line around the text: ``Источник: Tengrinews.kz``, or a label and the name in two elements."""
    if page.text.source is not None and (source := labelled_source(page.text.source)):
        return source
    start, end = page.layout.headline or 0, page.layout.text.end
    lines = page.document.blocks[start : page.layout.text.start] + page.document.blocks[end : end + _FARTHEST_BEHIND]
    for line, following in zip_longest(lines, lines[1:]):
        text = " ".join(" ".join(piece for piece, _, _ in line.pieces).split())
        if following is not None and is_bare_source_label(text):
            text = text.rstrip(": ") + ": " + following.text
        if (label := source_label(text)) is not None:
            return labelled_source(text[label:])
    return None


def _whole_lede(page: ArticlePage) -> str:
    """Return the lede without a name that it is cut in."""
    lede = lede_printed(page) or ""
    return lede if ends_sentence(lede) else lede.rpartition(" ")[0]


def authors_byline(page: ArticlePage) -> list[str]:
    """The people of the line at the end of the text."""
    return _as_written(page.text.byline.authors, page) if page.text.byline else []


def authors_labelled(page: ArticlePage) -> list[str]:
    """``Автор: …`` among the facts."""
    for facts in (page.layout.facts, page.facts_behind):
        lines = [read_byline(f"Автор: {fact.value}") for fact in facts if fact.kind == "author" and fact.value]
        names = [name for line in lines if line is not None for name in line.authors]
        if names := [name for name in names if find_source(f"Источник: {name}") is None]:
            return _as_written(names, page)
    return []


def _as_written(names: Iterable[str], page: ArticlePage) -> list[str]:
    """Return each name once; one all in capitals as JSON-LD writes it, if it does."""
    written = {name.upper(): name for name in page.document.structured.author_names}
    return list(dict.fromkeys(written.get(name, name) for name in names))


def authors_json_ld(page: ArticlePage) -> list[str]:
    """Authors of JSON-LD that are people by type and by name."""
    names = page.document.structured.author_names
    return [name for text in names for name in people_in(clean(text)) if is_person(name)]


def authors_meta(page: ArticlePage) -> list[str]:
    """``article:author`` of the page's metadata where it names people; it may be an address."""
    return people_in(clean(page.document.structured.text("article:author") or ""))
