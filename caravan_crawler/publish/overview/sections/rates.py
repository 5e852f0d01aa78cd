"""Exchange rates beside the line they should follow, and the weather."""

from typing import Any

import altair as alt

from caravan_crawler.publish.overview.facts.rates import MOST_CURRENCIES, Currency
from caravan_crawler.publish.overview.facts.weather import Weather
from caravan_crawler.publish.overview.parts import Chart, Section, Table, chart, rows, time_axis
from caravan_crawler.publish.overview.wording import count, moment, number

#: Of a long list the latest are shown.
_LISTED, _MARKED = 20, 200
_NONE_YET = "No exchange rate is in the store yet."


def show(currencies: list[Currency], weather: Weather) -> Section:
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
    return Section("rates", "Exchange rates and weather", words, _wrong(currencies), charts, _listed(currencies))


def _wrong(currencies: list[Currency]) -> list[str]:
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
