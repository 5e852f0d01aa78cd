"""The lock files: all that the project asks for, within its ranges, each with its hashes, and no word of where from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.crawling import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Each lock file with the extras it holds.
LOCKS = {
    "requirements.lock": ("postgresql", "archive", "workers"),
    "requirements-scrapyd.lock": ("postgresql", "archive", "workers", "scrapyd"),
}


def locked(name: str) -> dict[str, str]:
    """Name to version of what a lock file names; each must have its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    versions: dict[str, str] = {}
    for line in text.splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        (pin,) = Requirement(requirement).specifier
        assert pin.operator == "==", line
        assert hashes, line
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
        versions[canonicalize_name(Requirement(requirement).name)] = pin.version
    return versions


def wanted(extras: tuple[str, ...]) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_asked_for_is_locked_within_its_range(name: str) -> None:
    versions = locked(name)
    for requirement in wanted(LOCKS[name]):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_both_lock_the_same_versions() -> None:
    plain, scrapyd = (locked(name) for name in LOCKS)
    assert plain.items() <= scrapyd.items()
    assert "scrapyd" not in plain


@pytest.mark.parametrize("name", LOCKS)
def test_no_registry_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|trusted-host", text)


@pytest.mark.parametrize("name", LOCKS)
def test_the_page_has_the_line_that_renews_it(name: str) -> None:
    (line,) = re.findall(r"uv pip compile .*", (ROOT / name).read_text(encoding="utf-8"))
    assert line.endswith(f"--output-file {name}")
    assert f"{line} --upgrade" in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


def test_the_plain_requirements_are_those_of_the_project() -> None:
    lines = Path(ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == PROJECT["dependencies"]
