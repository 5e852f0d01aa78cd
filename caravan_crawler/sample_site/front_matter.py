"""The printed facts of an article: date, views, photo credit, and what the page's metadata say of its time."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from caravan_crawler.sample_site.texts import RU, Rng

TODAY = date(2026, 2, 6)
"""Fixed day of the visit, printed in the header; also the date of articles published later."""

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
