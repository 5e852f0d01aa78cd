"""Content of the sample site, and its expected records."""

import re
from collections import Counter

import pytest

from caravan_crawler.sample_site import SampleSite

BASE = "http://127.0.0.1:8000/"


def visible_order(seed: int) -> None:
    """Check the order of the visible text, which is known of generation 3."""
    site = SampleSite(articles=60, markup_seed=seed)
    checked = 0
    for record in site.gold(BASE):
        if record["section"] not in ("news", "gazeta") or not record["lede"] or not record["photo_credit"]:
            continue
        if (
            not record["date_published_raw"]
            or not record["views_raw"]
            or "2016" <= record["date_published"][:4] <= "2022"
        ):
            continue
        body = site.respond(record["url"][len(BASE) - 1 :], BASE).body.decode()
        place = body.index("$ 495.1")
        for text in (
            *("583.72", "+3 °C", "Алматы", "2026 Год", "6 Февраля", record["date_published_raw"]),
            *(record["views_raw"], f"Фото - {record['photo_credit']}", record["body"].split()[0][:3]),
        ):
            place = body.find(text, place + 1)
            assert place > 0, f"{text} is in the wrong place on {record['url']}"
        checked += 1
    assert checked > 5


@pytest.mark.parametrize("seed", [0, 5])
def test_order_of_the_visible_text(seed: int) -> None:
    visible_order(seed)


def test_kinds_of_articles() -> None:
    records = list(SampleSite(articles=300).gold(BASE))
    sections = Counter(record["section"] for record in records)
    assert {"news", "gazeta", "sport", "art", "crime", "zhangalyqtar"} <= set(sections)
    assert {record["language"] for record in records} == {"ru", "kk"}
    assert [record for record in records if record["article_id"] is None], "generation 4 has no number"
    assert [record for record in records if "?p=" in record["url"]], "only a short link leads there"
    for name in ("lede", "date_published", "views", "photo_credit", "source"):
        assert [record for record in records if record[name] is None], f"no page without {name}"
    for name in ("authors", "tags", "images", "links"):
        assert [record for record in records if record[name]]
        assert [record for record in records if not record[name]]
    numbered = [record for record in records if record["article_id"] and record["date_published"]]
    in_order = sorted(numbered, key=lambda record: record["date_published"])
    assert [record["article_id"] for record in in_order] != sorted(record["article_id"] for record in numbered)


def test_markup_differs_by_seed_and_expected_records_do_not() -> None:
    plain, other = SampleSite(articles=40), SampleSite(articles=40, markup_seed=7)
    assert list(plain.gold(BASE)) == list(other.gold(BASE))
    target = next(record for record in plain.gold(BASE) if record["section"] == "news")["url"][len(BASE) - 1 :]
    assert plain.respond(target, BASE).body != other.respond(target, BASE).body


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_clutter_of_every_article(seed: int) -> None:
    site = SampleSite(articles=60, markup_seed=seed)
    pages = {
        record["url"]: site.respond(record["url"][len(BASE) - 1 :], BASE).body.decode() for record in site.gold(BASE)
    }
    counts = {url: len(re.findall(r"<[a-z]", page)) for url, page in pages.items() if "?p=" not in url}
    assert min(counts.values()) > 1000, "an article has some 50 elements of its own"
    for text in ("93.39", "Прогноз на неделю", "Проголосовало", "Страница создана"):
        assert any(text in page for page in pages.values()), text
    ticker = [page.partition("$ 495.1") for page in pages.values() if "$ 495.1" in page]
    assert not any("EUR" in before for before, _, _ in ticker), "other rates stand below the header's"


def test_clutter_links_to_no_article_that_is_elsewhere_hidden() -> None:
    site = SampleSite(articles=60)
    trending = {entry["url"] for entry in site.expected_trending(BASE)}
    contacts = site.respond("/info/kontakty/", BASE).body.decode()
    linked = {BASE[:-1] + path for path in re.findall(r'"(/(?:news|gazeta|sport|art|crime)/[^/"]+/)"', contacts)}
    assert linked == trending


def test_page_sizes() -> None:
    site = SampleSite(articles=200)
    sizes = [
        len(site.respond(record["url"][len(BASE) - 1 :], BASE).body)
        for record in site.gold(BASE)
        if record["section"] in ("news", "gazeta") and (record["date_published"] or "") > "2023"
    ]
    assert sizes
    assert all(60_000 <= size <= 90_000 for size in sizes)


def test_most_of_generation_4_is_only_in_its_sitemaps() -> None:
    site = SampleSite(articles=300)

    def named(target: str) -> set[str]:
        return set(re.findall(rf"{BASE[:-1]}(/[^<?]+)<", site.respond(target, BASE).body.decode()))

    records = [record for record in site.gold(BASE) if record["section"] == "crime"]
    paths = {record["url"].removeprefix(BASE[:-1]) for record in records}
    monthly = {path for child in named("/sitemap.xml") for path in named(child)}
    assert monthly <= paths
    assert len(monthly) > len(paths) * 0.7
    elsewhere = named("/post-sitemap1.xml") | named("/rss/")
    # The trending block, which is on every page, has some of them.
    lists = [site.respond(target, BASE).body.decode().partition("В тренде:")[0] for target in ("/", "/crime/")]
    alone = {path for path in monthly - elsewhere if not any(path.rstrip("/") in cards for cards in lists)}
    assert len(alone) > len(paths) * 0.6
