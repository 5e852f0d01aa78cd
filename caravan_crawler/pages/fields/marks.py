"""Readers of the small print around an article: views, photo credit, tags."""

import re

from lxml import etree

from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.frontmatter import views_before_headline
from caravan_crawler.pages.tags import may_hold_tags, tag_texts

_VIEWS_MARK = re.compile(r"view|eye|просмотр|қарал|prosmotr", re.IGNORECASE)


def views_generation_2(page: ArticlePage) -> str | None:
    """``Опубликовано: 2600`` above the headline, taken to be views."""
    for block in page.document.blocks[: page.layout.headline or 0]:
        if "публиковано" not in block.text and "арияланды" not in block.text:
            continue
        # The line may stand in the breadcrumbs, beside the date.
        label_on = block.text[re.search("[Оо]публиковано|[Жж]арияланды", block.text).start() :]  # type: ignore[union-attr]
        if count := views_before_headline(label_on):
            return count
        for text, _ in block.pieces:
            if count := views_before_headline(" ".join(text.split())):
                return count
    return None


def views_printed(page: ArticlePage) -> str | None:
    """The number among the lines under the headline; of several without a label, the one its element names."""
    found = [line for line in page.layout.front if line.kind == "views"]
    labelled = next((line.value for line in found if not line.is_bare), None)
    counts = {line.value for line in found}
    return labelled or (counts.pop() if len(counts) == 1 else _marked_as_views(page, counts))


def _marked_as_views(page: ArticlePage, counts: set[str]) -> str | None:
    """Return the one of some numbers whose element is named for views; the others may count comments or likes."""
    for block in page.document.blocks[page.layout.headline : page.layout.text.start] if counts else ():
        for element in block.element.iter():
            text = " ".join("".join(element.itertext()).split())
            if text in counts and _is_marked_as_views(element):
                return text
    return None


def _is_marked_as_views(element: etree._Element) -> bool:
    around = (element, *element.iterancestors("span", "li", "p"), *element)
    names = ("class", "title", "aria-label", "id")
    return any(_VIEWS_MARK.search(each.get(name) or "") for each in around for name in names)


def credit_printed(page: ArticlePage) -> str | None:
    """``Фото - …`` under the headline."""
    return page.layout.first("credit")


def credit_in_text(page: ArticlePage) -> str | None:
    """``Фото - …`` of a picture in the text."""
    return page.text.credit


def tags_printed(page: ArticlePage) -> list[str]:
    """Links to topics in or under the text, up to the trending block."""
    document, layout = page.document, page.layout
    end = layout.trending.start if layout.trending else len(document.blocks)
    below = [block for block in document.blocks[layout.text.end : end] if may_hold_tags(block)]
    tags = [tag for block in below for tag in tag_texts(block, document.site, document.base_url)]
    return list(dict.fromkeys(page.text.tags + tags))


def tags_meta(page: ArticlePage) -> list[str]:
    """``article:tag`` of the page's metadata."""
    return list(dict.fromkeys(page.document.structured.article_tags))
