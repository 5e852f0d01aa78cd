"""The page cases: what is read on each page against what a person reads on it.

A case is a folder ``cases/TOPIC/CASE``: ``page.html`` is an invented page in one of the many shapes that the site's
markup may have; ``expected.json`` says why the case is there, and has the page's address, its kind, what each field
must be, and the time it was fetched where that is not ``fields.FETCHED``. Without ``published_at`` it must be None.
A feed or sitemap is ``page.xml``; a card or an entry is URL, headline and day.
``scrapy inspect URL-or-FILE --save-fixture TOPIC/CASE`` adds a case.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.pages.fields import FETCHED, fields_of

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.parent.relative_to(CASES).as_posix() for path in CASES.glob("*/*/expected.json"))


def expectation(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    return expected


def read(page: bytes, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a page at the address and time of a case."""
    fetched_at = datetime.fromisoformat(expected["fetched_at"]) if "fetched_at" in expected else FETCHED
    return fields_of(page, expected["url"], expected["charset"], fetched_at)


def fields_in(case: Path) -> dict[str, Any]:
    (page,) = case.glob("page.*")
    return read(page.read_bytes(), expectation(case))


@cache
def fields_of_case(name: str) -> dict[str, Any]:
    """Return what is read on a case's page, which other tests compare with changed pages."""
    return fields_in(CASES / name)


def compare(found: dict[str, Any], expected: dict[str, Any]) -> None:
    fields = {"kind": expected["kind"], "published_at": None, **expected["expect"]}
    wrong = [name for name, value in fields.items() if found.get(name) != value]
    assert {name: found.get(name) for name in wrong} == {name: fields[name] for name in wrong}, (
        f"read wrongly: {', '.join(wrong)}"
    )


def check(case: Path) -> None:
    """Compare what is read on a case's page with what is expected."""
    compare(fields_in(case), expectation(case))


def problems(folder: Path) -> list[str]:
    """Return what is wrong with the cases of a folder themselves, one line each."""
    lines: list[str] = []
    reasons: dict[str, Path] = {}
    for case in sorted(folder.glob("*/*")):
        names = sorted(path.name for path in case.glob("*"))
        if names not in (["expected.json", "page.html"], ["expected.json", "page.xml"]):
            lines.append(f"{case}: a case is a folder of expected.json and page.html or page.xml")
            continue
        why = expectation(case).get("why", "").strip()
        if not why:
            lines.append(f'{case}/expected.json: "why" is empty; say what this page catches that no other does')
        elif (other := reasons.setdefault(why, case)) is not case:
            lines.append(f'{case}/expected.json: "why" is the same as that of {other}')
    return lines


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str) -> None:
    compare(fields_of_case(name), expectation(CASES / name))


def test_every_case_is_complete() -> None:
    assert problems(CASES) == []
    assert len(NAMES) > 200
