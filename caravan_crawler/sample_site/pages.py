"""Article pages of all generations, and their metadata, filled into the patterns of ``data/pages.toml``."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from caravan_crawler.sample_site.article import Article, Block, Link, Picture
from caravan_crawler.sample_site.frame import Frame
from caravan_crawler.sample_site.markup import Template, element, elements, escape, fill, link, quoted, styled
from caravan_crawler.sample_site.newsroom import Reach
from caravan_crawler.sample_site.texts import PAGES, slug

_SUFFIX = " - Караван"
_LONG_HEADLINE = 60
_PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_ADVERT = "<script>window.yaContextCb=window.yaContextCb||[];window.yaContextCb.push(new Date())</script>"


class ArticleHtml:
    """Writer of an article's parts; a missing part is an empty string."""

    def __init__(self, paragraph_tag: str = "p", *, is_amp: bool = False) -> None:
        self._tag = paragraph_tag
        self._is_amp = is_amp

    def body(self, article: Article) -> str:
        """All blocks and the author's line."""
        parts = [self._block(block, article.noisy) for block in article.blocks]
        if article.number % 3 == 0 and not self._is_amp:
            parts.insert(3, element("div", _ADVERT, "advert"))
        return "".join(parts) + self._author(article)

    def lede(self, article: Article) -> str:
        """The lede; half of the pages without one have an empty element."""
        if article.opening.lede is None and article.number % 2:
            return ""
        text = escape(article.opening.lede_source)
        return element(self._tag, _with_noise(text) if article.noisy else text, "lede")

    def image(self, article: Article) -> str:
        return self._image(article.lead_image, article.headline) if article.lead_image else ""

    def credit(self, article: Article) -> str:
        credit = article.front.photo_credit
        label = "Сурет - " if article.kind.is_kazakh else "Фото - "
        return label + escape(credit) if credit else ""

    def figure(self, article: Article) -> str:
        credit = self.credit(article)
        content = self.image(article) + (element("figcaption", credit, "credit") if credit else "")
        return element("figure", content, "lead-image") if content else ""

    def page_links(self, article: Article) -> str:
        """Links to the other pages of an article: all of them, or the next one only."""
        parts = article.parts
        if parts == 1:
            return ""
        if article.number % 2 == 0:
            following = f'<a rel="next" href="{article.path}{article.part + 1}/">Далее</a>'
            return element("div", following, "page-links") if article.part < parts else ""
        hrefs = [article.path, *(f"{article.path}{part}/" for part in range(2, parts + 1))]
        links = [str(part) if part == article.part else link(href, str(part)) for part, href in enumerate(hrefs, 1)]
        return element("p", f"Страницы: {' '.join(links)}", "page-links")

    def tags(self, article: Article) -> str:
        if not article.tags:
            return ""
        links = (f'<a rel="tag" href="/tag/{slug(tag)}/">{escape(tag)}</a>' for tag in article.tags)
        return element("div", " ".join(links), "tags")

    def _author(self, article: Article) -> str:
        if article.author_line is None:
            return ""
        line = escape(article.author_line)
        content = f"<strong>{line}</strong>" if article.number % 2 else line
        return element(self._tag, content, "author" if self._tag == "div" else "")

    def _image(self, picture: Picture, alt: str) -> str:
        tag, end = ("amp-img", "</amp-img>") if self._is_amp else ("img", "")
        source = f' src="{picture.href}"'
        if picture.lazy and not self._is_amp:
            source = f' src="{_PLACEHOLDER}" data-src="{picture.href}"'
        image = f'<{tag}{source} alt="{quoted(alt)}" width="1024" height="683">{end}'
        return link(picture.page, image) if picture.page and not self._is_amp else image

    def _block(self, block: Block, noisy: bool) -> str:
        tag, content = block
        match tag:
            case "p":
                runs = "".join(_run(run, noisy) for run in content)
                return element(self._tag, runs, "text" if self._tag == "div" else "")
            case "figure":
                caption = f"<figcaption>{escape(content.caption)}</figcaption>" if content.caption else ""
                return element(tag, self._image(content, content.caption or "") + caption)
            case "blockquote":
                return element(tag, f"<p>{escape(content)}</p>")
            case "ul":
                return element(tag, elements("li", (_run(item, noisy) for item in content)))
            case "table":
                head = "".join(f"<th>{escape(cell)}</th>" for cell in content[0])
                rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in content[1:])
                body = f"<thead><tr>{head}</tr></thead><tbody>{elements('tr', rows)}</tbody>"
                return element(tag, body, "data-table")
            case "iframe":
                player = "amp-iframe" if self._is_amp else tag
                return element("div", f'<{player} src="{content}"></{player}>', "video")
            case "aside":
                lines = elements("li", (link(article.href, escape(article.text)) for article in content))
                heading = element("div", "Читайте также", "read-also__title")
                return element("div", f"{heading}<ul>{lines}</ul>", "read-also")
        return element(tag, escape(content))


