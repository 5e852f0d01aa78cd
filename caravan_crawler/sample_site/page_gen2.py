"""Article pages of generation 2: the known BEM names, the known order of text, the date in two places."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import BodyWriter
from caravan_crawler.sample_site.markup import Markup, escape


class Generation2Page:
    """Writes the part between masthead and trending block, and the script that dates the page."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._writer = BodyWriter(markup)
        self._parts = ArticleParts(markup, self._writer, "p")
        self._aggregator = self._clutter(
            "div", "news_aggregator", "Читайте наши новости в Google News", "https://news.google.com/"
        )
        self._shares = self._clutter("ul", "sm-list", "Поделиться в Telegram", "https://t.me/share/url?url=")

    def head(self, article: Article) -> str:
        """The first script with a type; it has month and year unless the printed date has them."""
        raw = article.front.date_raw
        dated = raw is not None and "." not in raw
        text = f"var page = {{ pageDate: '{article.day:%m-%Y}' }};" if dated else "var siteLanguage = 'ru';"
        return f"<script{self._markup.attribute('type', 'text/javascript')}>{text}</script>"

    def main(self, article: Article) -> str:
        """Day, ``Опубликовано:``, headline twice, credit, lede, body; clutter in the body and beside it."""
        markup, parts = self._markup, self._parts
        headline = escape(article.headline)
        views = article.front.views
        body = self._writer.write(article) + parts.author(article)
        inside = article.number % 2 == 0
        if inside:
            body = body + self._shares + self._aggregator
        return "".join(
            (
                self._breadcrumb(article),
                "" if views is None else markup.element("div", f"Опубликовано: {views}", "full-article__count"),
                markup.element("div", headline, "full-article__crumb"),
                markup.element("h1", headline, "full-article__title"),
                parts.figure(article),
                parts.lede(article),
                f"{markup.indent}<div{markup.known('full-article__text clear')}>{body}</div>",
                "" if inside else self._aggregator + self._shares,
                parts.tags(article),
            )
        )

    def _breadcrumb(self, article: Article) -> str:
        markup = self._markup
        raw = article.front.date_raw
        time = f"<time{markup.known('full-breadcrumb__time')}>{raw}</time>" if raw else ""
        return markup.element("div", f"{markup.link('/', 'Главная')} {time}", "full-breadcrumb")

    def _clutter(self, tag: str, known: str, text: str, href: str) -> str:
        markup = self._markup
        inner = markup.link(href, text)
        inner = f"<li>{inner}</li>" if tag == "ul" else f"<p>{inner}</p>"
        return f"{markup.indent}<{tag}{markup.known(known)}>{inner}</{tag}>"
