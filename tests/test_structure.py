"""The structure of the package: one file a subject, each file name once, each docstring's first line short."""

import ast
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "caravan_crawler"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Folders that name their modules by topic, as the rest of the package does: a topic has the same name in each.
BY_TOPIC = {"report", "sample_site"}
#: Lines of a module; a longer one has more than one subject, unless a reason is given here.
LONGEST = 400
ALLOWED_LONGER = {
    "normalise/dates.py": "words, zones and forms of a date",
    "sample_site/faults.py": "a catalogue",
    "spiders/caravan.py": "one class: all callbacks of the crawl",
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_a_file_name_is_used_once() -> None:
    names = Counter(
        path.name
        for path in MODULES
        if not path.name.startswith("__") and path.relative_to(PACKAGE).parts[0] not in BY_TOPIC
    )
    assert {name for name, number in names.items() if number > 1} == set()


def test_module_has_one_subject_and_names_it() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), f"{path}: what is it about?"
        assert len(text.splitlines()) <= LONGEST or name_of(path) in ALLOWED_LONGER, f"{path} is long, without a reason"


def test_every_exception_is_needed() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert [name for name in ALLOWED_LONGER if lengths.get(name, 0) <= LONGEST] == []
