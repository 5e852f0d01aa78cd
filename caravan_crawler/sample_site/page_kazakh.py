"""Article pages of the Kazakh edition: the two labels are known, the markup is invented."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import BodyWriter
from caravan_crawler.sample_site.markup import Markup, escape


class KazakhPage:
    """Writes the part under the menu; these pages have neither masthead nor trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = BodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")

    def main(self, article: Article) -> str:
        """Headline, lede, ``Жарияланды:`` with the date, views, ``Сурет - …``, body, tags."""
        markup, parts = self._markup, self._parts
        marks = []
        if article.front.date_raw:
            date = f"<span>Жарияланды:</span> <span>{article.front.date_raw}</span>"
            marks.append(markup.element("li", date, "published"))
        if article.front.views is not None:
            marks.append(markup.element("li", str(article.front.views), "views"))
        return "".join(
            (
                markup.element("h1", escape(article.headline), "post__title"),
                parts.lede(article),
                markup.element("ul", "".join(marks), "post__meta") if marks else "",
                parts.figure(article, label="Сурет - "),
                markup.element("div", self._writer.write(article), "post__text"),
                parts.tags(article),
            )
        )
