"""A site of generation 3 or 4: its URLs, its sitemaps, and its move from one to the other."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import pytest
from lxml import etree, html

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite
from caravan_crawler.sample_site.one_generation import OldAddresses
from tests.sample_site.client import Client
from tests.sample_site.moved import moved_articles

BASE = "http://127.0.0.1:8000/"
ARTICLES = 420
#: Soft hyphen in the source of some pages.
INVISIBLE = "\u00ad"
SECTIONS = {"news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture"}
#: Fields of a record that a move changes.
CHANGED_BY_A_MOVE = {
    "url", "article_id", "section", "published_at", "date_published_raw", "views_raw", "views", "links",
}  # fmt: skip


def ask(site: SampleSite, url: str) -> SampleResponse:
    return site.respond("/" + url.removeprefix(BASE).lstrip("/"), BASE)


def text(site: SampleSite, url: str) -> str:
    answer = ask(site, url)
    assert answer.status == 200, url
    return answer.body.decode()


def locations(site: SampleSite, url: str) -> list[tuple[str, str | None]]:
    """URLs in a sitemap or an index, each with its lastmod."""
    root = etree.fromstring(ask(site, url).body)
    return [(str(entry.findtext("{*}loc")), entry.findtext("{*}lastmod")) for entry in root]


def in_head(site: SampleSite, url: str) -> dict[str, str]:
    """Links by rel and properties in a page's head."""
    page = html.fromstring(text(site, url))
    links = {str(link.get("rel")): str(link.get("href")) for link in page.xpath("//link[@rel]")}
    return links | {str(meta.get("property")): str(meta.get("content")) for meta in page.xpath("//meta[@property]")}


def visible_text(element: html.HtmlElement) -> str:
    """Text of an element without spaces."""
    return without_spaces("".join(str(part) for part in element.itertext()))


def without_spaces(text: str) -> str:
    return "".join(text.split())


def hrefs(site: SampleSite, url: str) -> set[str]:
    return {str(href) for href in html.fromstring(text(site, url)).xpath("//a/@href")}


@pytest.fixture(scope="module")
def site() -> SampleSite:
    return SampleSite(articles=ARTICLES, generation=4)


@pytest.fixture(scope="module")
def gold(site: SampleSite) -> list[dict[str, Any]]:
    return list(site.gold(BASE))


def test_urls_have_section_and_slug_and_no_number(gold: list[dict[str, Any]]) -> None:
    paths = [unquote(record["url"].removeprefix(BASE)) for record in gold]
    assert len(set(paths)) == ARTICLES
    assert all(re.fullmatch(r"[a-z]+/[a-zа-яё0-9-]+/", path) for path in paths)
    assert not [path for path in paths if re.search(r"\d{4,}/$", path)]
    assert {path.split("/")[0] for path in paths} == SECTIONS == {record["section"] for record in gold}
    assert [path for path in paths if "ja" in path]
    assert [record["url"] for record in gold if "%D0" in record["url"]]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_title_time_and_text_are_in_the_known_places(seed: int) -> None:
    site = SampleSite(articles=80, generation=4, seed=seed)
    for record in site.gold(BASE):
        head = in_head(site, record["url"])
        assert head["og:title"] == record["headline"]
        assert head["article:published_time"] == record["published_at"]
        page = text(site, record["url"])
        if INVISIBLE not in page:
            paragraphs = {visible_text(paragraph) for paragraph in html.fromstring(page).xpath("//main//p")}
            assert without_spaces(record["body"].split("\n\n")[0]) in paragraphs


def test_times_have_the_offset_of_their_day(gold: list[dict[str, Any]]) -> None:
    moments = [datetime.fromisoformat(record["published_at"]) for record in gold]
    for moment in moments:
        assert moment.utcoffset() == moment.astimezone(ZoneInfo("Asia/Almaty")).utcoffset()
        assert str(moment)[-6:] == ("+06:00" if moment.date() < date(2024, 3, 1) else "+05:00")
    assert moments == sorted(moments)
    assert {moment.year for moment in moments} == set(range(2011, 2027))


