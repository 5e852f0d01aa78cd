"""Which addresses without a number the site's feed, sitemaps and listings name as articles.

Such an address looks like that of any page of the site, and only its page shows what it is. Where a source names it as
an article, a page that is none is a failure, and is tried again; where only a menu or a text links to it, it is not.
"""

from collections.abc import Iterable

from caravan_crawler.frontier.articles import Target
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.page import PageKind


class NamedArticles:
    """The addresses of this run to which links of pages have led before a source named them.

    A request that a source has led to has :data:`~caravan_crawler.page_writes.NAMED` in its ``meta`` instead.
    """

    def __init__(self) -> None:
        self._linked: dict[str, tuple[PageWrites, PageKind] | None] = {}
        self._named: set[str] = set()

    def add_linked(self, targets: Iterable[Target]) -> None:
        """Register articles that are requested because a page links to them."""
        for target in targets:
            if not target.key.isdecimal():
                self._linked.setdefault(target.key, None)

    def is_named(self, key: str | None) -> bool:
        """Whether a source has named the article since a page linked to it."""
        return key in self._named

    def add_other(self, page_writes: PageWrites, kind: PageKind) -> None:
        """Register a page that was no article, in case a source names it as one later."""
        if page_writes.asked_key in self._linked:
            found = PageWrites(page_writes.asked_url, page_writes.asked_key)
            self._linked[page_writes.asked_key] = found, kind

    def name(self, keys: Iterable[str]) -> list[tuple[PageWrites, PageKind]]:
        """Register what a source names as articles; return those whose pages were read before and were none."""
        if not self._linked:
            return []
        named = [key for key in keys if key in self._linked]
        self._named.update(named)
        return [found for key in named if (found := self._linked.pop(key, None)) is not None]
