"""Article pages of all generations."""

import json
import re
from datetime import UTC, datetime

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.frame import SECTION_NAMES, Frame
from caravan_crawler.sample_site.front_matter import dotted
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import slug
from caravan_crawler.sample_site.plan import Reach
from caravan_crawler.sample_site.story import (
    Block,
    BulletList,
    DataTable,
    Link,
    Paragraph,
    Picture,
    Quotation,
    ReadAlso,
    Subheading,
    Video,
)
from caravan_crawler.sample_site.texts_ru import READ_ALSO_HEADING

SUFFIX = " - Караван"
_CUT_AT = 60


def head_tags(markup: Markup, article: Article, base_url: str) -> str:
    """Title and metadata of an article's own page."""
    title = f"<title>{escape(article.headline)}{SUFFIX}</title>"
    if article.part < article.parts and article.number % 2 == 0:
        title += _link(markup, "next", f"{base_url}{article.path[1:]}{article.part + 1}/")
    profile = article.front.profile
    if profile == "none":
        return title
    if profile == "moment":
        return title + _moment(markup, article, base_url)
    if profile == "hostile":
        return title + _hostile(markup, article, base_url)
    url = base_url + article.path[1:]
    tags = title + _link(markup, "canonical", url) + _meta(markup, "property", "og:title", article.headline)
    if article.generation == 3 and not article.kazakh and article.number % 2:
        tags += _link(markup, "amphtml", f"{base_url}amp{article.path[:-1]}")
    return tags if profile == "plain" else tags + _full(markup, article, base_url, url)


def amp_head_tags(markup: Markup, article: Article, base_url: str) -> str:
    """Title and canonical link, which AMP demands."""
    title = f"<title>{escape(article.headline)}{SUFFIX}</title>"
    return title + _link(markup, "canonical", base_url + article.path[1:])


def _full(markup: Markup, article: Article, base_url: str, url: str) -> str:
    published, modified = _stamp(article, article.front.stamp), _stamp(article, article.front.modified)
    tags = [
        _meta(markup, "property", "og:type", "article"),
        _meta(markup, "property", "og:url", url),
        _meta(markup, "property", "og:site_name", "Караван"),
        _meta(markup, "name", "description", article.opening.lede or article.headline),
        _meta(markup, "property", "article:published_time", published),
        _meta(markup, "property", "article:modified_time", modified),
        _meta(markup, "name", "generator", "WordPress 6.4"),
    ]
    if article.article_id is not None:
        tags.append(_link(markup, "shortlink", f"{base_url}?p={article.article_id}"))
    graph = [
        {"@type": "NewsArticle", "headline": article.headline, "datePublished": published,
         "dateModified": modified, "mainEntityOfPage": {"@id": url}, "author": {"@id": f"{base_url}#admin"}},
        {"@type": "Person", "@id": f"{base_url}#admin", "name": "admin"},
        {"@type": "WebPage", "@id": url, "url": url, "name": article.headline + SUFFIX,
         "datePublished": published, "inLanguage": "ru-RU"},
    ]  # fmt: skip
    data = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
    tags.append(_json_ld(data))
    return "".join(tags)


def _moment(markup: Markup, article: Article, base_url: str) -> str:
    tags = _meta(markup, "property", "og:title", article.headline)
    tags += _meta(markup, "property", "article:published_time", _stamp(article, article.front.stamp))
    if article.number % 3 == 0:
        tags += _meta(markup, "property", "article:modified_time", _stamp(article, article.front.modified))
    if article.has_canonical:
        tags += _link(markup, "canonical", base_url + article.path[1:])
    if article.article_id is not None:
        tags += _link(markup, "shortlink", f"{base_url}?p={article.article_id}")
    return tags


def _hostile(markup: Markup, article: Article, base_url: str) -> str:
    long = len(article.headline) > _CUT_AT and article.number % 2
    maimed = article.headline[:_CUT_AT] + "…" if long else article.headline + SUFFIX
    stamp = _stamp(article, article.front.stamp)
    return "".join(
        (
            _link(markup, "canonical", base_url),
            _meta(markup, "property", "og:title", maimed),
            _meta(markup, "property", "article:published_time", stamp),
            _json_ld(f'{{"@context": "https://schema.org", "@type": "NewsArticle", "datePublished": "{stamp}", }}'),
            f"<script>var pubDate=new Date('{stamp}'),built='01.01.2020',month='07-2015';</script>",
        )
    )


