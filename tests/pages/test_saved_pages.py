"""Every saved page, every field: the reader against what a person reads on it.

Each ``saved/NAME.html`` is an invented page in one of the many shapes the site's markup may have, with
``NAME.json`` beside it: its address, its kind, and what each field must be. To add a page, save both.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pages.fields import fields_of

SAVED = Path(__file__).parent / "saved"
NAMES = sorted(path.stem for path in SAVED.glob("*.json"))


def expectation(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((SAVED / f"{name}.json").read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("name", NAMES)
def test_every_field(name: str) -> None:
    case = expectation(name)
    expected = {"kind": case["kind"], **case["expect"]}
    found = fields_of((SAVED / f"{name}.html").read_bytes(), case["url"], case["charset"])
    assert {field: found.get(field) for field in expected} == expected


def test_every_page_has_its_expectation_and_back() -> None:
    assert {path.stem for path in SAVED.glob("*.html")} == set(NAMES)
    assert len(NAMES) > 200
