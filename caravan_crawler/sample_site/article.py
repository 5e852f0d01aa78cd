"""One article: all that its pages print and its record should contain."""

from datetime import date
from typing import NamedTuple

from caravan_crawler.sample_site.front_matter import FrontMatter
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.plan import Reach
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.story import Block, Opening, Picture, write_kazakh_story, write_story
from caravan_crawler.sample_site.texts import KK, RU


class Article(NamedTuple):
    """An article; URLs in it are as the page writes them."""

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
    """Number of its pages."""
    part: int = 1
    """The page that this is; blocks of other pages are left out."""
    has_canonical: bool = True
    """Whether a generation-4 page names its own URL."""


def compose(newsroom: Newsroom, number: int) -> Article:
    """Write article ``number``; the same number always yields the same article."""
    plan = newsroom.plan
    seed, generation, kazakh = newsroom.text_seed(number), plan.generation(number), plan.is_kazakh(number)
    day = plan.timeline.day(number)
    opening, blocks = write_kazakh_story(seed) if kazakh else write_story(newsroom, number)
    headline = newsroom.headline(number)
    rng = Rng("trimmings", seed)
    noisy = rng.chance(1, 20)
    lead_image = _picture(rng, generation, day, captioned=False) if rng.chance(2, 3) else None
    for _ in range(max(rng.below(6) - 2, 0)):
        picture = _picture(rng, generation, day, captioned=rng.chance(1, 3))
        blocks.insert(1 + rng.below(len(blocks)), picture)
    author_line, authors = _author_line(rng) if plan.desk(number) == "gazeta" else (None, [])
    attachment = newsroom.attachment(number)
    if lead_image and attachment:
        lead_image = lead_image._replace(page=attachment)
    return Article(
        number=number,
        generation=generation,
        kazakh=kazakh,
        section=plan.section(number),
        article_id=newsroom.id(number),
        path=newsroom.path(number, headline),
        reach=plan.reach(number),
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
    """Topics that an article with this theme can have."""
    tags: list[str] = KK["tags"] if newsroom.plan.is_kazakh(number) else newsroom.theme(number).tags
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
