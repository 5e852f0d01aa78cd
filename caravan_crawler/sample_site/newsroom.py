"""Headlines, slugs, URLs and front matter of articles, computed from their numbers."""

import re
from datetime import date, datetime, time, timedelta
from math import prod
from typing import NamedTuple
from zoneinfo import ZoneInfo

from caravan_crawler.sample_site.plan import TODAY, Plan, Reach, article_id, number_of
from caravan_crawler.sample_site.texts import KK, RU, SECTION_THEMES, Rng, Theme

_ALMATY = ZoneInfo("Asia/Almaty")
_MONTHS = "Января Февраля Марта Апреля Мая Июня Июля Августа Сентября Октября Ноября Декабря".split()
_MONTHS_KAZAKH = "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан".split()
_PROFILE_SHARES = ("none", "none", "none", "plain", "plain", "plain", "full", "full", "full", "hostile")
"""Metadata profiles and their shares; ``pages.head_tags`` writes them."""
_LATEST_EDIT = datetime.combine(TODAY, time(8, 0), _ALMATY)


def full_date(day: date) -> str:
    """``26 Апреля 2023``."""
    return f"{day_and_month(day)} {day.year}"


def day_and_month(day: date) -> str:
    """``26 Апреля``."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


class FrontMatter(NamedTuple):
    """Texts printed around an article's body, and their values."""

    published: datetime
    """Exact time in Almaty; most pages print the day only."""
    modified: datetime
    date_raw: str | None
    date_published: str | None
    published_at: str | None
    views: int | None
    photo_credit: str | None
    profile: str
    stamp: datetime | None
    """``article:published_time``; months later than the true date in the hostile profile."""
    stamp_in_utc: bool


def front_matter(number: int, day: date, generation: int, *, kazakh: bool, profile: str | None = None) -> FrontMatter:
    """Draw the front matter of an article; ``profile`` overrides the one drawn."""
    rng = Rng("front", number)
    second = 0 if generation == 2 else rng.below(60)  # generation 2 may print hour and minute
    published = datetime.combine(day, time(rng.below(24), rng.below(60), second), _ALMATY)
    profile = profile or rng.pick(_PROFILE_SHARES)
    # A false stamp without a printed date would leave no right answer.
    undated = rng.chance(1, 16) and profile in ("none", "plain")
    date_raw = None if undated else _printed(rng, published, generation, kazakh=kazakh)
    stamp = None
    if profile == "full":
        stamp = published
    elif profile == "hostile":
        stamp = published + timedelta(days=60 + rng.below(240))
    return FrontMatter(
        published=published,
        modified=max(published, min(published + timedelta(days=400 + rng.below(900)), _LATEST_EDIT)),
        date_raw=date_raw,
        date_published=None if date_raw is None else day.isoformat(),
        published_at=_moment(published, date_raw, profile),
        views=None if rng.chance(1, 30) else _views(rng, generation),
        photo_credit=_photo_credit(rng, kazakh=kazakh),
        profile=profile,
        stamp=stamp,
        stamp_in_utc=rng.chance(1, 3),
    )


def one_generation_front_matter(number: int, day: date, generation: int, kind: int) -> FrontMatter:
    """Draw the front matter on a site of one generation: dated, no false stamps.

    Generation 4 has the exact time in the head, and prints day and time, the day, or nothing, depending on ``kind``.
    """
    front = front_matter(number, day, 3, kazakh=False, profile=("none", "plain", "full")[kind % 3])
    published = front.published
    raw = full_date(published)
    if generation == 3:
        return front._replace(
            date_raw=raw, date_published=day.isoformat(), published_at=_moment(published, raw, front.profile)
        )
    return front._replace(
        date_raw=(None, raw, f"{published:%d.%m.%Y, %H:%M}")[kind % 3],
        date_published=day.isoformat(),
        published_at=published.isoformat(),
        profile="moment",
        stamp=published,
        stamp_in_utc=False,
    )


def _printed(rng: Rng, published: datetime, generation: int, *, kazakh: bool) -> str:
    if kazakh:
        month = _MONTHS_KAZAKH[published.month - 1]
        long = f"{published.year} жылғы {published.day} {month}"
        return (long, f"{published.day} {month.capitalize()} {published.year}")[rng.below(2)]
    if generation != 2:
        return full_date(published)
    short = day_and_month(published)
    return (f"{published:%d.%m.%Y}", f"{short}, {published:%H:%M}", short)[rng.below(3)]


def _moment(published: datetime, date_raw: str | None, profile: str) -> str | None:
    has_time = date_raw is not None and (profile == "full" or ":" in date_raw)
    return published.isoformat() if has_time else None


def _views(rng: Rng, generation: int) -> int:
    if generation == 2:
        return 100 * (5 + rng.below(40))
    return 60 + rng.below(30_000 if generation == 4 else 5960)