def test_each_article_is_in_one_of_39_sitemaps(site: SampleSite, gold: list[dict[str, Any]]) -> None:
    children = locations(site, "/sitemap.xml")
    names = [url.removeprefix(BASE) for url, _ in children]
    assert len(names) == len(set(names)) == 39
    assert len([name for name in names if re.fullmatch(r"sitemap20\d{4}\.xml", name)]) == 24
    assert {name for name in names if len(name) < 15} == {f"sitemap{number}.xml" for number in range(1, 16)}
    published = {record["url"]: datetime.fromisoformat(record["published_at"]) for record in gold}
    seen: Counter[str] = Counter()
    dated = Counter[bool]()
    for child, newest in children:
        entries = locations(site, child)
        seen.update(url for url, _ in entries)
        dated.update(lastmod is not None for _, lastmod in entries)
        assert all(is_not_before(lastmod, published[url]) for url, lastmod in entries)
        assert all(is_not_before(newest, published[url]) for url, _ in entries)
        month = re.search(r"sitemap(\d{6})", child)
        assert not month or {f"{published[url]:%Y%m}" for url, _ in entries} == {month[1]}
    assert seen == Counter(published.keys())
    assert dated[True] > dated[False] > 50
    assert 10 < [lastmod for _, lastmod in children].count(None) < 20
    assert ask(site, "/sitemap16.xml").status == ask(site, "/sitemap201901.xml").status == 404


def is_not_before(lastmod: str | None, published: datetime) -> bool:
    if lastmod is None:
        return True
    if len(lastmod) == 10:
        return date.fromisoformat(lastmod) >= published.date()
    return datetime.fromisoformat(lastmod) >= published.replace(second=0)


def test_most_of_the_archive_has_no_links(site: SampleSite, gold: list[dict[str, Any]]) -> None:
    lists, linked = {"/", *(f"/{section}/" for section in SECTIONS)}, set[int]()
    waiting, seen = sorted(lists), set[str]()
    while waiting:
        url = waiting.pop()
        seen.add(url)
        if ask(site, url).status == 404:
            continue  # some listings link to a page after their last one
        for href in hrefs(site, url):
            if re.fullmatch(r"/[a-z]+/page/\d+/", href) and href not in seen:
                waiting.append(href)
            number = site.number_of(href.replace(BASE, "/"))
            linked |= set() if number is None else {number}
    assert any(url.endswith("/page/2/") for url in seen), "some section has more than one page"
    linked |= {
        number
        for record in gold
        for href in hrefs(site, record["url"])
        if (number := site.number_of(href.replace(BASE, "/"))) is not None and gold[number]["url"] != record["url"]
    }
    feed = {site.number_of(url) for url in re.findall(rf"<link>{BASE[:-1]}(.*?)</link>", text(site, "/rss/"))}
    linked |= {number for number in feed if number is not None}
    assert 20 < len(linked) < ARTICLES * 0.2


@pytest.mark.parametrize(("seed", "names_it"), [(0, False), (1, True)])
def test_robots_txt_names_the_sitemap_for_odd_seeds(seed: int, names_it: bool) -> None:
    robots = text(SampleSite(articles=40, generation=4, seed=seed), "/robots.txt")
    assert (f"Sitemap: {BASE}sitemap.xml" in robots) == ("Sitemap" in robots) == names_it


def test_some_pages_name_their_own_url(site: SampleSite, gold: list[dict[str, Any]]) -> None:
    canonical = [in_head(site, record["url"]).get("canonical") for record in gold[:60]]
    assert all(named in (None, record["url"]) for named, record in zip(canonical, gold, strict=False))
    assert 10 < canonical.count(None) < 50


