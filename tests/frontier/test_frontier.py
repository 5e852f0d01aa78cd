from datetime import date

from caravan_crawler.frontier.articles import Frontier, Target, day_of
from caravan_crawler.urls import Address, Site

SITE = Site("http://127.0.0.1:8000/")
OWN = Address("/news/a-900001/", 900001)
SHORT = Address(None, 900001, alias=True)
AMP = Address("/news/a-900001/", 900001, alias=True)
UNNUMBERED = Address("/crime/b/", None)


def test_article_is_requested_once_under_any_address() -> None:
    frontier = Frontier(SITE)
    assert (
        frontier.url_to_request(OWN, "http://127.0.0.1:8000/news/a-900001?utm_source=x")
        == "http://127.0.0.1:8000/news/a-900001"
    )
    for address in (OWN, SHORT, AMP):
        assert frontier.url_to_request(address, "http://127.0.0.1:8000/x") is None
        assert frontier.is_known(address)
    assert frontier.pop_short_links() == []


def test_amp_link_yields_the_canonical_path() -> None:
    assert (
        Frontier(SITE).url_to_request(AMP, "http://127.0.0.1:8000/amp/news/a-900001")
        == "http://127.0.0.1:8000/news/a-900001/"
    )


def test_a_short_link_waits_and_is_followed_only_if_nothing_else_names_the_article() -> None:
    frontier = Frontier(SITE)
    assert frontier.url_to_request(SHORT, "http://127.0.0.1:8000/?p=900001") is None
    assert frontier.url_to_request(Address(None, 900002, alias=True), "http://127.0.0.1:8000/?p=900002") is None
    assert frontier.url_to_request(OWN, "http://127.0.0.1:8000/news/a-900001/") is not None
    assert frontier.pop_short_links() == [Target("900002", "http://127.0.0.1:8000/?p=900002")]
    assert frontier.pop_short_links() == []


def test_one_record_for_any_kind_of_page() -> None:
    frontier = Frontier(SITE)
    assert frontier.record(UNNUMBERED) == UNNUMBERED
    assert frontier.record(UNNUMBERED) is None
    assert frontier.record(Address("/crime/b/", 900003)) is None, "the same page, now with its number"
    assert frontier.record(OWN) == OWN
    assert frontier.record(SHORT) is None


RIGHT = Address("/news/stolicu-zasypalo-snegom-280743/", 280743)
WRONG = Address("/news/opechatka-280743/", 280743)
MISSPELT = Address("/news/stolicu-zasypalo-snego-280743/", 280743)


def url(address: Address) -> str:
    return SITE.canonical(address)


def test_two_articles_may_end_in_one_number() -> None:
    frontier = Frontier(SITE)
    assert frontier.url_to_request(WRONG, url(WRONG)) == url(WRONG)
    assert frontier.url_to_request(RIGHT, url(RIGHT)) == url(RIGHT)
    assert frontier.url_to_request(MISSPELT, url(MISSPELT)) == url(MISSPELT), "it may be either, so it is requested"
    assert frontier.record(WRONG) == WRONG
    assert frontier.record(RIGHT) == Address(RIGHT.path, None)
    assert frontier.record(MISSPELT) == Address(MISSPELT.path, None)


def test_an_address_that_fails_is_followed_by_the_others_of_its_article() -> None:
    frontier = Frontier(SITE)
    short = Address(None, 280743, alias=True)
    assert frontier.url_to_request(MISSPELT, url(MISSPELT)) == url(MISSPELT)
    assert frontier.is_known(RIGHT)
    for other in (RIGHT, short):
        assert frontier.url_to_request(other, url(other)) is None
        frontier.add_alternative(other, url(other))
    assert frontier.failed("280743", MISSPELT) == url(short)
    assert frontier.failed("280743", short) == url(RIGHT)
    assert frontier.record(RIGHT) == RIGHT
    assert frontier.failed("280743", RIGHT) is None
    assert frontier.url_to_request(MISSPELT, url(MISSPELT)) is None


def test_an_address_without_the_final_slash_that_fails_is_followed_by_the_one_with_it() -> None:
    frontier = Frontier(SITE)
    bare = SITE.address("/news/stolicu-zasypalo-snegom-280743")
    assert bare is not None
    assert frontier.url_to_request(bare, url(RIGHT)[:-1]) == url(RIGHT)[:-1]
    assert frontier.failed("280743", bare) == url(RIGHT)
    assert frontier.failed("280743", RIGHT) is None
    assert frontier.is_known(bare)
    assert frontier.is_known(RIGHT)


def test_address_found_after_another_failed_is_requested() -> None:
    frontier = Frontier(SITE)
    assert frontier.url_to_request(MISSPELT, url(MISSPELT)) is not None
    assert frontier.failed("280743", MISSPELT) is None
    assert frontier.is_known(MISSPELT)
    assert frontier.url_to_request(MISSPELT, url(MISSPELT)) is None
    assert frontier.url_to_request(RIGHT, url(RIGHT)) == url(RIGHT)
    assert frontier.url_to_request(RIGHT, url(RIGHT)) is None


def test_a_zero_day_of_a_sitemap_is_none() -> None:
    assert [day_of(stamp) for stamp in ("1970-01-01", "0001-01-01", "1970-01-01T00:00:00Z")] == [None] * 3
    assert day_of("2019-05-06") == date(2019, 5, 6)