def _run(run: str | Link, noisy: bool) -> str:
    if isinstance(run, Link):
        return link(run.href, escape(run.text))
    text = escape(run)
    return (_with_noise(text) if noisy else text).replace("\n", "<br>")


def _with_noise(text: str) -> str:
    """Add what an editor's paste leaves: invisible characters, decomposed letters."""
    text = re.sub(r"(?<=\d) ", "&nbsp;", text, count=1)
    text = re.sub(r"\b([а-яё]{4})([а-яё]{5,})", "\\1\u00ad\\2", text, count=1)
    return text.replace(" – ", "\u00a0–\u200b ", 1).replace("й", "и\u0306", 1)


class ArticlePages:
    """Writer of article pages in one template."""

    def __init__(self, template: Template, frame: Frame, kazakh_frame: Frame) -> None:
        self._template = template
        self._frame = frame
        self._kazakh_frame = kazakh_frame
        self._html = ArticleHtml()
        self._html_generation_3 = ArticleHtml(template.paragraph_tag)
        self._amp_html = ArticleHtml(is_amp=True)

    def page(self, article: Article, base_url: str) -> bytes:
        kind, frame = article.kind, self._kazakh_frame if article.kind.is_kazakh else self._frame
        name = "kazakh" if kind.is_kazakh else f"generation_{kind.generation}"
        gaps = _gaps(article, self._html_generation_3 if name == "generation_3" else self._html)
        if frame.is_scripted and article.front.views is not None:
            for gap, form in (("views", "plain"), ("grouped_views", "grouped")):
                gaps[gap] = f'<span data-part="views/{form}/{article.number}"></span>'
        head = _head(article, base_url)
        if name == "generation_2":
            head = _dated_script(article) + head
            gaps |= _gaps_of_generation_2(article)
        elif name == "generation_3":
            text = gaps["body"] + gaps["page_links"]
            # In a flat page paragraphs and trending pairs are siblings in one container.
            is_flat = self._template.trending_place == "flat"
            gaps["text"] = text if is_flat else element("div", text, "single__text")
            gaps["headline_tag"] = self._template.headline_tag
        return frame.page(article.number, head, fill(PAGES["main"][name], gaps), kind.generation)

    def amp(self, article: Article, base_url: str) -> bytes:
        """AMP copy; it keeps the dashes of the page if a crawler can find nothing but the copy."""
        gaps = _gaps(article, self._amp_html) | {"url": base_url + article.path[1:]}
        if article.kind.reach is not Reach.AMP_LINK:
            gaps["body"] = gaps["body"].replace(" — ", " - ")
        return styled(fill(PAGES["amp"]["page"], gaps), self._template).lstrip().encode()

    def attachment(self, article: Article) -> str | None:
        """Main part of the page of an article's photo, if it has one."""
        picture = article.lead_image
        if picture is None or picture.page is None:
            return None
        gaps = {
            "headline_tag": self._template.headline_tag,
            "name": picture.page.rstrip("/").rpartition("/")[2],
            "image": picture.href,
            "path": article.path,
            "headline": escape(article.headline),
        }
        return fill(PAGES["main"]["attachment"], gaps)


