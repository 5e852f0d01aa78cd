import os
import threading
from datetime import date
from pathlib import Path

import pytest

from caravan_crawler.arguments import HELP, ArgumentError, CrawlArguments


def test_defaults() -> None:
    arguments = CrawlArguments.parse({})
    assert arguments == CrawlArguments("https://www.caravan.kz/", None, None, frozenset(), (), 7)


def test_everything_given() -> None:
    given = {
        "site": "http://127.0.0.1:8000",
        "since": "2019-01-01",
        "until": "2019-12-31",
        "sections": "news, /sport/",
        "urls": "/news/a-900001/,http://127.0.0.1:8000/news/b-900002/",
        "refresh_days": "3",
        "limit": "20",
        "_job": "6c5a",  # these two are Scrapyd's own
        "_version": "1795377268",
    }
    arguments = CrawlArguments.parse(given)
    assert arguments.site == "http://127.0.0.1:8000/"
    assert arguments.sections == {"news", "sport"}
    assert len(arguments.urls) == 2
    assert arguments.limit == 20
    assert arguments.covers(date(2019, 12, 31))
    assert not arguments.covers(date(2020, 1, 1))
    assert arguments.job == "6c5a"
    assert set(given) - {"_job", "_version"} == set(HELP)


BAD = [
    ({"sicne": "2019-01-01"}, "did you mean 'since'"),
    ({"": "2019-01-01"}, "unknown argument ''"),
    ({"since": "01.01.2019"}, "not a day as YYYY-MM-DD"),
    ({"since": "20190101"}, "not a day as YYYY-MM-DD"),
    ({"since": "2019-02-01", "until": "2019-01-01"}, "is before"),
    ({"site": "caravan.kz"}, "must begin with http"),
    ({"site": "https://"}, "names no host"),
    ({"site": "https://user:secret@caravan.kz/"}, "without user and password"),
    ({"site": "http://127.0.0.1:99999/"}, "is not a URL"),
    ({"site": "https://www.caravan.kz/?p=1"}, "must be the root"),
    ({"sections": " , "}, "must be names"),
    ({"sections": "news/kz"}, "must be names"),
    ({"sections": "news,.."}, "must be names"),
    ({"urls": "@/dev/zero"}, "it has more than 16777216 characters"),
    ({"urls": ","}, "names no page"),
    ({"urls": "https://zakon.kz/"}, "is not a page of"),
    ({"urls": f"/news/{'a' * 5000}-900001/"}, "a…: the address is longer than 2083 characters"),
    ({"urls": "/news/news/news/a-900001/"}, "repeats its path elements"),
    ({"refresh_days": "-1"}, "not a whole number"),
    *(({"limit": value}, f"limit={value} is not a whole number from 1 on") for value in ("", "0", "-5", "1.5", "all")),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_bad_arguments(given: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        CrawlArguments.parse(given)
    assert "\n" not in str(caught.value)


def test_sections_are_named_as_in_addresses() -> None:
    assert CrawlArguments.parse({"sections": "Новости, a b"}).sections == {
        "%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8",
        "a%20b",
    }


def test_pages_named_by_a_pipe_are_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("/news/a-900001/\n", encoding="utf-8"))
    writer.start()
    parsed = [CrawlArguments.parse({"urls": f"@{pipe}"}).urls for _ in range(2)]
    writer.join()
    assert parsed == [("/news/a-900001/",)] * 2


SITES = [
    ("https://WWW.caravan.kz:443", "https://www.caravan.kz/"),
    ("http://caravan.kz.:80/", "http://caravan.kz/"),
    ("https://caravan.kz:80/", "https://caravan.kz:80/"),
    ("http://[::1]:8000", "http://[::1]:8000/"),
    ("http://Караван.кз/", "http://xn--80aaah1bwr.xn--g1af/"),
]


@pytest.mark.parametrize(("given", "site"), SITES)
def test_a_site_has_one_name(given: str, site: str) -> None:
    """The store knows the site by its host."""
    assert CrawlArguments.parse({"site": given}).site == site
