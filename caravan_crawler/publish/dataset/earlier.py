"""What lies where a dataset is to go: nothing, an earlier dataset, or something of the user's that must stay."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from caravan_crawler.publish.dataset.build import CARD, PACKAGE, SUMS
from caravan_crawler.publish.dataset.errors import ExportRefusedError
from caravan_crawler.publish.dataset.package import MARK


def check_replaceable(folder: Path) -> None:
    """Raise :class:`ExportRefusedError` unless ``folder`` is missing, empty, or an earlier dataset as it was made."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportRefusedError(f"{folder} is a file; a dataset is a folder")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not there and not any(folder.iterdir()):
        return
    if not is_package(_read(folder / PACKAGE)):
        raise ExportRefusedError(f"{folder} is not empty and no earlier dataset; name another folder")
    sums = read_sums(_read(folder / SUMS))
    if foreign := sorted(there - sums.keys() - {SUMS}):
        raise ExportRefusedError(f"{folder} holds {foreign[0]}, which is no part of the dataset; move it away")
    card = folder / CARD
    if card.exists() and hashlib.sha256(card.read_bytes()).hexdigest() != sums.get(CARD):
        raise ExportRefusedError(f"{card} was edited and would be lost; move it away, or name another folder")


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
