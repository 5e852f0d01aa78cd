"""Wrong settings are reported before the first request."""

import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings

from caravan_crawler import settings as own_settings
from caravan_crawler.settings_checks import settings_problem
from tests.support.crawling import crawl

# Settings, whether the library is installed, and the start of the message, if any.
CASES = [
    ({"BROWSER": "off"}, False, None),
    ({"BROWSER": "Auto", "BROWSER_PATH": sys.executable}, True, None),
    ({"BROWSER": "sometimes"}, True, "BROWSER=sometimes is none of off, auto, always"),
    ({"BROWSER": "auto"}, False, "BROWSER=auto needs scrapy-playwright: pip install -e '.[browser]'"),
    ({"BROWSER": "always", "BROWSER_PATH": "/no/such"}, True, "BROWSER_PATH=/no/such is no program"),
    (
        {"BROWSER": "auto", "PATH": "/"},
        True,
        "BROWSER=auto needs a browser: apt-get install chromium-headless-shell (or",
    ),
    ({"BROWSER": "auto", "BROWSER_PATH": sys.executable, "BROWSER_WAIT": "long"}, True, "BROWSER_WAIT=long is not a"),
]


@pytest.mark.parametrize(("given", "is_there", "line"), CASES)
def test_settings(given: dict[str, str], is_there: bool, line: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_there:
        monkeypatch.setitem(sys.modules, "scrapy_playwright", None)
    if "PATH" in given:
        monkeypatch.setenv("PATH", given["PATH"])
    settings = Settings()
    settings.setmodule(own_settings)
    settings.setdict(given, priority="cmdline")
    problem = settings_problem(settings)
    assert (problem or "").startswith(line or "")
    assert (problem is None) == (line is None)


def test_a_wrong_setting_is_one_line_and_no_request(tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", "-s", "BROWSER=sometimes")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert not (tmp_path / "runs").exists()
