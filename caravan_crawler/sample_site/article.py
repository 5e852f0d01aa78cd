"""One article: all that its pages print, the HTML of its parts, and its expected record."""

import re
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urljoin

from caravan_crawler.sample_site.markup import element, elements, escape, link, quoted
from caravan_crawler.sample_site.newsroom import Kind, Newsroom, Reach
from caravan_crawler.sample_site.story import Block, Link, Opening, Picture, write_kazakh_story, write_story
from caravan_crawler.sample_site.texts import KK, RU, FrontMatter, Rng, slug


class Article(NamedTuple):
    """An article; URLs in it are as the page writes them."""

    number: int
    kind: Kind
    article_id: int | None
    path: str
    day: date
    headline: str
    opening: Opening
    blocks: list[Block]
    front: FrontMatter
    lead_image: Picture | None
    author_line: str | None
    authors: list[str]
    tags: list[str]
    noisy: bool
    """The source has no-break spaces, soft hyphens, zero-width characters and decomposed letters."""
    parts: int = 1
    """Number of its pages."""
    part: int = 1
    """The page that this is; blocks of other pages are left out."""
    has_canonical: bool = True
    """Whether a generation-4 page names its own URL."""


def compose(newsroom: Newsroom, number: int) -> Article:
    """Write article ``number``; the same number always yields the same article."""
    seed, kind, day = newsroom.text_seed(number), newsroom.kinds[number], newsroom.day(number)
    opening, blocks = write_kazakh_story(seed) if kind.is_kazakh else write_story(newsroom, number)
    headline = newsroom.headline(number)
    rng = Rng("trimmings", seed)
    noisy = rng.chance(1, 20)
    lead_image = _picture(rng, kind.generation, day, captioned=False) if rng.chance(2, 3) else None
    for _ in range(max(rng.below(6) - 2, 0)):
        picture = _picture(rng, kind.generation, day, captioned=rng.chance(1, 3))
        blocks.insert(1 + rng.below(len(blocks)), Block("figure", picture))
    author_line, authors = _author_line(rng) if kind.desk == "gazeta" else (None, [])
    attachment = newsroom.attachment(number)
    if lead_image and attachment:
        lead_image = lead_image._replace(page=attachment)
    return Article(
        number=number,
        kind=kind,
        article_id=newsroom.id(number),
        path=newsroom.path(number, headline),
        day=day,
        headline=headline,
        opening=opening,
        blocks=blocks,
        front=newsroom.front(number),
        lead_image=lead_image,
        author_line=author_line,
        authors=authors,
        tags=rng.sample(possible_tags(newsroom, number), 1 + rng.below(3)) if rng.chance(2, 5) else [],
        noisy=noisy,
        parts=newsroom.parts(number),
        has_canonical=newsroom.has_canonical(number),
    )


def part_of(article: Article, part: int) -> Article:
    """Return one page of an article: lede on the first, author on the last."""
    blocks, parts = article.blocks, article.parts
    share = blocks[len(blocks) * (part - 1) // parts : len(blocks) * part // parts]
    changed = article._replace(part=part, blocks=share)
    if part > 1:
        changed = changed._replace(lead_image=None, opening=article.opening._replace(lede=None, lede_source=""))
    return changed if part == parts else changed._replace(author_line=None)


def possible_tags(newsroom: Newsroom, number: int) -> list[str]:
    tags: list[str] = KK["tags"] if newsroom.kinds[number].is_kazakh else newsroom.theme(number).tags
    return tags


def _author_line(rng: Rng) -> tuple[str | None, list[str]]:
    """Line under a newspaper story, and its authors (without photographers)."""
    roll = rng.below(10)
    if roll < 2:
        return None, []
    authors = rng.sample(RU["reporters"], 0 if roll == 9 else 2 if roll > 6 else 1)
    credits = [f"{rng.pick(RU['photographers'])} (фото)"] if roll in (4, 5, 8, 9) else []
    return ", ".join(authors + credits), authors


def _picture(rng: Rng, generation: int, day: date, *, captioned: bool) -> Picture:
    file = rng.below(900_000) + 10_000
    if generation == 2:
        href = f"https://static.caravan.kz/image/landscape/{rng.pick((640, 840, 1200))}/{file}.jpg"
    elif rng.chance(1, 2):
        href = f"/wp-content/uploads/images/{file}.jpg"
    else:
        href = f"/wp-content/uploads/{day:%Y/%m}/foto-{file}-1024x683.png"
    caption = rng.pick(RU["captions"]) if captioned else None
    return Picture(href, rng.chance(1, 4), caption)


def expected_record(article: Article, base_url: str) -> dict[str, Any]:
    """Return the record: times with Almaty's offset at that date, absolute URLs.

    If only a short link without the article's own path leads to it, ``url`` is that link and ``section`` is None.
    """
    unnamed = article.kind.reach is Reach.SHORT_LINK
    front = article.front
    own = f"?p={article.article_id}" if unnamed else article.path[1:]
    views_raw = None if front.views is None else str(front.views)
    if front.views is not None and article.kind.generation == 4:
        views_raw = f"{front.views:,}".replace(",", " ")
    pictures = [picture for tag, picture in (("figure", article.lead_image), *article.blocks) if tag == "figure"]
    links = [run for tag, runs in article.blocks if tag == "p" for run in runs if isinstance(run, Link)]
    return {
        "article_id": article.article_id,
        "url": base_url + own,
        "section": None if unnamed else article.kind.section,
        "language": "kk" if article.kind.is_kazakh else "ru",
        "headline": article.headline,
        "lede": article.opening.lede,
        "body": "\n\n".join(_paragraphs(article.blocks)),
        "date_published": front.date_published,
        "published_at": front.published_at,
        "date_published_raw": front.date_raw or (front.stamp.isoformat() if front.stamp else None),
        "views": front.views,
        "views_raw": views_raw,
        "photo_credit": front.photo_credit or _photographer(article.author_line or ""),
        "source": article.opening.source,
        "authors": article.authors,
        "tags": article.tags,
        "images": [urljoin(base_url, picture.href) for picture in pictures if picture],
        "links": [{"text": link.text, "url": urljoin(base_url, link.href)} for link in links],
    }


def _photographer(author_line: str) -> str | None:
    last = author_line.rpartition(", ")[2]
    return last.removesuffix(" (фото)") if last.endswith(" (фото)") else None


def _paragraphs(blocks: list[Block]) -> list[str]:
    paragraphs: list[str] = []
    for tag, content in blocks:
        match tag:
            case "p":
                paragraphs.append("".join(run.text if isinstance(run, Link) else run for run in content))
            case "h2" | "h3" | "blockquote":
                paragraphs.append(content)
            case "ul":
                paragraphs += content
            case "table":
                paragraphs += ["\t".join(row) for row in content]
    return paragraphs


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
