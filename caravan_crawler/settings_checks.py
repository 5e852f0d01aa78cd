"""Checks of the settings, of the feeds, and of Scrapyd's, before a run begins."""

import argparse
import difflib
import json
import logging
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from numbers import Number
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.settings import SETTINGS_PRIORITIES as PRIORITIES
from scrapy.settings import BaseSettings, Settings, default_settings
from scrapy.spiderloader import get_spider_loader

import caravan_crawler
from caravan_crawler import settings as own_settings
from caravan_crawler.addons import browser_problem
from caravan_crawler.arguments import HELP, CrawlArguments
from caravan_crawler.atomic import user_path
from caravan_crawler.feed_checks import feeds_problem, load_problem
from caravan_crawler.outcome import hook_problem
from caravan_crawler.urls import LONGEST_ADDRESS

#: Similarity of two names, from which one is taken for the other mistyped.
_CLOSE = 0.85
#: Numbers that may have a fraction although their default has none.
_FRACTIONS = frozenset(
    "AUTOTHROTTLE_MAX_DELAY CRAWL_DELAY_MAX DNS_TIMEOUT DOWNLOAD_DELAY_JITTER DOWNLOAD_TIMEOUT RETRY_AFTER_MAX".split()
)
#: Names of numbers that may be negative end so.
_SIGNED = ("_PRIORITY", "_PRIORITY_ADJUST")
#: With 0 of these, Scrapy waits without end.
_NOT_ZERO = frozenset(
    "CONCURRENT_ITEMS CONCURRENT_REQUESTS CONCURRENT_REQUESTS_PER_DOMAIN REACTOR_THREADPOOL_MAXSIZE".split()
)
#: Settings that give each component its place in their order.
_WITH_PLACES = ("ADDONS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES", "SPIDER_MIDDLEWARES")
#: Settings that may name a component, but have none by default.
_EMPTY = frozenset(["ASYNCIO_EVENT_LOOP", "FEED_URI_PARAMS"])


def settings_problem(settings: BaseSettings) -> str | None:
    """Return the first problem of the settings, in one line, or None."""
    of_names_and_values = (name_problem, _number_problem, _component_problem, _spiders_problem, _codes_problem)
    of_one_setting = (_unusable_problem, floors_problem, lambda each: hook_problem(each["ON_FAILURE"]))
    of_parts = (browser_problem, _workers_problem, feeds_problem)
    checks = (*of_names_and_values, *of_one_setting, *of_parts)
    return next(filter(None, (check(settings) for check in checks)), None)


def export_problem(settings: BaseSettings) -> str | None:
    """Return the first problem of the settings that an export reads, in one line, or None."""
    return _number_problem(settings) or floors_problem(settings)


def page_problem(command: ScrapyCommand, args: Iterable[str]) -> str | None:
    """Return the first problem of the options and settings of a command for one page, in one line, or None."""
    assert command.settings is not None
    checks = (_number_problem, _codes_problem, _component_problem, _spiders_problem)
    return command_problem(command, args) or next(filter(None, (check(command.settings) for check in checks)), None)


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
        arguments = (name.lower(), f"s{name}")  # -site=sample is -s ite=sample
        if argument := next((one for one in arguments if one in HELP), None):
            return f"{argument} is an argument of the spider: -a {argument}={settings[name]}"
        if close := difflib.get_close_matches(name.upper(), known, 1, _CLOSE):
            return f"there is no setting {name}; did you mean {close[0]}?"
        if not name.isupper():
            return f"there is no setting {name}: names of settings are in capitals"
    return None


def assignment_problem(settings: BaseSettings, assignments: Iterable[str]) -> str | None:
    """Return a problem if the value of a ``NAME=VALUE`` must be a JSON object, as in the settings, and is none."""
    for name, sign, value in (each.partition("=") for each in assignments):
        if not sign or not isinstance(settings[name], BaseSettings):
            continue
        try:
            if not isinstance(json.loads(value), dict):
                return f"{name}={value} must be a JSON object: {{…}}"
        except ValueError as error:
            return f"{name}={value} is not valid JSON: {error}"
    return None


def _number_problem(settings: BaseSettings) -> str | None:
    """Return a problem if a setting is not a number although its default is one."""
    for name, given in settings.items():
        default = getattr(own_settings, name, getattr(default_settings, name, None))
        if given == default or not isinstance(default, Number) or not isinstance(given, str | Number):
            continue
        if problem := _value_problem(name, given, default):
            return f"{name}={given} {problem}"
    return None


def _value_problem(name: str, given: Any, default: Number) -> str | None:
    if isinstance(default, bool):
        return None if str(given).lower() in ("0", "1", "true", "false") else "is not 1 or 0"
    is_whole = isinstance(default, int) and name not in _FRACTIONS
    try:
        number = int(given) if is_whole and isinstance(given, str) else float(given)
    except ValueError:
        number = math.nan
    if not -math.inf < number < math.inf:
        return "is not a whole number" if is_whole else "is not a number"
    least = -math.inf if name.endswith(_SIGNED) else int(name in _NOT_ZERO)
    return None if number >= least else f"must be {least} or more"


