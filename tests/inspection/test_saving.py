"""The pages an inspection saves are test cases as they are."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caravan_crawler.inspection.facts import Answer, Asked, Role
from caravan_crawler.inspection.fixtures import PageFolder, SaveError
from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.inspection.inspecting import inspect
from tests.inspection.monthly import MonthlySite, html
from tests.pages.test_saved_pages import check, expectation


@pytest.mark.parametrize("site", [MonthlySite(), SampleSite(articles=60)], ids=["monthly", "sample"])
def test_saved_pages_are_read_back_by_the_loader_of_the_tests(site: SampleSite, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "pages"
    with serve(site) as server:
        done = inspect("--site", server.url, "--save-pages", str(folder))
        assert server.hits == 25
    assert done.returncode == 0, done.stdout
    pages = [path for path in folder.iterdir() if path.suffix != ".json"]
    assert len(pages) >= 24, "one may have redirected"
    assert done.stderr == f"scrapy inspect: {len(pages)} pages are saved in {folder}\n"
    cases = sorted(path.stem for path in folder.glob("*.json"))
    assert cases == sorted(path.stem for path in folder.glob("*.html"))
    assert {path.suffix for path in pages} == {".html", ".xml", ".txt"}
    for name in cases:
        check(name, folder)
        assert re.fullmatch(r"127-0-0-1_\d{4}-\d\d-\d\d_\d\d_(home|listing|article|sitemap)(_[a-z0-9-]+)?", name)
    articles = [expectation(name, folder) for name in cases if "_article_" in name]
    assert len(articles) >= 10
    assert {case["kind"] for case in articles} == {"article"}
    assert all(case["expect"]["headline"] and case["expect"]["body"] for case in articles)


def test_no_file_is_written_over(tmp_path: Path) -> None:
    def inspected() -> dict[str, bytes]:
        with serve(MonthlySite()) as server:
            assert inspect("--site", server.url, "--requests", "6", "--save-pages", str(tmp_path)).returncode == 0
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    first = inspected()
    second = inspected()
    assert len(second) == 2 * len(first)
    assert second.items() >= first.items()


def test_a_page_that_came_as_an_error_or_in_another_encoding_is_a_case_too(tmp_path: Path) -> None:
    def trick(target: str, response: SampleResponse) -> SampleResponse | None:
        if target == "/society/":
            return html("<html><head><title>404</title></head><body><h1>Страница не найдена</h1></body></html>", 404)
        if "otkrytie" not in target:
            return None
        headers = {"Content-Type": "text/html; charset=windows-1251"}
        return SampleResponse(200, headers, response.body.decode().encode("cp1251", "replace"))

    with serve(MonthlySite(trick)) as server:
        inspect("--site", server.url, "--save-pages", str(tmp_path))
    cases = [path.stem for path in tmp_path.glob("*.json")]
    for name in cases:
        check(name, tmp_path)
    found = [expectation(name, tmp_path) for name in cases]
    assert "error" in {case["kind"] for case in found}
    assert "windows-1251" in {case["charset"] for case in found}


def test_a_page_that_breaks_the_reader_is_kept_without_values(tmp_path: Path) -> None:
    folder = PageFolder(tmp_path)
    asked = Asked("http://127.0.0.1/news/x-100200/", Role.ARTICLE)
    folder.save(Answer(asked, asked.url, datetime.now(UTC), 200, b"<html>x</html>"), "broken", [])
    assert [path.suffix for path in tmp_path.iterdir()] == [".htm"]


def test_a_page_that_cannot_be_saved_is_a_line(tmp_path: Path, closed_folder: Path) -> None:
    with pytest.raises(SaveError, match="cannot be written to"):
        PageFolder(closed_folder)
    with serve(MonthlySite()) as server:
        done = inspect("--site", server.url, "--save-pages", str(closed_folder))
        assert server.hits == 0
    assert done.returncode == 2
    assert re.fullmatch(r"scrapy inspect: .* cannot be written to: .*\n", done.stderr)


def test_what_is_saved_names_what_a_person_needs(tmp_path: Path) -> None:
    with serve(MonthlySite()) as server:
        inspect("--site", server.url, "--requests", "10", "--save-pages", str(tmp_path))
    case = json.loads(next(tmp_path.glob("*_article_*.json")).read_text(encoding="utf-8"))
    assert case.keys() == {"url", "charset", "fetched_at", "kind", "expect"}
