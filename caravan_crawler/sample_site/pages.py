"""Article pages of all generations, and their metadata.

Metadata has five profiles, one of them false:

* none: the title alone;
* plain: canonical link and ``og:title``;
* full: what a WordPress plugin writes, consistent with the printed date, with ``admin`` as author;
* moment: generation 4, ``og:title`` and ``article:published_time``; canonical and short link on some pages;
* hostile: canonical link to the home page, a damaged ``og:title``, a stamp months after the printed date, invalid
  JSON-LD and a script full of dates.
"""

import json
from datetime import UTC, datetime

from caravan_crawler.sample_site.article import Article, ArticleHtml
from caravan_crawler.sample_site.frame import SECTION_NAMES, Frame
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import Reach
from caravan_crawler.sample_site.one_generation import SECTIONS_OF_GENERATION

_SUFFIX = " - Караван"
_LONG_HEADLINE = 60
_AMP_TOP = "<!doctype html>\n<html amp lang='ru'>\n<head><meta charset='utf-8'>"
_AMP_STYLE = "<style amp-boilerplate>body{animation:-amp-start 8s steps(1,end) 0s 1 normal both}</style></head>\n<body>"
_AMP_END = "\n</body>\n</html>\n"


class ArticlePages:
    """Writer of article pages in one template."""

    def __init__(self, markup: Markup, frame: Frame, kazakh_frame: Frame) -> None:
        self._markup = markup
        self._frame = frame
        self._kazakh_frame = kazakh_frame
        self._html = ArticleHtml(markup)
        self._html_generation_3 = ArticleHtml(markup, markup.template.paragraph_tag)
        self._amp_html = ArticleHtml(markup, amp=True)

    def page(self, article: Article, base_url: str) -> bytes:
        head = head_tags(self._markup, article, base_url)
        if article.kazakh:
            return self._kazakh_frame.page(article.number, head, self._kazakh(article), article.generation)
        if article.generation == 2:
            head = self._dated_script(article) + head
        write = (self._generation_1, self._generation_2, self._generation_3, self._generation_4)[article.generation - 1]
        return self._frame.page(article.number, head, write(article), article.generation)

    def _amp_top(self, article: Article, base_url: str) -> str:
        canonical = _link(self._markup, "canonical", base_url + article.path[1:])
        return f"{_AMP_TOP}<title>{escape(article.headline)}{_SUFFIX}</title>{canonical}{_AMP_STYLE}"

    def amp(self, article: Article, base_url: str) -> bytes:
        """AMP copy of generation 3; known are its URL and ``Автор: Караван.kz``.

        It keeps the dashes of the page if a crawler can find nothing but the copy.
        """
        markup, html = self._markup, self._amp_html
        views = article.front.views
        items = markup.elements("li", filter(None, (article.front.date_raw, None if views is None else str(views))))
        return (
            self._amp_top(article, base_url)
            + markup.element("h1", escape(article.headline), "amp-title")
            + html.lede(article)
            + (markup.element("ul", items, "amp-meta") if items else "")
            + html.figure(article)
            + markup.element("div", "Автор: Караван.kz", "amp-author")
            + markup.element("div", html.body(article, changes_dashes=article.reach is not Reach.AMP_LINK), "amp-text")
            + html.tags(article)
            + _AMP_END
        ).encode()

    def second_amp(self, article: Article, base_url: str) -> bytes:
        """Second form of AMP copies; known are menu, breadcrumbs, date and their order."""
        markup, html = self._markup, self._amp_html
        section = SECTION_NAMES[article.section]
        links = [markup.link(f"/{name}/", SECTION_NAMES[name]) for name in SECTIONS_OF_GENERATION[4]]
        menu = markup.elements("li", [*links, markup.link("https://kaz.caravan.kz/", "Қаз")])
        breadcrumbs = f"{markup.link('/', 'Главная')} | {markup.link(f'/{article.section}/', section)}"
        return (
            self._amp_top(article, base_url)
            + markup.element("ul", menu, "amp-menu")
            + markup.element("div", breadcrumbs, "amp-place")
            + markup.element("h1", escape(article.headline), "amp-title")
            + markup.element("div", f"{article.day:%d.%m.%Y}", "amp-date")
            + html.lede(article)
            + markup.element("div", html.body(article, changes_dashes=True), "amp-text")
            + _AMP_END
        ).encode()

    def attachment(self, article: Article) -> str:
        """Main part of the page of an article's photo, which has no text."""
        picture, markup = article.lead_image, self._markup
        assert picture is not None
        assert picture.page is not None
        name = picture.page.rstrip("/").rpartition("/")[2]
        image = f"<img{markup.attribute('src', picture.href)}{markup.attribute('alt', name)}>"
        back = markup.link(article.path, f"← {escape(article.headline)}")
        return (
            markup.element(markup.template.headline_tag, name, "attachment__title")
            + markup.element("p", markup.link(picture.href, image), "attachment")
            + markup.element("div", back, "nav-links")
        )

    def _generation_1(self, article: Article) -> str:
        """Main part of generation 1; only ``div.article_text`` is known."""
        markup, html, front = self._markup, self._html, article.front
        marks = [markup.element("span", front.date_raw, "article_date")] if front.date_raw else []
        if front.views is not None:
            marks.append(markup.element("span", f"Просмотры: <b>{front.views}</b>", "article_hits"))
        return (
            markup.element("h1", escape(article.headline), "article_name")
            + (markup.element("div", " ".join(marks), "article_info") if marks else "")
            + html.lede(article)
            + html.figure(article)
            + f"{markup.indent}<div{markup.known('article_text')}>{html.body(article)}</div>"
            + html.tags(article)
        )

    def _dated_script(self, article: Article) -> str:
        """Typed script with month and year, unless the printed date has them."""
        raw = article.front.date_raw
        dated = raw is not None and "." not in raw
        text = f"var page = {{ pageDate: '{article.day:%m-%Y}' }};" if dated else "var siteLanguage = 'ru';"
        return f"<script{self._markup.attribute('type', 'text/javascript')}>{text}</script>"

    def _generation_2(self, article: Article) -> str:
        """Main part of generation 2, with the known BEM names and order."""
        markup, html = self._markup, self._html
        headline = escape(article.headline)
        raw, views = article.front.date_raw, article.front.views
        time = f"<time{markup.known('full-breadcrumb__time')}>{raw}</time>" if raw else ""
        aggregator = markup.link("https://news.google.com/", "Читайте наши новости в Google News")
        aggregator = f"{markup.indent}<div{markup.known('news_aggregator')}><p>{aggregator}</p></div>"
        shares = markup.link("https://t.me/share/url?url=", "Поделиться в Telegram")
        shares = f"{markup.indent}<ul{markup.known('sm-list')}><li>{shares}</li></ul>"
        inside = article.number % 2 == 0
        body = html.body(article) + (shares + aggregator if inside else "")
        return (
            markup.element("div", f"{markup.link('/', 'Главная')} {time}", "full-breadcrumb")
            + ("" if views is None else markup.element("div", f"Опубликовано: {views}", "full-article__count"))
            + markup.element("div", headline, "full-article__crumb")
            + markup.element("h1", headline, "full-article__title")
            + html.figure(article)
            + html.lede(article)
            + f"{markup.indent}<div{markup.known('full-article__text clear')}>{body}</div>"
            + ("" if inside else aggregator + shares)
            + html.tags(article)
        )

    def _generation_3(self, article: Article) -> str:
        """Main part of generation 3; the order of the visible text is known."""
        markup, html, template = self._markup, self._html_generation_3, self._markup.template
        headline = escape(article.headline)
        breadcrumbs = ""
        if template.breadcrumbs:
            section = markup.link(f"/{article.section}/", SECTION_NAMES[article.section])
            breadcrumbs = markup.element("div", f"{markup.link('/', 'Главная')} / {section}", "breadcrumbs")
        body = html.body(article) + html.page_links(article)
        if template.trending_place != "flat":  # else paragraphs and trending pairs are siblings in one container
            body = markup.element("div", body, "single__text")
        return (
            breadcrumbs
            + markup.element("div", headline, "sticky-title")
            + markup.element(template.headline_tag, headline, "single__title")
            + html.lede(article)
            + self._front_matter(article)
            + self._credit_and_image(article)
            + body
            + html.tags(article)
        )

    def _front_matter(self, article: Article) -> str:
        markup, template = self._markup, self._markup.template
        views = article.front.views
        marks = [("date", article.front.date_raw), ("views", None if views is None else str(views))]
        if template.credit_in == "li" and template.front_matter == "list":
            marks.append(("credit", self._html.credit(article) or None))
        printed = [(role, mark) for role, mark in marks if mark is not None]
        if not printed:
            return ""
        outer, inner, between = {
            "list": ("ul", "li", ""),
            "divs": ("div", "div", ""),
            "spans": ("div", "span", " "),
            "cells": ("table", "td", ""),
        }[template.front_matter]
        items = between.join(markup.element(inner, mark, role) for role, mark in printed)
        return markup.element(outer, f"<tr>{items}</tr>" if inner == "td" else items, "front-matter")

    def _credit_and_image(self, article: Article) -> str:
        markup, html, template = self._markup, self._html_generation_3, self._markup.template
        if template.credit_in == "figcaption":
            return html.figure(article)
        credit = html.credit(article)
        if template.credit_in == "li" and template.front_matter == "list":
            credit = ""  # it is in the front matter
        elif credit:
            credit = markup.element(template.credit_in, credit, "credit")
            credit = markup.element("ul", credit) if template.credit_in == "li" else credit
        image = html.image(article)
        return credit + (markup.element("div", image, "lead-image") if image else "")

    def _generation_4(self, article: Article) -> str:
        """Main part of generation 4; only the text in ``main p`` is known."""
        markup, html, front = self._markup, self._html, article.front
        marks = [markup.element("time", front.date_raw, datetime=f"{article.day}")] if front.date_raw else []
        if front.views is not None:
            marks.append(markup.element("span", f"{front.views:,}".replace(",", "\u00a0"), "story__views"))
        return (
            markup.element("h1", escape(article.headline), "story__headline")
            + html.lede(article)
            + (markup.element("div", " ".join(marks), "story__meta") if marks else "")
            + html.figure(article)
            + markup.element("div", html.body(article) + html.page_links(article), "story__text")
            + html.tags(article)
        )

    def _kazakh(self, article: Article) -> str:
        """Main part of the Kazakh edition; only the two labels are known."""
        markup, html, front = self._markup, self._html, article.front
        marks = ""
        if front.date_raw:
            marks = markup.element("li", f"<span>Жарияланды:</span> <span>{front.date_raw}</span>", "published")
        if front.views is not None:
            marks += markup.element("li", str(front.views), "views")
        return (
            markup.element("h1", escape(article.headline), "post__title")
            + html.lede(article)
            + (markup.element("ul", marks, "post__meta") if marks else "")
            + html.figure(article, label="Сурет - ")
            + markup.element("div", html.body(article), "post__text")
            + html.tags(article)
        )


