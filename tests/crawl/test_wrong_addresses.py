"""Addresses that lead to another page than they name: no article is lost in silence or mixed with another one."""

from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import update

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import crawl
from tests.support.plain_site import HTML, Answer, Answers, article, links, page, serve_plain

#: Articles read besides: enough for a run to be sound with some failed pages, and too old for a refresh.
BESIDES: Answers = {
    f"/news/aktsiya-v-parke-{number}/": article(number, day="2001-11-20") for number in range(620_000, 620_070)
}


def test_two_articles_of_one_number_day_and_headline_of_which_the_first_is_read_last(tmp_path: Path) -> None:
    first, second = "/news/premii-vruchili-luchshim-5000/", "/sport/bilety-na-match-po-5000/"
    waiting: list[Answer | str] = [article(1), Answer("", HTML, 500), Answer("", HTML, 500)]
    answers: Answers = {
        "/": page("Газета", links(first, second)),
        "/news/": page("Новости", links(first)),
        second: article(2).replace("Статья о деле 2", "Статья о деле 1"),
    }
    with serve_plain(answers, lambda path: waiting.pop() if path == first else None) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", "-s", "BACKOFF_START=0.2")
    assert done.code == 0, done.log[-2000:]
    found = {urlsplit(row["url"]).path: row["body"] for row in done.articles}
    assert found.keys() == {first, second}
    assert "номер 1 " in found[first]
    assert "номер 2 " in found[second]


SHORT_LINK = '<link rel=shortlink href="/?p=777777">'
# what of the head, the first article, and those that a later run finds
SHARED_NUMBERS = [
    ("", "/news/premii-vruchili-luchshim-5000/", ["/sport/bilety-na-match-po-5000/"]),
    (
        SHORT_LINK,
        "/news/kurs-valyut-na-pyatoe-maya/",
        ["/news/kurs-valyut-na-shestoe-maya/", "/sport/matchi-otlozhili/"],
    ),
]


def test_articles_with_one_number_in_several_runs(tmp_path: Path) -> None:
    heads = {path: head for head, first, others in SHARED_NUMBERS for path in (first, *others)}
    firsts = [first for _, first, _ in SHARED_NUMBERS]
    pages: Answers = {
        path: article(number, day=f"2026-11-{number:02d}", head=heads[path]) for number, path in enumerate(heads, 1)
    }
    with serve_plain({"/news/": page("Новости", links(*firsts)), **{path: pages[path] for path in firsts}}) as server:
        for home, days in ((links(*firsts), 0), (links(*heads), 0), (links(*heads), 10000)):
            server.answers |= pages | {"/": page("Газета", home)}
            done = crawl(tmp_path, "-a", f"site={server.url}", "-a", f"refresh_days={days}")
            assert done.code == 0, done.log[-2000:]
    assert stored(tmp_path) == ({path: f"Статья о деле {number}" for number, path in enumerate(heads, 1)}, {})
    assert len(done.articles) == 0, "each was announced as new once"


FORMS = {
    "numbered": "/news/shkolu-otkryli-posle-remonta-6100{}/",
    "unnumbered": "/news/shkolu-{}-otkryli-posle-remonta/",
}


def two_paths(form: str, place: int) -> tuple[str, str]:
    """Return the paths of the two articles of a case."""
    return FORMS[form].format(10 + 2 * place), FORMS[form].format(11 + 2 * place)


def test_a_temporary_redirect_to_another_page_is_a_failure_until_the_article_is_there(tmp_path: Path) -> None:
    cases = list(product(FORMS, ("target read before", "target read after"), (302, 307)))
    paths = {case: two_paths(case[0], place) for place, case in enumerate(cases)}
    to_a_list = "/news/otkryli-katok-u-ozera-640000/"
    listed = [path for case, both in paths.items() for path in (both if "before" in case[1] else both[::-1])]
    answers = BESIDES | {
        "/": page("Газета", links(*listed, to_a_list, *BESIDES)),
        "/news/": page("Новости", links(listed[0])),
        to_a_list: Answer("", HTML | {"Location": "/news/"}, 302),
    }
    for number, (case, (first, second)) in enumerate(paths.items(), 1):
        answers |= {first: article(number), second: Answer("", HTML | {"Location": first}, case[2])}
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0", "-s", "CONCURRENT_REQUESTS=1")
        done = crawl(tmp_path, *options)
        assert done.code == 0, done.log[-2000:]
        found, failures = stored(tmp_path)
        assert failures.pop(to_a_list) == "redirected"
        for number, (case, (first, second)) in enumerate(paths.items(), 1):
            assert (found.get(first), failures.pop(second, None)) == (f"Статья о деле {number}", "redirected"), case
            server.answers[second] = article(100 + number)
        assert (len(found), failures) == (len(cases) + len(BESIDES), {})
        server.answers[to_a_list] = article(100)
        assert crawl(tmp_path, *options).code == 0
    found, failures = stored(tmp_path)
    for number, (case, both) in enumerate(paths.items(), 1):
        headlines = [f"Статья о деле {number}", f"Статья о деле {100 + number}"]
        assert [found.get(path) for path in both] == headlines, case
    assert failures == {}


