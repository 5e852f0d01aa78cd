"""The body of an article as HTML."""

import re

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.blocks import (
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
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.texts_ru import READ_ALSO_HEADING

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
