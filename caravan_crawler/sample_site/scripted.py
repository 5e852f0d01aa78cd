"""Parts of pages that a script loads: header, view counts, and the cards of lists.

All of it is invented. Placeholders in a page have an attribute, ``/parts/fill.js`` requests their content, and the
button of a listing loads its next cards: no link leads to the second page of a listing.
"""

import json
from collections.abc import Callable

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.markup import Markup
from caravan_crawler.sample_site.response import JSON, SCRIPT, SampleResponse, ok
from caravan_crawler.sample_site.texts import FILL_SCRIPT

CARDS_BY_SCRIPT = 8
"""Cards in one response."""

_PLACEHOLDER = 987_654_321
"""View count that is replaced by a placeholder; no text contains this number."""
_PRINTED = {"plain": f"{_PLACEHOLDER}".encode(), "grouped": f"{_PLACEHOLDER:,}".replace(",", "\u00a0").encode()}


class ScriptedParts:
    """The placeholders in the pages, and the responses below ``/parts/``."""

    def __init__(self, markup: Markup, header: str) -> None:
        self._markup = markup
        self._header = header

    def header(self) -> str:
        """The header's placeholder."""
        return self._markup.element("div", "", "masthead", **{"data-part": "masthead"})

    def cards(self, section: str) -> str:
        """The placeholder of a listing's cards, and its button."""
        place = self._markup.element("div", "", "listing__cards", **{"data-cards": section})
        return place + self._markup.element("button", "Показать ещё", "listing__more", type="button")

    def page(self, article: Article, write: Callable[[Article], bytes]) -> bytes:
        """The page that ``write`` writes, with a placeholder for the view count."""
        if article.front.views is None:
            return write(article)
        page = write(article._replace(front=article.front._replace(views=_PLACEHOLDER)))
        for form, printed in _PRINTED.items():
            page = page.replace(printed, f'<span data-part="views/{form}/{article.number}"></span>'.encode())
        return page

    @staticmethod
    def with_script(page: bytes) -> bytes:
        """Add the script to a page."""
        return page.replace(b"</body>", b'<script src="/parts/fill.js" defer></script></body>')

    def respond(
        self, parts: list[str], article: Callable[[int], Article], cards: Callable[[str, int], tuple[str, bool] | None]
    ) -> SampleResponse | None:
        """Answer a path below ``/parts/``; ``cards`` also says whether it is the last."""
        match parts:
            case ["fill.js"]:
                return ok(FILL_SCRIPT, SCRIPT)
            case ["masthead"]:
                return _part(self._header)
            case ["views", form, number] if number.isdecimal():
                views = article(int(number)).front.views or 0
                return _part(f"{views:,}".replace(",", "\u00a0") if form == "grouped" else str(views))
            case ["cards", section, page] if page.isdecimal() and (found := cards(section, int(page))):
                return _part(found[0], is_last=found[1])
        return None


def _part(html: str, *, is_last: bool = True) -> SampleResponse:
    return ok(json.dumps({"html": html, "is_last": is_last}, ensure_ascii=False), JSON)
