"""What lies where a dataset is to go: nothing, an earlier dataset, or something of the user's that must stay."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from caravan_crawler.publish.dataset.build import CARD, PACKAGE, SUMS
from caravan_crawler.publish.dataset.errors import ExportRefusedError
from caravan_crawler.publish.dataset.package import MARK


def check_replaceable(folder: Path) -> None:
    """Raise :class:`ExportRefusedError` unless ``folder`` is missing, empty, or an earlier dataset as it was made."""
    try:
        problem = _problem(folder)
    except OSError as error:
        problem = f"{folder} cannot be read: {error.strerror or error}"
    if problem:
        raise ExportRefusedError(problem)


def _problem(folder: Path) -> str | None:
    if not folder.exists():
        return None
    if not folder.is_dir():
        return f"{folder} is a file; a dataset is a folder"
    if not any(folder.iterdir()):
        return None
    if not is_package(_read(folder / PACKAGE)):
        return f"{folder} is not empty and no earlier dataset; name another folder"
    sums = read_sums(_read(folder / SUMS))
    if foreign := sorted(_files(folder) - sums.keys() - {SUMS}):
        return f"{folder} holds {foreign[0]}, which is no part of the dataset; move it away"
    card = folder / CARD
    if card.exists() and hashlib.sha256(card.read_bytes()).hexdigest() != sums.get(CARD):
        return f"{card} was edited and would be lost: take the words out as --notes FILE, or name another folder"
    return None


def _files(folder: Path) -> set[str]:
    """Return the paths of all that is no folder; a link to one is none."""
    found = set()
    for where, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        found |= {(Path(where) / name).relative_to(folder).as_posix() for name in [*files, *links]}
    return found


def is_package(text: str) -> bool:
    """Whether a ``datapackage.json`` is one that an export wrote."""
    try:
        package = json.loads(text)
    except ValueError:
        return False
    return isinstance(package, Mapping) and MARK in package


def read_sums(text: str) -> dict[str, str]:
    """Return path to SHA-256 of a ``SHA256SUMS``."""
    pairs = (line.split("  ", 1) for line in text.splitlines() if "  " in line)
    return {name: sum_ for sum_, name in pairs}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError, IsADirectoryError):
        return ""
