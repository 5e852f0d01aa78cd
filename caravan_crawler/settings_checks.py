"""Checks of the settings, of the feeds, and of Scrapyd's, before a run begins."""

import argparse
import codecs
import difflib
import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from numbers import Number
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.extensions.feedexport import apply_uri_params
from scrapy.settings import SETTINGS_PRIORITIES as PRIORITIES
from scrapy.settings import BaseSettings, default_settings
from scrapy.utils.misc import load_object

import caravan_crawler
from caravan_crawler import settings as own_settings
from caravan_crawler.addons import browser_problem
from caravan_crawler.arguments import HELP, CrawlArguments
from caravan_crawler.atomic import local_path, part_path
from caravan_crawler.feeds import header_problem
from caravan_crawler.items import RUN_DIR, TABLES, column_names
from caravan_crawler.outcome import hook_problem
from caravan_crawler.store.database import StoreError, store_url
from caravan_crawler.store.store import NONE
from caravan_crawler.urls import LONGEST_ADDRESS

#: Similarity of two names, from which one is taken for the other mistyped.
_CLOSE = 0.85
_WHOLE_NUMBERS = frozenset(
    "ARCHIVE_FILE_SIZE CONCURRENT_REQUESTS CONCURRENT_REQUESTS_PER_DOMAIN DOWNLOAD_MAXSIZE"
    " DOWNLOAD_WARNSIZE PAGE_MAX_LINKS PAGE_MAX_TAGS PAGE_MAX_TAG_BYTES REDIRECT_MAX_TIMES RETRY_TIMES"
    " URLLENGTH_LIMIT CLOSESPIDER_ERRORCOUNT CLOSESPIDER_ITEMCOUNT DOWNLOAD_MAX_HEADER_BYTES MAX_COPIES"
    " MAX_HOPS_FROM_ARTICLE".split()
)


def settings_problem(settings: BaseSettings) -> str | None:
    """Return the first problem of the settings, in one line, or None."""
    checks = (
        *(
            name_problem,
            _number_problem,
            _level_problem,
            _codes_problem,
            _jobdir_problem,
            _depth_problem,
            _length_problem,
            floors_problem,
            _hook_problem,
        ),
        *(_archive_problem, browser_problem, _workers_problem, feeds_problem),
    )
    return next((problem for check in checks if (problem := check(settings))), None)


def export_problem(settings: BaseSettings) -> str | None:
    """Return the first problem of the settings that an export reads, in one line, or None."""
    return name_problem(settings) or _number_problem(settings) or floors_problem(settings)


def command_problem(command: ScrapyCommand, args: Iterable[str]) -> str | None:
    """Return the first unknown option or mistyped setting of a command, in one line, or None."""
    assert command.settings is not None
    return option_problem(command, args) or name_problem(command.settings)


def option_problem(command: ScrapyCommand, args: Iterable[str]) -> str | None:
    """Return a problem if Scrapy has left an option among the arguments, as the command does not have it."""
    unknown = next((arg.partition("=")[0] for arg in args if arg.startswith("-") and arg != "-"), None)
    if unknown is None:
        return None
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    close = difflib.get_close_matches(unknown, re.findall(r"--[a-z][\w-]*", parser.format_help()), 1, 0.7)
    hint = f"did you mean {close[0]}?" if close else "--help lists them"
    return f"there is no option {unknown}; {hint}"


def name_problem(settings: BaseSettings) -> str | None:
    """Return a problem if a setting of the command line is probably mistyped; other unknown ones may be an add-on's."""
    known = {name for module in (default_settings, own_settings) for name in vars(module) if name.isupper()}
    for name in settings:
        if settings.getpriority(name) != PRIORITIES["cmdline"] or name in known:
            continue
        if argument := next((one for one in (name, f"s{name}") if one in HELP), None):  # -site=sample is -s ite=sample
            return f"{argument} is an argument of the spider: -a {argument}={settings[name]}"
        if close := difflib.get_close_matches(name.upper(), known, 1, _CLOSE):
            return f"there is no setting {name}; did you mean {close[0]}?"
        if not name.isupper():
            return f"there is no setting {name}: names of settings are in capitals"
    return None


