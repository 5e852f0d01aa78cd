"""AMP copies of generation-3 articles. The address and ``Автор: Караван.kz`` are known, the rest is not."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import AmpBodyWriter
from caravan_crawler.sample_site.layout import Reach
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.metadata import amp_head_tags

BOILERPLATE = "<style amp-boilerplate>body{animation:-amp-start 8s steps(1,end) 0s 1 normal both}</style>"


class AmpPage:
    """Writes a whole AMP page: no masthead, no trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = AmpBodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")

    def page(self, article: Article, base_url: str) -> bytes:
        """The copy of an article; where it is all a crawler finds, it keeps the page's dashes."""
        markup, parts = self._markup, self._parts
        front = article.front
        marks = [front.date_raw, None if front.views is None else str(front.views)]
        items = "".join(markup.element("li", mark) for mark in marks if mark is not None)
        body = self._writer.write_copy(article, change_dashes=article.reach is not Reach.AMP_LINK)
        return "".join(
            (
                "<!doctype html>\n<html amp lang='ru'>\n<head><meta charset='utf-8'>",
                amp_head_tags(markup, article, base_url),
                BOILERPLATE,
                "</head>\n<body>",
                markup.element("h1", escape(article.headline), "amp-title"),
                parts.lede(article),
                markup.element("ul", items, "amp-meta") if items else "",
                parts.figure(article),
                markup.element("div", "Автор: Караван.kz", "amp-author"),
                markup.element("div", body + parts.author(article), "amp-text"),
                parts.tags(article),
                "\n</body>\n</html>\n",
            )
        ).encode()
