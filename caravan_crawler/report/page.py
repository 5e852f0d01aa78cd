"""Render the HTML page."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import altair as alt
import jinja2
import vl_convert

from caravan_crawler.report.articles import fields_section, read_fields, read_tally, read_views, views_section
from caravan_crawler.report.coverage import coverage_section, read_coverage
from caravan_crawler.report.elements import Link, Share, moment, number, percent, short
from caravan_crawler.report.page_facts import rates_section, read_rates, read_trending, read_weather, trending_section
from caravan_crawler.report.runs import failures_section, read_failures, read_head, runs_section
from caravan_crawler.store.snapshot import Snapshot, last_runs

_MOST_RUNS = 150


def build_page(snapshot: Snapshot, floors: Mapping[str, float], made_at: str) -> str:
    """Return the report as one HTML file without external resources.

    ``floors`` maps a field to the minimum share of articles that must have it; ``made_at`` is a time as in the store.
    Raise :class:`~caravan_crawler.store.database.StoreError` if the store cannot be read.
    """
    tally = read_tally(snapshot)
    head = read_head(snapshot, tally)
    sections = [
        coverage_section(read_coverage(snapshot)),
        fields_section(read_fields(snapshot, tally), floors),
        views_section(read_views(snapshot, tally)),
        trending_section(read_trending(snapshot)),
        rates_section(read_rates(snapshot), read_weather(snapshot)),
        runs_section(last_runs(snapshot, _MOST_RUNS), head.runs),
        failures_section(*read_failures(snapshot)),
    ]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"number": number, "moment": moment, "short": short, "percent": percent}
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
