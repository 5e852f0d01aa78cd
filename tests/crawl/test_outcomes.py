"""Exit codes and files of failed runs."""

from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.support.crawling import crawl
from tests.support.plain_site import NOT_FOUND, Answer, Answers, PlainServer, article, links, page

BAD_ARGUMENTS = [
    (("-a", "sicne=2019-01-01"), "unknown argument 'sicne'; did you mean 'since'?"),
    (("-a", "since=yesterday"), "since=yesterday is not a day as YYYY-MM-DD"),
    (("-a", "since=2019-02-30"), "since=2019-02-30 is not a day as YYYY-MM-DD"),
    (("-a", "since=2019-01-01", "-a", "until=2018-01-01"), "until=2018-01-01 is before since=2019-01-01"),
    (("-a", "site=file:///etc/passwd"), "must begin with http:// or https://"),
    (("-a", "site=http://127.0.0.1:8000/news/"), "must be the root of a site"),
    (("-a", "urls=https://zakon.kz/"), "is not a page of https://www.caravan.kz/"),
    (("-a", "urls=@/no/such/file"), "cannot be read: No such file or directory"),
    (("-a", "refresh_days=many"), "is not a whole number from 0 on"),
    (("-a", "limit=0"), "limit=0 is not a whole number from 1 on"),
    (("-a", "site=sample", "-O", "articles.docx"), "Unrecognized output format 'docx'"),
    (("-a", "site=sample", "-O", "README.md/articles.csv"), "cannot be written: README.md is no folder"),
]


@pytest.mark.parametrize(("options", "message"), BAD_ARGUMENTS)
def test_bad_arguments_are_one_line_and_no_request(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = crawl(tmp_path, *options)
    assert result.code == 2
    assert result.log.count("\n") == 1
    assert message in result.log
    assert not (tmp_path / "runs").exists()


def test_a_section_that_the_site_does_not_have(tmp_path: Path) -> None:
    with serve(SampleSite(articles=20)) as server:
        site = f"site={server.url}"
        assert crawl(tmp_path, "-a", site).code == 0
        result = crawl(tmp_path, "-a", site, "-a", "sections=newz", "-a", "refresh_days=0")
    assert result.code == 2
    assert result.log.splitlines()[-1].startswith("scrapy crawl: the site has no section 'newz'; ")


def test_unreachable_site_is_reported_without_a_stack_trace(tmp_path: Path) -> None:
    result = crawl(tmp_path, "-a", "site=http://127.0.0.1:9/", "-s", "RETRY_TIMES=0")
    assert result.code == 4
    assert "Traceback" not in result.log
    assert result.log.splitlines()[-1].startswith("scrapy crawl: no page could be read; http://127.0.0.1:9/: ")


def test_the_run_after_too_many_failed_pages_reads_every_source(tmp_path: Path) -> None:
    paths = [f"/news/delo-{number}/" for number in range(100001, 100021)]
    whole: Answers = {path: article(100001 + number) for number, path in enumerate(paths)}
    whole |= {"/": page("Главная", links(*paths)), "/robots.txt": Answer("", {"Content-Type": "text/plain"})}
    broken: Answers = whole | dict.fromkeys(paths[:6], NOT_FOUND)

    server = PlainServer(broken)
    options = ("-a", f"site={server.url}", "-s", "RETRY_TIMES=0")
    assert crawl(tmp_path, *options).code == 4
    server.close()
    down = crawl(tmp_path, *options)
    assert down.code == 4, down.log.splitlines()[-1]
    assert "articles" not in down.tables, "what the run before has read is published by a sound run"

    new = "/news/novoe-delo-100099/"
    whole |= {"/": page("Главная", links(new, *paths)), new: article(100099)}
    server = PlainServer(whole, port=int(server.url.rstrip("/").rsplit(":", 1)[1]))
    done = crawl(tmp_path, *options)
    server.close()
    assert done.code == 0, done.log.splitlines()[-1]
    assert len(done.articles) == 15
    assert {"/robots.txt", "/", "/rss/", "/sitemap.xml", "/news/"} <= set(server.requests)


def test_run_without_articles_leaves_the_earlier_file(tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    with serve(SampleSite(articles=30)) as server:
        options = ("-a", f"site={server.url}", "-O", str(file))
        assert crawl(tmp_path, *options).code == 0
        before = file.read_bytes()
        assert crawl(tmp_path, *options, "-a", "since=2026-11-01").code == 0
    assert file.read_bytes() == before
