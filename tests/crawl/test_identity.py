"""A store has the articles of one site, identified by more than its address."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from caravan_crawler.sample_site import SampleSite, serve
from caravan_crawler.store import schema
from caravan_crawler.store.store import edition
from tests.export.exporting import export_apart
from tests.store.stores import open_in, table
from tests.support.crawling import Crawl, crawl
from tests.support.forking import fork
from tests.support.plain_site import Answers, article, links, page, serve_plain

SHORT = "/news/korotkaya-zametka-900002/"
COPY: Answers = {"/": page("Газета", links(SHORT)), SHORT: article(900002)}

# a site as the user names it, and whose store it needs
EDITIONS = [
    ("https://www.caravan.kz/", "caravan.kz"),
    ("http://caravan.kz/", "caravan.kz"),
    ("https://kaz.caravan.kz/", "kaz.caravan.kz"),
    ("sample", "sample"),
    ("http://127.0.0.1:8000/", "copy"),
    ("http://localhost:8123/", "copy"),
    ("http://[::1]:8000/", "copy"),
    ("https://mirror.example/", "copy"),
    ("https://caravan.kz.example/", "copy"),
    ("https://notcaravan.kz/", "copy"),
]


@pytest.mark.parametrize(("site", "expected"), EDITIONS)
def test_editions(site: str, expected: str) -> None:
    assert edition(site) == expected


def state(data_dir: Path) -> dict[str, Any]:
    store = open_in(data_dir, "copy")
    found = {
        each.name: table(store, each) for each in (schema.articles, schema.frontier, schema.failures, schema.sources)
    }
    store.close()
    return found


def refused(data_dir: Path, url: str) -> Crawl:
    """Run a crawl that must store nothing and log the reason in one line."""
    before = state(data_dir)
    done = crawl(data_dir, "-a", f"site={url}")
    assert done.code == 2, done.log[-2000:]
    assert "Traceback" not in done.log
    assert "holds the articles of" in done.log.splitlines()[-1]
    assert state(data_dir) == before
    return done


OTHERS = [
    SampleSite(30),
    SampleSite(20, seed=1, generation=4),
    SampleSite(20, generation=4),
    SampleSite(20, generation=3),
]


@pytest.fixture(scope="module")
def of_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store of a sample site of 20 articles, which no refused run changes."""
    data_dir = tmp_path_factory.mktemp("sample")
    with serve(SampleSite(20)) as server:
        assert crawl(data_dir, "-a", f"site={server.url}").code == 0
    return data_dir


@pytest.mark.parametrize("other", OTHERS, ids=[other.identity for other in OTHERS])
def test_two_sample_sites_cannot_share_a_store(other: SampleSite, of_sample: Path) -> None:
    with serve(other) as server:
        refused(of_sample, server.url)
        assert server.hits <= 4


def test_a_sample_site_and_a_copy_cannot_share_a_store(of_sample: Path) -> None:
    with serve_plain(COPY) as plain:
        refused(of_sample, plain.url)


def test_one_site_on_another_port_uses_the_same_store(tmp_path: Path) -> None:
    first = SampleSite(20)
    with serve(first) as server:
        assert crawl(tmp_path / "sample", "-a", f"site={server.url}").code == 0
        server.publish(3)
    with serve(first) as server:
        done = crawl(tmp_path / "sample", "-a", f"site=http://localhost:{server.port}/")
        assert (done.code, done.stat("caravan/articles/new")) == (0, 3), done.log[-2000:]
    for _ in range(2):
        with serve_plain(COPY) as plain:
            assert crawl(tmp_path / "copy", "-a", f"site={plain.url}").code == 0
    assert len(state(tmp_path / "copy")["articles"]) == 1
    with serve(SampleSite(20)) as server:
        refused(tmp_path / "copy", server.url)


def test_store_of_the_original_site_refuses_a_copy(tmp_path: Path) -> None:
    store = open_in(tmp_path, "caravan.kz")
    store.execute(schema.articles.insert(), [article_row("https://www.caravan.kz/")])
    store.close()
    with serve(SampleSite(20)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}")
        assert server.hits == 0
    assert done.code == 2
    message = (
        "holds the articles of caravan.kz; for those of a copy of the site name another folder: -s DATA_DIR=FOLDER"
    )
    assert done.log.splitlines()[-1].endswith(message)


def article_row(base: str) -> dict[str, Any]:
    time = "2026-01-01T00:00:00+00:00"
    empty: dict[str, Any] = {"links": [], "images": [], "tags": [], "authors": [], "found_by": {}}
    times = dict.fromkeys(("observed_at", "first_seen_at", "changed_at", "checked_at"), time)
    url = f"{base}news/x-900001/"
    own = {"key": "900001", "article_id": 900001, "url": url, "fetched_url": url, "section": "news", "language": "ru"}
    return own | times | empty | {"version": 1, "run_id": "run-1"}


def test_store_of_a_copy_recorded_as_the_original_becomes_that_of_the_copy(tmp_path: Path) -> None:
    with serve_plain(COPY) as plain:
        assert crawl(tmp_path, "-a", f"site={plain.url}").code == 0
        store = open_in(tmp_path, "copy")
        info = schema.store_info
        store.execute(update(info).where(info.c.name == "site").values(value="caravan.kz"))
        store.execute(info.delete().where(info.c.name == "identity"))
        store.close()
        assert titles(tmp_path) == ["Report on a copy of the site", "News of a copy of the site"]
        assert crawl(tmp_path, "-a", f"site={plain.url}").code == 0
    with serve(SampleSite(20)) as server:
        refused(tmp_path, server.url)


def test_empty_store_accepts_any_site(tmp_path: Path) -> None:
    open_in(tmp_path, "caravan.kz").close()
    with serve_plain(COPY) as plain:
        assert crawl(tmp_path, "-a", f"site={plain.url}").code == 0


def titles(data_dir: Path) -> list[str]:
    """Return the titles of a report and of a dataset."""
    report = data_dir / "report.html"
    process = fork("scrapy", "report", str(report), "-s", f"DATA_DIR={data_dir}")
    _, log = process.communicate(timeout=120)
    assert process.returncode == 0, log
    shown = report.read_text(encoding="utf-8").split("<h1>")[1].split("</h1>")[0]
    assert export_apart(data_dir / "dataset", data_dir).code == 0
    package = json.loads((data_dir / "dataset" / "datapackage.json").read_text(encoding="utf-8"))
    card = (data_dir / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "caravan.kz" not in json.dumps(
        [package["title"], package["name"], package.get("homepage"), package["sources"]]
    )
    assert "# News of caravan" not in card
    assert "caravan.kz" not in shown
    return [shown, package["title"]]


def test_reports_and_datasets_of_invented_articles_say_so(tmp_path: Path) -> None:
    with serve(SampleSite(20, seed=3, generation=4)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
    assert titles(tmp_path) == [
        "Report on a sample site",
        "News of a sample site",
    ]
