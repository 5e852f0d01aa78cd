"""HTML of an article's parts: body, lede, lead image, author, tags."""

import re

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import slug
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

_PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_ADVERT = "<script>window.yaContextCb=window.yaContextCb||[];window.yaContextCb.push(new Date())</script>"


class ArticleHtml:
    """Writer of an article's parts; a missing part is an empty string."""

    def __init__(self, markup: Markup, paragraph_tag: str = "p", *, amp: bool = False) -> None:
        self._markup = markup
        self._tag = paragraph_tag
        self._amp = amp
        self._open = markup.open(paragraph_tag, "text" if paragraph_tag == "div" else "")
        self._changes_dashes = False

    def body(self, article: Article, *, changes_dashes: bool = False) -> str:
        """All blocks and the author's line; ``changes_dashes`` as AMP copies do."""
        self._changes_dashes = changes_dashes
        parts = [self._block(block, article.noisy) for block in article.blocks]
        if article.number % 3 == 0 and not self._amp:
            parts.insert(3, self._markup.element("div", _ADVERT, "advert"))
        return "".join(parts) + self._author(article)

    def lede(self, article: Article) -> str:
        """The lede; half of the pages without one have an empty element."""
        if article.opening.lede is None and article.number % 2:
            return ""
        text = escape(article.opening.lede_source)
        return self._markup.element(self._tag, _with_noise(text) if article.noisy else text, "lede")

    def image(self, article: Article) -> str:
        """The lead image, without its credit."""
        return self._image(article.lead_image, article.headline) if article.lead_image else ""

    def credit(self, article: Article, label: str = "Фото - ") -> str:
        """Text of the photo credit."""
        credit = article.front.photo_credit
        return label + escape(credit) if credit else ""

    def figure(self, article: Article, label: str = "Фото - ") -> str:
        """Lead image and credit."""
        credit = self.credit(article, label)
        caption = self._markup.element("figcaption", credit, "credit") if credit else ""
        content = self.image(article) + caption
        return self._markup.element("figure", content, "lead-image") if content else ""

    def page_links(self, article: Article) -> str:
        """Links to the other pages of an article: all of them, or the next one only."""
        markup, parts = self._markup, article.parts
        if parts == 1:
            return ""
        if article.number % 2 == 0:
            if article.part == parts:
                return ""
            href = markup.attribute("href", f"{article.path}{article.part + 1}/")
            return markup.element("div", f"<a{markup.attribute('rel', 'next')}{href}>Далее</a>", "page-links")
        hrefs = [article.path, *(f"{article.path}{part}/" for part in range(2, parts + 1))]
        links = [
            str(part) if part == article.part else markup.link(href, str(part)) for part, href in enumerate(hrefs, 1)
        ]
        return markup.element("p", f"Страницы: {' '.join(links)}", "page-links")

    def tags(self, article: Article) -> str:
        """The article's topics."""
        if not article.tags:
            return ""
        rel = self._markup.attribute("rel", "tag") if self._markup.template.seed == 0 else ""
        links = (
            f"<a{rel}{self._markup.attribute('href', f'/tag/{slug(tag)}/')}>{escape(tag)}</a>" for tag in article.tags
        )
        return self._markup.element("div", " ".join(links), "tags")

    def _author(self, article: Article) -> str:
        if article.author_line is None:
            return ""
        line = escape(article.author_line)
        content = f"<strong>{line}</strong>" if article.number % 2 else line
        return self._markup.element(self._tag, content, "author" if self._tag == "div" else "")

    def _image(self, picture: Picture, alt: str) -> str:
        markup = self._markup
        if self._amp:
            source, tag, end = markup.attribute("src", picture.href), "amp-img", "</amp-img>"
        elif picture.lazy:
            source = markup.attribute("src", _PLACEHOLDER) + markup.attribute("data-src", picture.href)
            tag, end = "img", ""
        else:
            source, tag, end = markup.attribute("src", picture.href), "img", ""
        image = f'<{tag}{source}{markup.attribute("alt", alt)} width="1024" height="683">{end}'
        return markup.link(picture.page, image) if picture.page and not self._amp else image

    def _block(self, block: Block, noisy: bool) -> str:
        markup = self._markup
        match block:
            case Paragraph(runs):
                return f"{self._open}{''.join(self._run(run, noisy) for run in runs)}</{self._tag}>"
            case Picture():
                caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
                return markup.element("figure", self._image(block, block.caption or "") + caption)
            case Subheading(tag, text):
                return markup.element(tag, escape(text))
            case Quotation(text):
                return markup.element("blockquote", f"<p>{escape(text)}</p>")
            case BulletList(items):
                rows = "".join(f"{markup.indent}<li>{self._run(item, noisy)}</li>" for item in items)
                return f"{markup.open('ul')}{rows}</ul>"
            case DataTable(rows):
                head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
                body = (f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
                lines = "".join(markup.indent + row for row in body)
                table = f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody>"
                return markup.element("table", table, "data-table")
            case Video(src):
                player = "amp-iframe" if self._amp else "iframe"
                return markup.element("div", f"<{player}{markup.attribute('src', src)}></{player}>", "video")
            case ReadAlso(links):
                heading = markup.element("div", "Читайте также", "read-also__title")
                lines = "".join(markup.element("li", markup.link(link.href, escape(link.text))) for link in links)
                return markup.element("div", f"{heading}<ul>{lines}</ul>", "read-also")

    def _run(self, run: str | Link, noisy: bool) -> str:
        if isinstance(run, Link):
            return self._markup.link(run.href, escape(run.text))
        text = escape(run.replace(" — ", " - ") if self._changes_dashes else run)
        return (_with_noise(text) if noisy else text).replace("\n", "<br>")


def _with_noise(text: str) -> str:
    """Add what an editor's paste leaves: invisible characters, decomposed letters."""
    text = re.sub(r"(?<=\d) ", "&nbsp;", text, count=1)
    text = re.sub(r"\b([а-яё]{4})([а-яё]{5,})", "\\1\u00ad\\2", text, count=1)
    return text.replace(" – ", "\u00a0–\u200b ", 1).replace("й", "и\u0306", 1)
