"""Lede and body of an article."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from caravan_crawler.sample_site import texts_kk, texts_ru
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.rng import Rng


class Link(NamedTuple):
    """A link inside the text; ``href`` as written: root-relative or absolute."""

    text: str
    href: str


class Paragraph(NamedTuple):
    """Text and links in turn; a line feed in the text is a ``<br>``."""

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

    items: tuple[str, ...]


class DataTable(NamedTuple):
    """A table of data; the first row is its header."""

    rows: tuple[tuple[str, ...], ...]


class Video(NamedTuple):
    """An embedded player; it has no text."""

    src: str


class ReadAlso(NamedTuple):
    """The box of links to other articles; it is not part of the text."""

    links: tuple[Link, ...]


class Picture(NamedTuple):
    """An image; ``lazy`` ones hide their address in ``data-src``."""

    href: str
    lazy: bool
    caption: str | None
    page: str | None = None
    """The address of its own page, which it then links to."""


Block = Paragraph | Subheading | Quotation | BulletList | DataTable | Video | ReadAlso | Picture


def plain(text: str) -> Paragraph:
    """A paragraph without links."""
    return Paragraph((text,))


class Attribution(NamedTuple):
    """Words put before or after a statement; ``source`` is what they credit, None for nobody outside."""

    before: str
    after: str
    source: str | None

    def credit(self, statement: str) -> str:
        """The statement (which ends in a full stop) with the attribution."""
        if self.before:
            statement = self.before + statement[0].lower() + statement[1:]
        return f"{statement[:-1]}{self.after}."


# The first letter of "Сaravan.kz" and of "Аlashainasy.kz" is Cyrillic, as printed on the site.
ATTRIBUTIONS = (
    Attribution("", ", передает корреспондент МИА «Казинформ»", "МИА «Казинформ»"),
    Attribution("", ", передает Zakon.kz", "Zakon.kz"),
    Attribution("", ", передаёт Zakon.kz", "Zakon.kz"),
    Attribution("", ", передает Caravan.kz со ссылкой на Tengrinews.kz", "Tengrinews.kz"),
    Attribution("", ", передаёт Caravan.kz", None),
    Attribution("", ", передает Caravan.kz", None),
    Attribution("", ", сообщает медиа-портал Сaravan.kz", None),
    Attribution("", ", сообщает медиа-портал Караван.kz, со ссылкой на организаторов мероприятия", None),
    Attribution("", ", передает ИА «Новости-Казахстан»", "ИА «Новости-Казахстан»"),
    Attribution("", ", сообщает Интерфакс-Казахстан", "Интерфакс-Казахстан"),
    Attribution("", ', об этом сообщает телеканал "КТК"', 'телеканал "КТК"'),
    Attribution("", ". Об этом передает Казинформ", "Казинформ"),
    Attribution("Как пишет Аlashainasy.kz, ", "", "Аlashainasy.kz"),
    Attribution("", ", рассказали “Каравану”", None),
)
NOBODY = Attribution("", "", None)


def pick_attribution(dice: Rng, section: str) -> Attribution:
    """Agency news mostly credit somebody; the newspaper's own stories do not."""
    if section == "gazeta" or dice.chance(1, 6):
        return NOBODY
    return dice.pick(ATTRIBUTIONS)


_CUT_NEAR = 104


class Opening(NamedTuple):
    """The lede and the first paragraphs of the body.

    ``lede_source`` is the lede as it stands in the HTML, perhaps with a line feed in it.
    """

    lede: str | None
    lede_source: str
    paragraphs: list[str]
    source: str | None


class OpeningTexts(NamedTuple):
    """Finished sentences to open with; each ends in a full stop."""

    lede: str
    """Can stand alone, or be the lede that ``answer`` refers to."""
    answer: str
    """Refers to the lede, takes the attribution."""
    more: tuple[str, str, str]
    rubric: str


