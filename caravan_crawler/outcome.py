"""How a run ended: exit code and reason, ``run.json``, and the alarm.

All is decided from the crawl's stats, whose names are here.
"""

import json
import os
import shlex
import shutil
import subprocess
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caravan_crawler import __version__
from caravan_crawler.atomic import open_atomic
from caravan_crawler.console import count
from caravan_crawler.items import UNSOUND

#: Stat with the run's exit code.
OUTCOME_STAT = "caravan/outcome"

SOUND, CRASHED, REFUSED, BELOW_FLOORS, UNREACHABLE, LOCKED = 0, 1, 2, 3, 4, 5
SIGNAL_STAT = "caravan/signal"
#: Why the store could not be written.
STORE_STAT = "caravan/store_failed"
#: Whether this run ``leads`` the workers of a shared crawl or ``helps``.
WORKER_STAT = "caravan/worker"
#: Why the raw pages could not be archived.
ARCHIVE_STAT = "caravan/archive_failed"
#: Which feed could not be written.
FEED_STAT = "caravan/feeds/failed"
#: Which feed's reader closed the pipe early; the feed files are still published.
STREAM_STAT = "caravan/feeds/stream_failed"
#: Fields whose fill rate has fallen; message if nothing new has appeared for too long.
DRIFT_FIELDS_STAT = "caravan/drift_fields"
DRIFT_STAT, SILENCE_STAT = "caravan/drift", "caravan/silence"
#: Message if the site stopped responding; the pause it asks for, in seconds.
OUTAGE_STAT, RETRY_AFTER_STAT = "caravan/outage", "caravan/retry_after"
#: Crawl-delay of robots.txt in seconds, if above CRAWL_DELAY_MAX.
CRAWL_DELAY_STAT = "caravan/crawl_delay"
#: Identity that the site reports, if any.
IDENTITY_STAT = "caravan/identity"
#: Message if the site is not the store's.
OTHER_SITE_STAT = "caravan/other_site"
#: Number of pages that waited, in sections that have articles, and were none when read; and of those that were.
NO_ARTICLE_STAT, FOUND_ARTICLE_STAT = "caravan/waiting/no_article", "caravan/waiting/article"
#: Number of articles that are copies of one text; URL of the last.
COPIES_STAT, COPY_STAT = "caravan/copies", "caravan/last_copy"
#: Address of a listing's next page whose form is unknown, the last one; their number.
UNKNOWN_NEXT_STAT, UNKNOWN_NEXTS_STAT = "caravan/unknown_next", "caravan/refused/next_page"
#: Number of entries of feeds and sitemaps; of those at addresses of unknown form, which may be articles; the last one.
ENTRIES_STAT, UNKNOWN_ENTRIES_STAT = "caravan/entries", "caravan/refused/entry_address"
UNKNOWN_ENTRY_STAT = "caravan/unknown_entry"
#: Number of articles at which the argument ``limit`` has ended the run; Scrapy's ``finish_reason`` in that case.
LIMIT_STAT, LIMIT = "caravan/limit_reached", "limit"
#: Beginning of the reason of a sound run that has not requested everything; the next run continues it.
AT_LIMIT = "ended at the limit"
_CONTINUES, _STARTS_ANEW = "the next run continues", "nothing is stored, so the next run starts anew"
#: Requested section that the site does not have, in quotes, and those that it has.
NO_SECTION_STAT = "caravan/no_section"
#: Counts of articles: the change types of records, and articles that did not have to be read.
_ARTICLES = ("new", "changed", "recounted", "unchanged", "not_modified", "carried", "lost_fields")
#: Exit code of a run that a signal stopped, less the signal's number; and its reason.
STOPPED, STOPPED_MESSAGE = 128, "stopped on request; the same command continues"
_NAMES = ("sound", "crashed", "refused", "below_floors", "unreachable", "locked")
#: Maximum share of failed pages in a sound run.
MOST_FAILED = 0.1
#: Failed pages allowed in any run: one missing page of three is no outage.
FEW_FAILED = 3
#: Pages without an article, of those that waited, from which a run is not sound if they are most of them.
MANY_WITHOUT_ARTICLE = 10


