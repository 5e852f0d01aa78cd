"""Readers of headline, lede and body."""

from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.title import title_candidates


def headline_printed(page: ArticlePage) -> str | None:
    """The block that prints what the page's title says; else its main heading or its twice-printed line."""
    index = page.layout.headline
    return None if index is None else page.document.blocks[index].text.replace("\n", " ")


def headline_metadata(page: ArticlePage) -> str | None:
    """The title of the page's metadata, if it is not cut."""
    return next(
        (title for title in title_candidates(page.document.structured) if not title.endswith(("…", "..."))), None
    )


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
