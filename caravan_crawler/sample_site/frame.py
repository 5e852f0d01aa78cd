"""The part of a page that is the same on all pages of a template, built once and kept as bytes."""

from collections.abc import Iterable
from functools import cached_property

from caravan_crawler.sample_site import clutter
from caravan_crawler.sample_site.markup import Markup
from caravan_crawler.sample_site.menu import hidden_menu_html, menu_html
from caravan_crawler.sample_site.offcanvas import offcanvas_html

_FOOTER = "© 2001–2026 Sample Caravan. Перепечатка – только со ссылкой. Телефон редакции 8 800 000 00 00"


class Frame:
    """Head, menus, masthead and container before a page's own part; trending block and footer after it."""

    def __init__(
        self, markup: Markup, masthead: str, trending: str, sections: Iterable[str], language: str = "ru"
    ) -> None:
        self._markup = markup
        self._masthead = masthead
        self._trending = trending
        self._sections = tuple(sections)
        self._language = language

    def page(self, number: int, head: str, main: str) -> bytes:
        """A whole page; ``number`` chooses the clutter around it."""
        top, middle, bottom = self._pieces[number % clutter.VARIANTS]
        return b"".join((top, head.encode(), middle, main.encode(), bottom))

    @cached_property
    def _pieces(self) -> list[tuple[bytes, bytes, bytes]]:
        return [self._build(variant) for variant in range(clutter.VARIANTS)]

    def _build(self, variant: int) -> tuple[bytes, bytes, bytes]:
        markup = self._markup
        meta = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        top = f"<!DOCTYPE html>\n<html lang='{self._language}'>\n<head>{meta}"
        opened, closed = self._container()
        middle = "".join(
            (
                clutter.head_clutter(markup, variant),
                "</head>\n<body>",
                clutter.body_clutter(markup, variant),
                hidden_menu_html(markup),
                offcanvas_html(markup, variant),
                menu_html(markup, self._sections),
                opened,
            )
        )
        bottom = closed + self._footer() + clutter.foot_clutter(markup, variant) + "\n</body>\n</html>\n"
        return top.encode(), middle.encode(), bottom.encode()

    def _container(self) -> tuple[str, str]:
        """Masthead and container up to the page's own part, and all that follows it."""
        markup = self._markup
        masthead = self._masthead
        outside = markup.template.trending_place == "outside"
        if markup.template.skeleton == "table":
            top = f"{markup.open('table', 'layout')}<tr><td>{masthead}</td></tr>"
            opened = f"{top}<tr>{markup.open('td', 'single')}"
            last = f"</td></tr><tr><td>{self._trending}" if outside else self._trending
            return opened, f"{last}</td></tr></table>"
        html5 = markup.template.skeleton == "html5"
        outer, inner = ("main", "article") if html5 else ("div", "div")
        opened = masthead + markup.open(outer, "page") + markup.open(inner, "single")
        if outside:
            return opened, f"</{inner}>{self._trending}</{outer}>"
        return opened, f"{self._trending}</{inner}></{outer}>"

    def _footer(self) -> str:
        if not self._markup.template.footer:
            return ""
        return self._markup.element("footer", self._markup.element("p", _FOOTER), "footer")