#: Stats with the message of a problem, whatever else has happened, and the exit code.
_PROBLEMS = {OTHER_SITE_STAT: REFUSED, STORE_STAT: CRASHED, ARCHIVE_STAT: CRASHED, FEED_STAT: CRASHED}


@dataclass(frozen=True)
class Outcome:
    """The exit ``code`` of ``scrapy crawl caravan`` and the ``reason`` for it."""

    code: int
    reason: str

    @property
    def name(self) -> str:
        """The code as a word."""
        return _NAMES[self.code] if self.code < len(_NAMES) else "stopped"


def decide(stats: Mapping[str, Any], finish_reason: str | None, *, has_store: bool = True) -> Outcome:
    """Decide the outcome from the stats; the first problem found determines it.

    No run continues one without a store, and the reason says so.
    """
    for stat, code in _PROBLEMS.items():
        if problem := stats.get(stat):
            return Outcome(code, str(problem))
    if signal_number := stats.get(SIGNAL_STAT):
        message = STOPPED_MESSAGE if has_store else f"stopped on request; {_STARTS_ANEW}"
        return Outcome(STOPPED + signal_number, message)
    if finish_reason is None:
        return Outcome(CRASHED, "the crawl did not start")
    if errors := _errors(stats):
        return Outcome(CRASHED, errors)
    ending = _ending(stats, finish_reason, _CONTINUES if has_store else _STARTS_ANEW)
    if is_cut_short(finish_reason):
        # It may have ended before it has read an article.
        has_begun = stats.get("caravan/pages/article") or _sum(stats, "caravan/failed/")
        return _judge_pages(stats, ending) if has_begun else Outcome(SOUND, ending)
    if outage := stats.get(OUTAGE_STAT):
        return Outcome(UNREACHABLE, f"{outage}; the last: {stats.get('caravan/last_failure')}")
    if pause := stats.get(RETRY_AFTER_STAT):
        return Outcome(UNREACHABLE, f"the site asks for a pause of {pause} seconds")
    if delay := stats.get(CRAWL_DELAY_STAT):
        return Outcome(
            UNREACHABLE, f"robots.txt asks for {delay} seconds between requests; CRAWL_DELAY_MAX allows fewer"
        )
    if finish_reason not in ("finished", LIMIT):
        return Outcome(CRASHED, f"stopped early: {finish_reason}")
    if finish_reason == "finished" and (unasked := stats.get("caravan/unasked")):
        return Outcome(CRASHED, f"{count(unasked, 'page')} could not be requested; see the log")
    return _judge_pages(stats, ending)


def is_cut_short(finish_reason: str) -> bool:
    """Whether one of Scrapy's settings CLOSESPIDER_… has ended the run before all was read."""
    return finish_reason.startswith("closespider_")


def _ending(stats: Mapping[str, Any], finish_reason: str, what_follows: str) -> str:
    """Return the message of a sound run: complete, or at which limit it ended, and what the next run does."""
    if limit := stats.get(LIMIT_STAT):
        return f"{AT_LIMIT} of {limit}; {what_follows}"
    return f"{AT_LIMIT} {finish_reason.upper()}; {what_follows}" if is_cut_short(finish_reason) else "complete"


