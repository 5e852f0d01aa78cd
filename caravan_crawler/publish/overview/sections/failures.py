"""Pages that could not be read."""

import altair as alt

from caravan_crawler.publish.overview.facts.failures import Failures
from caravan_crawler.publish.overview.parts import Chart, Link, Section, Table, chart, rows
from caravan_crawler.publish.overview.wording import count, moment, number


def show(failures: Failures) -> Section:
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
    return Section("failures", "Failures", words, _wrong(failures), [_bars(failures)], [table])


def _wrong(failures: Failures) -> list[str]:
    most, pages = failures.reasons[0]
    if failures.number < 10 or pages <= failures.number / 2:
        return []
    return [f"Most have one reason, {most}: {number(pages)} of {number(failures.number)}."]


def _bars(failures: Failures) -> Chart:
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
