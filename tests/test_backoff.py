"""Pauses after failed responses."""

from caravan_crawler.downloadhandlers import Backoff


def test_pauses_double_up_to_thirty_times_the_first() -> None:
    backoff = Backoff(2.0)
    for longest in (2, 4, 8, 16, 32, 64):
        pause = backoff.bad()
        assert min(longest / 2, 60) <= pause <= min(longest, 60)
    assert {backoff.bad() for _ in range(2000)} == {60.0}


def test_good_response_resets_the_backoff() -> None:
    backoff = Backoff(2.0)
    for _ in range(8):
        backoff.bad()
    backoff.good()
    assert 1 <= backoff.bad() <= 2


def test_pauses_differ_between_crawlers() -> None:
    assert len({Backoff(1.0).bad() for _ in range(20)}) > 1