def _judge_pages(stats: Mapping[str, Any], ending: str) -> Outcome:
    failed = _sum(stats, "caravan/failed/")
    read = _sum(stats, "caravan/pages/") - sum(stats.get(f"caravan/pages/{kind}", 0) for kind in UNSOUND)
    read += stats.get("caravan/articles/not_modified", 0)
    last = stats.get("caravan/last_failure")
    # An article of the requested sections is counted as one of these; a short link may lead to another section.
    found = [f"caravan/articles/{name}" for name in _ARTICLES] + ["caravan/links/known"]
    if (section := stats.get(NO_SECTION_STAT)) and not any(map(stats.get, found)):
        return Outcome(REFUSED, f"the site has no section {section}" + (f"; {last}" if last else ""))
    if read + failed == 0 and stats.get(WORKER_STAT) == "helps":
        return Outcome(SOUND, f"{ending}: the other workers read it all")
    # A resumed run may have nothing left to request.
    if read == 0 and (failed or stats.get("caravan/forbidden")):
        return Outcome(UNREACHABLE, f"no page could be read; {last or 'robots.txt forbids the site'}")
    no_articles = sum(stats.get(f"caravan/failed/kind_{kind}", 0) for kind in ("other", "listing"))
    # Lists may have dead links, one each, in a run that requests little else.
    unread = failed - _sum(stats, "caravan/failed/list_")
    if unread > FEW_FAILED and unread > MOST_FAILED * (read + unread):
        if no_articles > failed / 2:
            message = "pages of articles could not be read as such, so the markup has probably changed"
            return Outcome(BELOW_FLOORS, f"{no_articles} of {read} {message}; the last: {last}")
        return Outcome(UNREACHABLE, f"{failed} of {read + failed} pages failed; the last: {last}")
    none, found = stats.get(NO_ARTICLE_STAT, 0), stats.get(FOUND_ARTICLE_STAT, 0)
    if none >= MANY_WITHOUT_ARTICLE and none > found:
        message = "pages that earlier runs found and did not read show no article; later runs request them again"
        return Outcome(BELOW_FLOORS, f"{none} of {none + found} {message}")
    if lists := stats.get("caravan/abandoned_lists"):
        return Outcome(UNREACHABLE, f"{lists} lists were given up, as page after page failed; the last: {last}")
    return _judge_data(stats, ending, read, failed, last)


def _judge_data(stats: Mapping[str, Any], ending: str, read: int, failed: int, last: str | None) -> Outcome:
    found = stats.get("caravan/pages/article", 0) + stats.get("caravan/links/known", 0)
    found += stats.get("caravan/articles/not_modified", 0) + stats.get("caravan/articles/carried", 0)
    # A sitemap index lists no articles, and may be all that a run requested.
    shown = read - stats.get("caravan/pages/sitemap", 0)
    if found == 0 and shown and WORKER_STAT not in stats:  # the articles of a list are read by all workers
        failure = f"; the last failure: {last}" if last else ""
        return Outcome(BELOW_FLOORS, f"no article on {count(read, 'page')}{failure}")
    if below := [*stats.get(DRIFT_STAT, ()), *filter(None, [stats.get(SILENCE_STAT)])]:
        return Outcome(BELOW_FLOORS, "; ".join(below))
    notes = [f"{count(failed, 'page')} failed; the last: {last}"] if failed else []
    if copies := stats.get(COPIES_STAT):
        told = f"articles are copies of one text, so links on them were not followed; the last: {stats.get(COPY_STAT)}"
        if copies > MOST_FAILED * read:
            return Outcome(BELOW_FLOORS, f"{copies} of {read} {told}")
        notes.append(f"{copies} {told}")
    if lists := stats.get(UNKNOWN_NEXTS_STAT):
        last_one = stats.get(UNKNOWN_NEXT_STAT)
        notes.append(f"{lists} lists go on at an address of unknown form and are not complete; the last: {last_one}")
    notes += filter(None, [entries_problem(stats)])
    return Outcome(SOUND, ending + (f", but {'; '.join(notes)}" if notes else ""))


#: Share of entries at addresses of unknown form from which these are hardly pages of other kinds.
_NOTABLE = 0.05


def entries_problem(stats: Mapping[str, Any]) -> str | None:
    """Return a message if a notable share of the entries of feeds and sitemaps is not read, or None."""
    number, entries = stats.get(UNKNOWN_ENTRIES_STAT, 0), stats.get(ENTRIES_STAT, 0)
    if number <= FEW_FAILED or number <= _NOTABLE * entries:
        return None
    told = "entries of feed and sitemaps are at addresses of unknown form and are not read"
    return f"{number} of {entries} {told}; the last: {stats.get(UNKNOWN_ENTRY_STAT)}"