def _photo_credit(rng: Rng, *, kazakh: bool) -> str | None:
    roll = rng.below(20)
    if roll == 0:
        return None
    if kazakh:
        return "tumba.kz" if roll < 16 else "Caravan.kz"
    return "Caravan.kz" if roll < 16 else rng.pick(RU["photo_credits"])


_SHARED = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "jj", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh",
    "ъ": "", "ы": "y", "ь": "", "э": "eh", "ю": "yu", "я": "ya",
    # The rule for Kazakh letters is not known; the nearest Latin letter is invented.
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i",
}  # fmt: skip
_OLD = str.maketrans(_SHARED)
_NEW = str.maketrans(_SHARED | {"й": "j", "ю": "ju", "я": "ja"})


def slug(headline: str) -> str:
    """Slug of generations 1 to 3, without id: ``детей-сирот`` → ``detejjsirot``."""
    return _joined(headline.lower().translate(_OLD))


def slug_generation_4(headline: str) -> str:
    """Slug of generation 4, which spells й, ю, я with a single ``j``."""
    return _joined(headline.lower().translate(_NEW))


def slug_in_cyrillic(headline: str) -> str:
    """Slug in the headline's own letters; a URL has them percent-encoded."""
    return "-".join(re.sub(r"[^а-яёa-z0-9 ]+", "", headline.lower()).split())


def _joined(latin: str) -> str:
    return "-".join(re.sub(r"[^a-z0-9 ]+", "", latin).split())


# A generation-4 URL has no id: one entry of each list is a digit of the article's number in mixed radix.
_CRIME = [RU["crime"][name] for name in ("deeds", "towns", "suspects", "outcomes")]
_CRIME_DIGITS = [{slug_generation_4(text): i for i, text in enumerate(texts)} for texts in _CRIME]
_CRIME_SLUG = re.compile("({})-raskryli-({})-({})-({})".format(*("|".join(digits) for digits in _CRIME_DIGITS)))
_CRIME_CAPACITY = prod(map(len, _CRIME))
_CRIME_FACTOR = 1_234_567
"""Coprime to the capacity; neighbours rarely share three of their four texts."""

_PEOPLE = [
    RU["verbs"][verbs] | {"who": f"{name} {surname}", "short": f"{name[0]}. {surname}."}
    for name, surname, verbs in RU["speakers"]
]
_PLACES = [{"within": within, "Within": within[0].upper() + within[1:], "of": of} for within, of in RU["places"]]
_MANY = [str(n) for n in range(5, 60) if n % 10 >= 5 or n % 10 == 0 or 10 < n < 20]
_ID_AT_END = re.compile(r"-(\d{4,7})$")
_PROFILES = {Reach.SHORT_LINK: "none", Reach.AMP_LINK: "plain"}
"""The former must have no metadata, which would name its path; the latter's page and AMP copy must have one date."""
_ONLY_IN_BODY = (Reach.BODY_LINK, Reach.REDIRECTING_LINK, Reach.SHORT_LINK, Reach.AMP_LINK)


def crime_headline(number: int) -> str:
    """Return the headline that encodes ``number``."""
    code, texts = number * _CRIME_FACTOR % _CRIME_CAPACITY, []
    for table in reversed(_CRIME):
        code, digit = divmod(code, len(table))
        texts.append(table[digit])
    outcome, suspect, town, deed = texts
    return f"{deed} раскрыли {town}: {suspect} {outcome}"


def number_of_crime_slug(slug: str) -> int | None:
    """Decode the number in a generation-4 slug."""
    match = _CRIME_SLUG.fullmatch(slug)
    if not match:
        return None
    code = 0
    for digits, text in zip(_CRIME_DIGITS, match.groups(), strict=True):
        code = code * len(digits) + digits[text]
    return code * pow(_CRIME_FACTOR, -1, _CRIME_CAPACITY) % _CRIME_CAPACITY


def wording(number: int, year: int) -> dict[str, str]:
    """Values for the ``%(…)s`` gaps in the texts of an article of ``year``."""
    rng = Rng("wording", number)
    return {
        **rng.pick(_PEOPLE),
        **rng.pick(_PLACES),
        "region": rng.pick(RU["regions"]),
        "post": rng.pick(RU["posts"]),
        "many": rng.pick(_MANY),
        "hundreds": str(rng.below(9) * 100 + 100),
        "pct": f"{rng.below(80) + 5}%",
        "money": f"{rng.below(90) * 10 + 20} млн тенге",
        "day": f"{rng.below(27) + 2} {rng.pick(RU['months'])}",
        "past": str(year - 1 - rng.below(5)),
        "ahead": str(year + 2 + rng.below(6)),
    }