def test_both_percent_encodings_lead_to_the_article(site: SampleSite, gold: list[dict[str, Any]]) -> None:
    urls = [record["url"] for record in gold if "%" in record["url"]]
    assert len(urls) > 5
    for url in urls:
        small = re.sub("%..", lambda found: found[0].lower(), url)
        assert small != url
        assert text(site, small) == text(site, url)
        assert quote(unquote(url), safe=":/") == url
    listed = {href for section in SECTIONS for href in hrefs(site, f"/{section}/")}
    assert [href for href in listed if "%d0" in href], "lists write small letters, sitemaps capitals"


@pytest.mark.parametrize("generation", [3, 4])
def test_article_on_several_pages(generation: int) -> None:
    site = SampleSite(articles=200, generation=generation)
    several = {2: 0, 3: 0}
    for record in site.gold(BASE):
        pages = [record["url"]]
        while ask(site, f"{record['url']}{len(pages) + 1}/").status == 200:
            pages.append(f"{record['url']}{len(pages) + 1}/")
        if len(pages) == 1:
            continue
        several[len(pages)] += 1
        if any(INVISIBLE in text(site, page) for page in pages):
            continue
        texts = [visible_text(html.fromstring(text(site, page))) for page in pages]
        for line in record["body"].split("\n\n"):
            assert any(without_spaces(line) in page for page in texts), line
        assert without_spaces(record["body"].split("\n\n")[-1]) not in texts[0]
        following = [in_head(site, page).get("next") for page in pages]
        by_rel = [*pages[1:], None]
        numbered = all(f"Страницы:{''.join(str(n + 1) for n in range(len(pages)))}" in page for page in texts)
        assert following == ([None] * len(pages) if numbered else by_rel)
        path = record["url"].removeprefix(BASE[:-1])
        assert f"{path}2/" in hrefs(site, pages[0])
        assert ask(site, f"{record['url']}{len(pages) + 2}/").status == ask(site, f"{record['url']}1/").status == 404
    assert all(several.values())


@pytest.mark.parametrize("generation", [3, 4])
def test_photo_page_is_no_article(generation: int) -> None:
    site = SampleSite(articles=120, generation=generation)
    records = list(site.gold(BASE))
    ids = {moved.article_id for moved in moved_articles(SampleSite(articles=120, generation=4), BASE)}
    names = []
    for record in records:
        path = record["url"].removeprefix(BASE[:-1])
        below = [href for href in hrefs(site, record["url"]) if re.fullmatch(rf"{re.escape(path)}[a-z].*-\d+/", href)]
        for href in below:
            names.append(href.removeprefix(path))
            page = html.fromstring(text(site, href))
            assert page.xpath("string(//title)") != record["headline"]
            assert path in hrefs(site, href)
            assert record["body"].split("\n\n")[0][:40] not in page.text_content()
    assert len(names) > 5
    assert {int(re.findall(r"\d+", name)[-1]) for name in names} <= ids, "they end in the numbers of other articles"


def test_move_changes_urls_and_no_text() -> None:
    before, after = (list(SampleSite(articles=90, generation=n, seed=2).gold(BASE)) for n in (3, 4))
    for old, new in zip(before, after, strict=True):
        assert {name for name in old if old[name] != new[name]} <= CHANGED_BY_A_MOVE
        assert old["date_published"] == new["date_published"]
        assert old["url"].endswith(f"-{old['article_id']}/")
        assert old["url"] != new["url"]
        assert [link["text"] for link in old["links"]] == [link["text"] for link in new["links"]]
    assert {len(str(old["article_id"])) for old in before} >= {6, 7, 8, 9}
    other = [record["headline"] for record in SampleSite(articles=90, generation=3, seed=3).gold(BASE)]
    assert other != [record["headline"] for record in before], "another seed has other articles"


#: Response to old URLs, and its status.
OLD_ADDRESSES: list[tuple[OldAddresses, int]] = [("redirect", 301), ("canonical", 200), ("plain", 200), ("gone", 404)]


