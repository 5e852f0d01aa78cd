"""Date, views, photo credit and metadata profile of an article."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from caravan_crawler.sample_site.plan import TODAY
from caravan_crawler.sample_site.rng import Rng

MONTHS = (
    "Января", "Февраля", "Марта", "Апреля", "Мая", "Июня",
    "Июля", "Августа", "Сентября", "Октября", "Ноября", "Декабря",
)  # fmt: skip
MONTHS_KAZAKH = (
    "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым",
    "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан",
)  # fmt: skip


def full(day: date) -> str:
    """``26 Апреля 2023``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def without_year(day: date) -> str:
    """``26 Апреля``."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def dotted(day: date) -> str:
    """``26.04.2023``."""
    return f"{day:%d.%m.%Y}"


def kazakh_long(day: date) -> str:
    """``2023 жылғы 26 сәуір``."""
    return f"{day.year} жылғы {day.day} {MONTHS_KAZAKH[day.month - 1]}"


def kazakh_short(day: date) -> str:
    """``26 Сәуір 2023``."""
    return f"{day.day} {MONTHS_KAZAKH[day.month - 1].capitalize()} {day.year}"


ALMATY = ZoneInfo("Asia/Almaty")

PROFILES = ("none", "none", "none", "plain", "plain", "plain", "full", "full", "full", "hostile")
"""Metadata profiles and their shares; :mod:`caravan_crawler.sample_site.pages` says what each emits."""

_LATEST_EDIT = datetime.combine(TODAY, time(8, 0), ALMATY)

_OTHER_CREDITS = ("Zakon.kz", "Tengrinews.kz", "Асхат Нурман", "соцсети", "акимат города", "pixabay.com")


class FrontMatter(NamedTuple):
    """The printed marks of one article, and what they mean."""

    published: datetime
    """The exact moment, in Almaty; only some pages give more of it than the day."""
    modified: datetime
    date_raw: str | None
    date_published: str | None
    views: int | None
    photo_credit: str | None
    profile: str
    stamp: datetime | None
    """What ``article:published_time`` says; in the hostile profile, months away from the truth."""
    stamp_in_utc: bool


def front_matter(number: int, day: date, generation: int, *, kazakh: bool, profile: str | None = None) -> FrontMatter:
    """Draw the front matter of an article; ``profile`` overrides the one drawn."""
    dice = Rng("front", number)
    second = 0 if generation == 2 else dice.below(60)  # generation 2 may print hour and minute
    moment = time(dice.below(24), dice.below(60), second)
    published = datetime.combine(day, moment, ALMATY)
    profile = profile or dice.pick(PROFILES)
    # A hostile stamp beside no printed date would make the right answer unknowable.
    undated = dice.chance(1, 16) and profile in ("none", "plain")
    date_raw = None if undated else _printed(dice, published, generation, kazakh=kazakh)
    stamp = None
    if profile == "full":
        stamp = published
    elif profile == "hostile":
        stamp = published + timedelta(days=60 + dice.below(240))
    return FrontMatter(
        published=published,
        modified=max(published, min(published + timedelta(days=400 + dice.below(900)), _LATEST_EDIT)),
        date_raw=date_raw,
        date_published=_exact(published, date_raw, profile),
        views=None if dice.chance(1, 30) else _views(dice, generation),
        photo_credit=_photo_credit(dice, kazakh=kazakh),
        profile=profile,
        stamp=stamp,
        stamp_in_utc=dice.chance(1, 3),
    )


def single_front_matter(number: int, day: date, generation: int, kind: int) -> FrontMatter:
    """Draw the front matter of an article on a site of one generation: each has its day, and no stamp lies.

    Generation 4 gives the moment in the head, and prints day and time, the day, or none of them, by ``kind``.
    """
    front = front_matter(number, day, 3, kazakh=False, profile=("none", "plain", "full")[kind % 3])
    published = front.published
    if generation == 4:
        printed = (None, full(published), f"{published:%d.%m.%Y, %H:%M}")[kind % 3]
        return front._replace(
            date_raw=printed,
            date_published=published.isoformat(),
            profile="moment",
            stamp=published,
            stamp_in_utc=False,
        )
    raw = full(published)
    return front._replace(date_raw=raw, date_published=_exact(published, raw, front.profile))


def _printed(dice: Rng, published: datetime, generation: int, *, kazakh: bool) -> str:
    if kazakh:
        return (kazakh_long, kazakh_short)[dice.below(2)](published)
    if generation != 2:
        return full(published)
    form = dice.below(3)
    if form == 0:
        return dotted(published)
    if form == 1:
        return f"{without_year(published)}, {published:%H:%M}"
    return without_year(published)


def _exact(published: datetime, date_raw: str | None, profile: str) -> str | None:
    if date_raw is None:
        return None
    if profile == "full" or ":" in date_raw:
        return published.isoformat()
    return published.date().isoformat()


def _views(dice: Rng, generation: int) -> int:
    if generation == 2:
        return 100 * (5 + dice.below(40))
    if generation == 4:
        return 60 + dice.below(30_000)
    return 60 + dice.below(5960)


def _photo_credit(dice: Rng, *, kazakh: bool) -> str | None:
    roll = dice.below(20)
    if roll == 0:
        return None
    if kazakh:
        return "tumba.kz" if roll < 16 else "Caravan.kz"
    return "Caravan.kz" if roll < 16 else dice.pick(_OTHER_CREDITS)
