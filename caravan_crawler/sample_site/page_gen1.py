"""Article pages of generation 1. Only ``div.article_text`` is known; the rest is invented."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import BodyWriter
from caravan_crawler.sample_site.markup import Markup, escape


class Generation1Page:
    """Writes the part between masthead and trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = BodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")

    def main(self, article: Article) -> str:
        """Headline, date and labelled views, lede, credit, body, tags."""
        markup, parts = self._markup, self._parts
        marks = []
        if article.front.date_raw:
            marks.append(markup.element("span", article.front.date_raw, "article_date"))
        if article.front.views is not None:
            views = f"Просмотры: <b>{article.front.views}</b>"
            marks.append(markup.element("span", views, "article_hits"))
        body = self._writer.write(article) + parts.author(article)
        return "".join(
            (
                markup.element("h1", escape(article.headline), "article_name"),
                markup.element("div", " ".join(marks), "article_info") if marks else "",
                parts.lede(article),
                parts.figure(article),
                f"{markup.indent}<div{markup.known('article_text')}>{body}</div>",
                parts.tags(article),
            )
        )