def _stamp(article: Article, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return (moment.astimezone(UTC) if article.front.stamp_in_utc else moment).isoformat()


def _json_ld(text: str) -> str:
    safe = text.replace("</", r"<\u002f")
    return f'<script type="application/ld+json">{safe}</script>'


def _link(markup: Markup, rel: str, href: str) -> str:
    return f"{markup.indent}<link{markup.attribute('rel', rel)}{markup.attribute('href', href)}>"


def _meta(markup: Markup, kind: str, name: str, content: str) -> str:
    return f"{markup.indent}<meta{markup.attribute(kind, name)}{markup.attribute('content', content)}>"


_PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_SPACE_AFTER_FIGURE = re.compile(r"(?<=\d) ")
_LONG_WORD = re.compile(r"\b([а-яё]{4})([а-яё]{5,})")


class BodyWriter:
    """Writes blocks with one paragraph tag; AMP pages have their own image and player elements."""

    def __init__(self, markup: Markup, paragraph_tag: str = "p", *, amp: bool = False) -> None:
        self._markup = markup
        self._amp = amp
        self._open = markup.open(paragraph_tag, "text" if paragraph_tag == "div" else "")
        self._close = f"</{paragraph_tag}>"
        self._advert = self._advert_slot()

    def write(self, article: Article) -> str:
        """All blocks; every third article has an advert slot (no visible text) after its third block."""
        noisy = article.noisy
        parts = [self._block(block, noisy) for block in article.blocks]
        if article.number % 3 == 0 and not self._amp:
            parts.insert(3, self._advert)
        return "".join(parts)

    def picture(self, picture: Picture, alt: str) -> str:
        """The ``img`` alone."""
        markup = self._markup
        tag = "amp-img" if self._amp else "img"
        source = markup.attribute("src", picture.href)
        if picture.lazy and not self._amp:
            source = markup.attribute("src", _PLACEHOLDER) + markup.attribute("data-src", picture.href)
        size = ' width="1024" height="683"'
        end = "</amp-img>" if self._amp else ""
        image = f"<{tag}{source}{markup.attribute('alt', alt)}{size}>{end}"
        return markup.link(picture.page, image) if picture.page and not self._amp else image

    def _block(self, block: Block, noisy: bool) -> str:
        markup = self._markup
        match block:
            case Paragraph(runs):
                return f"{self._open}{''.join(self._run(run, noisy) for run in runs)}{self._close}"
            case Picture():
                return self._figure(block)
            case Subheading(tag, text):
                return markup.element(tag, escape(text))
            case Quotation(text):
                return markup.element("blockquote", f"<p>{escape(text)}</p>")
            case BulletList(items):
                rows = "".join(f"{markup.indent}<li>{self._run(item, noisy)}</li>" for item in items)
                return f"{markup.open('ul')}{rows}</ul>"
            case DataTable(rows):
                return self._table(rows)
            case Video(src):
                player = "amp-iframe" if self._amp else "iframe"
                video = f"<{player}{markup.attribute('src', src)}></{player}>"
                return markup.element("div", video, "video")
            case ReadAlso(links):
                return self._read_also(links)

    def _run(self, run: str | Link, noisy: bool) -> str:
        if isinstance(run, Link):
            return self._markup.link(run.href, escape(run.text))
        text = run.replace(" — ", " - ") if self._amp_dashes else run
        text = escape(text)
        if noisy:
            text = with_noise(text)
        return text.replace("\n", "<br>") if "\n" in text else text

    _amp_dashes = False
    """Set on the writer of AMP copies, which print ``-`` for ``—``."""

    def _figure(self, picture: Picture) -> str:
        caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
        return self._markup.element("figure", self.picture(picture, picture.caption or "") + caption)

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> str:
        markup = self._markup
        head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
        body = "".join(
            f"{markup.indent}<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:]
        )
        table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return markup.element("table", table, "data-table")

    def _read_also(self, links: tuple[Link, ...]) -> str:
        markup = self._markup
        heading = markup.element("div", READ_ALSO_HEADING, "read-also__title")
        items = "".join(markup.element("li", markup.link(link.href, escape(link.text))) for link in links)
        return markup.element("div", f"{heading}<ul>{items}</ul>", "read-also")

    def _advert_slot(self) -> str:
        script = "window.yaContextCb=window.yaContextCb||[];window.yaContextCb.push(new Date())"
        return self._markup.element("div", f"<script>{script}</script>", "advert")


class AmpBodyWriter(BodyWriter):
    """Writes the body of an AMP copy."""

    def __init__(self, markup: Markup) -> None:
        super().__init__(markup, amp=True)

    def write_copy(self, article: Article, *, change_dashes: bool) -> str:
        """The body, with the dashes of AMP copies or, where the copy is all there is, those of the page."""
        self._amp_dashes = change_dashes
        return self.write(article)


def with_noise(text: str) -> str:
    """The same words as an editor's paste leaves them: invisible characters, decomposed letters."""
    text = _SPACE_AFTER_FIGURE.sub("&nbsp;", text, count=1)
    text = _LONG_WORD.sub("\\1\u00ad\\2", text, count=1)
    return text.replace(" – ", "\u00a0–\u200b ", 1).replace("й", "и\u0306", 1)


class ArticleParts:
    """Writes the pieces around a body; each is empty where the article has no such piece."""

    def __init__(self, markup: Markup, writer: BodyWriter, paragraph_tag: str) -> None:
        self.markup = markup
        self.writer = writer
        self._tag = paragraph_tag

    def lede(self, article: Article) -> str:
        """The lede; every other page without one leaves its element empty instead of leaving it out."""
        if article.opening.lede is None and article.number % 2:
            return ""
        text = escape(article.opening.lede_source)
        return self.markup.element(self._tag, with_noise(text) if article.noisy else text, "lede")

    def image(self, article: Article) -> str:
        """The picture over the body, without its credit."""
        return self.writer.picture(article.lead_image, article.headline) if article.lead_image else ""

    def credit(self, article: Article, label: str = "Фото - ") -> str:
        """The text of the photo credit."""
        credit = article.front.photo_credit
        return label + escape(credit) if credit else ""

    def figure(self, article: Article, label: str = "Фото - ") -> str:
        """Picture and credit together."""
        credit = self.credit(article, label)
        caption = self.markup.element("figcaption", credit, "credit") if credit else ""
        content = self.image(article) + caption
        return self.markup.element("figure", content, "lead-image") if content else ""

    def author(self, article: Article) -> str:
        """The author's line, which ends the body."""
        if article.author_line is None:
            return ""
        line = escape(article.author_line)
        content = f"<strong>{line}</strong>" if article.number % 2 else line
        return self.markup.element(self._tag, content, "author" if self._tag == "div" else "")

    def pages(self, article: Article) -> str:
        """Links to the other pages of an article of several; every second one's pages have only the next."""
        if article.parts == 1:
            return ""
        if article.number % 2 == 0:
            if article.part == article.parts:
                return ""
            href = self.markup.attribute("href", f"{article.path}{article.part + 1}/")
            return self.markup.element("div", f"<a{self.markup.attribute('rel', 'next')}{href}>Далее</a>", "page-links")
        links = [
            str(part)
            if part == article.part
            else self.markup.link(article.path if part == 1 else f"{article.path}{part}/", str(part))
            for part in range(1, article.parts + 1)
        ]
        return self.markup.element("p", f"Страницы: {' '.join(links)}", "page-links")

    def tags(self, article: Article) -> str:
        """The article's own topics."""
        if not article.tags:
            return ""
        rel = self.markup.attribute("rel", "tag") if self.markup.template.seed == 0 else ""
        links = " ".join(
            f"<a{rel}{self.markup.attribute('href', f'/tag/{slug(tag)}/')}>{escape(tag)}</a>" for tag in article.tags
        )
        return self.markup.element("div", links, "tags")


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


class Generation3Page:
    """Writes the part between masthead and trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._template = markup.template
        self._writer = BodyWriter(markup, self._template.paragraph_tag)
        self._parts = ArticleParts(markup, self._writer, self._template.paragraph_tag)

    def main(self, article: Article) -> str:
        """Headline twice, lede, front matter, credit, body, tags."""
        parts = self._parts
        headline = escape(article.headline)
        body = self._writer.write(article) + parts.author(article) + parts.pages(article)
        return "".join(
            (
                self._breadcrumbs(article),
                self._markup.element("div", headline, "sticky-title"),
                self._markup.element(self._template.headline_tag, headline, "single__title"),
                parts.lede(article),
                self._front_matter(article),
                self._credit_and_image(article),
                self._body(body),
                parts.tags(article),
            )
        )

    def _breadcrumbs(self, article: Article) -> str:
        if not self._template.breadcrumbs:
            return ""
        home = self._markup.link("/", "Главная")
        section = self._markup.link(f"/{article.section}/", SECTION_NAMES[article.section])
        return self._markup.element("div", f"{home} / {section}", "breadcrumbs")

    def _front_matter(self, article: Article) -> str:
        marks = [("date", article.front.date_raw)]
        views = article.front.views
        marks.append(("views", None if views is None else str(views)))
        if self._credit_joins_list():
            marks.append(("credit", self._parts.credit(article) or None))
        printed = [(role, mark) for role, mark in marks if mark is not None]
        if not printed:
            return ""
        outer, inner, between = {
            "list": ("ul", "li", ""),
            "divs": ("div", "div", ""),
            "spans": ("div", "span", " "),
            "cells": ("table", "td", ""),
        }[self._template.front_matter]
        items = between.join(self._markup.element(inner, mark, role) for role, mark in printed)
        if inner == "td":
            items = f"<tr>{items}</tr>"
        return self._markup.element(outer, items, "front-matter")

    def _credit_joins_list(self) -> bool:
        return self._template.credit_in == "li" and self._template.front_matter == "list"

    def _credit_and_image(self, article: Article) -> str:
        if self._template.credit_in == "figcaption":
            return self._parts.figure(article)
        credit = "" if self._credit_joins_list() else self._parts.credit(article)
        if credit and self._template.credit_in == "li":
            credit = self._markup.element("ul", self._markup.element("li", credit, "credit"))
        elif credit:
            credit = self._markup.element("p", credit, "credit")
        image = self._parts.image(article)
        return credit + (self._markup.element("div", image, "lead-image") if image else "")

    def _body(self, body: str) -> str:
        if self._template.trending_place == "flat":
            return body  # paragraphs and trending pairs are siblings in one container
        return self._markup.element("div", body, "single__text")


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


class ArticlePages:
    """The pages of all generations in one template."""

    def __init__(self, markup: Markup, frame: Frame, bare_frame: Frame) -> None:
        self._markup = markup
        self._frame = frame
        self._bare_frame = bare_frame
        self._generation2 = Generation2Page(markup)
        self._kazakh = KazakhPage(markup)
        self._amp = AmpPage(markup)
        self._second_amp = SecondAmpPage(markup)
        self._mains = {
            1: Generation1Page(markup).main,
            2: self._generation2.main,
            3: Generation3Page(markup).main,
            4: Generation4Page(markup).main,
        }

    def page(self, article: Article, base_url: str) -> bytes:
        """The article's own page."""
        head = head_tags(self._markup, article, base_url)
        if article.kazakh:
            return self._bare_frame.page(article.number, head, self._kazakh.main(article))
        if article.generation == 2:
            head = self._generation2.head(article) + head
        return self._frame.page(article.number, head, self._mains[article.generation](article))

    def amp(self, article: Article, base_url: str) -> bytes:
        """The article's AMP copy."""
        return self._amp.page(article, base_url)

    def second_amp(self, article: Article, base_url: str) -> bytes:
        """The article's AMP copy of the second form."""
        return self._second_amp.page(article, base_url)

    def attachment(self, article: Article) -> str:
        """The part of its own of the page of an article's photo, which has no text."""
        picture, markup = article.lead_image, self._markup
        assert picture is not None
        assert picture.page is not None
        name = picture.page.rstrip("/").rpartition("/")[2]
        image = f"<img{markup.attribute('src', picture.href)}{markup.attribute('alt', name)}>"
        back = markup.link(article.path, f"← {escape(article.headline)}")
        return "".join(
            (
                markup.element(markup.template.headline_tag, name, "attachment__title"),
                markup.element("p", markup.link(picture.href, image), "attachment"),
                markup.element("div", back, "nav-links"),
            )
        )