def open_story(dice: Rng, texts: OpeningTexts, attribution: Attribution = NOBODY) -> Opening:
    """Draw one kind of lede and write the beginning of the body to fit it."""
    kind = dice.below(12)
    answer = attribution.credit(texts.answer)
    if kind == 5:
        return Opening(None, "", [attribution.credit(texts.lede), texts.more[0]], attribution.source)
    if kind == 6:
        statement = attribution.credit(texts.lede)
        return Opening(texts.rubric, texts.rubric, [statement, texts.more[0]], attribution.source)
    if kind in (7, 8, 9):
        # The attribution stays out of the first paragraph, or the cut could run through it.
        paragraph = " ".join((texts.lede, *texts.more))
        lede = _cut(paragraph)
        source = _broken(lede) if kind == 9 else lede
        return Opening(lede, source, [paragraph, answer], attribution.source)
    if kind in (10, 11):
        lede = f"{texts.lede} {attribution.credit(texts.more[0])}"
        return Opening(lede, lede, [texts.more[1]], attribution.source)
    return Opening(texts.lede, texts.lede, [answer], attribution.source)


def _cut(paragraph: str) -> str:
    """The first characters of a paragraph, ending inside a word."""
    end = _CUT_NEAR
    while end < len(paragraph) - 1 and not (paragraph[end - 1].isalpha() and paragraph[end].isalpha()):
        end += 1
    return paragraph[:end]


