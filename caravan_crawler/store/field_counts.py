"""Counts of each field by the reader that found it, of one run and of earlier runs."""

from collections import Counter, defaultdict
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, insert, select

from caravan_crawler.items import COUNTED, NOTHING, Article
from caravan_crawler.outcome import BELOW_FLOORS, SOUND
from caravan_crawler.store.schema import field_counts, runs, store_info
from caravan_crawler.store.store import Store

#: The fields that are compared with their history.
FIELDS = (*COUNTED, "images", "published_at")
#: The section of page facts, which do not depend on the article.
EVERYWHERE = "*"
_EXAMPLES = 3
_POOLED_RUNS = 48
_ACCEPTED = "drift_accepted_at"


class Cell(NamedTuple):
    """Key of a count: articles of a section and a year of publication in which a reader found a field.

    An empty ``reader`` counts those without the field, an empty ``year`` those without a date.
    """

    section: str
    year: str
    field: str
    reader: str


class FieldCounts:
    """The counts of one run, and for each field the first articles without it."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self.examples: defaultdict[str, list[str]] = defaultdict(list)

    def count_article(self, article: Article, found_by: dict[str, str]) -> None:
        """Count each field of an article after the pipelines."""
        section, year = article.section or "", (article.date_published or "")[:4]
        for name in FIELDS:
            is_found = getattr(article, name) not in NOTHING
            of_date = ("date_published", "date_structured")
            readers = of_date if name == "date_published" else of_date[::-1] if name == "published_at" else (name,)
            reader = next((found_by[each] for each in readers if found_by.get(each)), None)
            self._count(Cell(section, year, name, (reader or "page") if is_found else ""), article.url)

    def count_parts(self, parts: dict[str, bool], url: str) -> None:
        """Count the page facts of an article's page: rates, weather, trending topics."""
        for name, is_shown in parts.items():
            self._count(Cell(EVERYWHERE, "", name, "page" if is_shown else ""), url)

    def _count(self, cell: Cell, url: str) -> None:
        self.cells[cell] += 1
        if not cell.reader and len(self.examples[cell.field]) < _EXAMPLES:
            self.examples[cell.field].append(url)

    def save(self, store: Store, run_id: str) -> None:
        """Store the counts for later runs."""
        rows = [{"run_id": run_id, **cell._asdict(), "articles": number} for cell, number in self.cells.items()]
        if rows:
            store.execute(insert(field_counts), rows)


def history_start(store: Store) -> str:
    """Return the time from which runs count as history: when the user last accepted a change of the site."""
    rows = store.rows(select(store_info.c.value).where(store_info.c.name == _ACCEPTED))
    return str(rows[0][0]) if rows else ""


def accept(store: Store, moment: str) -> None:
    """Start a new history at ``moment``."""
    store.execute(delete(store_info).where(store_info.c.name == _ACCEPTED))
    store.execute(insert(store_info).values(name=_ACCEPTED, value=moment))


def _before(run_id: str, since: str) -> ColumnElement[bool]:
    """Select the runs that began at ``since`` or later and had ended when ``run_id`` began, so none of its workers."""
    own = runs.alias("own")
    began = select(own.c.number).where(own.c.run_id == run_id).scalar_subquery()
    return and_(runs.c.started_at >= since, runs.c.ended_number < began)


def history(store: Store, since: str, run_id: str) -> Counter[Cell]:
    """Return the sums over the sound runs before ``run_id``, of those that began at ``since`` or later."""
    columns = (field_counts.c.section, field_counts.c.year, field_counts.c.field, field_counts.c.reader)
    rows = store.rows(
        select(*columns, func.sum(field_counts.c.articles))
        .join(runs, runs.c.run_id == field_counts.c.run_id)
        .where(runs.c.exit_code == SOUND, _before(run_id, since))
        .group_by(*columns)
    )
    return Counter({Cell(*row[:4]): int(row[4]) for row in rows})


def recent(store: Store, since: str, run_id: str) -> list[tuple[int, Counter[Cell]]]:
    """Return exit code and counts of the last complete runs before ``run_id``, newest first."""
    complete = store.rows(
        select(runs.c.run_id, runs.c.exit_code)
        .where(runs.c.exit_code.in_((SOUND, BELOW_FLOORS)), _before(run_id, since))
        .order_by(runs.c.started_at.desc())
        .limit(_POOLED_RUNS)
    )
    counts: dict[str, Counter[Cell]] = {run_id: Counter() for run_id, _ in complete}
    columns = field_counts.c
    for run_id, *cell, number in store.rows(
        select(columns.run_id, columns.section, columns.year, columns.field, columns.reader, columns.articles).where(
            columns.run_id.in_(list(counts))
        )
    ):
        counts[run_id][Cell(*cell)] += number
    return [(code, counts[run_id]) for run_id, code in complete]
