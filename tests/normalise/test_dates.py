from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.items import Article
from caravan_crawler.normalise.dates import ALMATY, date_form, day_named, decide_publication, parse_date
from caravan_crawler.pipelines import value_pipelines

#: 6 February 2026, 17:00 in Almaty.
FETCHED = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)

EXACT = [
    ("26 Апреля 2023", "2023-04-26"),
    ("  26\u00a0АПРЕЛЯ   2023 ", "2023-04-26"),
    ("26 апреля 2023 г.", "2023-04-26"),
    ("26 апреля 2023 года", "2023-04-26"),
    ("26 апрель 2023", "2023-04-26"),
    ("5 авг. 2010", "2010-08-05"),
    ("9 нояб 2019", "2019-11-09"),
    ("4 Сентября 2001", "2001-09-04"),
    ("1 мая 2020", "2020-05-01"),
    ("Среда, 26 апреля 2023", "2023-04-26"),
    ("Опубликовано: 26 Апреля 2023", "2023-04-26"),
    ("Опубликовано 26.04.2023", "2023-04-26"),
    ("01.02.2023", "2023-02-01"),
    ("1.2.2023", "2023-02-01"),
    ("26/04/2023", "2023-04-26"),
    ("2023, апр. 26", "2023-04-26"),
    ("апр., 26, 2023", "2023-04-26"),
    ("April 26th , 2023", "2023-04-26"),
    ("26.04.23", "2023-04-26"),
    ("2023-04-26", "2023-04-26"),
    ("26 сәуір 2023", "2023-04-26"),
    ("2023 жылғы 26 сәуір", "2023-04-26"),
    ("2023 ж. 5 мамыр", "2023-05-05"),
    ("Жарияланды: 26 Сәуір 2023", "2023-04-26"),
    ("12 қазанда 2023", "2023-10-12"),
    ("29 февраля 2024", "2024-02-29"),
    ("6 Февраля 2026", "2026-02-06"),
    ("March 3, 2020", "2020-03-03"),
    ("Sept 3rd, 2020", "2020-09-03"),
    ("3 May 2020", "2020-05-03"),
    ("12-го мая 2025 года", "2025-05-12"),
    ("1-е мая 2025", "2025-05-01"),
    ("2025 жылғы 12 мамырда", "2025-05-12"),
    ("2025 жылғы 1 желтоқсанда", "2025-12-01"),
    ("12 Maя 2025", "2025-05-12"),  # with a Latin M and a
    ("9 Hоябpя 2019", "2019-11-09"),  # with a Latin H and p
    ("12 мая 2025 (обновлено: 13 мая 2025)", "2025-05-12"),
    ("12.05.2025, обновлено 13.05.2025", "2025-05-12"),
    ("12 мая 2025 | Изменено: вчера", "2025-05-12"),
    ("2025.05.12", "2025-05-12"),
    ("2025/5/12", "2025-05-12"),
]
WITH_TIME = [
    ("26 Апреля 2023, 10:15", "2023-04-26T10:15:00+06:00"),
    ("26 апреля 2023 в 10:15", "2023-04-26T10:15:00+06:00"),
    ("26.04.2023 10:15", "2023-04-26T10:15:00+06:00"),
    ("29 февраля 2024, 23:59", "2024-02-29T23:59:00+06:00"),
    ("2 марта 2024, 00:01", "2024-03-02T00:01:00+05:00"),
    ("2023-04-26T04:15:00+00:00", "2023-04-26T10:15:00+06:00"),
    ("2025-04-26T04:15:00Z", "2025-04-26T09:15:00+05:00"),
    ("2023-04-26T10:15:00", "2023-04-26T10:15:00+06:00"),
    ("Wed, 26 Apr 2023 10:15:00 +0600", "2023-04-26T10:15:00+06:00"),
    ("4 сентября 2001, 12:00", "2001-09-04T12:00:00+07:00"),  # summer time, as the zone database knows
]
ALMATY_TIME = "2025-05-12T14:05:00+05:00"
ZONES = [
    *((f"12 мая 2025, {time}", ALMATY_TIME) for time in ("2:05 PM", "2:05 p.m.", "02:05PM", "14:05 PM")),
    ("12 мая 2025, 12:05 a.m.", "2025-05-12T00:05:00+05:00"),
    ("12 мая 2025, 12:05 PM", "2025-05-12T12:05:00+05:00"),
    ("12 мая 2025, 11:05 AM", "2025-05-12T11:05:00+05:00"),
    ("2:05 PM, 12 мая 2025", ALMATY_TIME),
    *((f"12 мая 2025, 12:05 {zone}", ALMATY_TIME) for zone in ("МСК", "(МСК)", "MSK", "мск", "по московскому времени")),
    *((f"12.05.2025 12:05 {zone}", ALMATY_TIME) for zone in ("московское время", "по Москве", "+03:00", "(UTC+3)")),
    *((f"12 мая 2025 в 09:05 {zone}", ALMATY_TIME) for zone in ("UTC", "GMT", "(UTC)", "по Гринвичу", "+00:00")),
    *((f"12 мая 2025, 15:05 {zone}", ALMATY_TIME) for zone in ("GMT+6", "UTC+06:00", "(GMT +6)", "+06:00", "МСК+3")),
    *((f"12 мая 2025, 14:05 {zone}", ALMATY_TIME) for zone in ("по времени Астаны", "(по времени Алматы)")),
    *((f"12 мая 2025, 14:05 {zone}", ALMATY_TIME) for zone in ("алматинское время", "(время Алматы)", "+05:00")),
    *((f"12 мая 2025, 14:05 {zone}", ALMATY_TIME) for zone in ("по местному времени", "Астана уақыты бойынша", "ALMT")),
    ("12:05 МСК, 12 мая 2025", ALMATY_TIME),
    ("2025-05-12 12:05 МСК", ALMATY_TIME),
    ("12 мая 2025 (12:05 МСК)", ALMATY_TIME),
    ("12.05.2025 [12:05 МСК]", ALMATY_TIME),
    ("12 мая 2025, 23:30 МСК", "2025-05-13T01:30:00+05:00"),
    ("31 декабря 2024, 22:00 МСК", "2025-01-01T00:00:00+05:00"),
    ("13 мая 2025, 01:30 GMT+9", "2025-05-12T21:30:00+05:00"),
    ("12 мая 2025, 12:00 UTC-0:30", "2025-05-12T17:30:00+05:00"),
    ("12 мая 2014, 12:05 МСК", "2014-05-12T14:05:00+06:00"),  # Moscow's own offset was another
    ("12 мая 2023, 14:05 по времени Астаны", "2023-05-12T14:05:00+06:00"),
    ("12 мая 2025, 1:05 AM PDT", "2025-05-12T13:05:00+05:00"),
]
NO_DATES = [
    *("-0001-11-30T00:00:00+00:00", "-0001-11-30 00:00:00", "-0001-11-30", "30.11.-0001", "30 ноября -0001 00:00"),
    *("0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00+00:00", "00.00.0000", "0 ноября 0000", "0000"),
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "0001-01-01", "01.01.0001", "1 января 0001"),
    *("1970-01-01T00:00:00Z", "1970-01-01T06:00:00+06:00", "1969-12-31T19:00:00-05:00", "1970-01-02", "1 Января 1970"),
    *("01.01.1970 05:00", "Thu, 01 Jan 1970 00:00:00 GMT", "January 1, 1970", "1900-01-01", "1980-01-01", "1899-12-30"),
    *("31 декабря 1990", "31 декабря 1990, 23:59", "9999-12-31T23:59:59Z", "12 мая 2205"),
    *("undefined", "%date%", "Invalid date", "NaN", "null", "0", "{{ date }}", "%d.%m.%Y", "none", "-"),
]
INFERRED = [
    ("14:05", "2026-02-06T14:05:00+05:00"),
    ("5 февраля", "2026-02-05"),
    ("5 августа", "2025-08-05"),
    ("31 декабря", "2025-12-31"),
    ("29 февраля", "2024-02-29"),
    ("26 апреля, 14:05", "2025-04-26T14:05:00+05:00"),
    ("Сегодня, 14:05", "2026-02-06T14:05:00+05:00"),
    ("Сегодня", "2026-02-06"),
    ("Вчера", "2026-02-05"),
    ("вчера в 09:10", "2026-02-05T09:10:00+05:00"),
    ("Кеше", "2026-02-05"),
    ("5 минут назад", "2026-02-06"),
    ("2 дня назад", "2026-02-04"),
    ("час назад", "2026-02-06"),
]
REFUSED = [
    ("31 февраля 2023", "impossible"),
    ("31 февраля", "impossible"),
    ("26.13.2023", "impossible"),
    ("2023-02-30", "impossible"),
    ("25:99", "impossible"),
    ("7 Февраля 2026", "future"),
    ("18:30", "future"),
    ("Сегодня в 23:59", "future"),
    ("1 января 2030", "future"),
    ("только что", "unreadable"),
    ("апрель 2023", "unreadable"),
    ("2023", "unreadable"),
    ("3 недели назад", "unreadable"),
    ("Вернуться назад", "unreadable"),
    ("60", "unreadable"),
    ("1,3 тысячи", "unreadable"),
    ("Опубликовано:", "unreadable"),
    ("", "unreadable"),
]


