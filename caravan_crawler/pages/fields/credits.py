"""Readers of who wrote an article and whom it credits."""

from caravan_crawler.pages.article_page import ArticlePage
from caravan_crawler.pages.attribution import find_source
from caravan_crawler.pages.bylines import is_person, read_byline
from caravan_crawler.pages.fields.texts import lede_printed


def source_in_text(page: ArticlePage) -> str | None:
    """The first outside agency or site that lede and paragraphs credit, in reading order."""
    return find_source("\n\n".join([lede_printed(page) or "", *page.text.paragraphs]))


def authors_byline(page: ArticlePage) -> list[str]:
    """The people of the line at the end of the text."""
    return list(page.text.byline.authors) if page.text.byline else []


def authors_labelled(page: ArticlePage) -> list[str]:
    """``Автор: …`` among the lines under the headline."""
    byline = read_byline(f"Автор: {page.layout.first('author')}") if page.layout.first("author") else None
    return list(byline.authors) if byline else []


def authors_json_ld(page: ArticlePage) -> list[str]:
    """Authors of JSON-LD that are people by type and by name."""
    authors = page.document.structured.article.get("author")
    people = authors if isinstance(authors, list) else [authors]
    people = [{"@type": "Person", "name": person} if isinstance(person, str) else person for person in people]
    known = [person for person in people if isinstance(person, dict)]
    # Plugins for search engines give name and "@id" alone.
    names = [person.get("name") for person in known if person.get("@type", "Person") == "Person"]
    return [name.strip() for name in names if isinstance(name, str) and is_person(name.strip())]
