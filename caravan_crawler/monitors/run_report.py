"""``run.json``, the report of a run for people and for monitoring, and the alarm after a failed run."""

import json
import os
import shlex
import subprocess
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler import __version__
from caravan_crawler.atomic import open_atomic
from caravan_crawler.outcome import COPIES_STAT, DRIFT_STAT, SILENCE_STAT, Outcome

#: Counts of articles: the change types of records, and articles that did not have to be read.
_ARTICLES = ("new", "changed", "recounted", "unchanged", "not_modified", "carried", "lost_fields")


def build_report(
    run_id: str,
    continues: Iterable[str],
    arguments: Mapping[str, Any],
    started_at: datetime,
    ended_at: datetime,
    outcome: Outcome,
    stats: Mapping[str, Any],
    cells: Mapping[Any, int],
) -> dict[str, Any]:
    """Return the report as JSON values. ``cells`` maps section, year, field and reader to a number of articles.

    The key ``fields`` has for each field the number of articles with it, their share, and the readers that found it.
    """
    articles = {name: stats.get(f"caravan/articles/{name}", 0) for name in _ARTICLES}
    requests = stats.get("downloader/request_count", 0)
    return {
        "run_id": run_id,
        "continues": list(continues),
        "exit_code": outcome.code,
        "outcome": outcome.name,
        "reason": outcome.reason,
        "version": __version__,
        "arguments": dict(arguments),
        "started_at": started_at.isoformat(timespec="seconds"),
        "ended_at": ended_at.isoformat(timespec="seconds"),
        "seconds": round((ended_at - started_at).total_seconds(), 1),
        "articles": {
            "found": stats.get("caravan/pages/article", 0)
            + stats.get("caravan/links/known", 0)
            + articles["not_modified"],
            "read": stats.get("caravan/pages/article", 0),
            **articles,
            "dropped": _group(stats, "caravan/dropped/"),
        },
        "pages": _group(stats, "caravan/pages/"),
        "failures": _group(stats, "caravan/failed/"),
        "forbidden": stats.get("caravan/forbidden", 0),
        "copies": stats.get(COPIES_STAT, 0),
        "not_followed": _group(stats, "caravan/refused/"),
        "requests": requests,
        "requests_per_new_article": round(requests / articles["new"], 3) if articles["new"] else None,
        "bytes": stats.get("downloader/response_bytes", 0),
        "browser": _group(stats, "caravan/browser/"),
        "fields": _fields(cells),
        "drift": list(stats.get(DRIFT_STAT, ())),
        "reader_shifts": list(stats.get("caravan/reader_shifts", ())),
        "silence": stats.get(SILENCE_STAT),
    }


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report atomically; OSError if that fails."""
    with open_atomic(path) as file:
        json.dump(report, file, ensure_ascii=False, indent=1)


def summary(report: Mapping[str, Any]) -> str:
    """Return the run in one line."""
    articles = report["articles"]
    parts = [f"{articles['new']} new"]
    parts += [f"{articles[name]} {name}" for name in ("changed", "recounted", "lost_fields") if articles[name]]
    unchanged = articles["unchanged"] + articles["not_modified"]
    parts += [f"{unchanged} unchanged"] if unchanged else []
    if articles["carried"]:
        parts.append(f"{articles['carried']} of the run it continues")
    failed = sum(report["failures"].values())
    parts += [f"{failed} pages failed"] if failed else []
    return f"{report['reason']} (articles: {', '.join(parts)}; {report['requests']} requests)"


def _group(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in sorted(stats.items()) if name.startswith(prefix)}


def _fields(cells: Mapping[Any, int]) -> dict[str, Any]:
    totals: Counter[str] = Counter()
    readers: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (_, _, field, reader), number in cells.items():
        totals[field] += number
        if reader:
            readers[field][reader] += number
    return {
        field: {
            "of": total,
            "found": readers[field].total(),
            "fill_rate": round(readers[field].total() / total, 4),
            "readers": dict(readers[field]),
        }
        for field, total in totals.items()
    }


_WITHIN = 60


def raise_alarm(hook: str, report: Mapping[str, Any], path: Path | None) -> str | None:
    """Post ``report`` to the URL ``hook``, or run the command with it on its standard input; return a problem or None.

    The environment variable ``CARAVAN_RUN_JSON`` has the path of the report's file, if there is one.
    """
    body = json.dumps(report, ensure_ascii=False).encode()
    if urlsplit(hook).scheme in ("http", "https"):
        return _post(hook, body)
    return _run(hook, body, path)


def hook_problem(hook: str) -> str | None:
    """Return why a hook is neither a URL nor a command, or None."""
    if urlsplit(hook).scheme in ("http", "https"):
        return None if urlsplit(hook).hostname else "ON_FAILURE names no host"
    try:
        return None if shlex.split(hook) else "ON_FAILURE is empty"
    except ValueError as error:
        return f"ON_FAILURE is no command line: {error}"


def _post(url: str, body: bytes) -> str | None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_WITHIN):  # noqa: S310 - http and https only, the user's own
            return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return f"the alarm could not be posted: {reason}"


def _run(command: str, body: bytes, path: Path | None) -> str | None:
    environment = {**os.environ, **({"CARAVAN_RUN_JSON": str(path)} if path else {})}
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            shlex.split(command), input=body, env=environment, timeout=_WITHIN, check=False, stdout=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the alarm's command could not be run: {error}"
    return f"the alarm's command ended with code {done.returncode}" if done.returncode else None
