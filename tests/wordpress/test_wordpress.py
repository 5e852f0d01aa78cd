"""Crawls of a real WordPress: in its default themes, and in one that prints the site's order of content."""

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from caravan_crawler.pages.syndication import read_syndication
from caravan_crawler.store import schema
from tests.pages.fields import fields_of
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.wordpress.posts import SECTIONS, SITE, Post, posts
from tests.wordpress.server import Server, WordPress

POSTS = {post.number: post for post in posts()}
OWN_THEME = "karavan"
THEMES = (OWN_THEME, "twentytwentyone", "twentytwentytwo", "twentytwentythree")
TOPICS = ("Пенсия 2026", "АЭС", "Алматы")


def record(post: Post, server: Server, theme: str) -> dict[str, Any]:
    """Return what a person reads on a post's page. Default themes print no excerpt, and categories are no tags."""
    site = server.url.rstrip("/")
    images = [*([SITE + post.featured] if post.featured else []), *post.images]
    fields = {
        "article_id": post.number,
        "url": site + post.path,
        "section": post.section,
        "language": "kk" if any(letter in post.headline for letter in "әғқңөұүһі") else "ru",
        "headline": post.headline,
        "body": "\n\n".join(post.paragraphs),
        "source": post.source,
        "images": [image.replace(SITE, site) for image in images],
        "links": [{**link, "url": link["url"].replace(SITE, site)} for link in post.links],
    }
    fields["date_published"] = post.moment.date().isoformat()
    if theme == OWN_THEME:
        printed = {"lede": post.lede or None, "published_at": None, "views": post.views, "photo_credit": "Caravan.kz"}
        return {**fields, **printed, "authors": [], "tags": []}
    printed = {"lede": None, "published_at": post.moment.isoformat(), "views": None, "photo_credit": None}
    return {**fields, **printed, "authors": [post.author], "tags": post.tags}


def stored(data_dir: Path) -> list[dict[str, Any]]:
    """Return the articles in the store, which has them even if a run does not publish them."""
    store = open_in(data_dir)
    rows = table(store, schema.articles)
    store.close()
    return rows


def differences(articles: list[dict[str, Any]], server: Server, theme: str) -> list[str]:
    """Return a line for each field that is read wrongly: on how many articles, and the first of them."""
    wrong: dict[str, list[str]] = {}
    for article in articles:
        for name, value in record(POSTS[article["article_id"]], server, theme).items():
            if article[name] != value:
                wrong.setdefault(name, []).append(f"{article['url']}: {article[name]!r} instead of {value!r}")
    return [f"{name} is wrong on {len(lines)} articles: {lines[0]}" for name, lines in wrong.items()]


# A theme, the sections to crawl, and whether the site has sitemaps. Each section has posts of every shape.
SITES = [
    (OWN_THEME, "", True),
    ("twentytwentyone", "gazeta", False),
    ("twentytwentytwo", "sport", True),
    ("twentytwentythree", "news", False),
]


@pytest.mark.parametrize(("theme", "sections", "has_sitemaps"), SITES)
def test_posts_are_found_and_read(
    theme: str, sections: str, has_sitemaps: bool, wordpress: WordPress, tmp_path: Path
) -> None:
    wanted = {post.number for post in POSTS.values() if post.section in (sections or ",".join(SECTIONS)).split(",")}
    with wordpress.serve(theme, has_sitemaps=has_sitemaps) as server:
        options = ["-a", f"site={server.url}", *(["-a", f"sections={sections}"] if sections else [])]
        run = crawl(tmp_path, *options)
        articles, requests = stored(tmp_path), Counter(server.requests())
        assert Counter(article["article_id"] for article in articles) == Counter(wanted)
        assert max(requests.values()) == 1, "a page is requested twice"
        assert len(requests) <= len(wanted) + 40, [target for target in requests if "-" not in target]
        assert "Not read" not in run.log
        wrong = differences(articles, server, theme)
        assert not wrong, "\n".join(wrong)
        assert run.code == 0, run.log[-2000:]
        if theme == OWN_THEME:
            trending = [(line["topic"], line["article_id"]) for line in run.tables["trending"]]
            assert trending == list(zip(TOPICS, reversed(POSTS), strict=False))
        again = crawl(tmp_path, *options)
        requests = Counter(server.requests())
        assert (again.code, again.articles, len(requests) <= 10) == (0, [], True), requests


