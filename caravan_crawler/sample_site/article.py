"""One article: its texts and all else that its pages print, and its expected record."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin

from caravan_crawler.sample_site.newsroom import Kind, Newsroom, Reach
from caravan_crawler.sample_site.texts import KK, RU, FrontMatter, Rng

#: How many paragraphs follow the opening of a Russian story: at least, and fewer than.
PARAGRAPHS = (4, 10)


class Link(NamedTuple):
    """A link inside the text; ``href`` as written: root-relative or absolute."""

    text: str
    href: str


class Block(NamedTuple):
    """A part of the body: an element and its content.

    * ``p``: a tuple of texts and links; a line feed in a text is a ``<br>``;
    * ``h2``, ``h3``, ``blockquote``: a text;
    * ``ul``: a list of texts;
    * ``table``: rows of cells, the first of them the header;
    * ``iframe``: the URL of a player;
    * ``aside``: a tuple of links to other articles, which is not part of the text;
    * ``figure``: a picture.
    """

    tag: str
    content: Any


class Picture(NamedTuple):
    """An image; a ``lazy`` one has its URL in ``data-src``."""

    href: str
    lazy: bool
    caption: str | None
    page: str | None = None
    """URL of its own page, which it links to."""


def plain(text: str) -> Block:
    return Block("p", (text,))


class Opening(NamedTuple):
    """Lede and first paragraphs of the body."""

    lede: str | None
    lede_source: str
    """The lede in the HTML, perhaps with a line feed in it."""
    paragraphs: list[str]
    source: str | None


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
    topics = KK["tags"] if kind.is_kazakh else newsroom.theme(number).tags
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
        tags=rng.sample(topics, 1 + rng.below(3)) if rng.chance(2, 5) else [],
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


# The text


class Attribution(NamedTuple):
    """Text before or after a statement; ``source`` is the outside source it credits."""

    before: str
    after: str
    source: str | None

    def credit(self, statement: str) -> str:
        """Add the attribution to a statement, which ends in a full stop."""
        if self.before:
            statement = self.before + statement[0].lower() + statement[1:]
        return f"{statement[:-1]}{self.after}."


_NOBODY = Attribution("", "", None)
_ATTRIBUTIONS = [Attribution(before, after, source or None) for before, after, source in RU["attributions"]]
_CUT_NEAR = 104
"""Length of a lede that is the cut beginning of the first paragraph."""


def _open(
    rng: Rng, lede: str, answer: str, more: Sequence[str], rubric: str, attribution: Attribution = _NOBODY
) -> Opening:
    """Draw one kind of lede and write a beginning of the body that fits it.

    All arguments but ``rubric`` are complete sentences; ``answer`` refers to the lede.
    """
    kind = rng.below(12)
    answer = attribution.credit(answer)
    source = attribution.source
    if kind == 5:
        return Opening(None, "", [attribution.credit(lede), more[0]], source)
    if kind == 6:
        return Opening(rubric, rubric, [attribution.credit(lede), more[0]], source)
    if kind in (7, 8, 9):
        # No attribution in the first paragraph: the lede could end inside it.
        paragraph = " ".join((lede, *more))
        end = _CUT_NEAR
        while end < len(paragraph) - 1 and not (paragraph[end - 1].isalpha() and paragraph[end].isalpha()):
            end += 1  # until it is inside a word
        lede = paragraph[:end]
        space = lede.index(" ", len(lede) // 2)
        broken = f"{lede[:space]}\n{lede[space + 1 :]}" if kind == 9 else lede
        return Opening(lede, broken, [paragraph, answer], source)
    if kind in (10, 11):
        lede = f"{lede} {attribution.credit(more[0])}"
        return Opening(lede, lede, [more[1]], source)
    return Opening(lede, lede, [answer], source)


def _cycle(table: Sequence[str], start: int, gaps: Mapping[str, str]) -> Iterator[str]:
    """Yield sentences of a table without repetition until all are used."""
    while True:
        start += 3  # tables have 7, 8 or 10 sentences, numbers without the factor 3
        yield table[start % len(table)] % gaps


def write_story(newsroom: Newsroom, number: int) -> tuple[Opening, list[Block]]:
    """Write opening and body blocks, without pictures and the author's line."""
    rng = Rng("story", newsroom.text_seed(number))
    gaps = newsroom.gaps(number)
    theme = newsroom.theme(number)
    sentence = _cycle(theme.sentences, rng.below(8), gaps)
    connective = _cycle(RU["connectives"], rng.below(10), gaps)
    speech = _cycle(RU["speech"], rng.below(10), gaps)
    lede, answer = rng.pick(theme.ledes), rng.pick(RU["openings"]) % gaps
    more, rubric = list(islice(sentence, 3)), rng.pick(RU["rubrics"])
    # The newspaper's own stories credit no source.
    is_own = newsroom.kinds[number].desk == "gazeta" or rng.chance(1, 6)
    opening = _open(rng, lede, answer, more, rubric, _NOBODY if is_own else rng.pick(_ATTRIBUTIONS))
    blocks: list[Block] = [plain(text) for text in opening.paragraphs]
    fewest, end = PARAGRAPHS
    for _ in range(fewest + rng.below(end - fewest)):
        roll = rng.below(10)
        if roll < 3:
            text = rng.pick(RU["speech_forms"]) % {**gaps, "speech": next(speech)}
        elif roll < 6:
            text = f"{next(sentence)} {next(connective)}"
        elif roll < 8:
            text = f"{next(connective)} {next(sentence)} {next(sentence)}"
        elif roll < 9:
            text = f"{next(sentence)} {rng.pick(RU['odd_sentences']) % gaps} {next(connective)}"
        else:
            text = f"{next(sentence)}\n{next(sentence)}"
        blocks.append(plain(text))
    for block in _extras(newsroom, number, rng, gaps):
        # Neither first nor last: the opening refers to the lede, and boxes belong inside the body.
        blocks.insert(1 + rng.below(len(blocks) - 1), block)
    if rng.chance(1, 3):
        recall = plain(rng.pick(RU["recalls"]) % gaps)
        blocks.insert(len(blocks) if rng.chance(2, 3) else len(blocks) // 2, recall)
    return opening, blocks


def _extras(newsroom: Newsroom, number: int, rng: Rng, gaps: Mapping[str, str]) -> list[Block]:
    extras: list[Block] = []
    if rng.chance(1, 6):
        extras.append(Block("blockquote", rng.pick(RU["quotes"])))
    if rng.chance(1, 6):
        items: list[str] = rng.sample(RU["list_items"], 3 + rng.below(3))
        extras.append(Block("ul", [item % gaps for item in items]))
    extras += [Block(rng.pick(("h2", "h3")), rng.pick(RU["subheadings"])) for _ in range(max(rng.below(6) - 3, 0))]
    if rng.chance(1, 9):
        extras.append(Block("table", rng.pick(RU["tables"])))
    if rng.chance(1, 9):
        extras.append(Block("iframe", f"https://www.youtube.com/embed/{number * 7919 % 0xFFFFFF:06x}Qk"))
    if rng.chance(1, 5):
        before, text, href, after = rng.pick(RU["external_links"])
        extras.append(Block("p", (before, Link(text, href), after)))
    return extras + _links_to_articles(newsroom, number, rng)


def _links_to_articles(newsroom: Newsroom, number: int, rng: Rng) -> list[Block]:
    blocks: list[Block] = []
    hidden = newsroom.only_linked_from(number)
    if hidden is not None:
        link = Link(newsroom.headline(hidden), newsroom.link_to(hidden))
        blocks.append(Block("aside", (link,)) if rng.chance(1, 3) else _sentence_with(link, rng))
    if rng.chance(1, 4) and (older := _older_link(newsroom, number, rng)):
        blocks.append(_sentence_with(older, rng))
    if rng.chance(1, 5):
        links = [_older_link(newsroom, number, rng) for _ in range(1 + rng.below(3))]
        if box := tuple(dict.fromkeys(filter(None, links))):
            blocks.append(Block("aside", box))
    return blocks


def _sentence_with(link: Link, rng: Rng) -> Block:
    before, after = rng.pick(RU["internal_links"])
    return Block("p", (before, link, after))


def _older_link(newsroom: Newsroom, number: int, rng: Rng) -> Link | None:
    older = newsroom.older_article(number, rng)
    if older is None:
        return None
    path = newsroom.path(older)
    return Link(newsroom.headline(older), (path, path[:-1], path + "?utm_source=body")[rng.below(3)])


def write_kazakh_story(number: int) -> tuple[Opening, list[Block]]:
    """Write opening and body blocks in Kazakh; how sources are credited is not known."""
    rng = Rng("story", number)
    gaps = {"many": str(10 + rng.below(90)), "who": rng.pick(KK["speakers"])}
    sentences = [text % gaps for text in rng.sample(KK["sentences"], len(KK["sentences"]))]
    opening = _open(rng, rng.pick(KK["ledes"]), sentences[0], sentences[1:4], KK["rubric"])
    texts = (*opening.paragraphs, f"{sentences[4]} {sentences[5]}", rng.pick(KK["speech"]) % gaps)
    blocks: list[Block] = [plain(text) for text in texts]
    if rng.chance(1, 3):
        blocks.append(Block("h2", KK["subheading"]))
    blocks.append(plain(f"{sentences[6]} {sentences[7]}"))
    if rng.chance(1, 4):
        blocks.append(Block("ul", KK["list_items"]))
    blocks.append(plain(sentences[8]))
    return opening, blocks
