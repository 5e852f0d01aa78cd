"""Pages saved by an inspection have the form of page cases."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caravan_crawler.inspection.facts import Answer, Asked, Role
from caravan_crawler.inspection.page_report import PageFolder, SaveError
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.inspection.inspecting import inspect
from tests.inspection.monthly import MonthlySite, html
from tests.pages.test_page_cases import check, expectation


@pytest.mark.parametrize("site", [MonthlySite(), SampleSite(articles=60)], ids=["monthly", "sample"])
def test_saved_pages_are_page_cases(site: SampleSite, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "pages"
    with serve(site) as server:
        done = inspect("--site", server.url, "--save-pages", str(folder))
        assert server.hits == 25
    assert done.returncode == 0, done.stdout
    saved = list(folder.iterdir())
    assert len(saved) >= 24, "one may have redirected"
    assert done.stderr == f"scrapy inspect: {len(saved)} pages are saved in {folder}\n"
    cases = [path for path in saved if path.is_dir()]
    assert {path.suffix for path in saved} == {"", ".xml", ".txt"}
    for case in cases:
        check(case)
        assert re.fullmatch(r"127-0-0-1_\d{4}-\d\d-\d\d_\d\d_(home|listing|article|sitemap)(_[a-z0-9-]+)?", case.name)
    articles = [expectation(case) for case in cases if "_article_" in case.name]
    assert len(articles) >= 10
    assert {one["kind"] for one in articles} == {"article"}
    assert all(one["expect"]["headline"] and one["expect"]["body"] for one in articles)
    for one in articles:
        assert list(one) == ["why", "url", "charset", "fetched_at", "kind", "expect"]


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    def inspected() -> dict[str, bytes]:
        with serve(MonthlySite()) as server:
            assert inspect("--site", server.url, "--requests", "6", "--save-pages", str(tmp_path)).returncode == 0
        return {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    first = inspected()
    second = inspected()
    assert len(second) == 2 * len(first)
    assert second.items() >= first.items()


def test_error_pages_and_other_encodings_are_cases_too(tmp_path: Path) -> None:
    def trick(target: str, response: SampleResponse) -> SampleResponse | None:
        if target == "/society/":
            return html("<html><head><title>404</title></head><body><h1>Страница не найдена</h1></body></html>", 404)
        if "otkrytie" not in target:
            return None
        headers = {"Content-Type": "text/html; charset=windows-1251"}
        return SampleResponse(200, headers, response.body.decode().encode("cp1251", "replace"))

    with serve(MonthlySite(trick)) as server:
        inspect("--site", server.url, "--save-pages", str(tmp_path))
    cases = [path for path in tmp_path.iterdir() if path.is_dir()]
    for case in cases:
        check(case)
    found = [expectation(case) for case in cases]
    assert "error" in {one["kind"] for one in found}
    assert "windows-1251" in {one["charset"] for one in found}


def test_a_page_that_breaks_the_reader_is_saved_without_values(tmp_path: Path) -> None:
    folder = PageFolder(tmp_path)
    asked = Asked("http://127.0.0.1/news/x-100200/", Role.ARTICLE)
    folder.save(Answer(asked, asked.url, datetime.now(UTC), 200, b"<html>x</html>"), "broken", [])
    assert [path.suffix for path in tmp_path.iterdir()] == [".htm"]


def test_a_folder_that_cannot_be_written_to_is_refused_in_one_line(tmp_path: Path, closed_folder: Path) -> None:
    with pytest.raises(SaveError, match="cannot be written to"):
        PageFolder(closed_folder)
    with serve(MonthlySite()) as server:
        done = inspect("--site", server.url, "--save-pages", str(closed_folder))
        assert server.hits == 0
    assert done.returncode == 2
    assert re.fullmatch(r"scrapy inspect: .* cannot be written to: .*\n", done.stderr)
