"""Lede and body of an article."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.texts import KK, RU


class Link(NamedTuple):
    """A link inside the text; ``href`` as written: root-relative or absolute."""

    text: str
    href: str


class Paragraph(NamedTuple):
    """Alternating text and links; a line feed in the text is a ``<br>``."""

    runs: tuple[str | Link, ...]


class Subheading(NamedTuple):
    """A heading inside the body, ``h2`` or ``h3``."""

    tag: str
    text: str


class Quotation(NamedTuple):
    """A ``blockquote``."""

    text: str


class BulletList(NamedTuple):
    """A ``ul``."""

    items: list[str]


class DataTable(NamedTuple):
    """A table of data; the first row is its header."""

    rows: list[list[str]]


class Video(NamedTuple):
    """An embedded player; it has no text."""

    src: str


class ReadAlso(NamedTuple):
    """A box of links to other articles, which is not part of the text."""

    links: tuple[Link, ...]


class Picture(NamedTuple):
    """An image; ``lazy`` ones hide their address in ``data-src``."""

    href: str
    lazy: bool
    caption: str | None
    page: str | None = None
    """URL of its own page, which it links to."""


Block = Paragraph | Subheading | Quotation | BulletList | DataTable | Video | ReadAlso | Picture


def plain(text: str) -> Paragraph:
    """A paragraph without links."""
    return Paragraph((text,))


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


NOBODY = Attribution("", "", None)
_ATTRIBUTIONS = [Attribution(before, after, source or None) for before, after, source in RU["attributions"]]


def pick_attribution(rng: Rng, section: str) -> Attribution:
    """Draw an attribution; the newspaper's own stories have none."""
    if section == "gazeta" or rng.chance(1, 6):
        return NOBODY
    return rng.pick(_ATTRIBUTIONS)


_CUT_NEAR = 104


class Opening(NamedTuple):
    """Lede and first paragraphs of the body."""

    lede: str | None
    lede_source: str
    """The lede in the HTML, perhaps with a line feed in it."""
    paragraphs: list[str]
    source: str | None


class OpeningTexts(NamedTuple):
    """Complete sentences for an opening; each ends in a full stop."""

    lede: str
    """Complete without the others."""
    answer: str
    """Refers to the lede and takes the attribution."""
    more: tuple[str, str, str]
    rubric: str


def open_story(rng: Rng, texts: OpeningTexts, attribution: Attribution = NOBODY) -> Opening:
    """Draw one kind of lede and write a beginning of the body that fits it."""
    kind = rng.below(12)
    answer = attribution.credit(texts.answer)
    if kind == 5:
        return Opening(None, "", [attribution.credit(texts.lede), texts.more[0]], attribution.source)
    if kind == 6:
        statement = attribution.credit(texts.lede)
        return Opening(texts.rubric, texts.rubric, [statement, texts.more[0]], attribution.source)
    if kind in (7, 8, 9):
        # Not in the first paragraph, where the lede could end inside the attribution.
        paragraph = " ".join((texts.lede, *texts.more))
        lede = _cut(paragraph)
        source = _broken(lede) if kind == 9 else lede
        return Opening(lede, source, [paragraph, answer], attribution.source)
    if kind in (10, 11):
        lede = f"{texts.lede} {attribution.credit(texts.more[0])}"
        return Opening(lede, lede, [texts.more[1]], attribution.source)
    return Opening(texts.lede, texts.lede, [answer], attribution.source)


def _cut(paragraph: str) -> str:
    """Return the start of a paragraph, ending inside a word."""
    end = _CUT_NEAR
    while end < len(paragraph) - 1 and not (paragraph[end - 1].isalpha() and paragraph[end].isalpha()):
        end += 1
    return paragraph[:end]