def _number_problem(settings: BaseSettings) -> str | None:
    """Return a problem if a setting of the command line is not a number although its default is one."""
    for name in settings:
        given = settings[name]
        if settings.getpriority(name) != PRIORITIES["cmdline"] or not isinstance(given, str):
            continue
        default = getattr(own_settings, name, getattr(default_settings, name, None))
        if name in _WHOLE_NUMBERS and not given.isdecimal():
            return f"{name}={given} is not a whole number"
        if isinstance(default, Number) and not _is_number(given, is_flag=isinstance(default, bool)):
            return f"{name}={given} is not {'1 or 0' if isinstance(default, bool) else 'a number'}"
    return None


def _is_number(text: str, *, is_flag: bool) -> bool:
    if is_flag:
        return text.lower() in ("0", "1", "true", "false")
    try:
        return float(text) >= 0
    except ValueError:
        return False


def _level_problem(settings: BaseSettings) -> str | None:
    level = str(settings["LOG_LEVEL"])
    return None if level in logging.getLevelNamesMapping() or level.isdecimal() else f"LOG_LEVEL={level} is no level"


def _codes_problem(settings: BaseSettings) -> str | None:
    try:
        [int(code) for code in settings.getlist("RETRY_HTTP_CODES")]
    except (ValueError, TypeError):
        return f"RETRY_HTTP_CODES={settings['RETRY_HTTP_CODES']} are no numbers such as 500,502"
    return None


def _jobdir_problem(settings: BaseSettings) -> str | None:
    return (
        "JOBDIR is not for this crawl, whose store keeps what is left to read; leave it out"
        if settings["JOBDIR"]
        else None
    )


def _depth_problem(settings: BaseSettings) -> str | None:
    if str(settings["DEPTH_LIMIT"] or 0) == "0":
        return None
    return "DEPTH_LIMIT would cut lists at that page; MAX_HOPS_FROM_ARTICLE bounds how far pages without article lead"


def _length_problem(settings: BaseSettings) -> str | None:
    if 0 < settings.getint("URLLENGTH_LIMIT") <= LONGEST_ADDRESS:
        return None
    return f"URLLENGTH_LIMIT must be from 1 to {LONGEST_ADDRESS}: a store in PostgreSQL can index no longer address"


def floors_problem(settings: BaseSettings) -> str | None:
    """Return why the setting FLOORS cannot be used, or None."""
    try:
        shares = [float(share) for share in settings.getdict("FLOORS").values()]
    except (ValueError, TypeError):
        shares = [-1.0]
    if all(0 <= share <= 1 for share in shares):
        return None
    return 'FLOORS must give shares from 0 to 1: {"body": 0.8}'


def _hook_problem(settings: BaseSettings) -> str | None:
    hook = settings["ON_FAILURE"]
    return hook_problem(hook) if hook else None


def _archive_problem(settings: BaseSettings) -> str | None:
    if not settings.getbool("ARCHIVE") or find_spec("warcio") is not None:
        return None
    return "ARCHIVE needs warcio: pip install -e '.[archive]'"


def _workers_problem(settings: BaseSettings) -> str | None:
    try:
        is_shared = settings.getbool("SHARED_CRAWL")
    except ValueError:
        return f"SHARED_CRAWL={settings['SHARED_CRAWL']} is not 1 or 0"
    if not is_shared:
        return None
    if not str(settings["STORE_URL"] or "").startswith("postgres"):
        return "SHARED_CRAWL needs a store in PostgreSQL, which all workers share: STORE_URL=postgresql://…"
    if settings.getfloat("WORKER_LEASE") <= 0:
        return "WORKER_LEASE must be longer than 0 seconds"
    return None


def limit_problem(settings: BaseSettings, arguments: Mapping[str, str]) -> str | None:
    """Return a problem if a limit is given for one of several workers; None if not."""
    if "limit" in arguments and settings.getbool("SHARED_CRAWL"):
        return "limit is for a run of its own; in a shared crawl each worker would count its own articles"
    return None


def scrapyd_problem(settings: BaseSettings, arguments: Mapping[str, str]) -> str | None:
    """Return why a Scrapyd job must not run, in one line; None if it may, or if this is not a Scrapyd job."""
    if CrawlArguments.parse(dict(arguments)).job is None:
        return None
    return _copy_problem() or _folder_problem(settings)


