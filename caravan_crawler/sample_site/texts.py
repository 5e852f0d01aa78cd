"""Texts of articles, drawn from data files: headlines, slugs, gaps in sentences, and the facts printed around a body.

Choices are repeatable: they are seeded by a label and a number.
"""

import re
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from importlib.resources import files
from math import prod
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo


class Theme(NamedTuple):
    """Texts of one kind of story."""

    headlines: list[str]
    ledes: list[str]
    sentences: list[str]
    tags: list[str]


def _read(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


RU, KK, CLUTTER, PAGES = (tomllib.loads(_read(f"{name}.toml")) for name in ("texts_ru", "texts_kk", "clutter", "pages"))
FILL_SCRIPT = _read("fill.js")
THEMES = {name: Theme(**texts) for name, texts in RU["themes"].items()}
SECTION_THEMES = {section: [THEMES[name] for name in names] for section, names in RU["themes_of"].items()}
_TAGS = [tag for themes in SECTION_THEMES.values() for theme in themes for tag in theme.tags]
ALL_TOPICS = list(dict.fromkeys([*KK["tags"], *_TAGS]))

T = TypeVar("T")

_LOW_WATER = 1 << 64
"""A smaller pool of random bits would bias the next number, so it is refilled."""


class Rng:
    """Random number generator that is cheaper to seed than ``random.Random``."""

    __slots__ = ("_key", "_pool")

    def __init__(self, label: str, number: int) -> None:
        self._key = f"{label}:{number}".encode()
        self._pool = int.from_bytes(blake2b(self._key).digest(), "big")

    def below(self, end: int) -> int:
        if self._pool < _LOW_WATER:
            self._key = blake2b(self._key).digest()
            self._pool = int.from_bytes(self._key, "big")
        self._pool, number = divmod(self._pool, end)
        return number

    def chance(self, hits: int, of: int) -> bool:
        return self.below(of) < hits

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different options in random order."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]


_OLD = str.maketrans(dict(pair.split("=") for pair in RU["letters"].split()))
_NEW = _OLD | str.maketrans({"й": "j", "ю": "ju", "я": "ja"})


def slug(headline: str, letters: dict[int, str] = _OLD) -> str:
    """Slug of generations 1 to 3, without id: ``детей-сирот`` → ``detejjsirot``."""
    return "-".join(re.sub(r"[^a-z0-9 ]+", "", headline.lower().translate(letters)).split())


def slug_generation_4(headline: str) -> str:
    """Slug of generation 4, which spells й, ю, я with a single ``j``."""
    return slug(headline, _NEW)


def slug_in_cyrillic(headline: str) -> str:
    """Slug in the headline's own letters; a URL has them percent-encoded."""
    return "-".join(re.sub(r"[^а-яёa-z0-9 ]+", "", headline.lower()).split())


# A generation-4 URL has no id, so its slug is unique: one entry of each list is a digit of the number in mixed radix.
_CRIME = [RU["crime"][name] for name in ("deeds", "towns", "suspects", "outcomes")]
_CRIME_CAPACITY = prod(map(len, _CRIME))
_CRIME_FACTOR = 1_234_567
"""Coprime to the capacity; neighbours rarely share three of their four texts."""


def crime_headline(number: int) -> str:
    """Return the headline that encodes ``number``."""
    code, texts = number * _CRIME_FACTOR % _CRIME_CAPACITY, []
    for table in reversed(_CRIME):
        code, digit = divmod(code, len(table))
        texts.append(table[digit])
    outcome, suspect, town, deed = texts
    return f"{deed} раскрыли {town}: {suspect} {outcome}"


_PEOPLE = [
    RU["verbs"][verbs] | {"who": f"{name} {surname}", "short": f"{name[0]}. {surname}."}
    for name, surname, verbs in RU["speakers"]
]
_PLACES = [{"within": within, "Within": within[0].upper() + within[1:], "of": of} for within, of in RU["places"]]
_MANY = [str(n) for n in range(5, 60) if n % 10 >= 5 or n % 10 == 0 or 10 < n < 20]


def wording(number: int, year: int) -> dict[str, Any]:
    """Values for the ``%(…)s`` gaps in the texts of an article of ``year``."""
    rng = Rng("wording", number)
    return {
        **rng.pick(_PEOPLE),
        **rng.pick(_PLACES),
        "region": rng.pick(RU["regions"]),
        "post": rng.pick(RU["posts"]),
        "many": rng.pick(_MANY),
        "hundreds": rng.below(9) * 100 + 100,
        "pct": f"{rng.below(80) + 5}%",
        "money": f"{rng.below(90) * 10 + 20} млн тенге",
        "day": f"{rng.below(27) + 2} {rng.pick(RU['months'])}",
        "past": year - 1 - rng.below(5),
        "ahead": year + 2 + rng.below(6),
    }


# Facts: date, views, photo credit, and what the page's metadata say of its time

TODAY = date(2026, 2, 6)
"""Fixed day of the visit, printed in the header; also the date of articles published later."""

_ALMATY = ZoneInfo("Asia/Almaty")
_PROFILE_SHARES = ("none", "none", "none", "plain", "plain", "plain", "full", "full", "full", "hostile")
"""Metadata profiles and their shares; ``data/pages.toml`` describes them."""
_LATEST_EDIT = datetime.combine(TODAY, time(8, 0), _ALMATY)


def full_date(day: date) -> str:
    """``26 Апреля 2023``."""
    return f"{day_and_month(day)} {day.year}"


def day_and_month(day: date) -> str:
    """``26 Апреля``."""
    return f"{day.day} {RU['months_of_dates'][day.month - 1]}"


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
    published, raw = front.published, full_date(day)
    front = front._replace(date_raw=raw, date_published=day.isoformat())
    if generation == 3:
        return front._replace(published_at=_moment(published, raw, front.profile))
    return front._replace(
        date_raw=(None, raw, f"{published:%d.%m.%Y, %H:%M}")[kind % 3],
        published_at=published.isoformat(),
        profile="moment",
        stamp=published,
        stamp_in_utc=False,
    )


def _printed(rng: Rng, published: datetime, generation: int, *, kazakh: bool) -> str:
    if kazakh:
        month = KK["months"][published.month - 1]
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
