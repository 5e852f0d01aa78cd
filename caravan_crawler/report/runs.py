"""Summary of the store, the last runs, and the pages that failed."""

from dataclasses import dataclass
from typing import NamedTuple

import altair as alt
from sqlalchemy import func, select

from caravan_crawler.report.elements import Chart, Link, Section, Table, chart, count, duration, moment, number, rows
from caravan_crawler.report.series import Tally
from caravan_crawler.store import origin, schema
from caravan_crawler.store.overview import Run, failure_reasons, last_runs
from caravan_crawler.store.snapshot import Snapshot

_LISTED_RUNS = 20
#: With fewer runs, bars are as wide as with this number of runs.
_FEWEST_BARS = 20
_MOST_REASONS, _LISTED_PAGES = 15, 20


@dataclass(frozen=True)
class Head:
    """The store in a few numbers."""

    site: str
    """``caravan.kz``, another edition's host, ``sample``, or the identity of a copy."""

    first: str | None
    last: str | None
    """First and last day of publication, ``YYYY-MM-DD``; None without any dated article."""

    articles: int
    versions: int
    views: int
    """The sum of the latest counts of all articles."""

    runs: int
    last_run: Run | None


class Failure(NamedTuple):
    """A page that failed."""

    url: str
    message: str
    attempts: int
    first_failed_at: str
    retry_at: str


@dataclass(frozen=True)
class Failures:
    """Failed pages by reason, most frequent first, and those that failed most often, oldest first among equals."""

    number: int
    reasons: list[tuple[str, int]]
    worst: list[Failure]


def read_head(snapshot: Snapshot, tally: Tally) -> Head:
    """Summarise the store."""
    published = schema.articles.c.date_published
    ((first, last),) = snapshot.rows(select(func.min(published), func.max(published)))
    ((versions,),) = snapshot.rows(select(func.count()).select_from(schema.article_versions))
    ((runs,),) = snapshot.rows(select(func.count()).select_from(schema.runs))
    return Head(
        site=origin.title(snapshot.rows),
        first=first,
        last=last,
        articles=tally.articles,
        versions=versions,
        views=tally.views,
        runs=runs,
        last_run=next(iter(last_runs(snapshot, 1)), None),
    )


def read_failures(snapshot: Snapshot) -> Failures:
    """Count the reasons and read the worst pages."""
    columns = schema.failures.c
    reasons = failure_reasons(snapshot)
    worst = (
        select(columns.url, columns.words, columns.attempts, columns.first_failed_at, columns.retry_at)
        .order_by(columns.attempts.desc(), columns.first_failed_at, columns.url)
        .limit(_LISTED_PAGES)
    )
    total = sum(pages for _, pages in reasons)
    return Failures(total, reasons[:_MOST_REASONS], [Failure(*row) for row in snapshot.rows(worst)])


def runs_section(runs: list[Run], total: int) -> Section:
    """Return the section on the last ``runs``, newest first, of ``total``."""
    if not runs:
        return Section("runs", "Runs", ["No run is in the store yet."])
    which = f"the last {number(len(runs))} of {number(total)} runs" if total > len(runs) else count(total, "run")
    text = [f"New articles and minutes of {which}, the newest on the right; those that failed are marked."]
    last, listed = runs[0], runs[:_LISTED_RUNS]
    warnings = [] if last.is_sound else [f"The last run did not end well: {last.outcome}, {last.reason}."]
    failed = sum(not run.is_sound for run in listed)
    if failed > (not last.is_sound):
        warnings.append(f"{number(failed)} of the last {count(len(listed), 'run')} did not end well.")
    oldest_first = runs[::-1]
    caption = "New articles of each run; those that failed are marked."
    charts = [chart("runs-new", caption, _bars(oldest_first, oldest_first, "new", "new articles"), height=150)]
    if timed := [run for run in oldest_first if run.seconds is not None]:  # Vega logs a warning without any bar
        drawn = _bars(oldest_first, timed, "minutes", "minutes")
        charts.append(chart("runs-minutes", "Minutes that each run took.", drawn, height=150))
    lines = [
        [moment(run.started_at), duration(run.seconds), run.outcome, run.new_articles, run.requests, run.reason]
        for run in listed
    ]
    columns = ["Started (UTC)", "Took", "Outcome", "New", "Requests", "Reason"]
    table = Table("The last runs" if len(listed) > 1 else "The run", columns, lines, right=(1, 3, 4))
    return Section("runs", "Runs", text, warnings, charts, [table])


def _bars(runs: list[Run], shown: list[Run], name: str, title: str) -> alt.LayerChart | alt.FacetChart:
    """Return bars for those of ``runs`` that are ``shown``, with marks on failed ones."""
    first = max(len(runs), _FEWEST_BARS) - len(runs)
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
    scale = alt.Scale(domain=list(range(first + len(runs))))
    base = alt.Chart(rows("place", "started", name, "articles", "took", "outcome", "is_sound", values=values)).encode(
        x=alt.X("place:O", scale=scale, title=None, axis=alt.Axis(labels=False, ticks=False)),
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


def failures_section(failures: Failures) -> Section:
    """Return the section on failed pages."""
    if not failures.number:
        return Section("failures", "Failures", ["No page waits for another try."])
    text = [f"{count(failures.number, 'page')} could not be read, by reason; a run that reads one takes it off."]
    most, pages = failures.reasons[0]
    is_common = failures.number >= 10 and pages > failures.number / 2
    warnings = [f"Most have one reason, {most}: {number(pages)} of {number(failures.number)}."] if is_common else []
    lines = [
        [Link(page.url, page.url), page.message, page.attempts, page.first_failed_at[:10], moment(page.retry_at)]
        for page in failures.worst
    ]
    caption = "Failed pages" if len(lines) == failures.number else f"The {len(lines)} pages that failed most often"
    table = Table(caption, ["Page", "Reason", "Runs", "Since", "Next try (UTC)"], lines, right=(2,))
    return Section("failures", "Failures", text, warnings, [_reasons_chart(failures.reasons)], [table])


def _reasons_chart(reasons: list[tuple[str, int]]) -> Chart:
    order = [reason for reason, _ in reasons]
    drawn = (
        alt.Chart(rows("reason", "pages", values=reasons))
        .mark_bar()
        .encode(
            x=alt.X("pages:Q", title="pages", axis=alt.Axis(tickMinStep=1, tickCount=6)),
            y=alt.Y("reason:N", sort=order, title=None),
            tooltip=["reason:N", alt.Tooltip("pages:Q", format=",")],
        )
    )
    height = 40 + 22 * len(order)
    return chart("failures-reasons", "Pages that could not be read, by reason.", drawn, height=height)