def _broken(lede: str) -> str:
    """The same words with a line feed in place of a space near the middle."""
    space = lede.index(" ", len(lede) // 2)
    return f"{lede[:space]}\n{lede[space + 1 :]}"


class _Sentences:
    """Deals sentences of a table in turn, so that none comes twice before all have been used."""

    __slots__ = ("_gaps", "_next", "_table")

    def __init__(self, table: Sequence[str], start: int, gaps: Mapping[str, str]) -> None:
        self._table = table
        self._next = start
        self._gaps = gaps

    def __call__(self) -> str:
        self._next += 3  # tables of 7, 8 or 10 sentences: 3 shares no factor with them
        return self._table[self._next % len(self._table)] % self._gaps


def write_story(newsroom: Newsroom, number: int) -> tuple[Opening, list[Block]]:
    """The opening and the blocks of the body, without pictures and the author's line."""
    dice = Rng("story", newsroom.drawn(number))
    gaps = newsroom.gaps(number)
    theme = newsroom.theme(number)
    sentence = _Sentences(theme.sentences, dice.below(8), gaps)
    connective = _Sentences(texts_ru.CONNECTIVES, dice.below(10), gaps)
    speech = _Sentences(texts_ru.SPEECH, dice.below(10), gaps)
    texts = OpeningTexts(
        lede=dice.pick(theme.ledes),
        answer=dice.pick(texts_ru.OPENINGS) % gaps,
        more=(sentence(), sentence(), sentence()),
        rubric=dice.pick(texts_ru.RUBRICS),
    )
    attribution = pick_attribution(dice, newsroom.layout.desk(number))
    opening = open_story(dice, texts, attribution)
    blocks: list[Block] = [plain(text) for text in opening.paragraphs]
    for _ in range(4 + dice.below(6)):
        roll = dice.below(10)
        if roll < 3:
            text = dice.pick(texts_ru.SPEECH_FORMS) % {**gaps, "speech": speech()}
        elif roll < 6:
            text = f"{sentence()} {connective()}"
        elif roll < 8:
            text = f"{connective()} {sentence()} {sentence()}"
        elif roll < 9:
            text = f"{sentence()} {dice.pick(texts_ru.ODD_SENTENCES) % gaps} {connective()}"
        else:
            text = f"{sentence()}\n{sentence()}"
        blocks.append(plain(text))
    for block in _extras(newsroom, number, dice, gaps):
        # Never first, nor last: the opening answers the lede, and a box at the end is no box in mid-body.
        blocks.insert(1 + dice.below(len(blocks) - 1), block)
    if dice.chance(1, 3):
        recall = plain(dice.pick(texts_ru.RECALLS) % gaps)
        blocks.insert(len(blocks) if dice.chance(2, 3) else len(blocks) // 2, recall)
    return opening, blocks


def _extras(newsroom: Newsroom, number: int, dice: Rng, gaps: Mapping[str, str]) -> list[Block]:
    extras: list[Block] = []
    if dice.chance(1, 6):
        extras.append(Quotation(dice.pick(texts_ru.QUOTES)))
    if dice.chance(1, 6):
        items = dice.sample(texts_ru.LIST_ITEMS, 3 + dice.below(3))
        extras.append(BulletList(tuple(item % gaps for item in items)))
    extras += [
        Subheading(dice.pick(("h2", "h3")), dice.pick(texts_ru.SUBHEADINGS)) for _ in range(max(dice.below(6) - 3, 0))
    ]
    if dice.chance(1, 9):
        extras.append(DataTable(dice.pick(texts_ru.TABLES)))
    if dice.chance(1, 9):
        extras.append(Video(f"https://www.youtube.com/embed/{number * 7919 % 0xFFFFFF:06x}Qk"))
    if dice.chance(1, 5):
        before, text, href, after = dice.pick(texts_ru.EXTERNAL_LINKS)
        extras.append(Paragraph((before, Link(text, href), after)))
    return extras + _links_to_articles(newsroom, number, dice)


def _links_to_articles(newsroom: Newsroom, number: int, dice: Rng) -> list[Block]:
    blocks: list[Block] = []
    hidden = newsroom.only_linked_from(number)
    if hidden is not None:
        link = Link(newsroom.headline(hidden), newsroom.link_to(hidden))
        blocks.append(ReadAlso((link,)) if dice.chance(1, 3) else _sentence_with(link, dice))
    if dice.chance(1, 4):
        link_or_none = _older_link(newsroom, number, dice)
        if link_or_none:
            blocks.append(_sentence_with(link_or_none, dice))
    if dice.chance(1, 5):
        links = [_older_link(newsroom, number, dice) for _ in range(1 + dice.below(3))]
        box = tuple(dict.fromkeys(link for link in links if link))
        if box:
            blocks.append(ReadAlso(box))
    return blocks


def _sentence_with(link: Link, dice: Rng) -> Paragraph:
    before, after = dice.pick(texts_ru.INTERNAL_LINKS)
    return Paragraph((before, link, after))


def _older_link(newsroom: Newsroom, number: int, dice: Rng) -> Link | None:
    older = newsroom.older_article(number, dice)
    if older is None:
        return None
    path = newsroom.path(older)
    return Link(newsroom.headline(older), (path, path[:-1], path + "?utm_source=body")[dice.below(3)])


def write_kazakh_story(number: int) -> tuple[Opening, list[Block]]:
    """The opening and the blocks of the body. No outside source is credited: the patterns are not known."""
    dice = Rng("story", number)
    gaps = {"many": str(10 + dice.below(90)), "who": dice.pick(texts_kk.SPEAKERS)}
    sentences = [text % gaps for text in dice.sample(texts_kk.SENTENCES, len(texts_kk.SENTENCES))]
    texts = OpeningTexts(
        lede=dice.pick(texts_kk.LEDES),
        answer=sentences[0],
        more=(sentences[1], sentences[2], sentences[3]),
        rubric=texts_kk.RUBRIC,
    )
    opening = open_story(dice, texts)
    blocks: list[Block] = [plain(text) for text in opening.paragraphs]
    blocks.append(plain(f"{sentences[4]} {sentences[5]}"))
    blocks.append(plain(dice.pick(texts_kk.SPEECH) % gaps))
    if dice.chance(1, 3):
        blocks.append(Subheading("h2", "Айта кетейік"))
    blocks.append(plain(f"{sentences[6]} {sentences[7]}"))
    if dice.chance(1, 4):
        blocks.append(BulletList(("жаңа кітапхана", "спорт алаңы", "балабақша")))
    blocks.append(plain(sentences[8]))
    return opening, blocks
