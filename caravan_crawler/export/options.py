"""Options of an export, and the errors that end one."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from caravan_crawler.export.tables import TABLES
from caravan_crawler.outcome import BELOW_FLOORS, CRASHED, LOCKED, REFUSED


class ExportError(Exception):
    """The dataset was not written; the message is one line for the user, ``code`` the exit code."""

    code = CRASHED


class ExportRefusedError(ExportError):
    """The options, or the target of the export, cannot be used."""

    code = REFUSED


class BelowFloorsError(ExportError):
    """The dataset is empty, or below its floors."""

    code = BELOW_FLOORS


class ExportLockedError(ExportError):
    """Another export is writing the same dataset."""

    code = LOCKED


FORMATS = ("csv", "jsonl", "parquet")


@dataclass(frozen=True)
class ExportOptions:
    """Checked options. Empty ``sections`` or ``languages`` mean all; the days are inclusive.

    For the card, ``license`` is an identifier such as ``cc-by-4.0``, ``notes`` Markdown on licence and source.
    """

    formats: tuple[str, ...] = ("csv", "jsonl")
    tables: tuple[str, ...] = tuple(TABLES)
    since: date | None = None
    until: date | None = None
    sections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    license: str | None = None
    notes: str | None = None

    @classmethod
    def parse(
        cls,
        *,
        formats: str | None = None,
        tables: str | None = None,
        since: str | None = None,
        until: str | None = None,
        sections: str | None = None,
        languages: str | None = None,
        license_id: str | None = None,
        notes: str | None = None,
    ) -> "ExportOptions":
        """Parse the options of the command line; raise :class:`ExportRefusedError` for the first bad one."""
        first, last = _day("--since", since), _day("--until", until)
        if first and last and last < first:
            raise ExportRefusedError(f"--until {last} is before --since {first}")
        options = cls(
            formats=_known("--format", formats, FORMATS) if formats is not None else cls.formats,
            tables=_known("--table", tables, TABLES) if tables is not None else cls.tables,
            since=first,
            until=last,
            sections=_names("--section", sections) if sections is not None else (),
            languages=_names("--language", languages) if languages is not None else (),
            license=_license(license_id) if license_id is not None else None,
            notes=_text_of(Path(notes)) if notes is not None else None,
        )
        if "parquet" in options.formats and find_spec("pyarrow") is None:
            raise ExportRefusedError("--format parquet needs pyarrow: pip install pyarrow")
        return options

    @property
    def has_period(self) -> bool:
        """Whether a first or a last day is set."""
        return self.since is not None or self.until is not None

    @property
    def restricts_articles(self) -> bool:
        """Whether articles are filtered."""
        return self.has_period or bool(self.sections or self.languages)

    def covers(self, day: date) -> bool:
        """Whether ``day`` is in the period."""
        return not (self.since and day < self.since) and not (self.until and day > self.until)


def _names(option: str, value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().strip("/").lower() for part in value.split(",") if part.strip()))
    if not names or any("/" in name or not name for name in names):
        raise ExportRefusedError(f"{option} {value!r} is no list of names such as news,gazeta")
    return names


def _known(option: str, value: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names in the order of ``known``."""
    names, known = _names(option, value), tuple(known)
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ExportRefusedError(f"{option}: there is no '{name}'{hint} (known: {', '.join(known)})")
    return tuple(name for name in known if name in names)


def _day(option: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        day = None
    if day is None or day.isoformat() != value.strip():
        raise ExportRefusedError(f"{option} {value} is not a day as YYYY-MM-DD")
    return day


def _license(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", value):
        raise ExportRefusedError(f"--license {value!r} is no identifier such as cc-by-4.0")
    return value


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ExportRefusedError(f"--notes {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ExportRefusedError(f"--notes {path} is no text in UTF-8") from None
