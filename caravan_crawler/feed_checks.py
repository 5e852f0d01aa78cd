"""Checks of feeds and log before a run: options that Scrapy would refuse, files that cannot or must not be written."""

import codecs
import csv
import errno
import io
import json
import logging
import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from scrapy.extensions.feedexport import ItemFilter, apply_uri_params
from scrapy.extensions.postprocessing import PostProcessingManager
from scrapy.settings import BaseSettings
from scrapy.utils.conf import feed_complete_default_values_from_settings, feed_process_params_from_cli
from scrapy.utils.misc import load_object

from caravan_crawler.arguments import known_names
from caravan_crawler.atomic import home_problem, local_path, part_path, user_path
from caravan_crawler.console import error_line
from caravan_crawler.feeds import CHUNK, DOCUMENTS, JSON_LINES, SpreadsheetCsvExporter, first_line
from caravan_crawler.items import RUN_DIR, TABLES, column_names
from caravan_crawler.normalise.text import encodable
from caravan_crawler.store.database import StoreError, store_url

#: A placeholder as long as a run id, which is part of a file's name until the run has ended.
_ANY_RUN = "20260101T000000Z-000000"
#: Parameters of a feed's URI template: Scrapy's own, and those that the spider adds.
_ANY_VALUES = {"time": "x", "batch_time": "x", "batch_id": 1, "name": "caravan", "run_id": _ANY_RUN, "data_dir": ""}
_ANY_TEXT = "Әліпби, ўқиш, «№», 😀"
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
#: Suffixes of the files of a store: SQLite's and the lock's.
_BESIDE_STORE = ("", "-wal", "-shm", "-journal", ".lock")
#: Folders in ``DATA_DIR`` whose files are written once.
_KEPT_FOLDERS = ("runs", "warc")


def data_dir_problem(settings: BaseSettings) -> str | None:
    """Return why the setting ``DATA_DIR`` names no folder, or None."""
    data_dir = str(settings["DATA_DIR"] or "").strip()
    if not data_dir:
        return "DATA_DIR is empty"
    if "://" in data_dir:
        return f"DATA_DIR={data_dir} is a URL, not a folder"
    if encodable(data_dir) != data_dir:
        return f"DATA_DIR={data_dir} is not UTF-8"
    return f"DATA_DIR={data_dir}: {problem}" if (problem := home_problem(data_dir)) else None


def feeds_problem(settings: BaseSettings) -> str | None:
    """Return why the run's folder or a feed's file cannot be written, or None."""
    data_dir = str(settings["DATA_DIR"])
    if settings.getint("FEED_EXPORT_BATCH_ITEM_COUNT"):
        return "FEED_EXPORT_BATCH_ITEM_COUNT is not supported: feeds are written atomically"
    if settings["FEED_URI"]:
        return f"FEED_URI is deprecated: -o {settings['FEED_URI']}, or the setting FEEDS, names a further file"
    for name in ("", "runs", *(["warc"] if settings.getbool("ARCHIVE") else ())):
        if problem := _folder_problem(user_path(data_dir) / name, data_dir):
            return problem
    feeds = settings["FEEDS"] or {}
    if not isinstance(feeds, Mapping) or not all(isinstance(options, Mapping) for options in feeds.values()):
        return 'FEEDS must give options to each file: {"articles.csv": {"format": "csv"}}'
    files: dict[Path, str] = {}
    for uri, options in feeds.items():
        template = str(uri)
        if problem := _options_problem(template, dict(options), settings):
            return problem
        values = dict.fromkeys(_PLACEHOLDER.findall(template), "x") | _ANY_VALUES
        try:
            expanded = apply_uri_params(template, values | {"data_dir": str(user_path(data_dir))})
        except (TypeError, ValueError) as error:
            return f"{template} is no template of a file's name: {error}"
        if template.startswith(RUN_DIR) or urlsplit(expanded).scheme not in ("", "file"):
            continue
        path = local_path(expanded)
        if other := files.get(path.absolute()):
            return f"{template} and {other} are one file"
        files[path.absolute()] = template
        if problem := reserved_problem(template, path, settings) or _file_problem(template, path, dict(options)):
            return problem
        if not options.get("overwrite") and (problem := _append_problem(path, dict(options), settings)):
            return f"{template} {problem}"
    return None


