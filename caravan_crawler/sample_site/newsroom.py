"""Headlines, slugs and URLs of articles, computed from their numbers."""

import re

from caravan_crawler.sample_site import texts_kk, texts_ru
from caravan_crawler.sample_site.crime_words import DEEDS, OUTCOMES, SUSPECTS, TOWNS
from caravan_crawler.sample_site.front_matter import FrontMatter, front_matter
from caravan_crawler.sample_site.names import PLACES, POSTS, REGIONS, SPEAKERS
from caravan_crawler.sample_site.plan import Plan, Reach, article_id, number_of
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.themes_ru import BY_SECTION, Theme

_SHARED = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "jj", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh",
    "ъ": "", "ы": "y", "ь": "", "э": "eh", "ю": "yu", "я": "ya",
    # Kazakh letters: the rule for them is not known, the nearest Latin letter is invented.
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i",
}  # fmt: skip
_OLD = str.maketrans(_SHARED)
_NEW = str.maketrans(_SHARED | {"й": "j", "ю": "ju", "я": "ja"})
_NOT_A_WORD_CHARACTER = re.compile(r"[^a-z0-9 ]+")
_NOT_A_CYRILLIC_WORD_CHARACTER = re.compile(r"[^а-яёa-z0-9 ]+")


def slug(headline: str) -> str:
    """The slug of generations 1 to 3, without the id: ``детей-сирот`` gives ``detejjsirot``."""
    return _joined(headline.lower().translate(_OLD))


def slug_generation_4(headline: str) -> str:
    """The slug of generation 4, which spells й, ю, я with a single ``j``."""
    return _joined(headline.lower().translate(_NEW))


def slug_in_cyrillic(headline: str) -> str:
    """The headline's own letters, as an editor can leave them; an address has them percent-encoded."""
    return "-".join(_NOT_A_CYRILLIC_WORD_CHARACTER.sub("", headline.lower()).split())


def _joined(latin: str) -> str:
    return "-".join(_NOT_A_WORD_CHARACTER.sub("", latin).split())


_CAPACITY = len(DEEDS) * len(TOWNS) * len(SUSPECTS) * len(OUTCOMES)
_FACTOR = 1_234_567
"""Coprime to the capacity; it keeps neighbours from sharing three of their four words."""
_INVERSE = pow(_FACTOR, -1, _CAPACITY)

_TABLES = (DEEDS, TOWNS, SUSPECTS, OUTCOMES)
_DIGITS = tuple({slug_generation_4(word): i for i, word in enumerate(table)} for table in _TABLES)
_SLUG = re.compile("({})-raskryli-({})-({})-({})".format(*("|".join(map(re.escape, digits)) for digits in _DIGITS)))


def crime_headline(number: int) -> str:
    """The headline that spells ``number``."""
    code = number * _FACTOR % _CAPACITY
    words = []
    for table in reversed(_TABLES):
        code, digit = divmod(code, len(table))
        words.append(table[digit])
    outcome, suspect, town, deed = words
    return f"{deed} раскрыли {town}: {suspect} {outcome}"


def number_of_crime_slug(slug: str) -> int | None:
    """The number a generation-4 slug spells, or None where it spells none."""
    match = _SLUG.fullmatch(slug)
    if not match:
        return None
    code = 0
    for table, digits, word in zip(_TABLES, _DIGITS, match.groups(), strict=True):
        code = code * len(table) + digits[word]
    return code * _INVERSE % _CAPACITY


_VERBS = ("said", "noted", "added", "stressed", "voiced", "told", "spoke", "gave", "their")
_HE = ("сказал", "отметил", "добавил", "подчеркнул", "высказал", "рассказал", "выступил", "привёл", "его")
_SHE = (
    "сказала", "отметила", "добавила", "подчеркнула", "высказала", "рассказала", "выступила", "привела", "её",
)  # fmt: skip

_SPEAKERS = [
    dict(zip(_VERBS, _SHE if person.she else _HE, strict=True))
    | {"who": f"{person.name} {person.surname}", "short": f"{person.name[0]}. {person.surname}."}
    for person in SPEAKERS
]
_PLACES = [
    {"within": place.within, "Within": place.within[0].upper() + place.within[1:], "of": place.of} for place in PLACES
]
_MANY = tuple(str(n) for n in range(5, 60) if n % 10 >= 5 or n % 10 == 0 or 10 < n < 20)
_MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "сентября", "октября", "декабря")


def wording(number: int, year: int) -> dict[str, str]:
    """The values for the ``%(…)s`` gaps in the texts of article ``number``, published in ``year``."""
    dice = Rng("wording", number)
    values = dict(dice.pick(_SPEAKERS))
    values |= dice.pick(_PLACES)
    values["region"] = dice.pick(REGIONS)
    values["post"] = dice.pick(POSTS)
    values["many"] = dice.pick(_MANY)
    values["hundreds"] = str(dice.below(9) * 100 + 100)
    values["pct"] = f"{dice.below(80) + 5}%"
    values["money"] = f"{dice.below(90) * 10 + 20} млн тенге"
    values["day"] = f"{dice.below(27) + 2} {dice.pick(_MONTHS)}"
    values["past"] = str(year - 1 - dice.below(5))
    values["ahead"] = str(year + 2 + dice.below(6))
    return values


_ID_AT_END = re.compile(r"-(\d{4,7})$")


class Newsroom:
    """Names the articles of a layout and finds them again by id or slug."""

    def __init__(self, layout: Plan) -> None:
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
        return Rng("theme", number).pick(BY_SECTION[self.layout.section(number)])

    def gaps(self, number: int) -> dict[str, str]:
        """The words that fill the gaps in an article's texts, the headline's included."""
        return wording(self.drawn(number), self.layout.timeline.day(number).year)

    def headline(self, number: int) -> str:
        """The headline of an article."""
        if self.layout.generation(number) == 4:
            return crime_headline(number)
        if self.layout.is_kazakh(number):
            dice = Rng("headline", number)
            within = dice.pick(texts_kk.PLACES)
            gaps = {"Within": within, "within_low": within, "many": str(5 + dice.below(90))}
            return dice.pick(texts_kk.HEADLINES) % gaps
        return self._russian_headline(number)

    def _russian_headline(self, number: int) -> str:
        dice = Rng("headline", self.drawn(number))
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

    def older_article(self, number: int, dice: Rng) -> int | None:
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
