"""Summary of the store, the last runs, and the pages that failed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.keep import owner
from caravan_crawler.keep.schema import article_versions, articles, failures, runs
from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.outcome import SOUND
from caravan_crawler.report.elements import Chart, Link, Section, Table, chart, rows
from caravan_crawler.report.formatting import count, duration, moment, number
from caravan_crawler.report.series import Tally

_KILLED = "killed"


@dataclass(frozen=True)
class Run:
    """One run."""

    run_id: str
    started_at: str
    seconds: int | None
    """How long it took; None while it goes on, and where it was killed, as nobody knows when."""

    outcome: str
    """The exit code as a word; ``killed``; or ``no end`` for one that goes on, or was killed and followed by none."""

    reason: str
    new_articles: int
    requests: int | None
    """What it asked the site for; None where it left no report."""

    @property
    def is_sound(self) -> bool:
        """Whether it ended well."""
        return self.outcome == "sound"


def last_runs(snapshot: Snapshot, limit: int) -> list[Run]:
    """Return the last runs, newest first."""
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
    return [_run(row._mapping) for row in snapshot.rows(query)]


def _run(row: Any) -> Run:
    seconds = None
    if row["ended_at"] and row["outcome"] != _KILLED:
        seconds = datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["started_at"])
    return Run(
        run_id=row["run_id"],
        started_at=row["started_at"],
        seconds=None if seconds is None else round(seconds.total_seconds()),
        outcome=row["outcome"] or ("sound" if row["exit_code"] == SOUND else "no end"),
        reason=row["reason"] or "it has not ended yet, or was killed",
        new_articles=row["new_articles"],
        requests=(row["report"] or {}).get("requests"),
    )


@dataclass(frozen=True)
class Head:
    """The store in a few numbers."""

    site: str
    """Whose articles: ``caravan.kz``, another edition's host, ``sample``, or what a copy says it is."""

    first: str | None
    last: str | None
    """The first and last day of publication, ``YYYY-MM-DD``; None without any dated article."""

    articles: int
    versions: int
    """Of texts, at least one an article."""

    views: int
    """The sum over all articles of the count last seen."""

    runs: int
    last_run: Run | None


def read_head(snapshot: Snapshot, tally: Tally) -> Head:
    """Sum the store up."""
    columns = articles.c
    ((first, last),) = snapshot.rows(select(func.min(columns.date_published), func.max(columns.date_published)))
    ((versions,),) = snapshot.rows(select(func.count()).select_from(article_versions))
    ((number_of_runs,),) = snapshot.rows(select(func.count()).select_from(runs))
    return Head(
        site=owner.title(snapshot.rows),
        first=first and first[:10],
        last=last and last[:10],
        articles=tally.articles,
        versions=versions,
        views=tally.views,
        runs=number_of_runs,
        last_run=next(iter(last_runs(snapshot, 1)), None),
    )


_MOST_REASONS, _WORST = 15, 20


class Failure(NamedTuple):
    """A page that failed."""

    url: str
    words: str
    attempts: int
    first_failed_at: str
    retry_at: str


@dataclass(frozen=True)
class Failures:
    """All failures by reason, most frequent first, and the pages that failed most often, oldest first among equals."""

    number: int
    reasons: list[tuple[str, int]]
    worst: list[Failure]


def read_failures(snapshot: Snapshot) -> Failures:
    """Count the reasons and find the worst pages."""
    columns = failures.c
    counts = select(columns.reason, func.count()).group_by(columns.reason)
    reasons = [(reason, number) for reason, number in snapshot.rows(counts)]
    reasons.sort(key=lambda reason: (-reason[1], reason[0]))
    worst = (
        select(columns.url, columns.words, columns.attempts, columns.first_failed_at, columns.retry_at)
        .order_by(columns.attempts.desc(), columns.first_failed_at, columns.url)
        .limit(_WORST)
    )
    return Failures(
        sum(number for _, number in reasons), reasons[:_MOST_REASONS], [Failure(*row) for row in snapshot.rows(worst)]
    )


#: So many are asked for.
SHOWN = 150
_LISTED = 20
#: The bars of fewer are no wider than those of so many.
_FEWEST = 20


def runs_section(runs: list[Run], total: int) -> Section:
    """Return the section on the last ``runs``, newest first, of ``total`` there are."""
    if not runs:
        return Section("runs", "Runs", ["No run is in the store yet."])
    shown = f"the last {number(len(runs))} of {number(total)} runs" if total > len(runs) else count(total, "run")
    words = [f"New articles and minutes of {shown}, the newest on the right; those that failed are marked."]
    return Section("runs", "Runs", words, _run_warnings(runs), _charts(runs[::-1]), [_table(runs[:_LISTED])])