class Newsroom:
    """Headlines and URLs of a plan's articles, and their lookup by id or slug."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.published = 0

    @property
    def end(self) -> int:
        """One more than the newest number."""
        return self.plan.articles + self.published

    def text_seed(self, number: int) -> int:
        """Seed of an article's texts."""
        return number

    def theme(self, number: int) -> Theme:
        """Theme of an article, one of its section."""
        return Rng("theme", number).pick(SECTION_THEMES[self.plan.section(number)])

    def gaps(self, number: int) -> dict[str, str]:
        """Values for the gaps in an article's texts and headline."""
        return wording(self.text_seed(number), self.plan.timeline.day(number).year)

    def headline(self, number: int) -> str:
        """Headline of an article."""
        if self.plan.generation(number) == 4:
            return crime_headline(number)
        if self.plan.is_kazakh(number):
            rng = Rng("headline", number)
            place = rng.pick(KK["places"])
            gaps = {"Within": place, "within_low": place, "many": str(5 + rng.below(90))}
            return str(rng.pick(KK["headlines"]) % gaps)
        return self._russian_headline(number)

    def _russian_headline(self, number: int) -> str:
        rng = Rng("headline", self.text_seed(number))
        roll = rng.below(20)
        if roll < 4:
            return str(rng.pick(RU["odd_headlines"]) % self.gaps(number))
        headline = rng.pick(self.theme(number).headlines) % self.gaps(number)
        return headline.upper() if roll == 4 else headline

    def id(self, number: int) -> int | None:
        """Id that the article's page or URL names; None in generation 4."""
        return None if self.plan.generation(number) == 4 else article_id(number)

    def short_id(self, number: int) -> int:
        """Id in the article's short link, whether its pages name it or not."""
        return article_id(number)

    def path(self, number: int, headline: str | None = None) -> str:
        """The article's own path; pass a known headline to save time."""
        headline = headline or self.headline(number)
        if self.plan.generation(number) == 4:
            return f"/crime/{slug_generation_4(headline)}/"
        return f"/{self.plan.section(number)}/{slug(headline)}-{article_id(number)}/"

    def path_on_cards(self, number: int) -> str:
        """Path as listings write it."""
        return self.path(number)

    def amp_path(self, number: int) -> str | None:
        """Path of the AMP copy, without the final slash; only generation 3 has one."""
        if self.plan.generation(number) != 3 or self.plan.is_kazakh(number):
            return None
        return f"/amp{self.path(number)[:-1]}"

    def short_link(self, number: int) -> str:
        """``/?p=<id>``."""
        return f"/?p={self.short_id(number)}"

    def find(self, section: str, slug: str) -> int | None:
        """Return the number of the article of a path, by its id alone if it has one."""
        if found := _ID_AT_END.search(slug):
            return self.find_id(int(found[1]))
        number = number_of_crime_slug(slug) if section == "crime" else None
        return number if number is not None and number < self.end and self.plan.generation(number) == 4 else None

    def find_id(self, candidate: int) -> int | None:
        """Return the number of the article with this id, if the site has it."""
        number = number_of(candidate)
        return number if number is not None and number < self.end and self.plan.generation(number) != 4 else None

    def front(self, number: int) -> FrontMatter:
        """Front matter of an article."""
        plan = self.plan
        day, generation = plan.timeline.day(number), plan.generation(number)
        return front_matter(
            number, day, generation, kazakh=plan.is_kazakh(number), profile=_PROFILES.get(plan.reach(number))
        )

    def parts(self, number: int) -> int:
        """Number of pages of the article."""
        return 1

    def attachment(self, number: int) -> str | None:
        """Path of the page of the article's photo, if it has one."""
        return None

    def has_canonical(self, number: int) -> bool:
        """Whether the article's page names its own URL."""
        return True

    def link_to(self, number: int) -> str:
        """URL by which the next article links to one that only its body leads to."""
        reach = self.plan.reach(number)
        if reach in (Reach.REDIRECTING_LINK, Reach.SHORT_LINK):
            return self.short_link(number)
        return (reach is Reach.AMP_LINK and self.amp_path(number)) or self.path(number)

    def only_linked_from(self, host: int) -> int | None:
        """Return the article that only a link in ``host``'s body leads to."""
        number = host - 1
        if not 0 <= number < self.plan.articles or host >= self.plan.articles:
            return None
        return number if self.plan.reach(number) in _ONLY_IN_BODY else None

    def older_article(self, number: int, rng: Rng) -> int | None:
        """Choose an older listed article in Russian for a link in the text."""
        candidate = rng.below(min(number, self.plan.articles)) if number else -1
        while candidate >= 0:
            if self.plan.reach(candidate) is Reach.LISTED and not self.plan.is_kazakh(candidate):
                return candidate
            candidate -= 1
        return None
