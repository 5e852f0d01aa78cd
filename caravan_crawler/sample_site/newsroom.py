"""Headlines and addresses of articles, from their numbers."""

import re

from caravan_crawler.sample_site import texts_kk, texts_ru
from caravan_crawler.sample_site.crime_headlines import crime_headline, number_of_crime_slug
from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.front_matter import FrontMatter, front_matter
from caravan_crawler.sample_site.layout import AnyLayout, Reach
from caravan_crawler.sample_site.numbering import article_id, number_of
from caravan_crawler.sample_site.slugs import slug, slug_generation_4
from caravan_crawler.sample_site.themes_ru import BY_SECTION, Theme
from caravan_crawler.sample_site.wording import wording

_ID_AT_END = re.compile(r"-(\d{4,7})$")


class Newsroom:
    """Names the articles of a layout and finds them again by id or slug."""

    def __init__(self, layout: AnyLayout) -> None:
        self.layout = layout
        self.published = 0

    @property
    def end(self) -> int:
        """One more than the newest number."""
        return self.layout.articles + self.published

    def drawn(self, number: int) -> int:
        """The number that the texts of an article are drawn by."""
        return number

    def theme(self, number: int) -> Theme:
        """What an article is about; it fits the section."""
        return Dice("theme", number).pick(BY_SECTION[self.layout.section(number)])

    def gaps(self, number: int) -> dict[str, str]:
        """The words that fill the gaps in an article's texts, the headline's included."""
        return wording(self.drawn(number), self.layout.timeline.day(number).year)

    def headline(self, number: int) -> str:
        """The headline of an article."""
        if self.layout.generation(number) == 4:
            return crime_headline(number)
        if self.layout.is_kazakh(number):
            dice = Dice("headline", number)
            within = dice.pick(texts_kk.PLACES)
            gaps = {"Within": within, "within_low": within, "many": str(5 + dice.below(90))}
            return dice.pick(texts_kk.HEADLINES) % gaps
        return self._russian_headline(number)

    def _russian_headline(self, number: int) -> str:
        dice = Dice("headline", self.drawn(number))
        roll = dice.below(20)
        if roll < 4:
            return dice.pick(texts_ru.ODD_HEADLINES) % self.gaps(number)
        headline = dice.pick(self.theme(number).headlines) % self.gaps(number)
        return headline.upper() if roll == 4 else headline

    def id(self, number: int) -> int | None:
        """The article's id; generation 4 has none."""
        return None if self.layout.generation(number) == 4 else article_id(number)

    def short_id(self, number: int) -> int:
        """The id in the article's short link, whether its pages name it or not."""
        return article_id(number)

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path, with the final slash; a headline at hand saves drawing it again."""
        headline = headline or self.headline(number)
        if self.layout.generation(number) == 4:
            return f"/crime/{slug_generation_4(headline)}/"
        return f"/{self.layout.section(number)}/{slug(headline)}-{article_id(number)}/"

    def path_on_cards(self, number: int) -> str:
        """The path as lists write it."""
        return self.path(number)

    def amp_path(self, number: int) -> str | None:
        """The path of the AMP copy, without the final slash; only generation 3 has one."""
        if self.layout.generation(number) != 3 or self.layout.is_kazakh(number):
            return None
        return f"/amp{self.path(number)[:-1]}"

    def short_link(self, number: int) -> str:
        """``/?p=<id>``."""
        return f"/?p={self.short_id(number)}"

    def find(self, section: str, slug: str) -> int | None:
        """The number of the article that a path names, perhaps with another section or words than its own."""
        found = _ID_AT_END.search(slug)
        if found:
            return self.find_id(int(found[1]))
        return self.find_crime_slug(slug) if section == "crime" else None

    def find_id(self, candidate: int) -> int | None:
        """The number of the article with this id, if the site has it."""
        number = number_of(candidate)
        if number is None or number >= self.end or self.layout.generation(number) == 4:
            return None
        return number

    def find_crime_slug(self, candidate: str) -> int | None:
        """The number of the generation-4 article with this slug, if the site has it."""
        number = number_of_crime_slug(candidate)
        if number is None or number >= self.end or self.layout.generation(number) != 4:
            return None
        return number

    def front(self, number: int) -> FrontMatter:
        """What stands around the text of an article."""
        layout = self.layout
        day, generation = layout.timeline.day(number), layout.generation(number)
        profile = _profile(layout.reach(number))
        return front_matter(number, day, generation, kazakh=layout.is_kazakh(number), profile=profile)

    def parts(self, number: int) -> int:
        """How many pages the article has."""
        return 1

    def attachment(self, number: int) -> str | None:
        """The path of the page of the article's photo, if it has one."""
        return None

    def has_canonical(self, number: int) -> bool:
        """Whether the article's page names its own address."""
        return True

    def link_to(self, number: int) -> str:
        """The address under which the next article links to one that nothing else leads to."""
        reach = self.layout.reach(number)
        if reach in (Reach.REDIRECTING_LINK, Reach.SHORT_LINK):
            return self.short_link(number)
        if reach is Reach.AMP_LINK:
            return self.amp_path(number) or self.path(number)
        return self.path(number)

    def only_linked_from(self, host: int) -> int | None:
        """The article that can be found only through a link in ``host``'s body, if there is one."""
        number = host - 1
        if not 0 <= number < self.layout.articles or host >= self.layout.articles:
            return None
        hidden = (Reach.BODY_LINK, Reach.REDIRECTING_LINK, Reach.SHORT_LINK, Reach.AMP_LINK)
        return number if self.layout.reach(number) in hidden else None

    def older_article(self, number: int, dice: Dice) -> int | None:
        """Some older article in a listing, in the same language, for a link in the text."""
        candidate = dice.below(min(number, self.layout.articles)) if number else -1
        while candidate >= 0:
            listed = self.layout.reach(candidate) is Reach.LISTED
            if listed and not self.layout.is_kazakh(candidate):
                return candidate
            candidate -= 1
        return None


def _profile(reach: Reach) -> str | None:
    if reach is Reach.SHORT_LINK:
        return "none"  # nothing on the page may name its own path
    if reach is Reach.AMP_LINK:
        return "plain"  # the AMP copy and the page must give the same date
    return None
