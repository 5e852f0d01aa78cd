"""Exchange rates with outliers, and the temperature."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.keep.schema import rates, weather
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.report.elements import Chart, Section, Table, chart, rows, time_axis
from caravan_crawler.report.formatting import count, moment, number
from caravan_crawler.report.series import day_of

MOST_CURRENCIES = 4
_POINTS = 250
#: The line at a value is the median of so many on either side and itself: a lasting jump moves it at once, since
#: half of the window lies on each side of the jump, and a single stray value does not.
_HALF_WINDOW = 7
#: The band is three of Hampel's deviations wide (1.4826 times the median distance from the median is the standard
#: deviation of what is normal), and no narrower than three percent: a rate that hardly moves is no alarm.
_WIDTH = 3 * 1.4826
_LEAST = 0.03
#: Fewer values are no line.
_FEWEST = 5


class Rate(NamedTuple):
    """A rate in tenge, with the line and the band at that moment."""

    time: str
    rate: float
    line: float
    low: float
    high: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the value lies outside of the band."""
        return not self.low <= self.rate <= self.high


class Unread(NamedTuple):
    """A rate that was printed and could not be read."""

    time: str
    printed: str


@dataclass(frozen=True)
class Currency:
    """The rates of one currency, oldest first."""

    code: str
    number: int
    """All values there are."""

    shown: list[Rate]
    """Those of the chart: every so many of a long line."""

    suspicious: list[Rate]
    unread: list[Unread]


def read_rates(snapshot: Snapshot) -> list[Currency]:
    """Read the currencies, the most often printed first."""
    columns = rates.c
    query = select(columns.currency).group_by(columns.currency).order_by(func.count().desc(), func.min(columns.id))
    return [_read_currency(snapshot, code) for (code,) in list(snapshot.rows(query.limit(MOST_CURRENCIES)))]