def test_new_and_edited_posts_are_found_cheaply(wordpress: WordPress, tmp_path: Path) -> None:
    def run() -> tuple[list[tuple[str, str]], list[str]]:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "sections=sport,news")
        assert done.code == 0, done.log[-2000:]
        return [(article["url"], article["headline"]) for article in done.articles], server.requests()

    new = "'import_id' => 400001, 'post_name' => 'novost', 'post_content' => '<p>Текст новости.</p>'"
    with wordpress.serve(OWN_THEME) as server:
        assert len(run()[0]) == sum(post.section in ("sport", "news") for post in POSTS.values())
        articles, requests = run()
        assert (articles, len(requests) <= 10) == ([], True), requests
        code = f"$id = wp_insert_post( array( {new}, 'post_title' => '%s', 'post_status' => 'publish' ) );"
        category = "wp_set_post_categories( $id, array( get_category_by_slug( 'sport' )->term_id ) );"
        try:
            wordpress.execute(code % "Первый заголовок" + category)
            url = f"{server.url}sport/novost-400001/"
            articles, requests = run()
            assert (articles, len(requests) <= 10) == ([(url, "Первый заголовок")], True), requests
            wordpress.execute("wp_update_post( array( 'ID' => 400001, 'post_title' => 'Другой заголовок' ) );")
            articles, requests = run()
            assert (articles, len(requests) <= 10) == ([(url, "Другой заголовок")], True), requests
        finally:
            wordpress.execute("wp_delete_post( 400001, true );")


def test_other_addresses_of_a_post_lead_to_it(wordpress: WordPress, tmp_path: Path) -> None:
    first, second, third, fourth, fifth = [post for post in POSTS.values() if post.section == "sport"][:5]
    asked = [
        f"?p={first.number}",
        first.path[1:],
        f"news/staroe-imya-{second.number}/",
        f"{third.path[1:]}?utm_source=mail",
        f"{fourth.path[1:-1]}",
        f"?p={fifth.number}&utm_source=mail",
    ]
    with wordpress.serve(OWN_THEME) as server:
        urls = ",".join(server.url + target for target in asked)
        run = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"urls={urls}")
        assert sorted((article["article_id"], article["url"]) for article in run.articles) == sorted(
            (post.number, server.url + post.path[1:]) for post in (first, second, third, fourth, fifth)
        )
        assert run.code == 0, run.log[-2000:]


# An address and its kind.
PAGES = [
    ("", "home"),
    ("page/2/", "listing"),
    ("news/", "listing"),
    ("category/news/page/2/", "listing"),
    ("author/author1/", "listing"),
    ("tag/%D0%B2%D0%BE%D0%B4%D0%B0/", "tag"),  # PHP makes slugs of small letters only with mbstring
    ("?s=%D0%92%D0%BE%D0%B4%D0%B0", "search"),
    ("o-redakcii/", "other"),
    ("news/page/9/", "404"),
    ("news/takojj-novosti-net-777777/", "404"),
    ("?p=777777", "404"),
]
# A feed or sitemap, how many articles it names, and whether with their days.
ENTRIES = [
    ("feed/", 10, True),
    ("rss/", 10, False),
    ("feed/atom/", 10, True),
    ("feed/rdf/", 10, True),
    ("category/sport/feed/", 10, True),
    ("wp-sitemap-posts-post-1.xml", len(POSTS), False),
]


@pytest.mark.parametrize("theme", THEMES)
def test_other_pages_have_their_kind(theme: str, wordpress: WordPress) -> None:
    with wordpress.serve(theme) as server:
        assert [(path, kind_of(server.url + path)) for path, _ in PAGES] == PAGES


def test_feeds_and_sitemaps_name_the_posts(wordpress: WordPress) -> None:
    found = []
    with wordpress.serve(OWN_THEME) as server:
        addresses = {server.url + post.path[1:] for post in POSTS.values()}
        for path, _, _ in ENTRIES:
            url = server.url + path
            with urlopen(url) as response:
                read = read_syndication(response.read(), url)
            assert read is not None
            assert {entry.url for entry in read.pages} <= addresses
            found.append((path, len(read.pages), all(entry.stamp for entry in read.pages)))
    assert found == ENTRIES


def kind_of(url: str) -> str:
    """Return the kind of a page, or the status that it is answered with."""
    try:
        with urlopen(url) as response:
            return str(fields_of(response.read(), url)["kind"])
    except HTTPError as error:
        with error:
            return str(error.code)