# the redirect's status, its URL, and the URL to which it leads
FOR_GOOD = [
    (301, "/news/sovet-utverdil-plan-rabot/", "/news/sovet-utverdil-plan-rabot-na-leto/"),
    (302, "/sport/shkolu-otkryli-posle-remonta-610002/", "/news/shkolu-otkryli-posle-remonta-610002/"),
    (302, "/news/teatr-zakryli-na-remont-610003/", "/news/teatr-zakryli-na-remont/"),
    (302, "/?p=610004", "/news/most-otkryli-dlya-mashin-610004/"),
]


def test_an_alias_is_requested_once(tmp_path: Path) -> None:
    answers: Answers = {"/": page("Газета", links(*(alias for _, alias, _ in FOR_GOOD)))}
    for number, (status, alias, own) in enumerate(FOR_GOOD, 1):
        answers |= {own: article(number), alias: Answer("", HTML | {"Location": own}, status)}
    with serve_plain(answers) as server:
        for _ in range(2):
            assert crawl(tmp_path, "-a", f"site={server.url}", "-a", "refresh_days=0").code == 0
        for status, alias, _ in FOR_GOOD:
            assert server.requests.count(alias) == 1, (status, alias)
    assert stored(tmp_path) == ({own: f"Статья о деле {number}" for number, (_, _, own) in enumerate(FOR_GOOD, 1)}, {})


def test_a_cache_that_answers_with_the_page_of_another_article(tmp_path: Path) -> None:
    cases = list(product(FORMS, ("in order", "in reverse order"), ("known", "new")))
    paths = {case: two_paths(case[0], place) for place, case in enumerate(cases)}
    right = {
        path: article(number, head=f'<link rel=canonical href="{path}">')
        for number, path in enumerate((path for both in paths.values() for path in both), 1)
    }
    headlines = {path: f"Статья о деле {number}" for number, path in enumerate(right, 1)}
    known, listed = [
        [
            path
            for case, both in paths.items()
            if case[2] in states
            for path in (both if case[1] == "in order" else both[::-1])
        ]
        for states in (["known"], ["known", "new"])
    ]
    besides = dict(list(BESIDES.items())[:60])
    with serve_plain({"/": page("Газета", links(*known)), **right, **besides}) as server:
        options = ("-a", f"site={server.url}", "-a", "refresh_days=5000", "-s", "CONCURRENT_REQUESTS=1")
        assert crawl(tmp_path, *options).code == 0
        server.answers["/"] = page("Газета", links(*listed, *besides))
        server.answers |= {second: right[first] for first, second in paths.values()}
        done = crawl(tmp_path, *options)
        assert done.code == 0, done.log[-2000:]
        found, failures = stored(tmp_path)
        for case, (first, second) in paths.items():
            of_second = headlines[second] if case[2] == "known" else None
            assert (found.get(first), found.get(second)) == (headlines[first], of_second), case
            assert failures.pop(second, None) == "other_article", case
        assert failures == {}
        assert len(done.articles) == len(besides) + 4, "the new ones, and none that is known"
        server.answers |= right
        store = open_in(tmp_path)
        store.execute(update(schema.failures).values(retry_at="2020-01-01T00:00:00+00:00"))
        store.close()
        done = crawl(tmp_path, *options)
    assert done.code == 0, done.log[-2000:]
    published = {urlsplit(row["url"]).path for row in done.articles}
    assert published == {both[1] for case, both in paths.items() if case[2] == "new"}
    found, failures = stored(tmp_path)
    for case, both in paths.items():
        assert [found.get(path) for path in both] == [headlines[path] for path in both], case
    assert failures == {}
    store = open_in(tmp_path)
    assert table(store, schema.aliases) == []
    store.close()


def stored(data_dir: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headlines of the stored articles and the reasons of the failures, by path."""
    store = open_in(data_dir)
    found = {urlsplit(row["url"]).path: row["headline"] for row in table(store, schema.articles)}
    failures = {urlsplit(row["url"]).path: row["reason"] for row in table(store, schema.failures)}
    store.close()
    return found, failures


def test_dead_links_that_are_due_together_do_not_fail_a_run_with_little_else(tmp_path: Path) -> None:
    """Four of each kind are enough to fail a run."""
    gone, moved = ([f"/news/snyali-s-sayta-zapis-{number}{more}/" for more in range(4)] for number in (63_000, 63_001))
    answers: Answers = {
        "/": page("Газета", links(*BESIDES, *gone, *moved)),
        **BESIDES,
        **dict.fromkeys(gone, Answer("", HTML, 404)),
        **dict.fromkeys(moved, Answer("", HTML | {"Location": "/"}, 302)),
    }
    new = "/news/otkryli-katok-u-ozera-640000/"
    with serve_plain(answers) as server:
        options = ("-a", f"site={server.url}", "-s", "RETRY_TIMES=0")
        assert crawl(tmp_path, *options).code == 0
        store = open_in(tmp_path)
        store.execute(update(schema.failures).values(retry_at="2020-01-01T00:00:00+00:00"))
        store.close()
        server.answers |= {"/": page("Газета", links(*BESIDES, *gone, *moved, new)), new: article(99)}
        done = crawl(tmp_path, *options)
    assert (done.code, [row["article_id"] for row in done.articles]) == (0, [640_000]), done.log[-2000:]
    assert min(map(server.requests.count, (*gone, *moved))) == 2, "and they are tried again"
