"""The lede and body of a Russian article, drawn from the texts of its theme."""

from collections.abc import Mapping, Sequence

from caravan_crawler.sample_site import texts_ru
from caravan_crawler.sample_site.attributions import pick_attribution
from caravan_crawler.sample_site.blocks import (
    Block,
    BulletList,
    DataTable,
    Link,
    Paragraph,
    Quotation,
    ReadAlso,
    Subheading,
    Video,
    plain,
)
from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.ledes import Opening, OpeningTexts, open_story
from caravan_crawler.sample_site.newsroom import Newsroom


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
    dice = Dice("story", newsroom.drawn(number))
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


def _extras(newsroom: Newsroom, number: int, dice: Dice, gaps: Mapping[str, str]) -> list[Block]:
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


def _links_to_articles(newsroom: Newsroom, number: int, dice: Dice) -> list[Block]:
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


def _sentence_with(link: Link, dice: Dice) -> Paragraph:
    before, after = dice.pick(texts_ru.INTERNAL_LINKS)
    return Paragraph((before, link, after))


def _older_link(newsroom: Newsroom, number: int, dice: Dice) -> Link | None:
    older = newsroom.older_article(number, dice)
    if older is None:
        return None
    path = newsroom.path(older)
    return Link(newsroom.headline(older), (path, path[:-1], path + "?utm_source=body")[dice.below(3)])
