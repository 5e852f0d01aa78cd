"""Feed exports: a CSV exporter safe for spreadsheets, defaults for feeds given with -o, checks of feed URIs."""

import codecs
import json
import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter
from scrapy.extensions.feedexport import apply_uri_params
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from caravan_crawler.atomic import local_path, part_path
from caravan_crawler.feed_storages import header_problem
from caravan_crawler.items import Article, Link
from caravan_crawler.store.database import StoreError, store_url
from caravan_crawler.store.store import NONE

#: A cell that begins so would be run as a formula; behind an apostrophe it is text. East Asian editions of Excel take
#: the wide signs for the narrow ones.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
# Where a semicolon separates cells, as in Russian and Kazakh editions of Excel, quotation marks within a line mean
# nothing: what follows a semicolon or a line break of a text is a cell of its own. Speech begins with a hyphen, so
# behind one a formula must at least call a function or a program.
_INNER_FORMULA = re.compile(r"[;\n\r](?=\"*(?:[=+@＝＋＠﹦﹢﹫\t]|[-－﹣](?=[^;\n\r]*(?:\w\(|\|))))")


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: with an apostrophe before a formula's first character.

    That is the cell's own, or one behind a semicolon or a line break.
    """
    if ";" in text or "\n" in text or "\r" in text:
        text = _INNER_FORMULA.sub(r"\g<0>'", text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


class SpreadsheetCsvExporter(CsvItemExporter):
    """One header, lists as JSON in a cell, texts guarded against formulas; numbers stay numbers.

    A file that already has rows gets no second header; one without rows gets its header all the same.
    """

    def __init__(self, file: Any, *, byte_order_mark: bool = False, **kwargs: Any) -> None:
        is_new = not file.seekable() or file.tell() == 0
        if is_new and byte_order_mark:
            file.write(codecs.BOM_UTF8)
        super().__init__(file, include_headers_line=is_new, **kwargs)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "SpreadsheetCsvExporter":
        """Scrapy's constructor; the setting ``CSV_BOM`` is for Excel, which takes plain UTF-8 for another charset."""
        return cls(*args, byte_order_mark=crawler.settings.getbool("CSV_BOM"), **kwargs)

    def start_exporting(self) -> None:
        """Write the header, so that a feed without items still names its columns."""
        if self._headers_not_written and self.fields_to_export:
            self._headers_not_written = False
            self._write_headers_and_set_fields_to_export(None)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """Return the cell's value."""
        if isinstance(value, list):
            plain = [entry.as_object() if isinstance(entry, Link) else entry for entry in value]
            return safe_cell(json.dumps(plain, ensure_ascii=False))
        value = super().serialize_field(field, name, value)
        return safe_cell(value) if isinstance(value, str) else value


#: Table name to the class of its records.
TABLES = {
    "articles": "caravan_crawler.items.Article",
    "trending": "caravan_crawler.items.TrendingEntry",
    "rates": "caravan_crawler.items.ExchangeRate",
    "weather": "caravan_crawler.items.Weather",
}
RUN_DIR = "%(data_dir)s/runs/%(run_id)s"


def column_names(item_class: type) -> list[str]:
    """Return a table's columns, in the order of the class's fields."""
    return [field.name for field in fields(item_class)]


def run_feeds() -> dict[str, dict[str, Any]]:
    """Return the ``FEEDS`` of every run, below ``DATA_DIR/runs/<run id>/``."""
    return {
        f"{RUN_DIR}/{table}.{format_}": {
            "format": format_,
            "item_classes": [path],
            "fields": column_names(load_object(path)),
            "overwrite": True,
            "store_empty": True,
        }
        for table, path in TABLES.items()
        for format_ in ("jsonl", "csv")
    }


class FeedDefaults:
    """Add-on: a feed that names no ``item_classes`` holds the articles alone, in the articles' columns."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Complete the options of all feeds."""
        feeds: dict[str, dict[str, Any]] = {}
        for uri, options in settings.getdict("FEEDS").items():
            options = dict(options)
            classes = options.setdefault("item_classes", [TABLES["articles"]])
            holds_articles = len(classes) == 1 and load_object(classes[0]) is Article
            if holds_articles and not settings.getdictorlist("FEED_EXPORT_FIELDS"):
                options.setdefault("fields", column_names(Article))
            # A run without items must not empty the file of an earlier run.
            options.setdefault("store_empty", False)
            feeds[uri] = options
        settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)


#: As long as a run's number, which is part of a file's name until the run is whole.
_ANY_RUN = "20260101T000000Z-000000"
#: What a template may name: Scrapy's own parameters, and what the spider adds.
_ANY_VALUES = {"time": "x", "batch_time": "x", "batch_id": 1, "name": "caravan", "run_id": _ANY_RUN, "data_dir": ""}
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
#: What SQLite and the lock keep beside a store.
_BESIDE_STORE = ("", "-wal", "-shm", "-journal", ".lock")
#: Folders below ``DATA_DIR`` whose files are written once.
_KEPT_FOLDERS = ("runs", "warc")


