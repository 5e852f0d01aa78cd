"""Articles over several pages: joined as in the crawl, and never cut to their first page."""

from pathlib import Path

from tests.crawl.test_later_pages import NUMBERED, PLAIN, QUERY, SHORT, is_whole, part, site
from tests.reparse.reparsing import assert_equal, crawl_archived, dataset, reparse, sound, sqlite
from tests.support.plain_site import serve_plain


def test_later_pages_are_joined_as_in_the_crawl(tmp_path: Path) -> None:
    crawled, read = sqlite(tmp_path / "crawled.db"), sqlite(tmp_path / "read.db")
    with serve_plain(site(NUMBERED, PLAIN, QUERY, SHORT)) as server:
        sound(crawl_archived(crawled, tmp_path, server.url, "-s", "CONCURRENT_REQUESTS=1"))
    before = dataset(crawled)
    assert len(before["articles"]) == 4
    result = sound(reparse(read, str(tmp_path / "warc")))
    assert "articles: 4 new" in result.words
    assert_equal(dataset(read), before)
    result = sound(reparse(crawled, str(tmp_path / "warc")))
    assert "articles: 4 unchanged" in result.words
    assert_equal(dataset(crawled), before)


def test_a_saved_first_page_does_not_cut_an_article(tmp_path: Path) -> None:
    crawled, read = sqlite(tmp_path / "crawled.db"), sqlite(tmp_path / "read.db")
    with serve_plain(site(NUMBERED, SHORT)) as server:
        sound(crawl_archived(crawled, tmp_path, server.url))
        before = dataset(crawled)
        folder = tmp_path / "saved"
        folder.mkdir()
        canonical = f'<link rel="canonical" href="{server.url.rstrip("/")}{NUMBERED}">'
        html = part(NUMBERED, 900001, 1, 3).replace("</head>", f"{canonical}</head>")
        (folder / "rasskaz.html").write_text(html, encoding="utf-8")
        result = sound(reparse(crawled, str(folder), "--site", server.url))
        assert "1 left whole" in result.words
        assert_equal(dataset(crawled), before)
        # An unknown article is stored as far as it is there.
        result = sound(reparse(read, str(folder), "--site", server.url))
    assert "1 new" in result.words
    (row,) = read.rows("articles")
    assert is_whole(row, 900001, 1)
