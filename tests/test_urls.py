import pytest

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.urls import Address, Site, article_address, is_same_slug, may_be_article

#: Real addresses, as they are linked.
ADDRESSES = [
    ("/news/stolicu-zasypalo-snegom-80743/", "", Address("/news/stolicu-zasypalo-snegom-80743/", 80743)),
    ("/sport/kruchu-pedali-dalshe-584301", "", Address("/sport/kruchu-pedali-dalshe-584301/", 584301)),
    ("/", "p=44196", Address(None, 44196, alias=True)),
    ("/", "p=44196&utm_source=x", Address(None, 44196, alias=True)),
    ("/", "utm_source=x&p=44196", Address(None, 44196, alias=True)),
    ("/amp/news/otorvalis-po-polnojj-48588", "", Address("/news/otorvalis-po-polnojj-48588/", 48588, alias=True)),
    ("/news/otorvalis-po-polnojj-48588/amp/", "", Address("/news/otorvalis-po-polnojj-48588/", 48588, alias=True)),
    ("/crime/dorozhnaja-avarija/", "", Address("/crime/dorozhnaja-avarija/", None)),
    ("/crime/itogi-goda-2026/", "", Address("/crime/itogi-goda-2026/", None)),  # a year is no number of an article
    ("/news/dom-postroili-19076664/", "", Address("/news/dom-postroili-19076664/", 19076664)),
    ("/news/dom-postroili-190766641/", "", Address("/news/dom-postroili-190766641/", 190766641)),
    ("/news/nomer-0123456/", "", Address("/news/nomer-0123456/", None)),  # no number of the site begins with 0
    ("/", "p=19076664", Address(None, 19076664, alias=True)),
    ("/news/almaty/dom-postroili-900001/", "", Address("/news/almaty/dom-postroili-900001/", 900001)),
    ("/info/o-gazete-123456/", "", Address("/info/o-gazete-123456/", 123456)),
    # headlines that end in a day, or in an address; sections named as other parts of the site are
    ("/news/pogoda-v-almaty-na-30112026/", "", Address("/news/pogoda-v-almaty-na-30112026/", None)),
    ("/news/pogoda-v-almaty-20261130/", "", Address("/news/pogoda-v-almaty-20261130/", None)),
    ("/news/dom-postroili-31132026/", "", Address("/news/dom-postroili-31132026/", 31132026)),
    ("/news/spravka-cherez-egov.kz/", "", Address("/news/spravka-cherez-egov.kz/", None)),
    ("/news/spravka-cherez-egov.kz", "", None),
    ("/info/kak-v-almaty-sazhayut-derevya/", "", Address("/info/kak-v-almaty-sazhayut-derevya/", None)),
    ("/profile/kto-takoj-novyj-akim/", "", Address("/profile/kto-takoj-novyj-akim/", None)),
    # pages of an article's pictures
    ("/news/dom-postroili-1011600/dsc-04521/", "", None),
    ("/news/dom-postroili-1011600/attachment/vid-doma-4521/", "", None),
    ("/news/dom-postroili-1011600/vid-sverhu-4521/", "", None),
    ("/crime/v-almaty-postroili-novyj-dom/foto-4521/", "", None),
    ("/crime/almaty/img_4521-4521/", "", None),
    ("/", "", None),
    ("/", "p=abc", None),
    ("/", "s=news", None),
    ("/news/", "", None),
    ("/news/page/2/", "", None),
    ("/tag/dengi/", "", None),
    ("/user/redaktor/", "", None),
    ("/info/kontakty/", "", None),
    ("/search/?q=x", "", None),
    ("/wp-content/uploads/2023/04/x-1024x683.png", "", None),
]


@pytest.mark.parametrize(("path", "query", "expected"), ADDRESSES)
def test_article_address(path: str, query: str, expected: Address | None) -> None:
    assert article_address(path, query) == expected


#: paths that are no article's by their form, and whether they may be one's in a form that is not known
FORMS = [
    ("/sport/boks/boets-vyigral-vtoroi-boi/", True),
    ("/boets-vyigral-vtoroi-boi/", True),
    ("/sport/boets-vyigral-vtoroi-boi.html", True),
    ("/2026/11/29/45678/", True),
    ("/", False),
    ("/sport/", False),
    ("/sport/boks/almaty/", False),
    ("/sport/boks/2026/", False),
    ("/tag/boets-vyigral-vtoroi-boi/", False),
    ("/news/page/1234/", False),
    ("/sport/boks/pravila-vtorogo-bolshogo-boya.pdf", False),
    ("/news/boets-vyigral-vtoroi-boi-45678/dsc-04521-a-b-c/", False),
]


@pytest.mark.parametrize(("path", "expected"), FORMS)
def test_paths_of_unknown_form_that_may_be_an_articles(path: str, expected: bool) -> None:
    assert article_address(path) is None
    assert may_be_article(path) is expected