@pytest.mark.parametrize(("raw", "expected"), EXACT + WITH_TIME)
def test_printed_in_full(raw: str, expected: str) -> None:
    parsed = parse_date(raw, FETCHED)
    assert (parsed.iso, parsed.inferred) == (expected, False)


@pytest.mark.parametrize(("raw", "expected"), INFERRED)
def test_relative_to_the_fetch(raw: str, expected: str) -> None:
    parsed = parse_date(raw, FETCHED)
    assert (parsed.iso, parsed.inferred) == (expected, True)


@pytest.mark.parametrize(("raw", "problem"), REFUSED)
def test_refused(raw: str, problem: str) -> None:
    parsed = parse_date(raw, FETCHED)
    assert (parsed.value, parsed.problem) == (None, problem)


def test_a_moment_later_on_the_day_of_the_fetch_is_read_if_its_day_is_printed() -> None:
    later = FETCHED.astimezone(ALMATY) + timedelta(minutes=40)
    assert parse_date(later.isoformat(), FETCHED).value == later
    assert parse_date((later + timedelta(days=1)).isoformat(), FETCHED).problem == "future"


NEW_YEAR = [
    # 31 December, 20:00 UTC is 1 January, 01:00 in Almaty.
    (datetime(2025, 12, 31, 20, 0, tzinfo=UTC), "31 декабря", "2025-12-31"),
    (datetime(2025, 12, 31, 20, 0, tzinfo=UTC), "1 января", "2026-01-01"),
    (datetime(2025, 12, 31, 20, 0, tzinfo=UTC), "Вчера", "2025-12-31"),
    (datetime(2025, 12, 31, 18, 0, tzinfo=UTC), "1 января", "2025-01-01"),
    # Until 1 March 2024 midnight came an hour earlier.
    (datetime(2023, 12, 31, 18, 30, tzinfo=UTC), "1 января", "2024-01-01"),
    (datetime(2024, 12, 31, 18, 30, tzinfo=UTC), "1 января", "2024-01-01"),
]


