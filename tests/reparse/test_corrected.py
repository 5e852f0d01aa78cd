"""A reparse corrects what a broken reader stored, as if it had never been broken, in the store and in its dataset."""

from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.export.exporting import files
from tests.reparse.broken_reader import CASES
from tests.reparse.changing import Changing
from tests.reparse.reparsing import assert_equal, crawl_archived, dataset, exported, reparse, sound, sqlite

#: The case of which the dataset is compared too, byte for byte.
EXPORTED = "no lede, no views, a body cut short, nothing shown"


@pytest.mark.parametrize("name", CASES)
def test_a_broken_reader(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAK", name)
    case = CASES[name]
    store, whole = sqlite(tmp_path / "store.db"), sqlite(tmp_path / "whole.db")
    with serve(SampleSite(articles=20)) as server:
        crawl = crawl_archived(store, tmp_path, server.url, module="tests.reparse.broken_reader")
    assert crawl.code == case.code, crawl.log[-3000:]
    archive = str(tmp_path / "warc")
    sound(reparse(whole, archive))
    expected, broken = dataset(whole), dataset(store)
    assert broken != expected
    is_exported = name == EXPORTED
    if is_exported:
        assert exported(store, tmp_path / "broken") != exported(whole, tmp_path / "right")
    if case.is_false:
        result = sound(reparse(store, archive))
        assert " lost" in result.out
        assert dataset(store) != expected, "a date that is not found any more was removed"
    result = sound(reparse(store, archive, *["--accept-losses"] * case.is_false))
    assert_equal(dataset(store), expected)
    assert {line.split()[0] for line in result.out.splitlines()[1:]} == set(case.fields)
    assert not store.rows("failures")
    if is_exported:
        assert exported(store, tmp_path / "corrected") == files(tmp_path / "right")


@pytest.mark.parametrize("name", ["no headline", "wrong views, rates, source and lede"])
def test_a_broken_run_between_two_sound_ones(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAK", name)
    store, whole = sqlite(tmp_path / "store.db"), sqlite(tmp_path / "whole.db")
    site = Changing(articles=12)
    with serve(site) as server:
        for day, module in enumerate(("scrapy", "tests.reparse.broken_reader", "scrapy")):
            site.day = day
            crawl_archived(store, tmp_path, server.url, "-a", "refresh_days=5000", module=module)
    archive = str(tmp_path / "warc")
    sound(reparse(whole, archive))
    expected = dataset(whole)
    assert dataset(store) != expected
    sound(reparse(store, archive))
    assert_equal(dataset(store), expected)