def _append_problem(path: Path, options: dict[str, Any], settings: BaseSettings) -> str | None:
    """Return why rows cannot be appended to the file at ``path``, or None."""
    if not path.is_file() or not path.stat().st_size or options.get("postprocessing"):
        return None
    columns = _columns(options, settings)
    if options.get("format") in JSON_LINES:
        return _keys_problem(path, columns)
    return _header_problem(path, columns) if columns and options.get("format") == "csv" else None


def _header_problem(path: Path, columns: list[str]) -> str | None:
    """Return why rows with these columns cannot be appended to a CSV, or None."""
    try:
        header = next(csv.reader([first_line(path).decode("utf-8", "replace")]), [])
    except csv.Error:
        header = []
    if header == columns:
        return "cannot be appended to: a quotation mark is open at its end" if _ends_quoted(path) else None
    return _columns_problem("header", header, columns, "has other columns, or in another order")


def _keys_problem(path: Path, columns: list[str] | None) -> str | None:
    """Return why records with these columns, if they are known, cannot be appended to a file of JSON lines, or None."""
    try:
        record = json.loads(first_line(path).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return "cannot be appended to: its first line is no JSON object"
    if columns is None or record.keys() == set(columns):
        return None
    return _columns_problem("first line", record, columns, "has other columns")


def _columns_problem(what: str, there: Collection[str], columns: list[str], otherwise: str) -> str:
    missing = next((name for name in columns if name not in there), None)
    return f"cannot be appended to: its {what} {f'lacks the column {missing}' if missing else otherwise}"


def _ends_quoted(path: Path) -> bool:
    """Whether a CSV breaks off within a quoted cell, which would go on with the first row that is appended."""
    with path.open("rb") as file:
        return sum(chunk.count(b'"') for chunk in iter(lambda: file.read(CHUNK), b"")) % 2 == 1


def _options_problem(uri: str, options: dict[str, Any], settings: BaseSettings) -> str | None:
    """Return why Scrapy could not open a feed with these options or export to it, or None."""
    if options.get("batch_item_count"):
        return f"{uri}: batches are not supported: feeds are written atomically"
    unknown = [name for name in _PLACEHOLDER.findall(uri) if name not in _ANY_VALUES]
    if unknown and not (options.get("uri_params") or settings["FEED_URI_PARAMS"]):
        return f"{uri}: there is no %({unknown[0]})s; a file's name may hold {', '.join(_ANY_VALUES)}"
    scheme = urlsplit(uri).scheme if "://" in uri else ""
    if scheme not in settings.getwithbase("FEED_STORAGES"):
        return f"{uri}: there is no storage of the name {scheme}"
    format_ = options.get("format", Path(uri).suffix[1:])
    if format_ not in _formats(settings):
        return f"{uri}: there is no format {format_}; there are {', '.join(_formats(settings))}"
    for name, kind in (("indent", "a whole number"), ("overwrite", "true or false"), ("store_empty", "true or false")):
        if not isinstance(options.get(name) or 0, int):
            return f"{uri}: {name}={options[name]} is not {kind}"
    for name in ("item_classes", "item_filter", "postprocessing", "uri_params"):
        named = options.get(name) or ()
        if name in ("item_classes", "postprocessing") and isinstance(named, str):
            return f"{uri}: {name}={named} is no list"
        for component in named if isinstance(named, list | tuple) else (named,):
            if problem := load_problem(component):
                return f"{uri}: {name} names {component}, which cannot be loaded: {problem}"
    problem = _fields_problem(options, settings) or _trial_problem(format_, options, settings)
    return f"{uri}: {problem}" if problem else None


def _trial_problem(format_: str, options: dict[str, Any], settings: BaseSettings) -> str | None:
    """Return why a record cannot be exported with these options, found by exporting one, or None."""
    exporter = load_object(settings.getwithbase("FEED_EXPORTERS")[format_])
    if hasattr(exporter, "from_crawler") and exporter is not SpreadsheetCsvExporter:
        return None  # one of the user's own, which needs the crawl
    feed = feed_complete_default_values_from_settings({**options, "format": format_}, settings)
    encoding = feed["encoding"]
    try:
        if format_ in (*JSON_LINES, "json") and "".encode(encoding or "utf-8"):
            return f"encoding={encoding} would begin each record with a byte order mark"
        load_object(feed.get("item_filter", ItemFilter))(feed)
        file: Any = io.BytesIO()
        for plugin in feed.get("postprocessing") or ():  # from 3.13 on, a manager without them prints a stack trace
            load_object(plugin)(io.BytesIO(), feed).close()
        if feed.get("postprocessing"):
            file = PostProcessingManager(feed["postprocessing"], file, feed)
        trial = exporter(file, encoding=encoding, indent=feed["indent"], **feed["item_export_kwargs"])
        trial.start_exporting()
        trial.export_item({"text": _ANY_TEXT})
        trial.finish_exporting()
        file.close()
    except UnicodeEncodeError:
        return f"encoding={encoding} lacks letters that texts of the site have; utf-8 has them"
    except Exception as error:  # noqa: BLE001 - options of every exporter and plugin
        return f"no record can be written: {error_line(error)}"
    return None


def _fields_problem(options: Mapping[str, Any], settings: BaseSettings) -> str | None:
    """Return why the fields named for a feed are none of its records, or None."""
    fields = options.get("fields") or settings.getdictorlist("FEED_EXPORT_FIELDS")
    if isinstance(fields, str) or not isinstance(fields, Collection):
        return f"fields={fields} is no list of columns"
    classes = list(map(load_object, options.get("item_classes") or TABLES.values()))
    if not set(classes) <= set(TABLES.values()):
        return None  # records of the user's own
    known = column_names(*(classes if options.get("fields") else TABLES.values()))
    unknown = next((name for name in fields if name not in known), None)
    return None if unknown is None else f"there is no field {unknown}{known_names(str(unknown), known)}"


def load_problem(component: Any) -> str | None:
    """Return why a component cannot be loaded that a setting names by its path, or None."""
    try:
        load_object(component)
    except (ImportError, NameError, SyntaxError, TypeError, ValueError) as error:
        return str(error)
    return None


def _columns(options: Mapping[str, Any], settings: BaseSettings) -> list[str] | None:
    """Return the columns of a feed, or None if they are unknown before the first record."""
    fields = options.get("fields") or settings.getdictorlist("FEED_EXPORT_FIELDS")
    if fields:
        return list(fields.values() if isinstance(fields, Mapping) else fields)
    classes = list(map(load_object, options.get("item_classes", [TABLES["articles"]]) or TABLES.values()))
    return column_names(*classes) if set(classes) <= set(TABLES.values()) else None


def reserved_problem(uri: str, path: Path, settings: BaseSettings, writer: str = "a feed") -> str | None:
    """Return a problem if there is no such home, or ``writer`` would overwrite store, log or a file of a run."""
    if problem := home_problem(uri):
        return f"{uri}: {problem}"
    if settings["LOG_FILE"] and _is_one_of(path, [Path(settings["LOG_FILE"])]):
        return f"{uri} is the log, which {writer} would overwrite"
    if _is_one_of(path, _store_files(settings)):
        return f"{uri} belongs to the store, which {writer} would overwrite"
    return _kept_problem(uri, path, settings)


def _kept_problem(name: object, path: Path, settings: BaseSettings) -> str | None:
    folders = (user_path(settings["DATA_DIR"] or ".") / kept for kept in _KEPT_FOLDERS)
    folder = next((each for each in folders if _real(path).is_relative_to(_real(each))), None)
    return f"{name} lies in {folder}, where runs keep their own files; name one elsewhere" if folder else None


def repetition_problem(names: Iterable[str], settings: BaseSettings) -> str | None:
    """Return a problem if two files of ``-o`` or ``-O`` are one, as Scrapy would write the last alone, or None."""
    given: dict[str, str] = {}
    for name in names:
        uri = next(iter(feed_process_params_from_cli(settings, [name])))  # those of FEEDS come after it
        if uri in given:
            return f"{given[uri]} and {name} are one output"
        given[uri] = name
    return None


def _formats(settings: BaseSettings) -> list[str]:
    return [name for name, exporter in settings.getwithbase("FEED_EXPORTERS").items() if exporter is not None]


def output_problem(option: str, name: str, settings: BaseSettings) -> str | None:
    """Return why the file that an option names cannot or must not be written, or None."""
    path, given = Path(name), f"{option} {name}"
    try:
        if problem := reserved_problem(given, path, settings, "it"):
            return problem
        if path.is_fifo():
            return f"{given} is a pipe, and opening it would wait for its reader"
        path.open("a").close()
    except (OSError, ValueError) as error:
        return f"{given} cannot be written: {getattr(error, 'strerror', None) or error}"
    return None


def log_file_problem(settings: BaseSettings) -> str | None:
    """Return why the log cannot or must not be written, or None."""
    try:
        logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]).format(logging.makeLogRecord({}))
    except (ValueError, TypeError, KeyError) as error:
        return f"LOG_FORMAT={settings['LOG_FORMAT']} is no format of a log: {error}"
    try:
        codecs.lookup(settings["LOG_ENCODING"] or "utf-8")
    except (LookupError, TypeError):
        return f"LOG_ENCODING={settings['LOG_ENCODING']} is no encoding"
    if not settings["LOG_FILE"]:
        return None
    path = Path(settings["LOG_FILE"])
    if _is_one_of(path, _store_files(settings)):
        return f"LOG_FILE={path} belongs to the store"
    if problem := _kept_problem(f"LOG_FILE={path}", path, settings):
        return problem
    try:
        if _real(path.parent) == _real(user_path(settings["DATA_DIR"] or ".")):
            path.parent.mkdir(parents=True, exist_ok=True)  # else it is made after the log is opened
        if path.resolve().is_fifo():
            return f"LOG_FILE={path} is a pipe, and opening it would wait for its reader"
        with path.open("a") as file:
            if not path.is_file():
                os.write(file.fileno(), b"")  # a device refuses even that if it cannot be written
            disk = os.statvfs(path)
            is_full = path.is_file() and disk.f_blocks and not disk.f_bavail
            return f"LOG_FILE={path} cannot be written: {os.strerror(errno.ENOSPC)}" if is_full else None
    except (OSError, RuntimeError) as error:
        return f"LOG_FILE={path} cannot be written: {getattr(error, 'strerror', None) or error}"


