"""One article: everything its page prints and everything its record should hold."""

from datetime import date
from typing import NamedTuple

from caravan_crawler.sample_site import names, texts_kk, texts_ru, themes_ru
from caravan_crawler.sample_site.front_matter import FrontMatter
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.plan import Reach
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.story import Block, Opening, Picture, write_kazakh_story, write_story


class Article(NamedTuple):
    """A composed article. Addresses in it are as the page writes them."""

    number: int
    generation: int
    kazakh: bool
    section: str
    article_id: int | None
    path: str
    reach: Reach
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
    """How many pages it has."""
    part: int = 1
    """The one of them that this is; the others' blocks are not in it."""
    has_canonical: bool = True
    """Whether pages of the newest generation name their own address."""


def compose(newsroom: Newsroom, number: int) -> Article:
    """Write article ``number``; the same number always gives the same article."""
    layout = newsroom.layout
    drawn = newsroom.drawn(number)
    generation = layout.generation(number)
    kazakh = layout.is_kazakh(number)
    section = layout.section(number)
    reach = layout.reach(number)
    day = layout.timeline.day(number)
    opening, blocks = write_kazakh_story(drawn) if kazakh else write_story(newsroom, number)
    headline = newsroom.headline(number)
    dice = Rng("trimmings", drawn)
    noisy = dice.chance(1, 20)
    lead_image = _picture(dice, generation, day, captioned=False) if dice.chance(2, 3) else None
    for _ in range(max(dice.below(6) - 2, 0)):
        picture = _picture(dice, generation, day, captioned=dice.chance(1, 3))
        blocks.insert(1 + dice.below(len(blocks)), picture)
    author_line, authors = _author_line(dice) if layout.desk(number) == "gazeta" else (None, [])
    attachment = newsroom.attachment(number)
    if lead_image and attachment:
        lead_image = lead_image._replace(page=attachment)
    topics = texts_kk.TAGS if kazakh else newsroom.theme(number).tags
    return Article(
        number=number,
        generation=generation,
        kazakh=kazakh,
        section=section,
        article_id=newsroom.id(number),
        path=newsroom.path(number, headline),
        reach=reach,
        day=day,
        headline=headline,
        opening=opening,
        blocks=blocks,
        front=newsroom.front(number),
        lead_image=lead_image,
        author_line=author_line,
        authors=authors,
        tags=dice.sample(topics, 1 + dice.below(3)) if dice.chance(2, 5) else [],
        noisy=noisy,
        parts=newsroom.parts(number),
        has_canonical=newsroom.has_canonical(number),
    )


def part_of(article: Article, part: int) -> Article:
    """One page of an article of several: its share of the blocks, the lede on the first, the author on the last."""
    blocks, parts = article.blocks, article.parts
    share = blocks[len(blocks) * (part - 1) // parts : len(blocks) * part // parts]
    changed = article._replace(part=part, blocks=share)
    if part > 1:
        changed = changed._replace(lead_image=None, opening=article.opening._replace(lede=None, lede_source=""))
    return changed if part == parts else changed._replace(author_line=None)


def tags_of_theme(newsroom: Newsroom, number: int) -> tuple[str, ...]:
    """The topics an article of this theme can carry."""
    return texts_kk.TAGS if newsroom.layout.is_kazakh(number) else newsroom.theme(number).tags


def all_topics() -> list[str]:
    """Every topic an article can carry."""
    topics = dict.fromkeys(texts_kk.TAGS)
    for themes in themes_ru.BY_SECTION.values():
        for theme in themes:
            topics |= dict.fromkeys(theme.tags)
    return list(topics)


def _author_line(dice: Rng) -> tuple[str | None, list[str]]:
    """The line under a newspaper story, and the authors in it (a photographer is none)."""
    roll = dice.below(10)
    if roll < 2:
        return None, []
    authors = dice.sample(names.REPORTERS, 0 if roll == 9 else 2 if roll > 6 else 1)
    credits = [f"{dice.pick(names.PHOTOGRAPHERS)} (фото)"] if roll in (4, 5, 8, 9) else []
    return ", ".join(authors + credits), authors


def _picture(dice: Rng, generation: int, day: date, *, captioned: bool) -> Picture:
    file = dice.below(900_000) + 10_000
    if generation == 2:
        href = f"https://static.caravan.kz/image/landscape/{dice.pick((640, 840, 1200))}/{file}.jpg"
    elif dice.chance(1, 2):
        href = f"/wp-content/uploads/images/{file}.jpg"
    else:
        href = f"/wp-content/uploads/{day:%Y/%m}/foto-{file}-1024x683.png"
    caption = dice.pick(texts_ru.CAPTIONS) if captioned else None
    return Picture(href, dice.chance(1, 4), caption)