def head_tags(markup: Markup, article: Article, base_url: str) -> str:
    tags = f"<title>{escape(article.headline)}{_SUFFIX}</title>"
    if article.part < article.parts and article.number % 2 == 0:
        tags += _link(markup, "next", f"{base_url}{article.path[1:]}{article.part + 1}/")
    profile = article.front.profile
    if profile == "none":
        return tags
    if profile == "moment":
        return tags + _moment(markup, article, base_url)
    if profile == "hostile":
        return tags + _hostile(markup, article, base_url)
    url = base_url + article.path[1:]
    tags += _link(markup, "canonical", url) + _meta(markup, "og:title", article.headline)
    if article.generation == 3 and not article.kazakh and article.number % 2:
        tags += _link(markup, "amphtml", f"{base_url}amp{article.path[:-1]}")
    return tags if profile == "plain" else tags + _full(markup, article, base_url, url)


def _full(markup: Markup, article: Article, base_url: str, url: str) -> str:
    published, modified = _stamp(article, article.front.stamp), _stamp(article, article.front.modified)
    properties = {
        "og:type": "article",
        "og:url": url,
        "og:site_name": "Караван",
        "description": article.opening.lede or article.headline,
        "article:published_time": published,
        "article:modified_time": modified,
        "generator": "WordPress 6.4",
    }
    tags = "".join(_meta(markup, name, content) for name, content in properties.items())
    tags += _short_link(markup, article, base_url)
    graph = [
        {"@type": "NewsArticle", "headline": article.headline, "datePublished": published,
         "dateModified": modified, "mainEntityOfPage": {"@id": url}, "author": {"@id": f"{base_url}#admin"}},
        {"@type": "Person", "@id": f"{base_url}#admin", "name": "admin"},
        {"@type": "WebPage", "@id": url, "url": url, "name": article.headline + _SUFFIX,
         "datePublished": published, "inLanguage": "ru-RU"},
    ]  # fmt: skip
    data = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
    return tags + _json_ld(data)


