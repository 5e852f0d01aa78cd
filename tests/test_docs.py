"""The pages of ``docs/`` and the README agree with the code."""

import re
import signal
from pathlib import Path

from caravan_crawler import __version__
from caravan_crawler.arguments import HELP
from caravan_crawler.outcome import BELOW_FLOORS, CRASHED, LOCKED, REFUSED, SOUND, STOPPED, UNREACHABLE
from caravan_crawler.pages.article import READERS
from docs.generate import PAGE, page

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_the_page_on_the_data_is_generated_from_the_items() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python docs/generate.py"


def test_every_reader_says_what_it_reads() -> None:
    readers = [reader for readers in READERS.values() for reader in readers]
    assert all(reader.__doc__ for reader in readers)
    assert len({reader.__name__ for reader in readers}) == len(readers), "a reader's name is its count's"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    for path in MARKDOWN:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text(encoding="utf-8")):
            other = path.parent / target if target else path
            assert other.exists(), f"{path.name}: {target}"
            assert not anchor or anchor in anchors(other), f"{path.name}: {target}#{anchor}"


def test_modules_named_in_the_page_on_the_reader_exist() -> None:
    text = (ROOT / "docs" / "fixing-the-reader.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:\w+/)?([a-z_]+\.py)`", text))
    there = {
        path.name for part in ("pages", "normalise", ".") for path in (ROOT / "caravan_crawler" / part).glob("*.py")
    }
    assert len(named) > 15
    assert named <= there


def test_the_tables_to_change_exist() -> None:
    text = (ROOT / "docs" / "fixing-the-reader.md").read_text(encoding="utf-8")
    rows = re.findall(r"((?:`\w+`,? )+)in\s+`((?:pages/|normalise/|)\w+\.py)`", text)
    assert len(rows) > 20
    for names, path in rows:
        source = (ROOT / "caravan_crawler" / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(?:def )?{name}\b", source, re.MULTILINE), f"{name} is not in {path}"


def test_the_messages_in_the_runbook_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "caravan_crawler").rglob("*.py"))
    source = re.sub(r'"\s+f?"', "", source)  # strings in several lines
    listed = re.findall(r"^(?:- |\| )((?:`[^`]+`(?:,\s+)?)+)", text, re.MULTILINE)
    messages = [message for line in listed for message in re.findall(r"`([^`]+)`", line)]
    assert len(messages) > 35
    for message in messages:
        # Numbers and words in capitals stand for values; four words between them are enough.
        words = max((part.split() for part in re.split(r"…|\b[A-Z]{2,}\b|\b[NM]\b|\d+(?: %)?", message)), key=len)
        runs = [" ".join(words[first : first + 4]) for first in range(max(1, len(words) - 3))]
        assert any(run in source for run in runs), message


def test_the_runbook_has_every_exit_code() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    codes = [SOUND, CRASHED, REFUSED, BELOW_FLOORS, UNREACHABLE, LOCKED]
    assert re.findall(r"^## (\d)", text, re.MULTILINE)[: len(codes)] == [str(code) for code in codes]
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        assert re.search(rf"^## .*\b{STOPPED + signal_number}\b", text, re.MULTILINE)


def test_the_readme_names_every_argument() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in HELP)


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