@pytest.mark.parametrize(("fetched", "raw", "expected"), NEW_YEAR)
def test_the_day_turns_in_almaty(fetched: datetime, raw: str, expected: str) -> None:
    assert parse_date(raw, fetched).iso == expected


@given(st.text(max_size=60))
def test_any_text_parses_without_error_or_future_date(raw: str) -> None:
    parsed = parse_date(raw, FETCHED)
    assert (parsed.value is None) == (parsed.problem is not None)
    assert parsed.day is None or parsed.day <= FETCHED.date()


DECISIONS = [
    ("26 Апреля 2023", None, "2023-04-26", "printed"),
    ("26 Апреля 2023", "2023-04-26T04:15:00+00:00", "2023-04-26T10:15:00+06:00", "refined"),
    ("26 Апреля 2023", "2023-04-25T23:30:00+00:00", "2023-04-26T05:30:00+06:00", "refined"),
    ("26 Апреля 2023", "2023-04-26T20:00:00+00:00", "2023-04-26", "printed"),  # that day in UTC only
    ("26 Апреля 2023", "2023-08-11T10:00:00+06:00", "2023-04-26", "disagree"),
    ("26 Апреля 2023", "чепуха", "2023-04-26", "printed"),
    ("26.04.2023, 10:15", "2023-04-26T10:15:42+06:00", "2023-04-26T10:15:42+06:00", "refined"),
    ("26.04.2023, 10:15", "2023-04-26T04:15:42+00:00", "2023-04-26T10:15:42+06:00", "refined"),
    ("26.04.2023, 10:15", "2023-04-26T10:16:42+06:00", "2023-04-26T10:15:00+06:00", "printed"),
    ("6 февраля 2026", "2023-04-26T10:15:00+06:00", "2023-04-26T10:15:00+06:00", "structured"),  # the day of the fetch
    ("26 Апреля", "2021-04-26", "2021-04-26", "structured"),  # the year is not printed
    ("06/12/2024", "2024-06-12T04:35:00.000Z", "2024-06-12T09:35:00+05:00", "structured"),  # the month comes first
    ("06/12/2024", "2024-06-13T04:35:00.000Z", "2024-12-06", "disagree"),
    ("06/12/2024", "2024-12-06T04:35:00.000Z", "2024-12-06T09:35:00+05:00", "refined"),
    ("06.12.2024", "2024-06-12T04:35:00.000Z", "2024-12-06", "disagree"),
    ("26", "2021-04-26T10:00:00", "2021-04-26T10:00:00+06:00", "structured"),
    ("31 февраля 2023", "2023-04-26", "2023-04-26", "structured"),
    (None, "2023-04-26T10:15:00+06:00", "2023-04-26T10:15:00+06:00", "structured"),
    (None, None, None, "missing"),
    ("31 февраля 2023", None, None, "missing"),
]


