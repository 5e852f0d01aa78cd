"""Crawls of a real WordPress: in its default themes, and in one that prints the site's order of content."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.wordpress.posts import SITE, Post, posts
from tests.wordpress.server import Server, WordPress

POSTS = {post.number: post for post in posts()}
OWN_THEME = "karavan"
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
    if theme == OWN_THEME:
        day = post.moment.date().isoformat()
        printed = {"lede": post.lede or None, "date_published": day, "views": post.views, "photo_credit": "Caravan.kz"}
        return {**fields, **printed, "authors": [], "tags": []}
    printed = {"lede": None, "date_published": post.moment.isoformat(), "views": None, "photo_credit": None}
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


@pytest.mark.parametrize(
    ("theme", "has_sitemaps"),
    [(OWN_THEME, True), ("twentytwentyone", False), ("twentytwentytwo", False), ("twentytwentythree", True)],
)
def test_all_posts_are_found_and_read(theme: str, has_sitemaps: bool, wordpress: WordPress, tmp_path: Path) -> None:
    with wordpress.serve(theme, has_sitemaps=has_sitemaps) as server:
        run = crawl(tmp_path, "-a", f"site={server.url}")
        articles, requests = stored(tmp_path), Counter(server.requests())
        assert Counter(article["article_id"] for article in articles) == Counter(POSTS.keys())
        assert max(requests.values()) == 1, "no page is requested twice"
        assert len(requests) <= len(POSTS) + 50
        assert [*differences(articles, server, theme), run.code] == [0]
        if theme == OWN_THEME:
            assert [(line["topic"], line["article_id"]) for line in run.tables["trending"]] == list(
                zip(TOPICS, reversed(POSTS), strict=False)
            )
        again = crawl(tmp_path, "-a", f"site={server.url}")
        assert (again.code, again.articles, len(server.requests()) <= 10) == (0, [], True)
