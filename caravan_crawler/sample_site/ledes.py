"""Ledes in all the shapes seen on the site, with the paragraphs that follow from them."""

from typing import NamedTuple

from caravan_crawler.sample_site.attributions import NOBODY, Attribution
from caravan_crawler.sample_site.dice import Dice

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


def open_story(dice: Dice, texts: OpeningTexts, attribution: Attribution = NOBODY) -> Opening:
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
