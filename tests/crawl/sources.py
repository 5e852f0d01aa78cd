"""A plain site of six articles whose feed and sitemaps are a test's own, and crawls of it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import Answers, PlainServer, article, links, page, urlset

HOME = page("Газета", links("/news/delo-nomer-dlinnoe-101/"))
SECTIONS = ("crime", "sport", "world")


def site(home: str = HOME, *, days: dict[int, str] | None = None) -> Answers:
    """Six articles, of which the home page links to one."""
    paths = {number: path(number) for number in range(101, 107)}
    days = days or {}
    answers: Answers = {own: article(number, day=days.get(number, "2026-11-20")) for number, own in paths.items()}
    return answers | {"/": home, "/news/": page("Новости", links(paths[101]))}


def path(number: int) -> str:
    return f"/{'news' if number == 101 else SECTIONS[number % 3]}/delo-nomer-dlinnoe-{number}/"


def run(data_dir: Path, server: PlainServer, *options: str, code: int = 0) -> Crawl:
    server.requests.clear()
    done = crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0", *options)
    assert done.code == code, done.log[-3000:]
    assert "Traceback" not in done.log
    return done


def rows(data_dir: Path, which: Any) -> list[dict[str, Any]]:
    store = open_in(data_dir)
    found = table(store, which)
    store.close()
    return found


def stored(data_dir: Path) -> set[str]:
    return {urlsplit(row["url"]).path for row in rows(data_dir, schema.articles)}


def failures(data_dir: Path) -> dict[str, str]:
    return {urlsplit(row["url"]).path: row["reason"] for row in rows(data_dir, schema.failures)}


def report(data_dir: Path) -> Any:
    last = max((data_dir / "runs").iterdir())
    return json.loads((last / "run.json").read_text(encoding="utf-8"))


OTHERS = [path(number) for number in range(102, 107)]
WHOLE = {path(number) for number in range(101, 107)}
MAP = urlset(*OTHERS)


def numbers_of(place: int) -> range:
    """Numbers of five articles that one of several sitemaps names."""
    return range(200 + 10 * place, 205 + 10 * place)


def paths_of(place: int) -> list[str]:
    return [path(number) for number in numbers_of(place)]


def articles_of(places: int) -> Answers:
    return {path(number): article(number) for place in range(places) for number in numbers_of(place)}
