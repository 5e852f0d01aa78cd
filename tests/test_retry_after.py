"""Parsing of Retry-After."""

import pytest
from scrapy.http import Response

from caravan_crawler.downloadhandlers import retry_after

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"

CASES = [
    ("120", 120),
    (" 7 ", 7),
    ("Sun, 22 Nov 2026 12:01:30 GMT", 90),
    ("Sun, 22 Nov 2026 15:00:10 +0300", 10),
    ("Sunday, 22-Nov-26 12:00:05 GMT", 5),
    ("Sun, 22 Nov 2026 12:00:05", 5),
    ("9" * 400, 366 * 86_400),
    ("Sun, 22 Nov 9999 12:00:00 GMT", 366 * 86_400),
    (None, None),
    ("", None),
    ("0", None),
    ("-5", None),
    ("1.5", None),
    ("٣", None),
    ("soon", None),
    ("Sun, 22 Nov 2026 11:59:00 GMT", None),
    ("Sun, 99 Nov 2026 12:00:00 GMT", None),
    ("Sun, 22 Nov 0000 12:00:00 GMT", None),
]


@pytest.mark.parametrize(("value", "seconds"), CASES)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    headers = {"Date": NOON} if value is None else {"Date": NOON, "Retry-After": value.encode()}
    assert retry_after(Response("http://127.0.0.1/", status=503, headers=headers)) == seconds


def test_response_without_a_date_is_compared_with_the_local_clock() -> None:
    headers = {"Retry-After": "Fri, 22 Nov 2999 12:00:00 GMT", "Date": "today"}
    assert retry_after(Response("http://127.0.0.1/", headers=headers)) == 366 * 86_400
