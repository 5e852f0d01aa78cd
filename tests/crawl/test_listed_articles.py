"""Addresses without a number that the site names as articles: a page that is none is a failure, and is tried again."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import update

from caravan_crawler.store import database, schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import (
    HTML,
    NOT_FOUND,
    Answer,
    Answers,
    PlainServer,
    article,
    links,
    page,
    rss,
    serve_plain,
    urlset,
)

PATHS = [f"/news/{word}-otkryli-posle-remonta/" for word in "shkolu dorogu teatr bolnitsu most bassein park".split()]
ODD, *WHOLE = PATHS
OTHER = page("Контакты", "<h1>Контакты</h1><p>Редакция работает по будням с девяти до шести часов.</p>")
LINKED_OTHER = page("Рубрики", "<h1>Рубрики</h1><p>Редакция работает по будням.</p>" + links("/rubric/o-gorode/"))
LIST = page("Новости", links(*WHOLE))
PAST = "2020-01-01T00:00:00+00:00"


def cards(*paths: str, date: str = "<time datetime=2026-11-20>20 ноября</time>", tag: str = "div") -> str:
    return "".join(f'<div><{tag}><a href="{path}">Заголовок {path[6:12]}</a></{tag}>{date}</div>' for path in paths)


def site(**more: Answer | bytes | str) -> Answers:
    pages: Answers = {path: article(number) for number, path in enumerate(PATHS)}
    return pages | {"/": page("Газета", links(*WHOLE)), "/news/": LIST} | more


def odd_path(number: int) -> str:
    return f"/news/{'bassein kinoteatr yarmarku stadion biblioteku muzei kafe zavod sklad'.split()[number]}-zakryli/"


#: Answers in the place of an article, once, by the reason of the failure.
INSTEAD: dict[str, Answer | str] = {
    "kind_other": page("Отключите блокировщик", "<h1>Отключите блокировщик</h1><p>Он мешает показать страницу.</p>"),
    "kind_listing": page("Газета", links(*WHOLE)),
    "kind_empty": page("", "").replace("Редакция", "").replace("Главная", "").replace("Новости", ""),
    "redirected": Answer("", HTML | {"Location": "/news/"}, 302),
}
NAMED_IN = ("feed", "dated card", "headlined card", "home page first", "card, home page first")
#: Where the site names a page that is no article, and the reason of the failure, by the page's path.
ONCE = {
    odd_path(number): (source, reason)
    for number, (source, reason) in enumerate(
        [*((source, "kind_other") for source in NAMED_IN), *(("sitemap", reason) for reason in INSTEAD)]
    )
}


def run(data_dir: Path, server: PlainServer, code: int = 0) -> tuple[Crawl, dict[str, Any]]:
    server.requests.clear()
    done = crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0")
    assert done.code == code, done.log[-2000:]
    reports = sorted((data_dir / "runs").glob("*/run.json"))
    return done, json.loads(reports[-1].read_text())


def failures(data_dir: Path, *, make_due: bool = False) -> dict[str, str]:
    store = open_in(data_dir)
    found = {urlsplit(row["url"]).path: row["reason"] for row in table(store, schema.failures)}
    if make_due:
        store.execute(update(schema.failures).values(retry_at=PAST))
    store.close()
    return found


def test_an_odd_answer_to_an_article_is_a_failure_and_retried(tmp_path: Path) -> None:
    odd: Answers = {path: INSTEAD[reason] for path, (_, reason) in ONCE.items()}
    by_source = {source: path for path, (source, _) in ONCE.items() if source != "sitemap"}
    in_sitemap = [path for path, (source, _) in ONCE.items() if source in ("sitemap", "home page first")]
    # A run is sound if a tenth of its pages fails.
    good = [f"/news/aktsiya-v-parke-{number}/" for number in range(620_000, 620_100)]
    dated, headlined, late = by_source["dated card"], by_source["headlined card"], by_source["card, home page first"]
    more: Answers = {
        "/": page("Газета", links(*WHOLE, by_source["home page first"], late)),
        "/news/": page(
            "Новости", links(*WHOLE) + cards(*WHOLE, dated, late) + cards(*WHOLE, headlined, date="", tag="h3")
        ),
        "/rss/": rss(f"<title>Школу открыли</title><link>{by_source['feed']}</link>"),
        "/sitemap.xml": urlset(*WHOLE, *good, *in_sitemap),
        **{path: article(number) for number, path in enumerate(good, 100)},
    }
    with serve_plain(site(**more, **odd)) as server:
        _, report = run(tmp_path, server)
        assert failures(tmp_path, make_due=True) == {path: reason for path, (_, reason) in ONCE.items()}
        assert report["failures"] == Counter(reason for _, reason in ONCE.values())
        server.answers |= {path: article(number) for number, path in enumerate(ONCE, 20)}
        done, _ = run(tmp_path, server)
        assert {urlsplit(record["url"]).path for record in done.articles} == set(ONCE)
        assert failures(tmp_path) == {}


def pass_days(data_dir: Path, days: int) -> None:
    store = open_in(data_dir)
    for row in table(store, schema.other_pages):
        seen_at = database.after(row["seen_at"], timedelta(days=-days))
        store.execute(update(schema.other_pages).where(schema.other_pages.c.key == row["key"]).values(seen_at=seen_at))
    store.close()


def test_pages_that_were_no_articles_are_asked_for_twice_more(tmp_path: Path) -> None:
    answers: list[Answer | str] = [OTHER, NOT_FOUND, Answer("", HTML | {"Location": "/news/"}, 302), LINKED_OTHER]
    later: Answers = {odd_path(number): answer for number, answer in enumerate(answers)}
    with serve_plain(site(**{"/": page("Газета", links(*WHOLE, *later)), **dict.fromkeys(later, OTHER)})) as server:
        _, report = run(tmp_path, server)
        assert (failures(tmp_path), report["pages"]["other"]) == ({}, len(later)), "only a page links to them"
        server.answers |= {"/": page("Газета", links(*WHOLE)), **later}
        for days, is_due in ((0, False), (2, True), (2, False), (7, True), (400, False)):
            pass_days(tmp_path, days)
            _, report = run(tmp_path, server, code=0)
            assert set(later) & set(server.requests) == (set(later) if is_due else set()), days
            assert report["failures"] == {}
            assert not {path for path in server.requests if path.startswith("/rubric/")}
    assert failures(tmp_path) == {}


def test_articles_that_waited_during_an_outage_are_read_a_day_later(tmp_path: Path) -> None:
    old = [f"/news/{word}-zakryli-na-remont/" for word in "shkolu dorogu teatr bolnitsu most park rynok".split()]
    old += [path.replace("zakryli", "otkryli") for path in old]
    answers = site(**{path: article(number) for number, path in enumerate(old, 20)})
    answers[WHOLE[0]] = article(1, more=links(*old))
    with serve_plain(answers) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-a", "limit=6", "-s", "CONCURRENT_REQUESTS=1")
        assert done.code == 0, done.log[-2000:]
        sound = dict(server.answers)
        server.answers |= dict.fromkeys(old, OTHER) | {WHOLE[0]: article(1)}
        done, report = run(tmp_path, server, code=3)
        assert f"{len(old)} of {len(old)} pages that earlier runs found and did not read" in report["reason"]
        server.answers |= sound | {WHOLE[0]: article(1)}
        done, _ = run(tmp_path, server)
        assert not set(old) & set(server.requests)
        pass_days(tmp_path, 2)
        done, _ = run(tmp_path, server)
        assert set(old) == {urlsplit(record["url"]).path for record in done.articles} & set(old)
        run(tmp_path, server)
        assert not set(old) & set(server.requests)


def test_a_changed_template_of_all_new_articles_is_seen(tmp_path: Path) -> None:
    new = [f"/news/{word}-zakryli-na-remont/" for word in "shkolu dorogu teatr bolnitsu most".split()]
    feed = rss(*(f"<title>Новость</title><link>{path}</link>" for path in new))
    with serve_plain(site(**{"/sitemap.xml": urlset(*PATHS)})) as server:
        run(tmp_path, server)
        server.answers |= {"/rss/": feed} | dict.fromkeys(new, OTHER)
        for _ in range(2):
            _, report = run(tmp_path, server, code=3)
            assert report["failures"] == {"kind_other": len(new)}
        server.answers |= {path: article(number) for number, path in enumerate(new, 10)}
        done, _ = run(tmp_path, server)
        assert {urlsplit(record["url"]).path for record in done.articles} == set(new)
    assert failures(tmp_path) == {}


def test_pages_of_the_site_that_a_sitemap_names_do_not_fail_for_ever(tmp_path: Path) -> None:
    others = [f"/about/{name}/" for name in ("kontakty", "reklama", "vakansii", "podpiska", "pravila")]
    many = [f"/news/o-dele-nomer-{'abcdefghij'[n // 10]}-{'abcdefghij'[n % 10]}/" for n in range(50)]
    answers = site(**{"/sitemap.xml": urlset(*many, *others)} | dict.fromkeys(others, OTHER))
    with serve_plain(answers | {path: article(number) for number, path in enumerate(many)}) as server:
        _, report = run(tmp_path, server)
        assert report["failures"] == {"kind_other": len(others)}
        assert failures(tmp_path, make_due=True).keys() == set(others)
        _, report = run(tmp_path, server)
        assert set(others) < set(server.requests), "they are tried again"
        assert report["failures"] == {}
        _, report = run(tmp_path, server)
        assert not set(others) & set(server.requests)
    assert failures(tmp_path).keys() == set(others)


def test_pages_of_the_site_in_a_small_run_do_not_fail_for_ever(tmp_path: Path) -> None:
    others = [f"/about/{name}/" for name in ("kontakty", "reklama", "vakansii", "podpiska", "pravila")]
    with serve_plain(site(**{"/sitemap.xml": urlset(*PATHS, *others)} | dict.fromkeys(others, OTHER))) as server:
        run(tmp_path, server, code=3)
        store = open_in(tmp_path)
        store.execute(update(schema.failures).values(first_failed_at=PAST))
        store.close()
        _, report = run(tmp_path, server)
        assert report["failures"] == {}