@pytest.fixture
def site() -> Site:
    return Site("https://www.caravan.kz/")


SAME_SITE = [
    ("/news/a-900001/", "https://www.caravan.kz/news/a-900001/"),
    ("a-900001/", "https://www.caravan.kz/news/a-900001/"),
    ("?p=900001", "https://www.caravan.kz/news/?p=900001"),
    ("/?p=900001", "https://www.caravan.kz/?p=900001"),
    ("//caravan.kz/news/a-900001/", "https://www.caravan.kz/news/a-900001/"),
    ("http://caravan.kz/news/a-900001/#comments", "https://www.caravan.kz/news/a-900001/"),
    ("HTTPS://WWW.CARAVAN.KZ:443/news/", "https://www.caravan.kz/news/"),
    ("/a/../news/b-900001/", "https://www.caravan.kz/news/b-900001/"),
    (" /news/a-900001/ ", "https://www.caravan.kz/news/a-900001/"),
    ("https://kaz.caravan.kz/zhangalyqtar/a-900001/", None),
    ("https://caravan.kz.example.com/", None),
    ("https://zakon.kz/news/", None),
    ("//zakon.kz/news/", None),
    ("ftp://www.caravan.kz/", None),
    ("file:///etc/passwd", None),
    ("javascript:void(0)", None),
    ("mailto:a@caravan.kz", None),
    ("#top", None),
    ("http://[broken/", None),
    ("", None),
    # escaped as Scrapy escapes requests
    ("/news/\x1b[31mx/", "https://www.caravan.kz/news/%1B%5B31mx/"),
    ('/news/<b>"x/', "https://www.caravan.kz/news/%3Cb%3E%22x/"),
    ("/news/a b\u00a0c/", "https://www.caravan.kz/news/a%20b%C2%A0c/"),
    ("/news/a%20b/?q=<x>", "https://www.caravan.kz/news/a%20b/?q=%3Cx%3E"),
    ("/news/\ud800-900001/", "https://www.caravan.kz/news/%3F-900001/"),
    ("https://www.caravan.kz/news/Ж-900001/", "https://www.caravan.kz/news/%D0%96-900001/"),
    ("/news\\b-900001/", "https://www.caravan.kz/news/b-900001/"),
    # with the number of a visit, which differs from page to page
    ("/news/a-900001/;jsessionid=0A1B.node1", "https://www.caravan.kz/news/a-900001/"),
    ("a-900001;JSESSIONID=0A1B?x=1", "https://www.caravan.kz/news/a-900001?x=1"),
    ("/news/a;b-900001/", "https://www.caravan.kz/news/a;b-900001/"),
]


@pytest.mark.parametrize(("href", "expected"), SAME_SITE)
def test_resolve(site: Site, href: str, expected: str | None) -> None:
    assert site.resolve(href, "https://www.caravan.kz/news/") == expected


LONG = "a" * (2083 - len("https://www.caravan.kz/news/-900001/"))

BOUNDED = [
    (f"/news/{LONG}-900001/", True),
    (f"/news/{LONG}a-900001/", False),
    (f"/news/{LONG[:500]}/?q={LONG}", False),
    (f"/news/{'Ж' * 400}-900001/", False),  # six characters each once they are escaped
    (f"https://caravan.kz/news/{LONG}{LONG}-900001/", False),
    ("/news/news/a-900001/", True),
    ("/news/news/news/a-900001/", False),
    ("foto/foto/foto/a-900001", False),
    ("/a/b/a/b/a-900001/", True),
    ("/a/b/a/b/a/b/a-900001/", False),
    ("/x/a/b/c/a/b/c/a/b/c", False),
    ("/x/a/b/c/a/b/c/a/b/", True),
    ("/2020/20/20/a-900001/", True),
    (f"/news/{'a/b/c/d/' * 200}", False),
]


@pytest.mark.parametrize(("href", "is_followed"), BOUNDED)
def test_addresses_are_bounded(site: Site, href: str, is_followed: bool) -> None:
    told: list[tuple[str, str]] = []
    site.on_refused = lambda page, problem: told.append((page, problem))
    for page in ("https://www.caravan.kz/", "https://www.caravan.kz/sport/"):
        for _ in range(3):
            assert (site.resolve(href, page) is not None) is is_followed
            assert is_followed or site.address(href, page) is None
    pages = [page for page, _ in told]
    assert pages == ([] if is_followed else ["https://www.caravan.kz/", "https://www.caravan.kz/sport/"])


def test_the_host_is_no_element_of_a_path() -> None:
    assert Site("https://a.kz/").resolve("/a.kz/a.kz/") == "https://a.kz/a.kz/a.kz/"


