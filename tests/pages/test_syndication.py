import gzip

from caravan_crawler.pages.syndication import Entry, read_feed, read_sitemap

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><link>https://www.caravan.kz/</link>
<item><title>A</title><link>https://www.caravan.kz/news/a-900002/</link><guid>https://www.caravan.kz/?p=900002</guid>
<pubDate>Wed, 26 Apr 2023 10:15:00 +0600</pubDate></item>
<item><guid>https://www.caravan.kz/?p=900003</guid></item><item><title>no address</title></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://www.caravan.kz/news/a-900002/"/>
<published>2023-04-26T10:15:00Z</published></entry></feed>"""
URLSET = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://www.caravan.kz/news/a-900002/ </loc><lastmod>2023-04-26</lastmod></url>
<url><lastmod>2023-04-26</lastmod></url></urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://www.caravan.kz/post-sitemap1.xml</loc></sitemap>
<sitemap><loc>https://www.caravan.kz/category-sitemap.xml</loc></sitemap>
<sitemap><loc>https://www.caravan.kz/wp-sitemap-posts-post-1.xml</loc></sitemap></sitemapindex>"""


def test_rss_prefers_the_link_to_the_guid() -> None:
    assert read_feed(RSS) == (
        Entry("https://www.caravan.kz/news/a-900002/", "Wed, 26 Apr 2023 10:15:00 +0600"),
        Entry("https://www.caravan.kz/?p=900003", None),
    )


def test_atom() -> None:
    assert read_feed(ATOM) == (Entry("https://www.caravan.kz/news/a-900002/", "2023-04-26T10:15:00Z"),)


def test_sitemap_plain_and_compressed() -> None:
    expected = (Entry("https://www.caravan.kz/news/a-900002/", "2023-04-26"),)
    for body in (URLSET, gzip.compress(URLSET)):
        sitemap = read_sitemap(body)
        assert sitemap is not None
        assert sitemap.pages == expected


def test_an_index_names_the_sitemaps_of_articles() -> None:
    sitemap = read_sitemap(INDEX)
    assert sitemap is not None
    assert [entry.url.rsplit("/", 1)[-1] for entry in sitemap.sitemaps] == [
        "post-sitemap1.xml",
        "wp-sitemap-posts-post-1.xml",
    ]


def test_what_is_neither() -> None:
    for body in (b"", b"<html><body>404</body></html>", b"\x1f\x8bnot gzip", b"{}", RSS[:30]):
        assert read_sitemap(body) is None
        assert read_feed(body) is None


def test_entities_are_not_expanded() -> None:
    entities = b'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    sitemap = read_sitemap(entities + b"<urlset><url><loc>&b;</loc></url></urlset>")
    assert sitemap is None or all(len(entry.url) < 10 for entry in sitemap.pages)
