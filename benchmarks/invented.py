"""An invented store for reports: articles over 25 years, and runs, views, topics and rates of some of those years.

It is the same each time.
"""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update

from benchmarks.filling import fill, put
from caravan_crawler.sample_site.frame import TOPICS
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.store import schema
from caravan_crawler.store.database import stamp
from caravan_crawler.store.field_counts import FIELDS
from caravan_crawler.store.store import Store

BASE = "http://127.0.0.1:8000/"
#: End of the invented last run; the first run is ``years`` before it.
NOW = datetime(2026, 2, 6, 6, tzinfo=UTC)
_WATCHED = 40
_SECTIONS = {"gazeta": 6, "sport": 9, "art": 11, "crime": 13, "mneniya": 14}
#: Share of articles that have a field, for fields that not every article has.
_SHARES = {"lede": 0.93, "photo_credit": 0.71, "source": 0.38, "authors": 0.55, "tags": 0.88, "images": 0.96}
_REASONS = {"http_404": 50, "TimeoutError": 25, "http_503": 15, "kind_other": 7, "kind_challenge": 3}


def invent(store: Store, articles: int, *, years: int = 15, runs_a_day: int = 4, is_grown: bool = False) -> None:
    """Fill an empty store. ``years`` is the time over which runs, views, topics and rates were observed.

    With ``is_grown``, the site published less in earlier years, which removes almost a third of the articles.
    """
    dice = random.Random(articles)
    fill(store, articles, BASE, stamp(NOW))
    if is_grown:
        _thin(store)
    _vary(store)
    watched = _watched(store, articles)
    put(store, schema.view_counts, _views(dice, watched))
    put(store, schema.view_counts, _rare_views(articles, {key for key, _, _ in watched}))
    begun = NOW - timedelta(days=365 * years)
    put(store, schema.rates, _rates(dice, begun))
    put(store, schema.weather, _weather(dice, begun))
    put(store, schema.trending, _topics(dice, begun))
    runs = list(_runs(dice, begun, runs_a_day))
    put(store, schema.runs, runs)
    put(store, schema.failures, _failures(dice, max(articles // 1000, 40)))


def _thin(store: Store) -> None:
    """Delete more articles in earlier years; an article's number is its view count at this point."""
    columns = schema.articles.c
    for day, store_tables in (("2008", 1), ("2013", 3), ("2018", 5)):
        store.execute(delete(schema.articles).where(columns.date_published < day, columns.views % 7 > store_tables))


def _vary(store: Store) -> None:
    """Set sections, fields and views of the articles, whose view count is their number, and delete some days."""
    columns = schema.articles.c
    number = columns.views
    filled: dict[str, Any] = {"authors": ["Марина ХЕГАЙ"], "tags": ["Спорт"], "images": [f"{BASE}1.jpg"]}
    for place, (name, share) in enumerate(_SHARES.items()):
        value = filled.get(name, "Казинформ")
        chosen = number * (7 + 2 * place) % 100 < int(100 * share)
        store.execute(update(schema.articles).where(chosen).values({name: value}))
    section = case(*((number % 20 < edge, name) for name, edge in _SECTIONS.items()), else_="news")
    store.execute(update(schema.articles).values(section=section))
    for first, last in (("2009-05-11", "2009-07-02"), ("2017-01-05", "2017-01-19"), ("2023-09-01", "2023-09-09")):
        store.execute(delete(schema.articles).where(columns.date_published.between(first, last)))
    left = select(columns.key)
    store.execute(delete(schema.article_versions).where(schema.article_versions.c.article_key.not_in(left)))
    store.execute(update(schema.articles).values(views=120 + 20_000_000 // (50 + number * 7919 % 100_003)))


def _watched(store: Store, articles: int) -> list[tuple[str, datetime, int]]:
    """Set headlines of the most read articles; return their keys, days and views."""
    columns = schema.articles.c
    query = select(columns.key, columns.date_published, columns.views).order_by(columns.views.desc(), columns.key)
    newsroom = Newsroom(articles)
    watched = []
    for number, (key, day, views) in enumerate(store.rows(query.limit(_WATCHED))):
        headline = newsroom.headline(number)
        store.execute(update(schema.articles).where(columns.key == key).values(headline=headline))
        watched.append((key, datetime.fromisoformat(day).replace(tzinfo=UTC), views))
    return watched


def _views(dice: random.Random, watched: list[tuple[str, datetime, int]]) -> Iterator[dict[str, Any]]:
    for place, (key, day, views) in enumerate(watched):
        speed = dice.uniform(3, 12)
        for step in range(1, 200 - place):
            seen = round(views * (1 - math.exp(-step / 12 / speed)))
            yield {**_seen(day + timedelta(hours=2 * step)), "article_key": key, "views": seen}


def _rare_views(articles: int, watched: set[str]) -> Iterator[dict[str, Any]]:
    newsroom = Newsroom(articles)
    for number in range(0, articles, 2):
        key = str(newsroom.id(number) or newsroom.path(number))
        if key not in watched:
            for hour in (1, 9, 30):
                yield {**_seen(NOW - timedelta(hours=hour)), "article_key": key, "views": 1000 - hour}


def _rates(dice: random.Random, begun: datetime) -> Iterator[dict[str, Any]]:
    rates = {"USD": 147.5, "EUR": 192.0}
    time = begun
    while time < NOW:
        time += timedelta(hours=dice.uniform(8, 24))
        for currency, rate in rates.items():
            rates[currency] = min(max(rate * (1 + dice.gauss(0.0002, 0.004)), 110.0), 900.0)
            odd = dice.random()
            value = None if odd < 0.001 else round(rate * 10 if odd < 0.002 and rate < 190 else rate, 2)
            value = round(rate * 0.7, 2) if 0.002 < odd < 0.003 else value
            printed = "—" if value is None else str(value)
            yield {**_seen(time), "currency": currency, "rate": value, "rate_raw": printed, "page_date": None}


def _weather(dice: random.Random, begun: datetime) -> Iterator[dict[str, Any]]:
    time = begun
    while time < NOW:
        time += timedelta(hours=6)
        warmth = 10 - 15 * math.cos(2 * math.pi * (time.timetuple().tm_yday - 20) / 365) + dice.gauss(0, 4)
        yield {**_seen(time), "city": "Алматы", "temperature_c": round(warmth), "page_date": None}


def _topics(dice: random.Random, begun: datetime) -> Iterator[dict[str, Any]]:
    block = list(TOPICS[:8])
    time = begun
    while time < NOW:
        time += timedelta(hours=dice.uniform(4, 20))
        place = dice.randrange(7)
        changed = {place: block[place + 1], place + 1: block[place]}
        if dice.random() < 0.15:
            changed = {7: dice.choice([topic for topic in TOPICS if topic not in block])}
        for at, topic in changed.items():
            block[at] = topic
            news = {"headline": "Об этом сообщили", "url": f"{BASE}news/ob-etom-1/", "article_id": 1, "page_date": None}
            yield {**_seen(time), "rank": at + 1, "topic": topic, **news}


def _runs(dice: random.Random, begun: datetime, runs_a_day: int) -> Iterator[dict[str, Any]]:
    for number in range((NOW - begun).days * runs_a_day):
        started = begun + timedelta(days=number / runs_a_day, minutes=dice.uniform(0, 3))
        new, odd = int(dice.expovariate(0.05)), dice.random()
        code = 4 if odd < 0.03 else 3 if odd < 0.04 else 0
        outcome, reason = {
            0: ("sound", "complete"),
            3: ("below_floors", "photo_credit fell from 71 % to 0 % of 60 articles"),
            4: ("unreachable", "5 pages in a row got no answer; the last: TimeoutError"),
        }[code]
        ended: str | None = stamp(started + timedelta(seconds=20 + 3 * new + dice.expovariate(0.01)))
        is_killed = odd > 0.995
        lost = "photo_credit" if code == 3 else None
        report = {"requests": 5 + 3 * new, "fields": _fields(dice, new + 15, lost)}
        yield {
            "run_id": f"run-{number}",
            "scope": "",
            "arguments": {},
            "version": "0.1.0",
            "started_at": stamp(started),
            "ended_at": ended,
            "exit_code": None if is_killed else code,
            "outcome": "killed" if is_killed else outcome,
            "reason": "it ended without a report: killed, or a power failure" if is_killed else reason,
            "new_articles": 0 if code == 4 else new,
            "report": None if is_killed else report,
        }


def _fields(dice: random.Random, read: int, lost: str | None) -> dict[str, Any]:
    """Return the fill rates of a run's report, of which one field may be lost."""
    found = {name: sum(dice.random() < _SHARES.get(name, 0.995) for _ in range(read)) for name in FIELDS}
    return {
        name: {"of": read, "found": 0 if name == lost else number, "readers": {f"{name}_printed": number}}
        for name, number in found.items()
    }


def _failures(dice: random.Random, number: int) -> Iterator[dict[str, Any]]:
    for place in range(number):
        (reason,) = dice.choices(list(_REASONS), list(_REASONS.values()))
        since = NOW - timedelta(days=dice.uniform(0, 400))
        yield {
            "url": f"{BASE}news/ne-nashlos-{place}/",
            "article_key": str(place),
            "scope": "",
            "reason": reason,
            "words": reason.replace("_", " ").replace("http", "HTTP"),
            "attempts": 1 + int(dice.expovariate(0.6)),
            "first_failed_at": stamp(since),
            "last_failed_at": stamp(NOW),
            "retry_at": stamp(NOW + timedelta(days=dice.uniform(0, 30))),
            "run_id": "invented",
        }


def _seen(time: datetime) -> dict[str, Any]:
    return {"observed_at": stamp(time), "run_id": "invented"}
