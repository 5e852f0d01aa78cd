"""The report on crawls of the sample site: of a part, then of all."""

from pathlib import Path

from caravan_crawler.sample_site import SampleSite, serve
from tests.report.reporting import report, report_here, specs, words
from tests.support.crawling import crawl


def test_a_part_and_the_whole_site(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    pages = []
    with serve(SampleSite(articles=30)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}", "-a", "since=2020-01-01").code == 0
        assert report_here(str(file), data_dir=tmp_path) == 0
        pages.append(file.read_text(encoding="utf-8"))
        assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
    done = report(str(file), data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    pages.append(file.read_text(encoding="utf-8"))
    part, whole = map(words, pages)
    assert "<title>Report on a sample site</title>" in pages[0]
    assert 'class="wrong">Most' not in pages[0]
    assert "Only a part of the site has been crawled, so days without an article are normal." in part
    assert "1 run. The numbers are those of the last one." in part
    assert "since=2020-01-01 complete" in part
    assert "articles 30 versions of articles 30 " in whole
    assert "Articles from 2001-09-04 to 2026-02-05." in whole
    assert "Only a part of the site" not in whole
    assert [list(specs(page)) for page in pages] == [["coverage-bars"], ["coverage-bars", "views-spread"]]