def _sum(stats: Mapping[str, Any], prefix: str) -> int:
    return sum(count for name, count in stats.items() if name.startswith(prefix))


def _errors(stats: Mapping[str, Any]) -> str | None:
    parts = []
    for stat, message in (
        ("spider_exceptions/count", "pages raised an error while read"),
        ("caravan/item_errors", "records raised an error in a pipeline"),
        ("caravan/feeds/lost_rows", "records are missing in a feed"),
        ("caravan/feeds/not_open", "feeds were not opened"),
    ):
        if count := stats.get(stat):
            parts.append(f"{count} {message}")
    return "; ".join(parts) or None


def clock_problem(stats: Mapping[str, Any]) -> str | None:
    """Return a message if most dates that a run has read are in the future, as this machine's clock may be behind."""
    late = stats.get(f"{_DATES}/future", 0)
    dates = sum(stats.get(f"{_DATES}/{verdict}", 0) for verdict in _VERDICTS)
    if late < _FEWEST_LATE or 2 * late <= dates:
        return None
    return f"the dates of {late} of {dates} articles are in the future: is the clock of this machine behind?"


_DATES = "caravan/normalise/dates"
_VERDICTS = ("printed", "refined", "structured", "disagree", "missing")
#: One article may have a mistyped date.
_FEWEST_LATE = 2


def build_report(spider: Any, outcome: Outcome, ended_at: datetime, cells: Mapping[Any, int]) -> dict[str, Any]:
    """Return a run's report as JSON values. ``cells`` maps section, year, field and reader to a number of articles.

    The key ``fields`` has for each field the number of articles with it, their share, and the readers that found it.
    """
    stats = spider.crawler.stats.get_stats()
    articles = {name: stats.get(f"caravan/articles/{name}", 0) for name in _ARTICLES}
    requests = stats.get("downloader/request_count", 0)
    return {
        "run_id": spider.run_id,
        "continues": list(spider.continues),
        "exit_code": outcome.code,
        "outcome": outcome.name,
        "reason": outcome.reason,
        "version": __version__,
        "arguments": spider.arguments.as_json(),
        "started_at": spider.started_at.isoformat(timespec="seconds"),
        "ended_at": ended_at.isoformat(timespec="seconds"),
        "seconds": round((ended_at - spider.started_at).total_seconds(), 1),
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
    parts += [f"{count(failed, 'page')} failed"] if failed else []
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


def _is_url(hook: str) -> bool:
    return urlsplit(hook).scheme in ("http", "https")


def raise_alarm(hook: str, report: Mapping[str, Any], path: Path | None) -> str | None:
    """Post ``report`` to the URL ``hook``, or run the command with it on its standard input; return a problem or None.

    The environment variable ``CARAVAN_RUN_JSON`` has the path of the report's file, if there is one.
    """
    body = json.dumps(report, ensure_ascii=False).encode()
    return _post(hook, body) if _is_url(hook) else _run(hook, body, path)


def hook_problem(hook: str | None) -> str | None:
    """Return why a hook, if there is one, is neither a URL nor a command, or None."""
    if not hook:
        return None
    if _is_url(hook):
        return None if urlsplit(hook).hostname else "ON_FAILURE names no host"
    try:
        return None if shlex.split(hook) else "ON_FAILURE is empty"
    except ValueError as error:
        return f"ON_FAILURE is no command line: {error}"


def hook_warning(hook: str | None) -> str | None:
    """Return that the command of a hook is not on this machine, or None."""
    if not hook or _is_url(hook) or shutil.which(shlex.split(hook)[0]) is not None:
        return None
    return f"ON_FAILURE: this machine has no program {shlex.split(hook)[0]}, so a failure would raise no alarm"


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
