"""The last runs: how long they took, what they brought, how they ended."""

import altair as alt

from caravan_crawler.publish.overview.facts.runs import Run
from caravan_crawler.publish.overview.parts import Chart, Section, Table, chart, rows
from caravan_crawler.publish.overview.wording import count, duration, moment, number

#: So many are asked for.
SHOWN = 150
_LISTED = 20
#: The bars of fewer are no wider than those of so many.
_FEWEST = 20


def show(runs: list[Run], total: int) -> Section:
    """Return the section on the last ``runs``, newest first, of ``total`` there are."""
    if not runs:
        return Section("runs", "Runs", ["No run is in the store yet."])
    shown = f"the last {number(len(runs))} of {number(total)} runs" if total > len(runs) else count(total, "run")
    words = [f"New articles and minutes of {shown}, the newest on the right; those that failed are marked."]
    return Section("runs", "Runs", words, _wrong(runs), _charts(runs[::-1]), [_table(runs[:_LISTED])])


def _wrong(runs: list[Run]) -> list[str]:
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
