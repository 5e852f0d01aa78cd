"""Parts of pages that a script loads: header, view counts, and the cards of lists."""

import json
from collections.abc import Callable

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.markup import Markup
from caravan_crawler.sample_site.response import JSON, SCRIPT, SampleResponse, ok

MORE = "Показать ещё"
CARDS_BY_SCRIPT = 8
"""As many come at once."""

#: Stands in the template where a page's view count goes, and is then taken out: no text has this number.
_PLACE = 987_654_321
_PLACES = (str(_PLACE).encode(), f"{_PLACE:,}".replace(",", "\u00a0").encode())
_FILL = """
const ask = name => fetch('/parts/' + name).then(answer => answer.json());
for (const place of document.querySelectorAll('[data-part]'))
  ask(place.dataset.part).then(part => { place.innerHTML = part.html; });
for (const list of document.querySelectorAll('[data-cards]')) {
  const button = list.nextElementSibling;
  let page = 1;
  const more = () => ask('cards/' + list.dataset.cards + '/' + page++).then(part => {
    list.insertAdjacentHTML('beforeend', part.html);
    if (part.is_last) button.remove();
  });
  button.addEventListener('click', more);
  more();
}
"""


class ScriptedParts:
    """Writes the empty places, and answers what the script asks for below ``/parts/``."""

    def __init__(self, markup: Markup, masthead: str) -> None:
        self._markup = markup
        self._masthead = masthead

    def masthead(self) -> str:
        """The masthead's empty place."""
        return self._markup.element("div", "", "masthead", **{"data-part": "masthead"})

    def cards(self, section: str) -> str:
        """The empty place of a list's cards, and its button."""
        place = self._markup.element("div", "", "listing__cards", **{"data-cards": section})
        return place + self._markup.element("button", MORE, "listing__more", type="button")

    def page(self, article: Article, write: Callable[[Article], bytes]) -> bytes:
        """The article's page as ``write`` writes it, with an empty place for the view count."""
        views = article.front.views
        if views is None:
            return write(article)
        page = write(article._replace(front=article.front._replace(views=_PLACE)))
        for number, place in enumerate(_PLACES):
            form = "plain" if number == 0 else "grouped"
            page = page.replace(place, f'<span data-part="views/{form}/{article.number}"></span>'.encode())
        return page

    @staticmethod
    def with_script(page: bytes) -> bytes:
        """A page that loads the script."""
        return page.replace(b"</body>", b'<script src="/parts/fill.js" defer></script></body>')

    def answer(
        self, parts: list[str], article: Callable[[int], Article], cards: Callable[[str, int], tuple[str, bool] | None]
    ) -> SampleResponse | None:
        """Answer for a path below ``/parts/``; ``cards`` gives those of a list's page, and whether it is the last."""
        match parts:
            case ["fill.js"]:
                return ok(_FILL, SCRIPT)
            case ["masthead"]:
                return _part(self._masthead)
            case ["views", form, number] if number.isdecimal():
                views = article(int(number)).front.views or 0
                return _part(f"{views:,}".replace(",", "\u00a0") if form == "grouped" else str(views))
            case ["cards", section, page] if page.isdecimal() and (found := cards(section, int(page))):
                return _part(found[0], is_last=found[1])
        return None


def _part(html: str, *, is_last: bool = True) -> SampleResponse:
    return ok(json.dumps({"html": html, "is_last": is_last}, ensure_ascii=False), JSON)