def _moment(markup: Markup, article: Article, base_url: str) -> str:
    tags = _meta(markup, "og:title", article.headline)
    tags += _meta(markup, "article:published_time", _stamp(article, article.front.stamp))
    if article.number % 3 == 0:
        tags += _meta(markup, "article:modified_time", _stamp(article, article.front.modified))
    if article.has_canonical:
        tags += _link(markup, "canonical", base_url + article.path[1:])
    return tags + _short_link(markup, article, base_url)


def _hostile(markup: Markup, article: Article, base_url: str) -> str:
    headline, stamp = article.headline, _stamp(article, article.front.stamp)
    is_cut = len(headline) > _LONG_HEADLINE and article.number % 2
    return (
        _link(markup, "canonical", base_url)
        + _meta(markup, "og:title", headline[:_LONG_HEADLINE] + "…" if is_cut else headline + _SUFFIX)
        + _meta(markup, "article:published_time", stamp)
        + _json_ld(f'{{"@context": "https://schema.org", "@type": "NewsArticle", "datePublished": "{stamp}", }}')
        + f"<script>var pubDate=new Date('{stamp}'),built='01.01.2020',month='07-2015';</script>"
    )


def _stamp(article: Article, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return (moment.astimezone(UTC) if article.front.stamp_in_utc else moment).isoformat()


def _json_ld(text: str) -> str:
    safe = text.replace("</", r"<\u002f")
    return f'<script type="application/ld+json">{safe}</script>'


def _short_link(markup: Markup, article: Article, base_url: str) -> str:
    return "" if article.article_id is None else _link(markup, "shortlink", f"{base_url}?p={article.article_id}")


def _link(markup: Markup, rel: str, href: str) -> str:
    return f"{markup.indent}<link{markup.attribute('rel', rel)}{markup.attribute('href', href)}>"


def _meta(markup: Markup, name: str, content: str) -> str:
    kind = "property" if ":" in name else "name"
    return f"{markup.indent}<meta{markup.attribute(kind, name)}{markup.attribute('content', content)}>"