def _gaps(article: Article, html: ArticleHtml) -> dict[str, Any]:
    """Values of the gaps that several patterns have."""
    views = article.front.views
    return {
        "headline": escape(article.headline),
        "day": article.day,
        "date": article.front.date_raw,
        "views": None if views is None else str(views),
        "grouped_views": None if views is None else grouped(views),
        "lede": html.lede(article),
        "figure": html.figure(article),
        "body": html.body(article),
        "page_links": html.page_links(article),
        "tags": html.tags(article),
    }


def grouped(views: int) -> str:
    return f"{views:,}".replace(",", "\u00a0")


def _gaps_of_generation_2(article: Article) -> dict[str, Any]:
    raw = article.front.date_raw
    shares, aggregator = (fill(PAGES["boxes"][name], {}) for name in ("shares", "aggregator"))
    return {
        "time": f'<time class="full-breadcrumb__time">{raw}</time>' if raw else "",
        "inside": "" if article.number % 2 else shares + aggregator,
        "outside": aggregator + shares if article.number % 2 else "",
    }


def _dated_script(article: Article) -> str:
    """Typed script with month and year, unless the printed date has them."""
    raw = article.front.date_raw
    dated = raw is not None and "." not in raw
    text = f"var page = {{ pageDate: '{article.day:%m-%Y}' }};" if dated else "var siteLanguage = 'ru';"
    return f'<script type="text/javascript">{text}</script>'


def _head(article: Article, base_url: str) -> str:
    """Metadata of the article's profile."""
    front, url, headline = article.front, base_url + article.path[1:], article.headline
    has_amp_link = article.kind.generation == 3 and not article.kind.is_kazakh and article.number % 2
    is_cut = len(headline) > _LONG_HEADLINE and article.number % 2
    gaps: dict[str, Any] = {
        "headline": escape(headline),
        "title": quoted(headline),
        "damaged_title": quoted(headline[:_LONG_HEADLINE] + "…" if is_cut else headline + _SUFFIX),
        "description": quoted(article.opening.lede or headline),
        "base_url": base_url,
        "url": url,
        "canonical": url if article.has_canonical else None,
        "short_url": None if article.article_id is None else f"{base_url}?p={article.article_id}",
        "amp_url": f"{base_url}amp{article.path[:-1]}" if has_amp_link else None,
        "next_page": f"{url}{article.part + 1}/" if article.part < article.parts and article.number % 2 == 0 else None,
        "published": _stamp(article, front.stamp),
        "modified": _stamp(article, front.modified),
    }
    gaps["rarely_modified"] = None if article.number % 3 else gaps["modified"]
    if front.profile == "full":
        gaps["linked_data"] = _linked_data(headline, url, base_url, gaps["published"], gaps["modified"])
    patterns = {"none": ("none",), "full": ("none", "plain", "full")}.get(front.profile, ("none", front.profile))
    return "".join(fill(PAGES["head"][pattern], gaps) for pattern in patterns)


def _linked_data(headline: str, url: str, base_url: str, published: str, modified: str) -> str:
    graph = [
        {"@type": "NewsArticle", "headline": headline, "datePublished": published,
         "dateModified": modified, "mainEntityOfPage": {"@id": url}, "author": {"@id": f"{base_url}#admin"}},
        {"@type": "Person", "@id": f"{base_url}#admin", "name": "admin"},
        {"@type": "WebPage", "@id": url, "url": url, "name": headline + _SUFFIX,
         "datePublished": published, "inLanguage": "ru-RU"},
    ]  # fmt: skip
    data = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
    return data.replace("</", r"<\u002f")


def _stamp(article: Article, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return (moment.astimezone(UTC) if article.front.stamp_in_utc else moment).isoformat()
