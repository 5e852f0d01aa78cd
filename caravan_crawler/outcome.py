"""How a run ended: one code and the reason in words, decided in one place from the crawl's stats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Where the run's exit code is kept among the stats once it is decided.
OUTCOME_STAT = "caravan/outcome"

SOUND, CRASHED, BAD_ARGUMENTS, UNREACHABLE = 0, 1, 2, 4
SIGNAL_STAT = "caravan/signal"
_STOPPED = 128
#: The share of pages that may fail in a sound run.
MOST_FAILED = 0.1


@dataclass(frozen=True)
class Outcome:
    """The exit ``code`` of ``scrapy crawl caravan`` and the ``reason`` for it."""

    code: int
    reason: str


def decide(stats: Mapping[str, Any], finish_reason: str | None) -> Outcome:
    """Judge a run by its stats: the first thing that is wrong gives the outcome."""
    if finish_reason is None:
        return Outcome(CRASHED, "the crawl did not start")
    if signal_number := stats.get(SIGNAL_STAT):
        return Outcome(_STOPPED + signal_number, "stopped on request")
    if errors := _errors(stats):
        return Outcome(CRASHED, errors)
    if finish_reason != "finished":
        return Outcome(CRASHED, f"stopped early: {finish_reason}")
    pages, failed = _sum(stats, "caravan/pages/"), _sum(stats, "caravan/failed/")
    if pages == 0:
        why = stats.get("caravan/last_failure", "robots.txt forbids the site")
        return Outcome(UNREACHABLE, f"no page could be read; {why}")
    if failed > MOST_FAILED * (pages + failed):
        return Outcome(UNREACHABLE, f"{failed} of {pages + failed} pages failed; {stats.get('caravan/last_failure')}")
    return Outcome(SOUND, "complete")


def _sum(stats: Mapping[str, Any], prefix: str) -> int:
    return sum(count for name, count in stats.items() if name.startswith(prefix))


def _errors(stats: Mapping[str, Any]) -> str | None:
    parts = []
    for stat, words in (
        ("spider_exceptions/count", "pages raised an error while read"),
        ("caravan/item_errors", "records raised an error in a pipeline"),
        ("caravan/feeds/lost_rows", "records are missing in a feed"),
    ):
        if count := stats.get(stat):
            parts.append(f"{count} {words}")
    return "; ".join(parts) or None
