"""A site that has a text at two addresses, both alive: the article keeps the one where it was read first."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

Respell = Callable[[str], str]
TITLES = ("shkolu", "teatr", "bolnitsu", "most", "park", "rynok")
OWNS = [f"/news/{title}-otkryli-posle-remonta/" for title in TITLES]


def canonical(own: str) -> str:
    return f'<link rel=canonical href="{own}">'


def og_url(own: str) -> str:
    return f'<meta property="og:url" content="{own}">'


def nothing(own: str) -> str:
    return ""


# the second address of an article, and the heads of the two pages
SECOND: list[tuple[Respell, Respell, Respell]] = [
    (lambda own: own.replace("/news/", "/print/"), canonical, nothing),
    (lambda own: own.replace("/news/", "/sport/"), nothing, nothing),
    (lambda own: "/print/most-dlya-pechati/", canonical, nothing),
    (str.upper, nothing, nothing),
    (str.upper, canonical, canonical),
    (lambda own: own.title(), og_url, og_url),
]


def run(data_dir: Path, url: str, *options: str) -> Crawl:
    done = crawl(data_dir, "-a", f"site={url}", "-a", "refresh_days=100000", "-s", "CONCURRENT_REQUESTS=1", *options)
    assert done.code == 0, done.log[-2000:]
    return done


def stored(data_dir: Path) -> dict[str, tuple[str, set[str]]]:
    """Return section and aliases of each article, by path."""
    store = open_in(data_dir)
    aliases = [(urlsplit(row["url"]).path, row["article_key"]) for row in table(store, schema.aliases)]
    found = {
        urlsplit(row["url"]).path: (row["section"], {path for path, key in aliases if key == row["key"]})
        for row in table(store, schema.articles)
    }
    store.close()
    return found


def test_a_second_address_is_an_alias(tmp_path: Path) -> None:
    answers: Answers = {"/": page("Газета", links(*OWNS))}
    seconds = {}
    for number, (own, (spell, own_head, second_head)) in enumerate(zip(OWNS, SECOND, strict=True), 1):
        second = seconds[own] = spell(own)
        link = f'<p><a href="{second}">Ссылка на статью</a></p>'
        answers[own] = article(number, head=own_head(own), more=link)
        answers[second] = article(number, head=second_head(own), more=link)
    with serve_plain(answers) as server:
        done = [run(tmp_path, server.url) for _ in range(3)]
        assert {second: server.requests.count(second) for second in seconds.values()} == dict.fromkeys(
            seconds.values(), 1
        )
    assert [len(each.articles) for each in done] == [len(OWNS), 0, 0], "it was published again"
    found = stored(tmp_path)
    assert found.keys() == set(OWNS)
    for own, (section, aliases) in found.items():
        assert section == "news", own
        assert aliases <= {seconds[own]}, own


def test_an_article_moves_to_its_second_address_if_the_first_is_gone(tmp_path: Path) -> None:
    missing, home, second = OWNS[:3]
    seconds = {own: own.replace("/news/", "/sport/") for own in (missing, home, second)}
    gone = {
        missing: Answer("", HTML, 404),
        home: Answer("", HTML | {"Location": "/"}, 301),
        second: Answer("", HTML | {"Location": seconds[second]}, 301),
    }
    answers: Answers = {"/": page("Газета", links(*seconds))}
    for number, (own, other) in enumerate(seconds.items(), 1):
        answers |= {own: article(number, more=links(other)), other: article(number)}
    with serve_plain(answers) as server:
        run(tmp_path, server.url)
        assert stored(tmp_path) == {own: ("news", {other}) for own, other in seconds.items()}
        server.answers |= gone
        done = [run(tmp_path, server.url) for _ in range(2)]
    moved = [sorted(urlsplit(row["url"]).path for row in each.articles) for each in done]
    assert moved == [sorted(seconds.values()), []]
    assert stored(tmp_path) == {other: ("sport", {own}) for own, other in seconds.items()}


def test_a_refresh_requests_the_address_without_the_final_slash(tmp_path: Path) -> None:
    # how the site spells an address, and what answers at that with the final slash
    plain, plain_missing = (own.rstrip("/") for own in OWNS[:2])
    numbered, numbered_missing = (f"{own.rstrip('/')}-61000{number}" for number, own in enumerate(OWNS[2:4], 2))
    with_slash = {path: Answer("", HTML | {"Location": path}, 301) for path in (plain, numbered)}
    with_slash |= {path: Answer("", HTML, 404) for path in (plain_missing, numbered_missing)}
    answers: Answers = {"/": page("Газета", links(*with_slash))}
    for number, (path, answer) in enumerate(with_slash.items(), 1):
        answers |= {path: article(number), f"{path}/": answer}
    with serve_plain(answers) as server:

        def asked() -> dict[str, tuple[int, int]]:
            return {path: (server.requests.count(path), server.requests.count(f"{path}/")) for path in with_slash}

        for _ in range(2):
            run(tmp_path, server.url)
        assert asked() == dict.fromkeys(with_slash, (2, 0))
        for number, path in enumerate(with_slash, 1):
            server.answers |= {f"{path}/": article(number), path: Answer("", HTML | {"Location": f"{path}/"}, 301)}
        for _ in range(2):
            run(tmp_path, server.url)
        assert asked() == dict.fromkeys(with_slash, (3, 2)), "the site has changed"
    assert stored(tmp_path).keys() == {f"{path}/" for path in with_slash}
