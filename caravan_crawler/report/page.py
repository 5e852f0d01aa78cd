"""The page: its head, the sections on the last runs and on failed pages, and how it is rendered as HTML."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

import altair as alt
import jinja2
import vl_convert
from sqlalchemy import select

from caravan_crawler.arguments import SAMPLE
from caravan_crawler.console import count, moment
from caravan_crawler.report import elements
from caravan_crawler.report.articles import Tally, fields_section, read_tally, views_section
from caravan_crawler.report.coverage import coverage_section
from caravan_crawler.report.elements import Cell, Link, Number, Section, Share, Table, duration, number
from caravan_crawler.report.page_facts import rates_section, read_rates, read_weather, trending_section
from caravan_crawler.store import schema
from caravan_crawler.store.snapshot import Run, Snapshot, count_rows, count_values, first_and_last_day, last_runs
from caravan_crawler.store.store import edition_held, site_title

_MOST_RUNS = 150
#: Runs whose outcomes are counted.
_RECENT_RUNS = 20
#: The bars of fewer runs are not as wide as there is room.
_FEW_BARS, _BAR_WIDTH = 20, 12
_MOST_REASONS = 15


def build_page(snapshot: Snapshot, floors: Mapping[str, float], made_at: str) -> str:
    """Return the report as one HTML file without external resources.

    ``floors`` maps a field to the minimum share of articles that must have it; ``made_at`` is a time as in the store.
    Raise :class:`~caravan_crawler.store.database.StoreError` if the store cannot be read.
    """
    tally = read_tally(snapshot)
    head = read_head(snapshot, tally)
    sections = [
        coverage_section(snapshot),
        fields_section(snapshot, tally, floors),
        views_section(snapshot, tally),
        trending_section(snapshot),
        rates_section(read_rates(snapshot), read_weather(snapshot)),
        runs_section(last_runs(snapshot, _MOST_RUNS), head.runs),
        failures_section(snapshot),
    ]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"number": number, "moment": moment, "short": elements.short, "percent": elements.percent}
    environment.tests |= {"link": lambda cell: isinstance(cell, Link), "share": lambda cell: isinstance(cell, Share)}
    return environment.from_string(_file("page.html")).render(
        head=head,
        has_articles=tally.articles > 0,
        sections=sections,
        made_at=made_at,
        style=_file("page.css"),
        script=_file("page.js"),
        library=_vega() if any(section.charts for section in sections) else "",
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _vega() -> str:
    """Return Vega, in the version of Altair's charts, as a script that can be embedded in HTML."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    # Escape these for HTML, where they would end the script or begin a comment; JavaScript reads them unchanged.
    return re.sub("<(?=/script|script|!--)", r"\\x3c", bundle, flags=re.IGNORECASE)


class Head(NamedTuple):
    """The store in a few numbers."""

    site: str
    """``caravan.kz``, another edition's host, ``the sample site``, ``a sample site`` or ``a copy of the site``."""
    detail: str
    """Identity that a copy reports, or its host; empty for the site itself."""
    first: str | None
    last: str | None
    """First and last day of publication, ``YYYY-MM-DD``; None without any dated article."""
    numbers: list[Number]
    runs: int


def read_head(snapshot: Snapshot, tally: Tally) -> Head:
    """Summarise the store."""
    first, last = first_and_last_day(snapshot)
    site, _, detail = site_title(snapshot.rows).partition(" (")
    if not detail and site != edition_held(snapshot.rows):
        detail = "".join(urlsplit(url).netloc for (url,) in snapshot.rows(select(schema.articles.c.url).limit(1)))
    numbers = [
        Number(number(tally.articles), "articles"),
        Number(number(count_rows(snapshot, schema.article_versions)), "versions of articles"),
        Number(number(tally.views), "views of all articles"),
    ]
    for run in last_runs(snapshot, 1):
        label, kind = f"last run, {moment(run.started_at)} UTC", "good" if run.is_sound else "bad"
        numbers.append(Number(run.outcome.replace("_", " "), label, kind))
    return Head(
        "the sample site" if site == SAMPLE else site,
        detail.rstrip(")"),
        first,
        last,
        numbers,
        count_rows(snapshot, schema.runs),
    )