def _copy_problem() -> str | None:
    """Return a problem if an installed copy of the project runs instead of the deployed egg.

    Scrapyd puts its eggs at the end of ``sys.path``, behind all installed packages.
    """
    for place in sys.path:
        spec = PathFinder.find_spec(caravan_crawler.__name__, [place]) if place.endswith(".egg") else None
        if spec is not None and spec.origin != caravan_crawler.__file__:
            folder = Path(caravan_crawler.__file__).parent
            return f"this is not what was deployed but the copy in {folder}, which Scrapyd must not find"
    return None


def _folder_problem(settings: BaseSettings) -> str | None:
    """Return why the ``DATA_DIR`` cannot be used.

    A relative path depends on the folder in which Scrapyd was started, and may change with each start.
    """
    data_dir = Path(settings["DATA_DIR"]).expanduser()
    if data_dir.is_absolute():
        return None
    return f"DATA_DIR={data_dir} is relative; Scrapyd needs the whole path, such as setting=DATA_DIR=/srv/caravan"


#: A placeholder as long as a run id, which is part of a file's name until the run has ended.
_ANY_RUN = "20260101T000000Z-000000"
#: Parameters of a feed's URI template: Scrapy's own, and those that the spider adds.
_ANY_VALUES = {"time": "x", "batch_time": "x", "batch_id": 1, "name": "caravan", "run_id": _ANY_RUN, "data_dir": ""}
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
#: Suffixes of the files of a store: SQLite's and the lock's.
_BESIDE_STORE = ("", "-wal", "-shm", "-journal", ".lock")
#: Folders in ``DATA_DIR`` whose files are written once.
_KEPT_FOLDERS = ("runs", "warc")


def feeds_problem(settings: BaseSettings) -> str | None:
    """Return why the run's folder or a feed's file cannot be written, or None."""
    data_dir = str(settings["DATA_DIR"] or "").strip()
    if not data_dir:
        return "DATA_DIR is empty"
    if settings.getint("FEED_EXPORT_BATCH_ITEM_COUNT"):
        return "FEED_EXPORT_BATCH_ITEM_COUNT is not supported: feeds are written atomically"
    if problem := _unwritable_folder(Path(data_dir).expanduser(), data_dir) or _encoding_problem(settings):
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
    """Return why Scrapy could not open a feed with these options or export to it, or None."""
    if options.get("batch_item_count"):
        return f"{uri}: batches are not supported: feeds are written atomically"
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
    """Return the header of a CSV feed, or None if it is unknown before the first record."""
    if options.get("format") != "csv" or options.get("postprocessing"):
        return None
    fields = options.get("fields") or settings.getdictorlist("FEED_EXPORT_FIELDS")
    if fields:
        return list(fields.values() if isinstance(fields, Mapping) else fields)
    classes = options.get("item_classes") or [TABLES["articles"]]
    return column_names(load_object(classes[0])) if len(classes) == 1 else None


def _reserved_problem(uri: str, path: Path, settings: BaseSettings) -> str | None:
    """Return a problem if a feed would overwrite the store, the log or a file of another run; else None."""
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
    except StoreError:  # reported when the store is opened
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
        if problem := _unwritable_folder(path.parent, uri):
            return problem
        if path.parent.is_dir():
            probe = part_path(path, _ANY_RUN)
            probe.touch()
            probe.unlink(missing_ok=True)  # a run that starts at the same time has the same probe
    except OSError as error:
        return f"{uri} cannot be written: {error.strerror}"
    return None


def _unwritable_folder(folder: Path, target: str) -> str | None:
    """Return why a file cannot be created in ``folder``, which may not exist yet, or None."""
    try:
        is_missing = not folder.exists()
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            return f"{target} cannot be written: {folder} is no folder"
        if not os.access(folder, os.W_OK | os.X_OK):
            return f"{target} cannot be written: no permission for {folder.resolve()}"
        if is_missing:  # by trying: root has the permission to write in /proc
            Path(mkdtemp(prefix=".probe-", dir=folder)).rmdir()
    except OSError as error:
        return f"{target} cannot be written: {error.strerror}"
    return None
