"""Page facts: ranks of the trending topics, exchange rates with outliers, and the temperature."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.console import count, moment
from caravan_crawler.report import elements
from caravan_crawler.report.elements import Cell, Chart, Number, Section, Share, Table, number, short
from caravan_crawler.store import schema
from caravan_crawler.store.database import stamp
from caravan_crawler.store.snapshot import Snapshot

#: Period of the chart: topics change within days.
_WINDOW = timedelta(days=60)
_MOMENTS, _TOPICS = 60, 8
#: Characters of a topic; the chart's data repeat it for each point.
_LONGEST_TOPIC = 80


Block = tuple[str, dict[int, str]]
"""The trending block at a moment: time, and rank to topic, from 1."""


def trending_section(snapshot: Snapshot) -> Section:
    """Return the section on trending topics."""
    found, is_cut = _read_blocks(snapshot)
    blocks = elements.downsample(found, _MOMENTS)
    if not blocks:
        return Section("trending", "Trending topics", ["No trending topic is in the store yet."])
    present = Counter(topic for _, block in blocks for topic in set(block.values()))
    best = {topic: min(filter(None, (_rank(block, topic) for _, block in blocks))) for topic in present}
    topics = sorted(present, key=lambda topic: (-present[topic], best[topic], topic))[:_TOPICS]
    since, until = moment(blocks[0][0]), moment(blocks[-1][0])
    if len(blocks) == 1:
        text = [f"The block on {since} UTC; it has not changed between runs yet."]
        tables = [Table("Topics", ["Place", "Topic"], [[best[topic], topic] for topic in topics])]
        return Section("trending", "Trending topics", text, tables=tables)
    text = [
        f"The topics that were in the block longest, {since} to {until} UTC, and the share of that time in which they "
        "were in it."
    ]
    if is_cut:
        text.append(f"The store has earlier ones too; these are of the last {_WINDOW.days} days.")
    lines: list[list[Cell]] = [[topic, Share(present[topic] / len(blocks)), best[topic]] for topic in topics]
    tables = [Table("Topics", ["Topic", "Present", "Best place"], lines, right=(1, 2))]
    charts = [_trending_chart(blocks, topics)] if len(blocks) >= elements.FEWEST_POINTS else []
    return Section("trending", "Trending topics", text, charts=charts, tables=tables)


def _read_blocks(snapshot: Snapshot) -> tuple[list[Block], bool]:
    """Rebuild the block at each moment of the period, and say whether the store has earlier ones.

    A stored line is valid until another has its rank.
    """
    columns = schema.trending.c
    ((first, last),) = snapshot.rows(select(func.min(columns.observed_at), func.max(columns.observed_at)))
    if last is None:
        return [], False
    begin = stamp(datetime.fromisoformat(last) - _WINDOW)
    latest = select(func.max(columns.id).label("id")).where(columns.observed_at < begin)
    before = latest.group_by(columns.rank).subquery()
    block = dict(snapshot.rows(select(columns.rank, columns.topic).join(before, before.c.id == columns.id)))
    blocks: list[Block] = []
    query = select(columns.observed_at, columns.rank, columns.topic).order_by(columns.id)
    for time, rank, topic in snapshot.rows(query.where(columns.observed_at >= begin)):
        block = block | {rank: topic}
        if blocks and blocks[-1][0] == time:
            blocks.pop()
        blocks.append((time, block))
    return blocks, first < begin


def _rank(block: dict[int, str], topic: str) -> int | None:
    """Return a topic's best rank, or None if it is not in the block."""
    return min((rank for rank, other in block.items() if other == topic), default=None)


def _trending_chart(blocks: list[Block], topics: list[str]) -> Chart:
    times = [time for time, _ in blocks]
    # A block is valid until the next one. The end of the last is not known: it is as long as the one before.
    last = datetime.fromisoformat(times[-1])
    ends = [*times[1:], stamp(last + (last - datetime.fromisoformat(times[-2])))]
    values = [
        (moment(time), time, end, short(topic, _LONGEST_TOPIC), rank)
        for (time, block), end in zip(blocks, ends, strict=True)
        for topic in topics
        if (rank := _rank(block, topic)) is not None
    ]
    names = [short(topic, _LONGEST_TOPIC) for topic in topics]
    ranks = alt.Scale(domain=[1, max(rank for *_, rank in values)], range="ramp", reverse=True)
    drawn = (
        alt.Chart(elements.rows("seen", "start", "end", "topic", "place", values=values))
        .mark_rect()
        .encode(
            x=alt.X("start:T", scale=elements.UTC, title="seen (UTC)", axis=elements.TIMES),
            x2="end:T",
            y=alt.Y("topic:N", scale=alt.Scale(domain=names), title=None),
            color=alt.Color("place:Q", scale=ranks, legend=alt.Legend(format="d", tickCount=4, gradientLength=160)),
            tooltip=[alt.Tooltip("seen:N", title="from (UTC)"), "topic:N", "place:Q"],
        )
    )
    return elements.chart(
        "trending-places", "Places of the topics in the block over time", drawn, height=28 * len(topics)
    )


