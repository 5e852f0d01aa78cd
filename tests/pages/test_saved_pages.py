"""Every saved page, every field: the reader against what a person reads on it.

Each ``saved/NAME.html`` is an invented page in one of the many shapes the site's markup may have, with
``NAME.json`` beside it: its address, its kind, and what each field must be, and when it was fetched where that is not
the moment of ``fields.py``. To add a page, save both; ``scrapy inspect --site --save-pages`` saves them with what is
read on them, to be corrected where that is wrong.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pages.fields import FETCHED, fields_of

SAVED = Path(__file__).parent / "saved"
NAMES = sorted(path.stem for path in SAVED.glob("*.json"))


def expectation(name: str, folder: Path = SAVED) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return case


def check(name: str, folder: Path = SAVED) -> None:
    """Compare what is read on a saved page with what must be."""
    case = expectation(name, folder)
    expected = {"kind": case["kind"], **case["expect"]}
    fetched_at = datetime.fromisoformat(case["fetched_at"]) if "fetched_at" in case else FETCHED
    found = fields_of((folder / f"{name}.html").read_bytes(), case["url"], case["charset"], fetched_at)
    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_field(name: str) -> None:
    check(name)


def test_every_page_has_its_expectation_and_back() -> None:
    assert {path.stem for path in SAVED.glob("*.html")} == set(NAMES)
    assert len(NAMES) > 200
