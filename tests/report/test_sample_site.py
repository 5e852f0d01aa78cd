"""The report on two crawls of the sample site."""

from pathlib import Path

from caravan_crawler.sample_site import SampleSite, serve
from tests.report.reporting import report, specs, words
from tests.support.crawling import crawl


def test_two_crawls(tmp_path: Path) -> None:
    with serve(SampleSite(articles=60)) as server:
        for _ in range(2):
            assert crawl(tmp_path, "-a", f"site={server.url}").code == 0
            server.publish(20)
    file = tmp_path / "report.html"
    done = report(str(file), data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    page = file.read_text(encoding="utf-8")
    text = words(page)
    assert "articles 80 versions 80" in text
    assert "from 2001-09-04 to 2026-02-06." in text
    assert "New articles and minutes of 2 runs," in text
    assert "left the band" not in text
    assert {"coverage-bars", "fields-now", "fields-runs", "trending-bump", "rates-usd", "rates-eur"} <= set(specs(page))