# Exchange rates and weather

#: Maximum number of values in a chart.
_POINTS = 250
#: The median is that of a value and this many values before and after it. A lasting jump moves it at once, as
#: half of the window is on each side of the jump; a single outlier does not.
_HALF_WINDOW = 7
#: The band is a Hampel filter: three times 1.4826 median absolute deviations, at least 3 % as some rates hardly move.
_WIDTH = 3 * 1.4826
_LEAST_WIDTH = 0.03
#: With fewer values, the median is the value itself.
_FEWEST = 5
#: The latest outliers are marked in the chart.
_MARKED = 200
#: With more days than this, the temperature is grouped by month.
_MOST_DAYS = 370


class Rate(NamedTuple):
    """A rate in tenge, with the band at that moment."""

    time: str
    rate: float
    low: float
    high: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the value is outside the band."""
        return not self.low <= self.rate <= self.high


class Currency(NamedTuple):
    """The rates of one currency, oldest first; ``unread`` are time and text of rates that could not be read."""

    code: str
    rates: list[Rate]
    unread: list[tuple[str, str]]

    @property
    def drawn(self) -> list[Rate]:
        """The values on the line of the chart."""
        return elements.downsample([rate for rate in self.rates if not rate.is_suspicious], _POINTS)

    @property
    def suspicious(self) -> list[Rate]:
        """The values outside the band."""
        return [rate for rate in self.rates if rate.is_suspicious]


class Warmth(NamedTuple):
    """The temperatures of a day, or of a month by its first day, in degrees Celsius."""

    start: str
    low: int
    mean: float
    high: int


class Weather(NamedTuple):
    """The temperatures of a city, oldest first; ``city`` is None without any."""

    city: str | None = None
    step: str = "day"
    warmth: Sequence[Warmth] = ()


def read_rates(snapshot: Snapshot) -> list[Currency]:
    """Read the currencies, the most frequent first."""
    columns = schema.rates.c
    query = select(columns.currency).group_by(columns.currency).order_by(func.count().desc(), func.min(columns.id))
    return [_read_currency(snapshot, code) for (code,) in list(snapshot.rows(query))]


def _read_currency(snapshot: Snapshot, code: str) -> Currency:
    columns = schema.rates.c
    query = (
        select(columns.observed_at, columns.rate, columns.rate_raw)
        .where(columns.currency == code)
        .order_by(columns.observed_at, columns.id)
    )
    found = list(snapshot.rows(query))
    values = [(time, float(rate)) for time, rate, _ in found if rate is not None]
    return Currency(code, with_bands(values), [(time, printed) for time, rate, printed in found if rate is None])


def with_bands(values: Sequence[tuple[str, float]]) -> list[Rate]:
    """Return each value with the band around the running median."""
    rates = []
    for place, (time, rate) in enumerate(values):
        window = [near for _, near in values[max(place - _HALF_WINDOW, 0) : place + _HALF_WINDOW + 1]]
        middle = median(window) if len(values) >= _FEWEST else rate
        width = max(_WIDTH * median(abs(near - middle) for near in window), _LEAST_WIDTH * middle)
        rates.append(Rate(time, rate, middle - width, middle + width))
    return rates


def read_weather(snapshot: Snapshot) -> Weather:
    """Read the temperatures of the most frequent city by day or by month."""
    columns = schema.weather.c
    known = (columns.temperature_c.is_not(None), columns.city.is_not(None))
    query = (
        select(columns.city, func.min(columns.observed_at), func.max(columns.observed_at))
        .where(*known)
        .group_by(columns.city)
        .order_by(func.count().desc(), columns.city)
        .limit(1)
    )
    found = list(snapshot.rows(query))
    if not found:
        return Weather()
    ((city, first, last),) = found
    is_long = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days > _MOST_DAYS
    part = func.substr(columns.observed_at, 1, 7 if is_long else 10)
    degrees = columns.temperature_c
    sums = select(part, func.min(degrees), func.avg(degrees), func.max(degrees)).where(*known, columns.city == city)
    warmth = [
        Warmth(f"{start}-01" if is_long else start, low, round(float(mean), 1), high)
        for start, low, mean, high in snapshot.rows(sums.group_by(part).order_by(part))
    ]
    return Weather(city, "month" if is_long else "day", warmth)


def rates_section(currencies: list[Currency], weather: Weather) -> Section:
    """Return the section on exchange rates and weather."""
    read = [currency for currency in currencies if currency.rates]
    drawn = [currency for currency in read if len(currency.drawn) >= elements.FEWEST_POINTS]
    text = ["The last values." if read else "No exchange rate is in the store yet."]
    if drawn:
        text.append(
            "The band is around the running median of the values. A value outside the band is not on the line but "
            "marked, at the chart's edge if it is far off."
        )
    numbers = [
        Number(number(one.rates[-1].rate), f"KZT for 1 {one.code}, {moment(one.rates[-1].time)} UTC") for one in read
    ]
    charts = [_rate_chart(currency) for currency in drawn]
    if weather.warmth:
        start, low, _, high = weather.warmth[-1]
        degrees = f"{low} °C" if low == high else f"{low} to {high} °C"
        numbers.append(Number(degrees, f"{weather.city}, {start[:7] if weather.step == 'month' else start}"))
    if len(weather.warmth) >= elements.FEWEST_POINTS:
        charts.append(_weather_chart(weather))
    title = "Exchange rates and weather"
    return Section("rates", title, text, _rate_warnings(currencies), numbers, charts, _suspicious_tables(currencies))


def _rate_warnings(currencies: list[Currency]) -> list[str]:
    warnings = []
    for currency in currencies:
        parts = [f"{count(len(currency.suspicious), 'value')} left the band"] if currency.suspicious else []
        parts += [f"{count(len(currency.unread), 'value')} could not be read"] if currency.unread else []
        if parts:
            warnings.append(f"{currency.code}: {', '.join(parts)}.")
    return warnings


def _suspicious_tables(currencies: list[Currency]) -> list[Table]:
    found: list[tuple[str, str, str, str]] = []
    for currency in currencies:
        found += [
            (rate.time, currency.code, number(rate.rate), f"{number(rate.low)} to {number(rate.high)}")
            for rate in currency.suspicious
        ]
        found += [(time, currency.code, printed, "a number") for time, printed in currency.unread]
    if not found:
        return []
    found.sort(reverse=True)
    lines = [[moment(time), *rest] for time, *rest in found[: elements.LISTED]]
    caption = "Suspicious rates" + (
        "" if len(found) <= elements.LISTED else f": the last {elements.LISTED} of {number(len(found))}"
    )
    return [Table(caption, ["Seen (UTC)", "Currency", "Value", "Expected"], lines, right=(2, 3))]


def _rate_chart(currency: Currency) -> Chart:
    near = [(rate.time, moment(rate.time), rate.rate, rate.low, rate.high) for rate in currency.drawn]
    outliers = [(rate.time, moment(rate.time), rate.rate) for rate in currency.suspicious[-_MARKED:]]
    # The scale is that of the band: a far outlier would flatten everything else.
    ends = [min(low for *_, low, _ in near), max(high for *_, high in near)]
    tenge: dict[str, Any] = {
        "scale": alt.Scale(domain=ends, nice=True, zero=False, clamp=True),
        "title": f"KZT for 1 {currency.code}",
    }
    time = alt.X("time:T", scale=elements.UTC, title="seen (UTC)", axis=elements.TIMES)
    tooltip = [alt.Tooltip("seen:N", title="seen (UTC)"), alt.Tooltip("rate:Q", format=",.2f")]
    base = alt.Chart(elements.rows("time", "seen", "rate", "low", "high", values=near)).encode(x=time)
    band = base.mark_area(style="band").encode(y=alt.Y("low:Q", **tenge), y2="high:Q")
    line = base.mark_line(style="middle").encode(y=alt.Y("rate:Q", **tenge), tooltip=tooltip)
    marks = alt.Chart(elements.rows("time", "seen", "rate", values=outliers)).mark_point(style="wrong", size=70)
    layers = [band, line, *([marks.encode(x=time, y=alt.Y("rate:Q", **tenge), tooltip=tooltip)] if outliers else [])]
    caption = f"{currency.code}: rate and band{'; values outside the band are marked' if outliers else ''}"
    return elements.chart(f"rates-{currency.code.lower()}", caption, alt.layer(*layers), height=200)


def _weather_chart(weather: Weather) -> Chart:
    base = alt.Chart(elements.rows("start", "low", "mean", "high", values=weather.warmth)).encode(
        x=alt.X("start:T", scale=elements.UTC, title="seen (UTC)", axis=elements.TIMES),
        tooltip=["start:N", "low:Q", "mean:Q", "high:Q"],
    )
    band = base.mark_area(style="band").encode(y=alt.Y("low:Q", title="temperature (°C)"), y2="high:Q")
    mean = base.mark_line(style="middle").encode(y=alt.Y("mean:Q", title="temperature (°C)"))
    caption = f"Temperature in {weather.city}: lowest, mean and highest by {weather.step}"
    return elements.chart("weather", caption, band + mean, height=160)
