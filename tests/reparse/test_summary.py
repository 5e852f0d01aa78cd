"""The summary of a reparse."""

import pytest

from caravan_crawler.reparse.job import Summary
from caravan_crawler.store.article_history import ChangeType, MergeResult

MESSAGES: list[tuple[list[str], list[MergeResult], str]] = [
    ([], [], "0 pages; articles: none"),
    (["article"], [MergeResult(ChangeType.NEW)], "1 pages; articles: 1 new"),
    (
        ["article", "article", "other_site", "without_address", "other_site"],
        [MergeResult(ChangeType.LOST_FIELDS), MergeResult(ChangeType.CHANGED)],
        "5 pages; articles: 1 changed, 1 lost fields; others: 2 other site, 1 without address",
    ),
    (["article"] * 1200, [MergeResult(ChangeType.UNCHANGED)] * 1200, "1,200 pages; articles: 1,200 unchanged"),
    (
        ["article", "article", "known_under_another_address"],
        [MergeResult(ChangeType.CHANGED, {"lede": "found"})],
        "2 pages; articles: 1 read differently; others: 1 known under another address",
    ),
]


@pytest.mark.parametrize(("pages", "taken", "message"), MESSAGES)
def test_message(pages: list[str], taken: list[MergeResult], message: str) -> None:
    summary = Summary()
    for what in pages:
        summary.page(what)
    for one in taken:
        summary.article("http://127.0.0.1/news/a-900001/", one)
    assert summary.message() == message


def test_the_table_of_fields() -> None:
    summary = Summary()
    assert list(summary.lines()) == []
    summary.article("http://first/", MergeResult(ChangeType.CHANGED, {"views": "changed", "lede": "lost"}))
    summary.article("http://second/", MergeResult(ChangeType.CHANGED, {"views": "changed", "body": "found"}))
    assert list(summary.lines()) == [
        "field    found  changed     lost  for example",
        "body         1        0        0  http://second/",
        "lede         0        0        1  http://first/",
        "views        0        2        0  http://first/",
    ]
