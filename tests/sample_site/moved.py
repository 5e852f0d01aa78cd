"""Articles of a site of generation 4, each with its URL of generation 3."""

from collections.abc import Iterator
from typing import NamedTuple

from caravan_crawler.sample_site import SampleSite
from caravan_crawler.sample_site.one_generation import OldAddresses, SingleNewsroom


class MovedArticle(NamedTuple):
    """An article before and after a move from generation 3 to 4."""

    old_url: str
    new_url: str
    article_id: int
    style: OldAddresses
    """Response to the old URL after the move."""


def moved_articles(site: SampleSite, base_url: str) -> Iterator[MovedArticle]:
    """Yield every article, oldest first."""
    newsroom = site._newsroom
    assert isinstance(newsroom, SingleNewsroom)
    for number in range(newsroom.end):
        old, new = base_url + newsroom.old_path(number)[1:], base_url + newsroom.path(number)[1:]
        yield MovedArticle(old, new, newsroom.short_id(number), newsroom.old_style(number))
