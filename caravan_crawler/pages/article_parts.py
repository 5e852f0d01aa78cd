"""Articles over several pages: which page comes next, and one article out of all of them.

WordPress parts an article at ``<!--nextpage-->``: its second page stands at ``/<section>/<slug>/2/``, others have it at
``?page=2``. Pages of comments (``comment-page-2``) and of lists are no pages of an article.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.blocks import Block
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.labels import fold

#: Longer articles than that are galleries, or a trap.
MOST_PARTS = 20

_MAY_BE_PART = re.compile(r"(?:^|/)\d{1,2}/?(?:[?#]|$)|[?&]page=\d", re.ASCII)
_NUMBER = re.compile(r"(?:page/)?([1-9]\d?)/?", re.ASCII)
_NUMBER_OR_LABEL = re.compile(r"\W*(?:\d{1,2}|страницы?|беттер|pages?|…)\W*", re.IGNORECASE)
_OF_COMMENTS = re.compile(r"#.*(?:comment|respond)", re.IGNORECASE)
#: Words of a pager, in addition to numbers.
_PAGER = re.compile(
    r"страниц[аы]|стр|беттер|бет|pages?|из|of|следующ\w+|предыдущ\w+|дал(?:ее|ьше)|впер[её]д|назад|читать|next|prev\w*"
    r"|келесі|алдыңғы|[\d\W_]+",
    re.IGNORECASE,
)


def part_number(url: str, path: str) -> int | None:
    """Return which page of the article at ``path`` a URL is of; None where it is of another page."""
    parts = urlsplit(url)
    own = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    if not own.startswith(path):
        return None
    rest = own[len(path) :]
    if rest:
        found = _NUMBER.fullmatch(rest)
        return int(found[1]) if found else None
    values = parse_qs(parts.query)
    if not values:
        return 1
    number = values["page"][0] if values.keys() == {"page"} else ""
    return int(number) if re.fullmatch(r"[1-9]\d?", number, re.ASCII) else None


def next_part(document: Document, path: str, number: int) -> str | None:
    """Return the URL of the page behind page ``number`` of the article at ``path``, where the page links to it."""
    hrefs = [*document.links, document.structured.links.get("next", "")]
    for href in hrefs:
        if not _MAY_BE_PART.search(href) or _OF_COMMENTS.search(href):
            continue
        url = document.site.resolve(href, document.base_url)
        if url is not None and part_number(url, path) == number + 1:
            return url
    return None


def mark_pager(document: Document) -> None:
    """Mark the links between an article's own pages: as text they look like counts and dates."""
    path = _article_path(document)
    if path is None:
        return
    slug = path.rstrip("/").rpartition("/")[2]
    # An address from the root or with a host is one of the article's only with its slug.
    hrefs = (href for href in document.links if slug in href or not href.startswith(("/", "http")))
    if not any(_MAY_BE_PART.search(href) for href in hrefs):
        return
    blocks = document.blocks
    pager = {number for number, block in enumerate(blocks) if _is_pager_block(document, block, path)}
    for number in [*pager]:
        for step in (-1, 1):
            beside = number + step
            while 0 <= beside < len(blocks) and (beside in pager or _NUMBER_OR_LABEL.fullmatch(blocks[beside].text)):
                pager.add(beside)
                beside += step
    for number in pager:
        blocks[number].is_pager = True


def _article_path(document: Document) -> str | None:
    """Return the path of the first page of the article that the page may be of."""
    path = urlsplit(document.url).path.rstrip("/") + "/"
    address = document.site.address(document.url, document.url)
    if address is not None:
        return address.path
    own, _, last = path[:-1].rpartition("/")
    return f"{own}/" if own.count("/") > 1 and _NUMBER.fullmatch(last) else None


def _is_pager_block(document: Document, block: Block, path: str) -> bool:
    """Whether all links of a block lead to pages of the article, and hardly anything else is in it."""
    numbers = []
    for _, link, _ in block.pieces:
        if link is not None:
            url = document.site.resolve(link.get("href") or "", document.base_url)
            numbers.append(part_number(url, path) if url else None)
    if not numbers or None in numbers or set(numbers) == {part_number(document.url, path)}:
        return False  # themes link a date or a count to the page itself
    return not _PAGER.sub("", block.text) or (block.is_all_links and max(filter(None, numbers)) > 1)


@dataclass
class Parts:
    """The pages of one article as far as they are read: ``first`` and what the ``number`` of them say together."""

    path: str
    """The article's path, which is that of its first page."""
    first: ArticleReading
    number: int = 1
    _bodies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._bodies = [_text(self.first)]

    @property
    def is_full(self) -> bool:
        """Whether the limit of pages is reached."""
        return self.number >= MOST_PARTS

    def add(self, part: ArticleReading) -> bool:
        """Join the next page to the article; False where it says again what an earlier one has said."""
        text = self._own_text(part)
        if _text(part) in self._bodies or (text and text in self._bodies):
            return False
        self._bodies.append(text)
        self.number += 1
        first = self.first
        joined = "\n\n".join(filter(None, [first.body, text]))
        first.body = joined or None
        if first.body and "body" not in first.found_by:
            first.found_by["body"] = part.found_by.get("body", "body_printed")
        first.links += part.links
        first.images += [image for image in part.images if image not in first.images]
        first.tags += [tag for tag in part.tags if tag not in first.tags]
        for name in ("authors", "source", "photo_credit"):
            if not getattr(first, name) and (value := getattr(part, name)):
                setattr(first, name, value)
                if name in part.found_by:
                    first.found_by[name] = part.found_by[name]
        return True

    def _own_text(self, part: ArticleReading) -> str:
        """Return a page's text without what it repeats of the first: headline and lede."""
        paragraphs = (part.body or "").split("\n\n") if part.body else []
        if part.lede:
            paragraphs.insert(0, part.lede)
        repeated = {fold(text) for text in (self.first.headline, part.headline, self.first.lede) if text}
        while paragraphs and fold(paragraphs[0]) in repeated:
            del paragraphs[0]
        return "\n\n".join(paragraphs)


def _text(reading: ArticleReading) -> str:
    return "\n\n".join(filter(None, [reading.lede, reading.body]))
