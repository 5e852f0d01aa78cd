"""The proxies of the environment: not for a site on this machine, and named where one fails."""

from pathlib import Path

import pytest

from tests.support.crawling import crawl

#: Nothing listens there.
PROXY = "http://user:secret@127.0.0.1:9/"


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, PROXY)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


def test_the_sample_site_is_asked_directly(tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", "-a", "limit=2")
    assert done.code == 0, done.log[-2000:]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_fails_is_named_without_its_password(scheme: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", f"site={scheme}://caravan.invalid/", "-s", "RETRY_TIMES=0")
    assert done.code == 4
    assert "through the proxy http://127.0.0.1:9" in done.log.splitlines()[-1]
    assert "secret" not in done.log