def _broken(lede: str) -> str:
    """Replace a space near the middle by a line feed."""
    space = lede.index(" ", len(lede) // 2)
    return f"{lede[:space]}\n{lede[space + 1 :]}"


class _Sentences:
    """Sentences of a table without repetition until all are used."""

    __slots__ = ("_gaps", "_next", "_table")

    def __init__(self, table: Sequence[str], start: int, gaps: Mapping[str, str]) -> None:
        self._table = table
        self._next = start
        self._gaps = gaps

    def __call__(self) -> str:
        self._next += 3  # tables of 7, 8 or 10 sentences: 3 shares no factor with them
        return self._table[self._next % len(self._table)] % self._gaps


def write_story(newsroom: Newsroom, number: int) -> tuple[Opening, list[Block]]:
    """Write opening and body blocks, without pictures and the author's line."""
    rng = Rng("story", newsroom.drawn(number))
    gaps = newsroom.gaps(number)
    theme = newsroom.theme(number)
    sentence = _Sentences(theme.sentences, rng.below(8), gaps)
    connective = _Sentences(RU["connectives"], rng.below(10), gaps)
    speech = _Sentences(RU["speech"], rng.below(10), gaps)
    texts = OpeningTexts(
        lede=rng.pick(theme.ledes),
        answer=rng.pick(RU["openings"]) % gaps,
        more=(sentence(), sentence(), sentence()),
        rubric=rng.pick(RU["rubrics"]),
    )
    attribution = pick_attribution(rng, newsroom.plan.desk(number))
    opening = open_story(rng, texts, attribution)
    blocks: list[Block] = [plain(text) for text in opening.paragraphs]
    for _ in range(4 + rng.below(6)):
        roll = rng.below(10)
        if roll < 3:
            text = rng.pick(RU["speech_forms"]) % {**gaps, "speech": speech()}
        elif roll < 6:
            text = f"{sentence()} {connective()}"
        elif roll < 8:
            text = f"{connective()} {sentence()} {sentence()}"
        elif roll < 9:
            text = f"{sentence()} {rng.pick(RU['odd_sentences']) % gaps} {connective()}"
        else:
            text = f"{sentence()}\n{sentence()}"
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
        extras.append(Quotation(rng.pick(RU["quotes"])))
    if rng.chance(1, 6):
        items: list[str] = rng.sample(RU["list_items"], 3 + rng.below(3))
        extras.append(BulletList([item % gaps for item in items]))
    extras += [Subheading(rng.pick(("h2", "h3")), rng.pick(RU["subheadings"])) for _ in range(max(rng.below(6) - 3, 0))]
    if rng.chance(1, 9):
        extras.append(DataTable(rng.pick(RU["tables"])))
    if rng.chance(1, 9):
        extras.append(Video(f"https://www.youtube.com/embed/{number * 7919 % 0xFFFFFF:06x}Qk"))
    if rng.chance(1, 5):
        before, text, href, after = rng.pick(RU["external_links"])
        extras.append(Paragraph((before, Link(text, href), after)))
    return extras + _links_to_articles(newsroom, number, rng)


def _links_to_articles(newsroom: Newsroom, number: int, rng: Rng) -> list[Block]:
    blocks: list[Block] = []
    hidden = newsroom.only_linked_from(number)
    if hidden is not None:
        link = Link(newsroom.headline(hidden), newsroom.link_to(hidden))
        blocks.append(ReadAlso((link,)) if rng.chance(1, 3) else _sentence_with(link, rng))
    if rng.chance(1, 4):
        link_or_none = _older_link(newsroom, number, rng)
        if link_or_none:
            blocks.append(_sentence_with(link_or_none, rng))
    if rng.chance(1, 5):
        links = [_older_link(newsroom, number, rng) for _ in range(1 + rng.below(3))]
        box = tuple(dict.fromkeys(link for link in links if link))
        if box:
            blocks.append(ReadAlso(box))
    return blocks


def _sentence_with(link: Link, rng: Rng) -> Paragraph:
    before, after = rng.pick(RU["internal_links"])
    return Paragraph((before, link, after))


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
    texts = OpeningTexts(
        lede=rng.pick(KK["ledes"]),
        answer=sentences[0],
        more=(sentences[1], sentences[2], sentences[3]),
        rubric=KK["rubric"],
    )
    opening = open_story(rng, texts)
    blocks: list[Block] = [plain(text) for text in opening.paragraphs]
    blocks.append(plain(f"{sentences[4]} {sentences[5]}"))
    blocks.append(plain(rng.pick(KK["speech"]) % gaps))
    if rng.chance(1, 3):
        blocks.append(Subheading("h2", KK["subheading"]))
    blocks.append(plain(f"{sentences[6]} {sentences[7]}"))
    if rng.chance(1, 4):
        blocks.append(BulletList(KK["list_items"]))
    blocks.append(plain(sentences[8]))
    return opening, blocks