def _read_currency(snapshot: Snapshot, code: str) -> Currency:
    columns = rates.c
    query = (
        select(columns.observed_at, columns.rate, columns.rate_raw)
        .where(columns.currency == code)
        .order_by(columns.observed_at, columns.id)
    )
    values: list[tuple[str, float]] = []
    unread: list[Unread] = []
    for time, rate, printed in snapshot.rows(query):
        if rate is None:
            unread.append(Unread(time, printed))
        else:
            values.append((time, float(rate)))
    followed = with_bands(values)
    every = -(-len(followed) // _POINTS) or 1
    return Currency(code, len(followed), followed[::every], [rate for rate in followed if rate.is_suspicious], unread)


def with_bands(values: Sequence[tuple[str, float]]) -> list[Rate]:
    """Return each value with the line and the band around it; of very few values each is its own line."""
    followed = []
    for place, (time, rate) in enumerate(values):
        window = [near for _, near in values[max(place - _HALF_WINDOW, 0) : place + _HALF_WINDOW + 1]]
        line = median(window) if len(values) >= _FEWEST else rate
        width = max(_WIDTH * median(abs(near - line) for near in window), _LEAST * line)
        followed.append(Rate(time, rate, line, line - width, line + width))
    return followed


#: Beyond so many days, months are shown.
_MOST_DAYS = 370


class Warmth(NamedTuple):
    """The temperatures of a day, or of a month by its first day: lowest, mean and highest, in degrees Celsius."""

    start: str
    low: int
    mean: float
    high: int


@dataclass(frozen=True)
class Weather:
    """A city's temperatures, oldest first; ``city`` is None where no weather was seen."""

    city: str | None = None
    step: str = "day"
    warmth: list[Warmth] = field(default_factory=list)


def read_weather(snapshot: Snapshot) -> Weather:
    """Sum the weather up by day or by month."""
    columns = weather.c
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
    is_long = (day_of(last) - day_of(first)).days > _MOST_DAYS
    part = func.substr(columns.observed_at, 1, 7 if is_long else 10)
    degrees = columns.temperature_c
    sums = select(part, func.min(degrees), func.avg(degrees), func.max(degrees)).where(*known, columns.city == city)
    warmth = [
        Warmth(f"{start}-01" if is_long else start, low, round(float(mean), 1), high)
        for start, low, mean, high in snapshot.rows(sums.group_by(part).order_by(part))
    ]
    return Weather(city, "month" if is_long else "day", warmth)


#: Of a long list the latest are shown.
_LISTED, _MARKED = 20, 200
_NONE_YET = "No exchange rate is in the store yet."


def rates_section(currencies: list[Currency], weather: Weather) -> Section:
    """Return the section."""
    words = [_NONE_YET]
    if currencies:
        words = [
            "Tenge for one unit. The line is the running median of the values themselves, the band what is near it; "
            "a value outside of the band is marked, at the chart's edge where it is far off."
        ]
        if len(currencies) == MOST_CURRENCIES:
            words.append(f"At most {MOST_CURRENCIES} currencies are shown.")
        thinned = [currency for currency in currencies if len(currency.shown) < currency.number]
        words += [
            f"Of the {number(currency.number)} {currency.code} values {number(len(currency.shown))} are drawn; all "
            "are checked."
            for currency in thinned
        ]
    charts = [_line(currency) for currency in currencies if currency.shown]
    if weather.city:
        words.append(f"The last chart is the temperature in {weather.city}, by {weather.step}.")
        charts.append(_warmth(weather))
    return Section("rates", "Exchange rates and weather", words, _warnings(currencies), charts, _listed(currencies))


def _warnings(currencies: list[Currency]) -> list[str]:
    wrong = []
    for currency in currencies:
        parts = [f"{count(len(currency.suspicious), 'value')} left the band"] if currency.suspicious else []
        parts += [f"{count(len(currency.unread), 'value')} could not be read"] if currency.unread else []
        if parts:
            wrong.append(f"{currency.code}: {', '.join(parts)}.")
    return wrong


def _listed(currencies: list[Currency]) -> list[Table]:
    found: list[tuple[str, str, str, str]] = []
    for currency in currencies:
        found += [
            (rate.time, currency.code, number(rate.rate), f"{number(rate.low)} to {number(rate.high)}")
            for rate in currency.suspicious
        ]
        found += [(unread.time, currency.code, unread.printed, "a rate") for unread in currency.unread]
    if not found:
        return []
    found.sort(reverse=True)
    shown = [[moment(time), *rest] for time, *rest in found[:_LISTED]]
    caption = "Suspicious rates" + ("" if len(found) <= _LISTED else f": the last {_LISTED} of {number(len(found))}")
    return [Table(caption, ["Seen (UTC)", "Currency", "Value", "Expected"], shown, right=(2, 3))]


def _line(currency: Currency) -> Chart:
    shown = [(rate.time, rate.line, rate.low, rate.high) for rate in currency.shown]
    seen = [(rate.time, moment(rate.time), rate.rate, "normal") for rate in currency.shown if not rate.is_suspicious]
    stray = [(rate.time, moment(rate.time), rate.rate) for rate in currency.suspicious[-_MARKED:]]
    axis = time_axis(currency.shown[0].time, currency.shown[-1].time)
    time = alt.X("time:T", scale=alt.Scale(type="utc"), title=None, axis=axis)
    # What strays far would press all else flat.
    ends = [min(rate.low for rate in currency.shown), max(rate.high for rate in currency.shown)]
    tenge: dict[str, Any] = {
        "scale": alt.Scale(domain=ends, nice=True, zero=False, clamp=True),
        "title": f"KZT for 1 {currency.code}",
    }
    line = alt.Chart(rows("time", "line", "low", "high", values=shown)).encode(x=time)
    band = line.mark_area(style="band").encode(y=alt.Y("low:Q", **tenge), y2="high:Q")
    middle = line.mark_line(style="middle").encode(y=alt.Y("line:Q", **tenge))
    tooltip = [alt.Tooltip("seen:N", title="seen (UTC)"), alt.Tooltip("rate:Q", format=",.2f")]
    points = (
        alt.Chart(rows("time", "seen", "rate", "kind", values=seen))
        .mark_point(style="value", size=12)
        .encode(x=time, y=alt.Y("rate:Q", **tenge), tooltip=tooltip)
    )
    marks = (
        alt.Chart(rows("time", "seen", "rate", values=stray))
        .mark_point(style="wrong", size=70)
        .encode(x=time, y=alt.Y("rate:Q", **tenge), tooltip=tooltip)
    )
    drawn = alt.layer(band, middle, points, marks) if stray else alt.layer(band, middle, points)
    caption = f"{currency.code}: rate, running median and band over time."
    return chart(f"rates-{currency.code.lower()}", caption, drawn, height=200)


def _warmth(weather: Weather) -> Chart:
    base = alt.Chart(rows("start", "low", "mean", "high", values=weather.warmth)).encode(
        x=alt.X("start:T", scale=alt.Scale(type="utc"), title=None),
        tooltip=["start:N", "low:Q", "mean:Q", "high:Q"],
    )
    band = base.mark_area(style="band").encode(y=alt.Y("low:Q", title="°C"), y2="high:Q")
    drawn = band + base.mark_line(style="middle", point=len(weather.warmth) == 1).encode(y=alt.Y("mean:Q", title="°C"))
    caption = f"Temperature in {weather.city}: lowest, mean and highest by {weather.step}."
    return chart("weather", caption, drawn, height=140)