@pytest.mark.parametrize(("printed", "structured", "iso", "verdict"), DECISIONS)
def test_printed_and_structured_dates_are_reconciled(
    printed: str | None, structured: str | None, iso: str | None, verdict: str
) -> None:
    decision = decide_publication(printed, structured, FETCHED)
    assert (decision.date.iso, decision.verdict) == (iso, verdict)


@pytest.mark.parametrize(("printed", "structured", "iso", "verdict"), DECISIONS)
def test_a_stored_article_passes_the_pipeline_unchanged(
    printed: str | None, structured: str | None, iso: str | None, verdict: str
) -> None:
    (pipeline,) = value_pipelines({"ITEM_PIPELINES": {"caravan_crawler.pipelines.DatePipeline": 1}})
    raw = printed or structured
    article = Article(date_published=structured, date_published_raw=raw, observed_at=FETCHED.isoformat())
    pipeline.process_item(article)
    assert (article.date_published, article.published_at) == (iso and iso[:10], iso if iso and "T" in iso else None)
    stored = replace(article)
    pipeline.process_item(stored)
    assert stored == article


def test_the_day_and_the_moment_of_a_publication_are_in_almaty() -> None:
    found = decide_publication(None, "2025-05-12T20:30:15.500Z", FETCHED).date
    assert (found.day, found.moment) == (date(2025, 5, 13), "2025-05-13T01:30:15+05:00")
    found = decide_publication("26 Апреля 2023", None, FETCHED).date
    assert (found.day, found.moment) == (date(2023, 4, 26), None)


@pytest.mark.parametrize(("raw", "iso"), ZONES)
def test_text_after_a_time_is_read(raw: str, iso: str) -> None:
    assert parse_date(raw, FETCHED).iso == iso
    assert day_named(raw) is not None


@pytest.mark.parametrize("raw", NO_DATES)
def test_zeros_and_strange_years_are_no_dates(raw: str) -> None:
    assert parse_date(raw, FETCHED).value is None
    assert decide_publication(raw, "2025-05-12T14:05:00+05:00", FETCHED).date.iso == ALMATY_TIME
    assert decide_publication("12 Мая 2025", raw, FETCHED).date.iso == "2025-05-12"


@pytest.mark.parametrize("raw", ["12 мая 2025, 14:05 -60", "14:05 Москва-река", "12:05 UTC+25"])
def test_other_text_is_not_read_as_a_time_zone(raw: str) -> None:
    assert date_form(raw) is None


def test_earliest_possible_dates() -> None:
    assert parse_date("1 января 1991", FETCHED).iso == "1991-01-01"
    assert parse_date("4 сентября 2001", FETCHED).iso == "2001-09-04"
