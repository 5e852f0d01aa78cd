"""A reader that is broken today does not remove what a reader of last year found."""

import os
from pathlib import Path

import pytest

from caravan_crawler.reparse.job import LossesError, LossGuard
from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.store.article_history import ChangeType, MergeResult
from tests.reparse.reparsing import assert_equal, crawl_archived, dataset, reparse, sound, sqlite
from tests.store.stored import StoreTables


def articles(number: int, *lost: str) -> list[MergeResult]:
    """Articles whose earlier readings had lede and views, and the fields that a new one has lost."""
    return [MergeResult(ChangeType.CHANGED, dict.fromkeys(lost, "lost"), ("lede", "views"))] * number


# Parts of an archive, and whether their losses are accepted.
PARTS = [
    ([articles(19, "lede")], True),
    ([articles(20, "lede")], False),
    ([articles(10, "lede"), articles(10, "lede")], False),
    ([articles(60), articles(20, "lede")], True),
    ([articles(60), articles(21, "lede")], False),
    ([articles(60), articles(15, "lede"), articles(15, "views")], True),
    ([[MergeResult(ChangeType.NEW)] * 100, articles(5, "views")], True),
]


@pytest.mark.parametrize(("parts", "may_be"), PARTS)
def test_the_share_that_may_be_lost(parts: list[list[MergeResult]], may_be: bool) -> None:
    losses = LossGuard()
    for part in parts[:-1]:
        losses.count(part)
    if may_be:
        losses.count(parts[-1])
        return
    with pytest.raises(LossesError, match=r"lede is not found any more in \d+ of \d+ articles"):
        losses.count(parts[-1])


def number_of_ledes(store: StoreTables) -> int:
    return sum(row["lede"] is not None for row in store.rows("articles"))


def test_a_reader_broken_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, archive = sqlite(tmp_path / "store.db"), str(tmp_path / "warc")
    with serve(SampleSite(articles=40)) as server:
        sound(crawl_archived(store, tmp_path, server.url, "-s", "ARCHIVE_FILE_SIZE=12000"))
    assert len(list((tmp_path / "warc").iterdir())) > 10
    whole = dataset(store)
    monkeypatch.setitem(os.environ, "BREAK", "no lede")
    # Losses of the parts before the error are not stored either, however often the command runs.
    for _ in range(2):
        result = reparse(store, archive, module="tests.reparse.broken_reader")
        assert result.code == 3, result.log
        assert "lede is not found any more in" in result.words
        assert_equal(dataset(store), whole)
    result = sound(reparse(store, archive, "--dry-run", module="tests.reparse.broken_reader"))
    assert f"lede 0 0 {number_of_ledes(store)} " in " ".join(result.out.split()), result.out
    assert_equal(dataset(store), whole)
    sound(reparse(store, archive, "--accept-losses", module="tests.reparse.broken_reader"))
    assert dataset(store) != whole
    sound(reparse(store, archive))
    assert_equal(dataset(store), whole)
