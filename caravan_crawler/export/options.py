"""Options of an export, and the errors that end one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from caravan_crawler.arguments import day_in, known_names, names_in
from caravan_crawler.atomic import local_path
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
FILE_FORMATS = (*FORMATS, "xlsx")
#: Format to the package that it needs, which the extra of that name installs.
_LIBRARIES = {"parquet": "pyarrow", "xlsx": "xlsxwriter"}


def format_of(target: str) -> str | None:
    """Return the format of a file to be written by its extension; None if ``target`` is a folder or a URL.

    A name with an extension is a file, unless it ends in a slash or is a folder already. Raise
    :class:`ExportRefusedError` if the extension is no format.
    """
    path = local_path(target)
    if path.name[:1] == "." and path.name[1:].lower() in FILE_FORMATS:
        raise ExportRefusedError(f"{target}: the file needs a name before {path.name}")
    if is_url(target) or target.endswith("/") or not path.suffix:
        return None
    format_ = path.suffix[1:].lower()
    if format_ in FILE_FORMATS:
        return format_
    if path.is_dir():
        return None
    known = ", ".join(f".{each}" for each in FILE_FORMATS)
    raise ExportRefusedError(
        f"{target}: there is no format {path.suffix} (known: {known}); a folder with such a name is {target}/"
    )


def is_url(target: str) -> bool:
    """Whether ``target`` is a URL of object storage."""
    return "://" in target and not target.startswith("file:")


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
    def parse(cls, given: Mapping[str, str | None], file_format: str | None = None) -> "ExportOptions":
        """Check the options of the command line; raise :class:`ExportRefusedError` for the first bad one.

        ``file_format`` is that of a single file, which has one table: the articles, or the one of ``table``.
        """
        given = {name: value for name, value in given.items() if value is not None}
        if file_format:
            if other := next((name for name in ("format", "license", "notes") if name in given), None):
                raise ExportRefusedError(f"--{other} is for a dataset folder, and not for a single file")
            if (named := len(_names(given, "table"))) > 1:
                raise ExportRefusedError(f"--table: a file has one table, not {named}; name one, or a folder for all")
            given = {"table": "articles", **given, "format": file_format}
        since, until = _day(given, "since"), _day(given, "until")
        if since and until and until < since:
            raise ExportRefusedError(f"--until {until} is before --since {since}")
        license_id, notes = given.get("license"), given.get("notes")
        if license_id is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", license_id):
            raise ExportRefusedError(f"--license {license_id!r} is no identifier such as cc-by-4.0")
        options = cls(
            formats=_known(given, "format", FILE_FORMATS if file_format else FORMATS) or cls.formats,
            tables=_known(given, "table", TABLES) or cls.tables,
            since=since,
            until=until,
            sections=_names(given, "sections"),
            languages=_names(given, "language"),
            license=license_id,
            notes=None if notes is None else _text_of(Path(notes)),
        )
        for format_ in options.formats:
            if (library := _LIBRARIES.get(format_)) and find_spec(library) is None:
                raise ExportRefusedError(f"{format_} needs {library}: pip install -e '.[{format_}]'")
        return options

    def covers(self, day: date) -> bool:
        """Whether ``day`` is in the period."""
        return not (self.since and day < self.since) and not (self.until and day > self.until)


def _names(given: Mapping[str, str | None], option: str) -> tuple[str, ...]:
    """Return the names in a list, none of an option that is not given."""
    if (value := given.get(option)) is None:
        return ()
    if names := names_in(value):
        return names
    raise ExportRefusedError(f"--{option} {value!r} is no list of names such as news,gazeta")


def _known(given: Mapping[str, str | None], option: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names in the order of ``known``."""
    names, known = _names(given, option), tuple(known)
    if unknown := next((name for name in names if name not in known), None):
        raise ExportRefusedError(f"--{option}: there is no '{unknown}'{known_names(unknown, known)}")
    return tuple(name for name in known if name in names)


def _day(given: Mapping[str, str | None], option: str) -> date | None:
    if (value := given.get(option)) is None:
        return None
    if (day := day_in(value)) is not None:
        return day
    raise ExportRefusedError(f"--{option} {value} is not a day as YYYY-MM-DD")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ExportRefusedError(f"--notes {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ExportRefusedError(f"--notes {path} is no text in UTF-8") from None
