"""Docstrings, comments and documentation are in plain technical English."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sorted(path for folder in ("caravan_crawler", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
MARKDOWN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

#: Words and phrases that a reader whose second language is English has to read twice.
REFUSED = re.compile(
    r"\b(?:lest|heed(?:s|ed|ing)?|mend(?:s|ed|ing)?|told|tells?|telling|beside|bereft|anew|afresh|whence|thence|hither"
    r"|whoever|so (?:many|often|long|much)|of such|the like|in hand|take[ns]? in|no more|as ever|in words"
    r"|puts? right|take[ns]? away|goes on|held against|speaks? of|of its kind|for ever)\b",
    re.IGNORECASE,
)
#: Openings of a sentence whose subject comes late.
OPENING = re.compile(r"(?:^|[.:;!?] )(?:What|Of|Whose|Whom|That) (?!is |was )[a-z]")
_CODE = re.compile(r"``.*?``|`[^`]*`|\"[^\"]*\"|«[^»]*»", re.DOTALL)


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each docstring and comment."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1 and block:
            yield first, " ".join(block)
            block = []
        if not block:
            first = token.start[0]
        last = token.start[0]
        block.append(token.string.lstrip("#: "))
    if block:
        yield first, " ".join(block)


def problems(text: str) -> list[str]:
    """Return the refused words and openings of a text, outside of code and quotations."""
    plain = " ".join(_CODE.sub("x", text).split())
    return [found[0] for pattern in (REFUSED, OPENING) for found in pattern.finditer(plain)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So many pages share a commit.", ["So many"]),
        ("Pages per commit. What is read is kept.", []),
        ("Print it. What the page has, lest it fails.", ["lest", ". What t"]),
        ("Use `tell` to get the position.", []),
    ],
)
def test_check_finds_riddles(text: str, expected: list[str]) -> None:
    assert [found.strip() for found in problems(text)] == expected


def test_docstrings_and_comments_are_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {', '.join(words)}"
        for path in PYTHON
        if path.name != Path(__file__).name
        for line, text in prose_of(path)
        if (words := problems(text))
    ]
    assert found == []


def test_documentation_is_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {', '.join(words)}"
        for path in MARKDOWN
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (words := problems(text))
    ]
    assert found == []
