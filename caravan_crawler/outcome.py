"""How a run ended: one code and the reason in words, decided in one place from the crawl's stats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Where the run's exit code is kept among the stats once it is decided.
OUTCOME_STAT = "caravan/outcome"

SOUND, CRASHED, BAD_ARGUMENTS, BELOW_FLOORS, UNREACHABLE = 0, 1, 2, 3, 4
SIGNAL_STAT = "caravan/signal"
_STOPPED = 128
#: The share of pages that may fail in a sound run.
MOST_FAILED = 0.1
#: So few may fail in any run: of three pages named, one that is gone is no outage.
FEW_FAILED = 3


@dataclass(frozen=True)
class Outcome:
    """The exit ``code`` of ``scrapy crawl caravan`` and the ``reason`` for it."""

    code: int
    reason: str


def decide(stats: Mapping[str, Any], finish_reason: str | None) -> Outcome:
    """Judge a run by its stats: the first thing that is wrong gives the outcome."""
    if signal_number := stats.get(SIGNAL_STAT):
        return Outcome(_STOPPED + signal_number, "stopped on request")
    if finish_reason is None:
        return Outcome(CRASHED, "the crawl did not start")
    if errors := _errors(stats):
        return Outcome(CRASHED, errors)
    if finish_reason != "finished":
        return Outcome(CRASHED, f"stopped early: {finish_reason}")
    return _judge_pages(stats)


def _judge_pages(stats: Mapping[str, Any]) -> Outcome:
    failed = _sum(stats, "caravan/failed/")
    read = _sum(stats, "caravan/pages/") - sum(
        stats.get(f"caravan/pages/{kind}", 0) for kind in ("cut", "challenge", "error")
    )
    last = stats.get("caravan/last_failure")
    if read == 0:
        forbidden = "robots.txt forbids the site" if stats.get("caravan/forbidden") else "nothing was asked for"
        return Outcome(UNREACHABLE, f"no page could be read; {last or forbidden}")
    if failed > FEW_FAILED and failed > MOST_FAILED * (read + failed):
        return Outcome(UNREACHABLE, f"{failed} of {read + failed} pages failed; the last: {last}")
    if lists := stats.get("caravan/abandoned_lists"):
        return Outcome(UNREACHABLE, f"{lists} lists were given up, as page after page failed; the last: {last}")
    articles = stats.get("caravan/pages/article", 0)
    if articles == 0:
        return Outcome(BELOW_FLOORS, f"no article on {read} pages" + (f"; the last failure: {last}" if last else ""))
    return Outcome(SOUND, "complete" + (f", but {failed} pages failed; the last: {last}" if failed else ""))


def _sum(stats: Mapping[str, Any], prefix: str) -> int:
    return sum(count for name, count in stats.items() if name.startswith(prefix))


def _errors(stats: Mapping[str, Any]) -> str | None:
    parts = []
    for stat, words in (
        ("spider_exceptions/count", "pages raised an error while read"),
        ("caravan/item_errors", "records raised an error in a pipeline"),
        ("caravan/feeds/lost_rows", "records are missing in a feed"),
        ("caravan/feeds/not_open", "feeds were not opened"),
    ):
        if count := stats.get(stat):
            parts.append(f"{count} {words}")
    return "; ".join(parts) or None
