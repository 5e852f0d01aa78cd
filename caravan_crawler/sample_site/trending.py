"""The trending block: topic labels over headlines of the sample site's own articles."""

from typing import Any, NamedTuple

from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.slugs import slug
from caravan_crawler.sample_site.timeline import TODAY

HEADING = "В тренде:"

TOPICS = (
    "Олимпийские Игры 2026",
    "Пенсия 2026",
    "Налоговый кодекс РК 2026",
    "АЭС",
    "Алматы",
    "МРП 2026",
    "Землетрясение",
    "Бокс",
    "Футбол",
    "Астана",
    "Шымкент",
    "Нефть",
    "Закон",
    "Туризм",
    "Медицина",
    "Иран",
)
"""Labels follow the day of the visit, so they need not fit the headlines under them."""


class Entry(NamedTuple):
    """One pair of the block."""

    topic: str
    number: int
    headline: str
    path: str
    article_id: int | None


def entries(newsroom: Newsroom) -> list[Entry]:
    """The block's pairs in rank order, the same on every page."""
    return [
        Entry(topic, number, newsroom.headline(number), newsroom.path(number), newsroom.id(number))
        for topic, number in zip(TOPICS, newsroom.layout.trending, strict=False)
    ]


def expected_trending(pairs: list[Entry], base_url: str) -> list[dict[str, Any]]:
    """What reading the block should give."""
    return [
        {
            "rank": rank,
            "topic": pair.topic,
            "headline": pair.headline,
            "url": base_url + pair.path[1:],
            "article_id": pair.article_id,
            "page_date": TODAY.isoformat(),
        }
        for rank, pair in enumerate(pairs, start=1)
    ]


def trending_html(markup: Markup, pairs: list[Entry]) -> str:
    """The block in the template's form."""
    template = markup.template
    flat = template.trending_place == "flat"
    heading = markup.element("div", HEADING, "trending__title") if template.trending_heading else ""
    items = "".join(_flat_item(markup, pair) if flat else _item(markup, pair) for pair in pairs)
    if flat:
        return heading + items
    tag = "section" if template.skeleton == "html5" else "div"
    return markup.element(tag, heading + items, "trending")


def _item(markup: Markup, pair: Entry) -> str:
    parts = _label_and_headline(markup, pair)
    if markup.template.trending_label == "link":
        parts = [markup.element("div", part) for part in parts]  # two links in one line would run together
    return markup.element("div", " ".join(parts), "trending__item")


def _flat_item(markup: Markup, pair: Entry) -> str:
    """Siblings of the paragraphs, in the paragraphs' own tag."""
    tag = markup.template.paragraph_tag
    parts = _label_and_headline(markup, pair)
    if markup.template.trending_label == "div":
        return parts[0] + markup.element(tag, parts[1])
    return "".join(markup.element(tag, part) for part in parts)


def _label_and_headline(markup: Markup, pair: Entry) -> list[str]:
    topic, headline = escape(pair.topic), escape(pair.headline)
    form = markup.template.trending_label
    if form == "joined":
        inside = markup.element("span", topic, "trending__topic") + " " + markup.element("span", headline)
        return [markup.link(pair.path, inside, "trending__link")]
    title = markup.link(pair.path, headline, "trending__link")
    if form == "link":
        return [markup.link(f"/tag/{slug(pair.topic)}/", topic, "trending__topic"), title]
    return [markup.element(form, topic, "trending__topic"), title]
