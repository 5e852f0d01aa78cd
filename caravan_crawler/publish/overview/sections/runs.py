"""The last runs: how long they took, what they brought, how they ended."""

import altair as alt

from caravan_crawler.publish.overview.facts.runs import Run
from caravan_crawler.publish.overview.parts import Chart, Section, Table, chart, rows
from caravan_crawler.publish.overview.wording import count, duration, moment, number

#: So many are asked for.
SHOWN = 150
_LISTED = 20


def show(runs: list[Run], total: int) -> Section:
    """Return the section on the last ``runs``, newest first, of ``total`` there are."""
    if not runs:
        return Section("runs", "Runs", ["No run is in the store yet."])
    shown = f"the last {number(len(runs))} of {number(total)} runs" if total > len(runs) else count(total, "run")
    words = [f"What {shown} brought and how long each took, the newest on the right; marked are those that failed."]
    return Section("runs", "Runs", words, _wrong(runs), _charts(runs[::-1]), [_table(runs[:_LISTED])])


def _wrong(runs: list[Run]) -> list[str]:
    last = runs[0]
    wrong = [] if last.is_sound else [f"The last run did not end well: {last.outcome}, {last.reason}."]
    failed = sum(not run.is_sound for run in runs[:_LISTED])
    if failed > (not last.is_sound):
        wrong.append(f"{number(failed)} of the last {count(len(runs[:_LISTED]), 'run')} did not end well.")
    return wrong


def _charts(runs: list[Run]) -> list[Chart]:
    values = [
        (
            place,
            moment(run.started_at),
            run.new_articles,
            None if run.seconds is None else run.seconds / 60,
            duration(run.seconds) or "unknown",
            run.outcome,
            "ended well" if run.is_sound else "did not",
        )
        for place, run in enumerate(runs)
    ]
    base = alt.Chart(rows("place", "started", "new", "minutes", "took", "outcome", "end", values=values)).encode(
        x=alt.X("place:O", title=None, axis=alt.Axis(labels=False, ticks=False)),
        tooltip=[
            alt.Tooltip("started:N", title="started (UTC)"),
            "outcome:N",
            "took:N",
            alt.Tooltip("new:Q", title="new articles", format=","),
        ],
    )
    wrong = base.transform_filter("datum.end === 'did not'").mark_point(style="wrong", size=30, yOffset=-5)
    both = []
    for name, title, caption in (
        ("new", "new articles", "New articles of each run; those that failed are marked."),
        ("minutes", "minutes", "Minutes each run took; those that failed are marked."),
    ):
        bars = base.mark_bar().encode(y=alt.Y(f"{name}:Q", title=title))
        both.append(chart(f"runs-{name}", caption, bars + wrong.encode(y=f"{name}:Q"), height=150))
    return both


def _table(runs: list[Run]) -> Table:
    lines = [
        [moment(run.started_at), duration(run.seconds), run.outcome, run.new_articles, run.requests, run.reason]
        for run in runs
    ]
    columns = ["Started (UTC)", "Took", "Outcome", "New", "Requests", "Reason"]
    return Table("The last runs" if len(runs) > 1 else "The run", columns, lines, right=(1, 3, 4))
