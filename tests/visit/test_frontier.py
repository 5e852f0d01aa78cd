from caravan_crawler.site import Address, Site
from caravan_crawler.visit.frontier import Frontier

SITE = Site("http://127.0.0.1:8000/")
OWN = Address("/news/a-900001/", 900001)
SHORT = Address(None, 900001, alias=True)
AMP = Address("/news/a-900001/", 900001, alias=True)
UNNUMBERED = Address("/crime/b/", None)


def test_an_article_is_asked_for_once_under_any_address() -> None:
    frontier = Frontier(SITE)
    assert (
        frontier.admit(OWN, "http://127.0.0.1:8000/news/a-900001?utm_source=x") == "http://127.0.0.1:8000/news/a-900001"
    )
    for address in (OWN, SHORT, AMP):
        assert frontier.admit(address, "http://127.0.0.1:8000/x") is None
        assert frontier.knows(address)
    assert frontier.take_short_links() == []


def test_an_amp_link_names_the_own_path() -> None:
    assert (
        Frontier(SITE).admit(AMP, "http://127.0.0.1:8000/amp/news/a-900001") == "http://127.0.0.1:8000/news/a-900001/"
    )


def test_a_short_link_waits_and_is_followed_only_if_nothing_else_names_the_article() -> None:
    frontier = Frontier(SITE)
    assert frontier.admit(SHORT, "http://127.0.0.1:8000/?p=900001") is None
    assert frontier.admit(Address(None, 900002, alias=True), "http://127.0.0.1:8000/?p=900002") is None
    assert frontier.admit(OWN, "http://127.0.0.1:8000/news/a-900001/") is not None
    assert frontier.take_short_links() == [(900002, "http://127.0.0.1:8000/?p=900002")]
    assert frontier.take_short_links() == []


def test_one_record_whatever_the_page_turns_out_to_be() -> None:
    frontier = Frontier(SITE)
    assert frontier.record(UNNUMBERED)
    assert not frontier.record(UNNUMBERED)
    assert not frontier.record(Address("/crime/b/", 900003)), "the same page, now with its number"
    assert frontier.record(OWN)
    assert not frontier.record(SHORT)