def runs_section(runs: list[Run], total: int) -> Section:
    """Return the section on the last ``runs``, newest first, of ``total``."""
    if not runs:
        return Section("runs", "Runs", ["No run is in the store yet."])
    last, recent = runs[0], runs[:_RECENT_RUNS]
    text = [f"{count(total, 'run')}. The numbers are those of the last one."]
    numbers = [
        Number("unknown" if last.new_articles is None else number(last.new_articles), "new articles"),
        Number("unknown" if last.requests is None else number(last.requests), "requests"),
        Number(duration(last.seconds) or "unknown", "duration"),
    ]
    warnings = [] if last.is_sound else [f"The last run did not end well: {last.outcome}, {last.reason}."]
    failed = sum(not run.is_sound for run in recent)
    if failed > (not last.is_sound):
        warnings.append(f"{number(failed)} of the last {count(len(recent), 'run')} did not end well.")
    charts = [_runs_chart(runs[::-1])] if len(runs) >= elements.FEWEST_RUNS else []
    lines = [
        [
            moment(run.started_at),
            duration(run.seconds),
            run.outcome,
            run.new_articles,
            run.requests,
            run.scope or "all",
            run.reason,
        ]
        for run in runs[: elements.LISTED]
    ]
    columns = ["Started (UTC)", "Duration", "Outcome", "New", "Requests", "Part", "Reason"]
    table = Table("The last runs" if len(lines) > 1 else "The run", columns, lines, right=(1, 3, 4))
    return Section("runs", "Runs", text, warnings, numbers, charts, [table])


def _runs_chart(runs: list[Run]) -> elements.Chart:
    """Return bars of new articles, oldest first, with marks on failed runs."""
    columns = ("run", "started", "new articles", "duration", "outcome", "is_sound")
    values = [
        (
            place,
            moment(run.started_at),
            run.new_articles or 0,
            duration(run.seconds) or "unknown",
            run.outcome,
            run.is_sound,
        )
        for place, run in zip(elements.run_labels(run.started_at for run in runs), runs, strict=True)
    ]
    base = alt.Chart(elements.rows(*columns, values=values)).encode(
        x=elements.RUNS,
        y=alt.Y("new articles:Q", title="new articles", axis=elements.COUNTS),
        tooltip=["started:N", "outcome:N", "duration:N", alt.Tooltip("new articles:Q", format=",")],
    )
    layers = [base.mark_bar(size=_BAR_WIDTH) if len(runs) <= _FEW_BARS else base.mark_bar()]
    caption = f"New articles of {count(len(runs), 'run')}"
    if not all(run.is_sound for run in runs):
        layers.append(base.transform_filter("!datum.is_sound").mark_point(style="wrong", size=30, yOffset=-5))
        caption += "; those that failed are marked"
    return elements.chart("runs-new", caption, alt.layer(*layers), height=160)


def failures_section(snapshot: Snapshot) -> Section:
    """Return the section on failed pages: the reasons, most frequent first, and those that failed most often."""
    columns = schema.failures.c
    reasons = [*count_values(snapshot, columns.reason).items()]
    if not reasons:
        return Section("failures", "Failures", ["No page waits for another try."])
    total = sum(pages for _, pages in reasons)
    text = [f"{count(total, 'page')} could not be read. A page is removed when a later run reads it."]
    most, most_pages = reasons[0]
    is_common = total >= 10 and most_pages > total / 2
    warnings = [f"Most have one reason, {most}: {number(most_pages)} of {number(total)}."] if is_common else []
    shares: list[list[Cell]] = [[name, pages, Share(pages / total)] for name, pages in reasons[:_MOST_REASONS]]
    worst = select(schema.failures).order_by(columns.attempts.desc(), columns.first_failed_at, columns.url)
    lines: list[list[Cell]] = [
        [
            Link(re.sub("^https?://[^/]+(?=/)", "", page.url), page.url),
            page.words,
            page.attempts,
            page.first_failed_at[:10],
            moment(page.retry_at),
        ]
        for page in snapshot.rows(worst.limit(elements.LISTED))
    ]
    caption = "Failed pages" if len(lines) == total else f"The {len(lines)} pages that failed most often"
    tables = [
        Table("Reasons", ["Reason", "Pages", "Share"], shares, right=(1, 2)),
        Table(caption, ["Page", "Reason", "Runs", "Since", "Next try (UTC)"], lines, right=(2,)),
    ]
    return Section("failures", "Failures", text, warnings, tables=tables)