def _is_one_of(path: Path, files: Iterable[Path]) -> bool:
    return any(_real(path) == _real(file) or _is_same(path, file) for file in files)


def _is_same(path: Path, file: Path) -> bool:
    """Whether two paths are hard links of one file."""
    try:
        return path.samefile(file)
    except OSError:  # one does not exist, or its name is too long
        return False


def _real(path: Path) -> Path:
    """Return a path with its links resolved, but for one to itself, which :meth:`Path.resolve` refuses."""
    return Path(os.path.realpath(path))


def _store_files(settings: BaseSettings) -> list[Path]:
    """Return the files of the store, if it is one of SQLite; a mistake in its URL is reported when it is opened."""
    try:
        url = store_url(settings["STORE_URL"], settings["DATA_DIR"])
    except StoreError:
        return []
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    return [Path(f"{url.database}{end}") for end in _BESIDE_STORE]


def _file_problem(uri: str, path: Path, options: dict[str, Any]) -> str | None:
    try:
        if path.is_dir():
            return f"{uri} is a folder, not a file"
        if path.exists() and not path.is_file():
            return None if os.access(path, os.W_OK) else f"{uri} cannot be written: no permission"
        is_document = options.get("format") in DOCUMENTS
        if is_document and not options.get("overwrite") and path.exists() and path.stat().st_size:
            return f"{uri} cannot be appended to, as {options['format']} is one document; use -O"
        if problem := _folder_problem(path.parent, uri):
            return problem
        if path.parent.is_dir():
            probe = part_path(path, _ANY_RUN)
            probe.touch()
            probe.unlink(missing_ok=True)  # a run that starts at the same time has the same probe
    except OSError as error:
        return f"{uri} cannot be written: {error.strerror}"
    return None


def _folder_problem(folder: Path, target: str) -> str | None:
    """Return why a file cannot be created in ``folder``, which may not exist yet, or None."""
    try:
        while not folder.exists() and not folder.is_symlink():
            folder = folder.parent
        if not folder.is_dir():
            return f"{target} cannot be written: {folder} is no folder"
        if not os.access(folder, os.W_OK | os.X_OK):
            return f"{target} cannot be written: no permission for {folder.resolve()}"
        # By trying: root has the permission to write in /proc.
        Path(mkdtemp(prefix=".probe-", dir=folder)).rmdir()
    except OSError as error:
        return f"{target} cannot be written: {error.strerror}"
    return None
