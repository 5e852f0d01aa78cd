"""Pages saved as test cases: a folder with ``page.html`` as it came and ``expected.json``, the values read on it.

This is the form of ``tests/pages/cases``; a feed or sitemap is ``page.xml``. An inspection of a site saves feeds,
sitemaps and robots.txt as files, without values.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler.inspection.fact_reader import FactReader, answer_of
from caravan_crawler.inspection.facts import Answer, Found, Role
from caravan_crawler.items import as_row
from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.pages.document import Bounds
from caravan_crawler.pages.encoding import declared_charset
from caravan_crawler.urls import Site

#: An article's fields that a case does not compare: ``views`` is compared, and the others depend on the request.
_NOT_SAVED = ("views_raw", "fetched_url", "observed_at")
#: Kinds of responses that are no test case: those that are not pages, and pages on which a reader failed.
_WITHOUT_VALUES = ("feed", "sitemap", "sitemap index", "broken")
_LONGEST_NAME = 60


class SaveError(Exception):
    """A page could not be saved; the message is one line for the user."""


class PageFolder:
    """Saves pages into a folder; never overwrites a file."""

    def __init__(self, folder: Path) -> None:
        """Create the folder if needed; raise :class:`SaveError` if it cannot be created or written to."""
        self.folder = folder
        self.saved = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".inspect-probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SaveError(f"{folder} cannot be written to: {error.strerror}") from None

    def save(self, answer: Answer, kind: str, pipelines: Iterable[Any]) -> None:
        """Save a response, unless it has no body; raise :class:`SaveError` if it cannot be written."""
        if answer.problem is not None or not answer.body:
            return
        path = self.folder / self._free(_stem(answer, self.saved + 1))
        if answer.asked.role is Role.ROBOTS:
            _write(path.with_name(f"{path.name}.txt"), answer.body)
        elif kind in _WITHOUT_VALUES:
            _write(path.with_name(f"{path.name}{_ending(answer)}"), answer.body)
        else:
            save_case(path, answer, pipelines)
        self.saved += 1

    def _free(self, stem: str) -> str:
        """Return a name that no file or folder has yet, whatever its ending."""
        name, number = stem, 1
        while (self.folder / name).exists() or any(self.folder.glob(f"{name}.*")):
            number += 1
            name = f"{stem}-{number}"
        return name


def save_case(case: Path, answer: Answer, pipelines: Iterable[Any]) -> None:
    """Save one page as a case, in a new folder; :class:`SaveError` if there is one or it cannot be written."""
    expected = json.dumps(case_of(answer, pipelines), ensure_ascii=False, indent=1) + "\n"
    try:
        case.mkdir(parents=True)
    except OSError as error:
        raise SaveError(f"{case} cannot be saved: {error.strerror}") from None
    _write(case / f"page{'.xml' if _ending(answer) == '.xml' else '.html'}", answer.body)
    _write(case / "expected.json", expected.encode())


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise SaveError(f"{path} cannot be saved: {error.strerror}") from None


def case_of(answer: Answer, pipelines: Iterable[Any]) -> dict[str, Any]:
    """Return the page's address, its charset, when it was fetched, its kind and every value read on it.

    ``why`` is left empty: the tests refuse the case until a person says what it is for.
    """
    parts = urlsplit(answer.url)
    site = Site(f"{parts.scheme}://{parts.netloc}/")
    charset = declared_charset(answer.content_type)
    # The tests read a case's page without its status.
    answer = answer_of(answer.body, answer.url, charset, answer.received_at)
    facts = FactReader(site, pipelines, Bounds()).read(answer)
    expect: dict[str, Any] = {}
    if facts.article is not None:
        row = as_row(facts.article.record)
        expect = {name: value for name, value in row.items() if name not in _NOT_SAVED}
    elif facts.source is not None:
        source = facts.source
        if facts.reading is not None:
            expect = {"cards": _entries(source.found), "next_page": source.next_page}
        else:
            expect = {"entries": _entries(source.found), "sitemaps": _entries(source.sitemaps)}
    if facts.reading is not None:
        header = facts.reading.header
        expect |= {
            "rates": {one.currency: str(one.rate) for one in facts.rates},
            "temperature": next((one.temperature_c for one in facts.weather), None),
            "city": header.city,
            "page_date": parse_date(header.date, answer.received_at).iso if header.date else None,
            "trending": [[one.topic, one.headline, one.url] for one in facts.trending],
        }
    return {
        "why": "",
        "url": answer.url,
        "charset": charset,
        "fetched_at": answer.received_at.isoformat(timespec="seconds"),
        "kind": facts.kind,
        "expect": expect,
    }


def _entries(found: Iterable[Found]) -> list[list[str | None]]:
    return [[one.url, one.headline, one.iso_day] for one in found]


def _ending(answer: Answer) -> str:
    return ".htm" if b"<html" in answer.body[:4096].lower() else ".xml"


def _stem(answer: Answer, number: int) -> str:
    """Return a name from site, day, number, role and URL: ``caravan-kz_2026-11-28_07_article_most-otkryli-1011200``."""
    asked = answer.asked
    host = (urlsplit(answer.url).hostname or "").removeprefix("www.")
    last = urlsplit(asked.url).path.rstrip("/").rsplit("/", 1)[-1] or urlsplit(asked.url).query
    words = [host, f"{answer.received_at:%Y-%m-%d}", f"{number:02}", str(asked.role), last]
    safe = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[-_LONGEST_NAME:].strip("-") for word in words]
    return "_".join(filter(None, safe))
