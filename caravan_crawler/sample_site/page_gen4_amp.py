"""The second form of AMP copies. Known are the menu, ``Главная | Новости``, the dotted date and their order."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import AmpBodyWriter
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.menu import SECTION_NAMES
from caravan_crawler.sample_site.metadata import amp_head_tags
from caravan_crawler.sample_site.page_amp import BOILERPLATE
from caravan_crawler.sample_site.printed_dates import dotted

_MENU = ("news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture")


class SecondAmpPage:
    """Writes a whole AMP page: menu, place, headline, date, lede and body."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = AmpBodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")

    def page(self, article: Article, base_url: str) -> bytes:
        """The copy of an article, all of its parts in one."""
        markup, parts = self._markup, self._parts
        menu = [markup.element("li", markup.link(f"/{name}/", SECTION_NAMES[name])) for name in _MENU]
        menu.append(markup.element("li", markup.link("https://kaz.caravan.kz/", "Қаз")))
        place = f"{markup.link('/', 'Главная')} | {markup.link(f'/{article.section}/', SECTION_NAMES[article.section])}"
        body = self._writer.write_copy(article, change_dashes=True)
        return "".join(
            (
                "<!doctype html>\n<html amp lang='ru'>\n<head><meta charset='utf-8'>",
                amp_head_tags(markup, article, base_url),
                BOILERPLATE,
                "</head>\n<body>",
                markup.element("ul", "".join(menu), "amp-menu"),
                markup.element("div", place, "amp-place"),
                markup.element("h1", escape(article.headline), "amp-title"),
                markup.element("div", dotted(article.day), "amp-date"),
                parts.lede(article),
                markup.element("div", body + parts.author(article), "amp-text"),
                "\n</body>\n</html>\n",
            )
        ).encode()