def _component_problem(settings: BaseSettings) -> str | None:
    """Return a problem if a setting names a component that cannot be loaded, or None.

    Those of the project and of Scrapy are not loaded here, as some run without the extras that they need.
    """
    for name in _WITH_PLACES:
        for component, place in (settings[name] or {}).items():
            if not isinstance(place, Number | None):
                return f"{name} gives {component} the place {place}, which is no number"
    project = Settings()
    project.setmodule(own_settings)
    known = list(_components(project))
    for name, component in _components(settings):
        if (name, component) not in known and (problem := load_problem(component)):
            return f"{name} names {component}, which cannot be loaded: {problem}"
    return None


def _components(settings: BaseSettings) -> Iterator[tuple[str, Any]]:
    """Yield the components that settings name, by path or as an object, each with the name of its setting."""
    for name, default in vars(default_settings).items():
        if name in _EMPTY or (isinstance(default, str) and default.startswith(("scrapy.", "twisted."))):
            # A referrer policy may be a word of HTTP.
            yield from [(name, settings[name])] if settings[name] and name != "REFERRER_POLICY" else []
        elif name.endswith("_BASE") and isinstance(default, Mapping):
            listed = name.removesuffix("_BASE")
            # By path with a place, or by a scheme or format with the path, None for those that are switched off.
            is_by_path = all(isinstance(place, int) for place in default.values())
            for key, value in settings.getwithbase(listed).items():
                yield from [(listed, key if is_by_path else value)] if is_by_path or value is not None else []
    yield from (("ADDONS", key) for key in settings["ADDONS"] or ())


def _spiders_problem(settings: BaseSettings) -> str | None:
    """Return a problem if the modules of spiders cannot be loaded, or None."""
    try:
        get_spider_loader(settings)
    except (ImportError, SyntaxError) as error:
        return f"SPIDER_MODULES={','.join(settings.getlist('SPIDER_MODULES'))} cannot be loaded: {error}"
    return None


def level_problem(settings: BaseSettings) -> str | None:
    """Return a problem if there is no such log level, or None."""
    level = settings["LOG_LEVEL"]  # as a number only in a file of settings: logging takes no "10"
    is_known = isinstance(level, int) or str(level) in logging.getLevelNamesMapping()
    return None if is_known else f"LOG_LEVEL={level} is no level"


def _codes_problem(settings: BaseSettings) -> str | None:
    try:
        [int(code) for code in settings.getlist("RETRY_HTTP_CODES")]
    except (ValueError, TypeError):
        return f"RETRY_HTTP_CODES={settings['RETRY_HTTP_CODES']} are no numbers such as 500,502"
    return None


def _unusable_problem(settings: BaseSettings) -> str | None:
    """Return why a single setting cannot be used, or None."""
    if settings["JOBDIR"]:
        return "JOBDIR is not for this crawl, whose store keeps what is left to read; leave it out"
    if str(settings["DEPTH_LIMIT"] or 0) != "0":
        return (
            "DEPTH_LIMIT would cut lists at that page; MAX_HOPS_FROM_ARTICLE bounds how far pages without article lead"
        )
    if not 0 < settings.getint("URLLENGTH_LIMIT") <= LONGEST_ADDRESS:
        return f"URLLENGTH_LIMIT must be from 1 to {LONGEST_ADDRESS}: a store in PostgreSQL can index no longer address"
    if settings.getbool("ARCHIVE") and find_spec("warcio") is None:
        return "ARCHIVE needs warcio: pip install -e '.[archive]'"
    return None


def floors_problem(settings: BaseSettings) -> str | None:
    """Return why the setting FLOORS cannot be used, or None."""
    try:
        shares = [float(share) for share in settings.getdict("FLOORS").values()]
    except (ValueError, TypeError):
        shares = [-1.0]
    if all(0 <= share <= 1 for share in shares):
        return None
    return 'FLOORS must give shares from 0 to 1: {"body": 0.8}'


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


def arguments_problem(settings: BaseSettings, arguments: CrawlArguments) -> str | None:
    """Return why a crawl with these arguments must not run: a worker with a limit, or a misplaced job of Scrapyd."""
    if arguments.limit is not None and settings.getbool("SHARED_CRAWL"):
        return "limit is for a run of its own; in a shared crawl each worker would count its own articles"
    return None if arguments.job is None else _copy_problem() or _folder_problem(settings)


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
    data_dir = user_path(settings["DATA_DIR"])
    if data_dir.is_absolute():
        return None
    return f"DATA_DIR={data_dir} is relative; Scrapyd needs the whole path, such as setting=DATA_DIR=/srv/caravan"
