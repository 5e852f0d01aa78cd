"""Exit codes and files of failed runs."""

import signal
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.support.crawling import crawl, read_csv
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
    (("-a", "refresh_days=many"), "is not a whole number of days"),
    (("-a", "limit=0"), "limit=0 is not a number of articles, from 1 on"),
    (("-a", "site=sample", "-O", "articles.docx"), "the extension is the format, one of json, "),
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


class Broken(SampleSite):
    """Every article answers 500."""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers or {})
        if any(f"-{number}" in target for number in range(10)) or (target.startswith("/news/") and len(target) > 30):
            return SampleResponse(500, {"Content-Type": "text/html"}, b"<html><body>500</body></html>")
        return response


def test_too_many_failed_pages(tmp_path: Path) -> None:
    earlier = tmp_path / "articles.csv"
    earlier.write_text("the last good dataset", encoding="utf-8")
    with serve(Broken(articles=18)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-s", "RETRY_TIMES=0", "-O", str(earlier))
    assert result.code == 4
    assert "pages failed" in result.log.splitlines()[-1]
    assert earlier.read_text(encoding="utf-8") == "the last good dataset"


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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_run_reports_it_and_publishes_nothing(number: signal.Signals, code: int, tmp_path: Path) -> None:
    earlier = tmp_path / "articles.csv"
    earlier.write_text("the last good dataset", encoding="utf-8")
    with serve(SampleSite(articles=3000)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-O", str(earlier), stop_with=number)
    assert result.code == code, result.log[-2000:]
    assert earlier.read_text(encoding="utf-8") == "the last good dataset"
    assert "articles" not in result.tables


def test_killed_run_leaves_no_partial_file(tmp_path: Path) -> None:
    earlier = tmp_path / "articles.csv"
    earlier.write_text("the last good dataset", encoding="utf-8")
    with serve(SampleSite(articles=3000)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-O", str(earlier), stop_with=signal.SIGKILL)
    assert result.code == -signal.SIGKILL
    assert earlier.read_text(encoding="utf-8") == "the last good dataset"
    assert "articles" not in result.tables


def test_error_in_a_pipeline_fails_the_run(tmp_path: Path) -> None:
    broken = 'ITEM_PIPELINES={"tests.crawl.broken_pipeline.BrokenPipeline": 1}'
    part_of_a_site = ("-a", "site=sample", "-a", "sections=art")
    result = crawl(tmp_path, *part_of_a_site, "-s", broken, "-O", str(tmp_path / "a.csv"))
    assert result.code == 1
    assert "records raised an error in a pipeline" in result.log.splitlines()[-1]
    assert not (tmp_path / "a.csv").exists()


def test_run_without_articles_leaves_the_earlier_file(tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    with serve(SampleSite(articles=30)) as server:
        options = ("-a", f"site={server.url}", "-O", str(file))
        assert crawl(tmp_path, *options).code == 0
        before = file.read_bytes()
        assert crawl(tmp_path, *options, "-a", "since=2026-11-01").code == 0
    assert file.read_bytes() == before


def test_appending_keeps_one_header(tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    with serve(SampleSite(articles=30)) as server:
        for _ in range(2):
            assert crawl(tmp_path, "-a", f"site={server.url}", "-o", str(file)).code == 0
            server.site.publish(5)
    rows = read_csv(file)
    assert len(rows) == 35
    assert not [row for row in rows if row["article_id"] == "article_id"]
