"""The whole page, from a look at the store."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import altair as alt
import jinja2
import vl_convert

from caravan_crawler.keep.snapshot import Snapshot
from caravan_crawler.report import coverage, fields, rates, runs, trending, views
from caravan_crawler.report.coverage import read_coverage
from caravan_crawler.report.elements import Link
from caravan_crawler.report.fields import read_fields
from caravan_crawler.report.formatting import moment, number, short
from caravan_crawler.report.rates import read_rates, read_weather
from caravan_crawler.report.runs import last_runs, read_failures, read_head
from caravan_crawler.report.series import read_tally
from caravan_crawler.report.trending import read_trending
from caravan_crawler.report.views import read_views


def build_page(snapshot: Snapshot, floors: Mapping[str, float], made_at: str) -> str:
    """Return the report as HTML that needs nothing beside itself.

    ``floors`` gives the smallest share of articles in which a field must be found; ``made_at`` is a time as the
    store has it. :class:`~caravan_crawler.keep.errors.StoreError` where the store cannot be read.
    """
    tally = read_tally(snapshot)
    head = read_head(snapshot, tally)
    shown = [
        coverage.coverage_section(read_coverage(snapshot)),
        fields.fields_section(read_fields(snapshot, tally), floors),
        views.views_section(read_views(snapshot, tally)),
        trending.trending_section(read_trending(snapshot)),
        rates.rates_section(read_rates(snapshot), read_weather(snapshot)),
        runs.runs_section(last_runs(snapshot, runs.SHOWN), head.runs),
        runs.failures_section(read_failures(snapshot)),
    ]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"number": number, "moment": moment, "short": short}
    environment.tests |= {"link": lambda cell: isinstance(cell, Link)}
    template = environment.from_string(_part("page.html"))
    return template.render(
        head=head,
        sections=shown,
        made_at=made_at,
        style=_part("page.css"),
        script=_part("page.js"),
        library=_library() if any(section.charts for section in shown) else "",
    )


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _library() -> str:
    """Return Vega, in the version whose charts Altair writes, as a script that may stand within HTML."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    # Where HTML would see the end of the script or a comment, JavaScript may write the sign by its number.
    return re.sub("<(?=/script|script|!--)", r"\\x3c", bundle, flags=re.IGNORECASE)