@pytest.mark.parametrize(("style", "status"), OLD_ADDRESSES)
def test_old_urls_after_the_move(style: OldAddresses, status: int) -> None:
    site = SampleSite(articles=60, generation=4, old_addresses=style)
    for moved, record in zip(moved_articles(site, BASE), site.gold(BASE), strict=True):
        assert (moved.style, moved.new_url) == (style, record["url"])
        path = moved.old_url.removeprefix(BASE[:-1])
        new = in_head(site, moved.new_url)
        assert ("shortlink" in new) == (style == "canonical") == (record["article_id"] == moved.article_id)
        for old in (path, path.rstrip("/"), f"/amp{path.rstrip('/')}", f"/?p={moved.article_id}"):
            answer = ask(site, old)
            assert answer.status == status
            assert site.number_of(old) == site.number_of(moved.new_url.removeprefix(BASE[:-1]))
            if style == "redirect":
                assert answer.headers["Location"] == moved.new_url
            elif status == 200:
                head = in_head(site, old)
                assert head["og:title"] == record["headline"]
                assert head.get("canonical") == (moved.new_url if style == "canonical" else None)
                assert not (style == "plain" and ({"shortlink", "og:url"} & head.keys()))
                assert moved.new_url not in answer.body.decode() or style == "canonical"


def test_all_kinds_of_old_urls_are_mixed_by_default() -> None:
    styles = Counter(moved.style for moved in moved_articles(SampleSite(articles=200, generation=4), BASE))
    assert set(styles) == {"redirect", "canonical", "plain", "gone"}
    assert min(styles.values()) > 20


def test_site_moves_while_it_is_served() -> None:
    site = SampleSite(articles=60, generation=3, old_addresses="redirect")
    with serve(site) as server:
        server.publish(3)
        before = list(site.gold(server.url))
        client = Client(server, FaultySite(60))
        old = before[10]["url"].removeprefix(server.url[:-1])
        assert client.get(old).status == 200
        assert client.get("/sitemap.xml").status == 404
        assert client.get("/post-sitemap1.xml").status == 200
        server.move()
        after = list(site.gold(server.url))
        assert [record["headline"] for record in before] == [record["headline"] for record in after]
        assert client.get(old).header("Location") == after[10]["url"]
        assert after[-1]["url"].encode() in client.get("/sitemap202602.xml").body
        assert client.get("/post-sitemap1.xml").status == 404
        with pytest.raises(ValueError, match="only a site of generation 3"):
            server.move()


def test_news_are_first_in_listings_feed_and_sitemap() -> None:
    site = SampleSite(articles=60, generation=4)
    site.publish(4)
    new = [record["url"] for record in site.gold(BASE)][-4:]
    paths = {unquote(url).removeprefix(BASE[:-1]).rstrip("/") for url in new}
    month = {url for url, _ in locations(site, "/sitemap202602.xml")}
    assert set(new) <= month
    assert len([path for path in paths if path in unquote(text(site, "/news/"))]) == 4
    assert len([path for path in paths if path in unquote(text(site, "/rss/"))]) == 4


def test_faults_affect_all_urls_of_an_article() -> None:
    site = FaultySite(40, faults=["errors_500:always:1"], generation=4, old_addresses="plain")
    for moved in moved_articles(site, BASE):
        old, new = (url.removeprefix(BASE[:-1]) for url in (moved.old_url, moved.new_url))
        assert {site.respond(url, BASE).status for url in (old, new, f"/?p={moved.article_id}")} == {500}
    assert site.respond("/sitemap.xml", BASE).status == 200


BAD_SITES: list[tuple[dict[str, Any], str]] = [
    ({"generation": 2}, "3 or 4"),
    ({"generation": 4, "articles": 200_001}, "between 1 and 200000"),
    ({"generation": 3, "seed": 100}, "between 0 and 99"),
    ({"generation": 4, "old_addresses": "none"}, "redirect, canonical, plain, gone"),
    ({"generation": 4, "scripted": True}, "cannot be scripted"),
]


@pytest.mark.parametrize(("options", "message"), BAD_SITES)
def test_values_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SampleSite(**options)