def _run_warnings(runs: list[Run]) -> list[str]:
    last = runs[0]
    wrong = [] if last.is_sound else [f"The last run did not end well: {last.outcome}, {last.reason}."]
    failed = sum(not run.is_sound for run in runs[:_LISTED])
    if failed > (not last.is_sound):
        wrong.append(f"{number(failed)} of the last {count(len(runs[:_LISTED]), 'run')} did not end well.")
    return wrong


def _charts(runs: list[Run]) -> list[Chart]:
    timed = [run for run in runs if run.seconds is not None]
    new, minutes = "New articles of each run; those that failed are marked.", "Minutes that each run took."
    charts = [chart("runs-new", new, _bars(runs, runs, "new", "new articles"), height=150)]
    # Vega complains of bars without any height.
    return charts + (
        [chart("runs-minutes", minutes, _bars(runs, timed, "minutes", "minutes"), height=150)] if timed else []
    )


def _bars(runs: list[Run], shown: list[Run], name: str, title: str) -> alt.LayerChart | alt.FacetChart:
    """Return a bar for each of ``runs`` that is ``shown``, and a mark on those that failed."""
    first = max(len(runs), _FEWEST) - len(runs)
    place_of = {run.run_id: place for place, run in enumerate(runs, start=first)}
    values = [
        (
            place_of[run.run_id],
            moment(run.started_at),
            run.new_articles if name == "new" else (run.seconds or 0) / 60,
            run.new_articles,
            duration(run.seconds) or "unknown",
            run.outcome,
            run.is_sound,
        )
        for run in shown
    ]
    base = alt.Chart(rows("place", "started", name, "articles", "took", "outcome", "is_sound", values=values)).encode(
        x=alt.X(
            "place:O",
            scale=alt.Scale(domain=list(range(first + len(runs)))),
            title=None,
            axis=alt.Axis(labels=False, ticks=False),
        ),
        y=alt.Y(f"{name}:Q", title=title, axis=alt.Axis(tickMinStep=1) if name == "new" else alt.Axis()),
        tooltip=[
            alt.Tooltip("started:N", title="started (UTC)"),
            "outcome:N",
            "took:N",
            alt.Tooltip("articles:Q", title="new articles", format=","),
        ],
    )
    if all(run.is_sound for run in shown):
        return alt.layer(base.mark_bar())
    failed = base.transform_filter("!datum.is_sound").mark_point(style="wrong", size=30, yOffset=-5)
    return alt.layer(base.mark_bar(), failed)


def _table(runs: list[Run]) -> Table:
    lines = [
        [moment(run.started_at), duration(run.seconds), run.outcome, run.new_articles, run.requests, run.reason]
        for run in runs
    ]
    columns = ["Started (UTC)", "Took", "Outcome", "New", "Requests", "Reason"]
    return Table("The last runs" if len(runs) > 1 else "The run", columns, lines, right=(1, 3, 4))


def failures_section(failures: Failures) -> Section:
    """Return the section."""
    if not failures.number:
        return Section("failures", "Failures", ["No page waits for another try."])
    words = [f"{count(failures.number, 'page')} could not be read, by reason; a run that reads one takes it off."]
    lines = [
        [Link(page.url, page.url), page.words, page.attempts, page.first_failed_at[:10], moment(page.retry_at)]
        for page in failures.worst
    ]
    caption = "Failed pages" if len(lines) == failures.number else f"The {len(lines)} pages that failed most often"
    columns = ["Page", "Reason", "Runs", "Since", "Next try (UTC)"]
    table = Table(caption, columns, lines, right=(2,))
    return Section("failures", "Failures", words, _failure_warnings(failures), [_failures_chart(failures)], [table])


def _failure_warnings(failures: Failures) -> list[str]:
    most, pages = failures.reasons[0]
    if failures.number < 10 or pages <= failures.number / 2:
        return []
    return [f"Most have one reason, {most}: {number(pages)} of {number(failures.number)}."]


def _failures_chart(failures: Failures) -> Chart:
    order = [reason for reason, _ in failures.reasons]
    drawn = (
        alt.Chart(rows("reason", "pages", values=failures.reasons))
        .mark_bar()
        .encode(
            x=alt.X("pages:Q", title="pages", axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("reason:N", sort=order, title=None),
            tooltip=["reason:N", alt.Tooltip("pages:Q", format=",")],
        )
    )
    height = 40 + 22 * len(order)
    return chart("failures-reasons", "Pages that could not be read, by reason.", drawn, height=height)
