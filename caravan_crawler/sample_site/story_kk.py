"""The lede and body of an article of the Kazakh edition."""

from caravan_crawler.sample_site import texts_kk
from caravan_crawler.sample_site.blocks import Block, BulletList, Subheading, plain
from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.ledes import Opening, OpeningTexts, open_story


def write_kazakh_story(number: int) -> tuple[Opening, list[Block]]:
    """The opening and the blocks of the body. No outside source is credited: the patterns are not known."""
    dice = Dice("story", number)
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