def feeds_problem(settings: BaseSettings) -> str | None:
    """Return why the run's folder or a feed's file cannot be written, or None."""
    data_dir = str(settings["DATA_DIR"] or "").strip()
    if not data_dir:
        return "DATA_DIR is empty"
    if settings.getint("FEED_EXPORT_BATCH_ITEM_COUNT"):
        return "FEED_EXPORT_BATCH_ITEM_COUNT does not go with feeds that are whole or not there"
    if problem := _folder_problem(Path(data_dir).expanduser(), data_dir) or _encoding_problem(settings):
        return problem
    feeds = settings["FEEDS"] or {}
    if not isinstance(feeds, Mapping) or not all(isinstance(options, Mapping) for options in feeds.values()):
        return 'FEEDS must give options to each file: {"articles.csv": {"format": "csv"}}'
    files: dict[Path, str] = {}
    for uri, options in feeds.items():
        template = str(uri)
        if problem := _options_problem(template, dict(options), settings):
            return problem
        expanded = apply_uri_params(template, _ANY_VALUES | {"data_dir": str(Path(data_dir).expanduser())})
        if template.startswith(RUN_DIR) or urlsplit(expanded).scheme not in ("", "file"):
            continue
        path = local_path(expanded)
        if other := files.get(path.absolute()):
            return f"{template} and {other} are one file"
        files[path.absolute()] = template
        if problem := _reserved_problem(template, path, settings) or _file_problem(template, path, dict(options)):
            return problem
        columns = _columns(dict(options), settings)
        if columns and not options.get("overwrite") and (problem := header_problem(path, columns)):
            return f"{template} {problem}"
    return None


def _encoding_problem(settings: BaseSettings) -> str | None:
    encoding = settings["FEED_EXPORT_ENCODING"]
    try:
        codecs.lookup(encoding or "utf-8")
    except (LookupError, TypeError):
        return f"FEED_EXPORT_ENCODING={encoding} is no encoding"
    return None


def _options_problem(uri: str, options: dict[str, Any], settings: BaseSettings) -> str | None:
    """Return why Scrapy could not open a feed with these options, or could not export to it."""
    if options.get("batch_item_count"):
        return f"{uri}: batches do not go with feeds that are whole or not there"
    unknown = [name for name in _PLACEHOLDER.findall(uri) if name not in _ANY_VALUES]
    if unknown and not (options.get("uri_params") or settings["FEED_URI_PARAMS"]):
        return f"{uri}: there is no %({unknown[0]})s; a file's name may hold {', '.join(_ANY_VALUES)}"
    scheme = urlsplit(uri).scheme if "://" in uri else ""
    if scheme not in settings.getwithbase("FEED_STORAGES"):
        return f"{uri}: there is no storage of the name {scheme}"
    format_ = options.get("format")
    if format_ is not None and format_ not in settings.getwithbase("FEED_EXPORTERS"):
        return f"{uri}: there is no format {format_}"
    for item_class in options.get("item_classes") or ():
        try:
            load_object(item_class)
        except (ImportError, NameError, ValueError, TypeError):
            return f"{uri}: there is no item class {item_class}"
    return None


def _columns(options: Mapping[str, Any], settings: BaseSettings) -> list[str] | None:
    """Return the header of a feed that is a CSV, as far as it is known before the first record."""
    if options.get("format") != "csv" or options.get("postprocessing"):
        return None
    fields = options.get("fields") or settings.getdictorlist("FEED_EXPORT_FIELDS")
    if fields:
        return list(fields.values() if isinstance(fields, Mapping) else fields)
    classes = options.get("item_classes") or [TABLES["articles"]]
    return column_names(load_object(classes[0])) if len(classes) == 1 else None


def _reserved_problem(uri: str, path: Path, settings: BaseSettings) -> str | None:
    """Return why a feed must not be written over this file: it is the store, the log, or another run's."""
    data_dir = Path(settings["DATA_DIR"]).expanduser()
    taken = [(Path(settings["LOG_FILE"]), "is the log")] if settings["LOG_FILE"] else []
    store = None if settings["STORE_URL"] == NONE else _store_file(settings)
    if store is not None:
        taken += [(store.with_name(store.name + end), "belongs to the store") for end in _BESIDE_STORE]
    for file, words in taken:
        if path.resolve() == file.resolve() or (path.exists() and file.exists() and path.samefile(file)):
            return f"{uri} {words}, which a feed would overwrite"
    for name in _KEPT_FOLDERS:
        if path.resolve().is_relative_to((data_dir / name).resolve()):
            return f"{uri} lies in {data_dir / name}, where runs keep their own files; name one elsewhere"
    return None


def _store_file(settings: BaseSettings) -> Path | None:
    try:
        url = store_url(settings["STORE_URL"], settings["DATA_DIR"])
    except StoreError:  # said when it is opened
        return None
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _file_problem(uri: str, path: Path, options: dict[str, Any]) -> str | None:
    try:
        if path.is_dir():
            return f"{uri} is a folder, not a file"
        if path.exists() and not path.is_file():
            return None if os.access(path, os.W_OK) else f"{uri} cannot be written: no permission"
        is_document = options.get("format") in ("json", "xml")
        if is_document and not options.get("overwrite") and path.exists() and path.stat().st_size:
            return f"{uri} cannot be appended to, as {options['format']} is one document; use -O"
        if problem := _folder_problem(path.parent, uri):
            return problem
        if path.parent.is_dir():
            probe = part_path(path, _ANY_RUN)
            probe.touch()
            probe.unlink()
    except OSError as error:
        return f"{uri} cannot be written: {error.strerror}"
    return None


def _folder_problem(folder: Path, target: str) -> str | None:
    """Return why a file could not be made in ``folder``, which need not be there yet."""
    try:
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            return f"{target} cannot be written: {folder} is no folder"
    except OSError as error:
        return f"{target} cannot be written: {error.strerror}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{target} cannot be written: no permission for {folder.resolve()}"
    return None
