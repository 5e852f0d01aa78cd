"""Article pages of generation 4. Known are the address, what the head holds, and that the text stands in ``main p``."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import BodyWriter
from caravan_crawler.sample_site.markup import Markup, escape


class Generation4Page:
    """Writes the part between masthead and trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = BodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")

    def main(self, article: Article) -> str:
        """Headline once, lede, date in a ``time``, views in groups of three, credit, body, tags."""
        markup, parts = self._markup, self._parts
        marks = []
        if article.front.date_raw:
            marks.append(markup.element("time", article.front.date_raw, datetime=f"{article.day:%Y-%m-%d}"))
        if article.front.views is not None:
            views = f"{article.front.views:,}".replace(",", "\u00a0")
            marks.append(markup.element("span", views, "story__views"))
        body = self._writer.write(article) + parts.author(article) + parts.pages(article)
        return "".join(
            (
                markup.element("h1", escape(article.headline), "story__headline"),
                parts.lede(article),
                markup.element("div", " ".join(marks), "story__meta") if marks else "",
                parts.figure(article),
                markup.element("div", body, "story__text"),
                parts.tags(article),
            )
        )