def test_links_to_the_real_site_resolve_to_the_copy() -> None:
    copy = Site("http://127.0.0.1:8000/")
    for link in ("https://www.caravan.kz/news/a-900001/", "http://caravan.kz/news/a-900001/"):
        assert copy.resolve(link, copy.base) == "http://127.0.0.1:8000/news/a-900001/"
    kazakh = Site("https://kaz.caravan.kz/")
    assert kazakh.resolve("https://www.caravan.kz/news/a-900001/", kazakh.base) is None


CYRILLIC_HOSTS = [
    ("http://караван.рф:8000/news/a-900001/", True),
    ("https://www.КАРАВАН.рф:8000/news/a-900001/", True),
    ("//xn--80aaah1bwr.xn--p1ai:8000/news/a-900001/", True),
    ("http://караван.рф/news/a-900001/", False),
    ("http://карван.рф:8000/news/a-900001/", False),
    (f"http://{'ж' * 64}.рф:8000/news/a-900001/", False),
    ("http://ж..рф:8000/news/a-900001/", False),
]


@pytest.mark.parametrize(("href", "is_its_own"), CYRILLIC_HOSTS)
def test_links_to_a_site_at_a_cyrillic_name(href: str, is_its_own: bool) -> None:
    site = Site(CrawlArguments.parse({"site": "http://Караван.рф:8000"}).site)
    assert site.resolve(href) == ("http://xn--80aaah1bwr.xn--p1ai:8000/news/a-900001/" if is_its_own else None)


def test_a_path_on_a_page_with_a_foreign_base_is_no_link_to_the_site(site: Site) -> None:
    path, other = "/news/a-900001/", "https://other.example/"
    assert site.address(path, other) is None
    assert site.address(path, site.base) is not None  # the page before has not decided it
    assert (site.resolve(path, other), site.address(path, other)) == (None, None)


def test_every_alias_has_one_key_and_one_canonical_url(site: Site) -> None:
    aliases = [
        "https://www.caravan.kz/news/a-900001/",
        "http://caravan.kz/news/a-900001",
        "/amp/news/a-900001",
        "/news/a-900001/?utm_source=x&fbclid=y",
    ]
    addresses = [site.address(alias, site.base) for alias in aliases]
    assert {address.key for address in addresses if address} == {"900001"}
    assert {site.canonical(address) for address in addresses if address} == {"https://www.caravan.kz/news/a-900001/"}
    short = site.address("/?p=900001", site.base)
    assert short is not None
    assert (short.key, site.canonical(short)) == ("900001", "https://www.caravan.kz/?p=900001")


ENCODINGS = [
    "/crime/%D0%B4%D0%BE%D0%BC-1/",
    "/crime/%d0%b4%d0%be%d0%bc-1/",
    "/crime/дом-1/",
    "/crime/%D0%B4ом%2d1/",
    "https://caravan.kz/cr%69me/%d0%b4%D0%BE%d0%bc-1/#top",
]


@pytest.mark.parametrize("href", ENCODINGS)
def test_percent_encodings_of_an_address_are_equal(site: Site, href: str) -> None:
    assert site.resolve(href, site.base) == "https://www.caravan.kz/crime/%D0%B4%D0%BE%D0%BC-1/"


@pytest.mark.parametrize(
    ("href", "path"),
    [("/a/b%2fc/", "/a/b%2Fc/"), ("/a/100%/", "/a/100%/"), ("/a/%EF%F0/", "/a/%EF%F0/"), ("/a/b c/", "/a/b%20c/")],
)
def test_reserved_characters_stay_escaped(site: Site, href: str, path: str) -> None:
    assert site.resolve(href, site.base) == site.base + path[1:]


# two paths, and whether they may come from one headline
SLUGS = [
    ("/news/pokojj-im-tolko-snitsya-48645/", "/society/pokoj-im-tolko-snitsja/", True),
    ("/news/shhuka-i-yashherica-48645/", "/news/shchuka-i-jashcherica-48645/", True),
    ("/news/stolicu-zasypalo-snegom-80743/", "/news/stolicu-zasypalo-snego-80743/", True),
    ("/news/stolicu-zasypalo-snegom-80743/", "/news/stolicu-80743/", True),
    ("/news/stolicu-zasypalo-snegom-80743/", "/news/opechatka-80743/", False),
    ("/news/premiya-10000/", "/sport/bilety-po-10000/", False),
]


@pytest.mark.parametrize(("path", "other", "expected"), SLUGS)
def test_slugs_of_one_headline(path: str, other: str, expected: bool) -> None:
    assert is_same_slug(path, other) is expected
    assert is_same_slug(other, path) is expected


@pytest.mark.parametrize(("base", "local"), [("http://127.0.0.1:8000/", True), ("https://www.caravan.kz/", False)])
def test_is_local(base: str, local: bool) -> None:
    assert Site(base).is_local is local
