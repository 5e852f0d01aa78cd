"""The lock files: every requirement within its range, with its hashes, and without the name of a registry."""

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.crawling import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Each lock file with its extras.
EXTRAS = ("postgresql", "archive", "browser", "report", "parquet", "xlsx", "cloud")
#: Extras for a desk; Datasette requires pip and setuptools, and would pin one that Scrapyd cannot use.
UNLOCKED = {"test", "datasette"}
LOCKS = {"requirements.lock": EXTRAS, "requirements-scrapyd.lock": (*EXTRAS, "scrapyd")}
PYTHONS = ("3.11.0", "3.11.7", "3.12.1", "3.13.0", "3.14.0")


def locked(name: str, python: str = PYTHONS[0]) -> dict[str, str]:
    """Return the versions in a lock file for a Python on Linux, by name; assert that each has hashes."""
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
        if applies(Requirement(requirement), python):
            name = canonicalize_name(Requirement(requirement).name)
            assert name not in versions, f"{name} is locked twice for Python {python}"
            versions[name] = pin.version
    return versions


def applies(requirement: Requirement, python: str, extra: str = "") -> bool:
    """Whether a requirement applies on Linux under this version of CPython."""
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0], "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def needed(requirement: Requirement, python: str) -> Iterator[Requirement]:
    """Yield the requirements of an installed package with the requested extras."""
    for line in importlib.metadata.requires(requirement.name) or []:
        further = Requirement(line)
        if any(applies(further, python, extra) for extra in ("", *requirement.extras)):
            yield further


def wanted(extras: tuple[str, ...]) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked_within_its_range(name: str) -> None:
    versions = locked(name)
    for requirement in wanted(LOCKS[name]):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_each_python_gets_every_dependency(name: str, python: str) -> None:
    versions = locked(name, python)
    seen: set[str] = set()
    waiting = wanted(LOCKS[name])
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        package = canonicalize_name(requirement.name)
        assert requirement.specifier.contains(versions[package], prereleases=True), requirement
        if is_installed(package, versions[package]):
            waiting += needed(requirement, python)


def is_installed(package: str, version: str) -> bool:
    """Whether the locked version is installed, so that its requirements can be read; a newer one may have more."""
    try:
        return importlib.metadata.version(package) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def test_every_extra_that_a_readme_line_installs_is_locked() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {extra for listed in re.findall(r"'\.\[([a-z,]+)\]'", readme) for extra in listed.split(",")}
    assert {"archive", "report"} <= named
    assert named - UNLOCKED <= set(EXTRAS)
    assert set(EXTRAS) | {"scrapyd"} | UNLOCKED == set(PROJECT["optional-dependencies"])


def test_the_classifiers_name_the_pythons() -> None:
    prefix = "Programming Language :: Python :: "
    assert [line.removeprefix(prefix) for line in PROJECT["classifiers"] if line.startswith(prefix)] == [
        "3",
        "3.11",
        "3.12",
        "3.13",
    ]


def test_both_lock_the_same_versions() -> None:
    plain, scrapyd = (locked(name) for name in LOCKS)
    assert plain.items() <= scrapyd.items()
    assert "scrapyd" not in plain


@pytest.mark.parametrize("name", LOCKS)
def test_no_registry_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|trusted-host", text)


@pytest.mark.parametrize("name", LOCKS)
def test_the_head_has_the_command_that_updates_the_lock(name: str) -> None:
    (line,) = re.findall(r"^#    (uv pip compile .*)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert line.endswith(f" pyproject.toml --output-file {name}")
    assert tuple(re.findall(r"--extra (\w+)", line)) == LOCKS[name]
    assert f"`{name}`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_plain_requirements_are_those_of_the_project() -> None:
    lines = Path(ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == PROJECT["dependencies"]
