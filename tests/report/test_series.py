"""Time steps, downsampling, and outliers of rates."""

from datetime import date, timedelta

import pytest

from caravan_crawler.report.coverage import Step, step_for
from caravan_crawler.report.elements import downsample
from caravan_crawler.report.page_facts import Currency, Weather, rates_section, with_bands

FIRST = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("days", "articles", "name"),
    [
        (1, 10_000, "day"),
        (160, 10_000, "day"),
        (161, 10_000, "week"),
        (1200, 10_000, "month"),
        (5000, 10_000, "quarter"),
        (20_000, 10_000, "year"),
        (160, 160, "week"),
        (750, 25, "quarter"),
        (9000, 300, "year"),
    ],
)
def test_number_of_steps_is_limited(days: int, articles: int, name: str) -> None:
    last = FIRST + timedelta(days=days - 1)
    step = step_for(FIRST, last, articles)
    assert step.name == name
    starts = [step.start(FIRST)]
    while step.next(starts[-1]) <= last:
        starts.append(step.next(starts[-1]))
    assert len(starts) <= 162
    assert all(step.start(start) == start for start in starts)


@pytest.mark.parametrize(
    ("name", "start", "after"),
    [
        ("day", "2024-02-29", "2024-03-01"),
        ("week", "2024-02-26", "2024-03-04"),
        ("month", "2024-02-01", "2024-03-01"),
        ("quarter", "2024-01-01", "2024-04-01"),
        ("year", "2024-01-01", "2025-01-01"),
    ],
)
def test_step_start_and_next(name: str, start: str, after: str) -> None:
    step = Step(name)
    assert f"{step.start(FIRST)}" == start
    assert f"{step.next(step.start(FIRST))}" == after


@pytest.mark.parametrize(("number", "left"), [(0, 0), (5, 5), (6, 5), (1000, 5)])
def test_downsample_includes_both_ends(number: int, left: int) -> None:
    points = list(range(number))
    thinned = downsample(points, 5)
    assert len(thinned) == left
    assert thinned[:1] + thinned[-1:] == points[:1] + points[-1:]


#: Values, and the indexes of the outliers.
LINES: list[tuple[str, list[float], list[int]]] = [
    ("a steady line", [500.0] * 30, []),
    ("a slow rise", [500.0 + number for number in range(30)], []),
    ("one stray value", [500.0] * 12 + [50.0] + [500.0] * 12, [12]),
    ("two of them", [500.0] * 12 + [50.0, 5000.0] + [500.0] * 12, [12, 13]),
    ("a stray value at the end", [500.0] * 12 + [700.0], [12]),
    ("a lasting jump, as in a devaluation", [188.0] * 15 + [255.0] * 15, []),
    ("too few to tell", [500.0, 50.0], []),
]


@pytest.mark.parametrize(("_words", "values", "stray"), LINES, ids=[words for words, *_ in LINES])
def test_outliers(_words: str, values: list[float], stray: list[int]) -> None:
    followed = with_bands([(str(place), value) for place, value in enumerate(values)])
    assert [place for place, rate in enumerate(followed) if rate.is_suspicious] == stray


def test_outliers_at_even_intervals_leave_a_line() -> None:
    times = (f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00+00:00" for minute in range(750))
    values = list(zip(times, [50.0, 500.0, 500.0] * 250, strict=True))
    currency = Currency("USD", with_bands(values), [])
    assert {rate.rate for rate in currency.drawn} == {500.0}
    assert len(currency.drawn) == len(currency.suspicious) == 250
    assert [chart.name for chart in rates_section([currency], Weather()).charts] == ["rates-usd"]
