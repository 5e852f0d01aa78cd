"""Drift: changed markup is detected from little evidence over several runs, without false alarms."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import pytest

from caravan_crawler.outcome import BELOW_FLOORS, SOUND, clock_problem
from caravan_crawler.store.field_counts import EVERYWHERE, FIELDS, Cell, Drift, FieldCounts, judge

FLOORS = {"headline": 0.95, "body": 0.8, "date_published": 0.8}
READERS = dict.fromkeys(FIELDS, "byline")
URL = "https://www.caravan.kz/news/a-{}/"


class Stratum(NamedTuple):
    """Articles of a section and a year, the shares in which fields are found (1 where none is given), by whom."""

    number: int
    section: str = "news"
    year: str = "2026"
    shares: dict[str, float] = {}  # noqa: RUF012 - never changed
    readers: dict[str, str] = READERS


def counts(*strata: Stratum) -> FieldCounts:
    """Return the counts of a run with these strata."""
    run = FieldCounts()
    for stratum in strata:
        for name in FIELDS:
            found = round(stratum.number * stratum.shares.get(name, 1.0))
            add(run, Cell(stratum.section, stratum.year, name, stratum.readers[name]), found)
            add(run, Cell(stratum.section, stratum.year, name, ""), stratum.number - found)
    return run


def add(run: FieldCounts, cell: Cell, number: int) -> None:
    if number:
        run.cells[cell] += number
        if not cell.reader:
            run.examples[cell.field] = [URL.format(index) for index in range(min(number, 3))]


@dataclass
class Past:
    """Earlier runs, each judged by those before it, as in a crawl."""

    recent: list[tuple[int, Counter[Cell]]] = field(default_factory=list)
    history: Counter[Cell] = field(default_factory=Counter)

    def judge(self, *strata: Stratum) -> Drift:
        return self.judge_counts(counts(*strata))

    def judge_counts(self, run: FieldCounts) -> Drift:
        drift = judge(run, self.recent, self.history, FLOORS)
        self.recent.insert(0, (BELOW_FLOORS if drift.falls else SOUND, run.cells))
        if not drift.falls:
            self.history.update(run.cells)
        return drift


def past(*strata: Stratum, runs: int = 1) -> Past:
    made = Past()
    for _ in range(runs):
        assert made.judge(*strata) == Drift()
    return made


NEWS = Stratum(100)
#: Generations of pages: older ones have fewer fields, found by other readers.
ARCHIVE = Stratum(100, year="2009", shares={"views": 0, "lede": 0.1}, readers=READERS | {"date_published": "url"})


class Case(NamedTuple):
    """Counts of earlier runs, counts of this run, and the beginning of the alarm."""

    before: tuple[Stratum, ...]
    now: tuple[Stratum, ...]
    alarm: str | None


CASES = {
    "no history": Case((), (Stratum(100, shares={"views": 0, "lede": 0.3}),), None),
    "no history, below a floor": Case(
        (), (Stratum(100, shares={"body": 0.5}),), "body is found in 50 % of 100 articles only"
    ),
    "on the floor": Case((), (Stratum(100, shares={"body": 0.8}),), None),
    "no evidence": Case((), (Stratum(19, shares={"body": 0}),), None),
    "nothing read": Case((NEWS,), (), None),
    "as before": Case((NEWS,), (NEWS,), None),
    "a field falls": Case((NEWS,), (Stratum(100, shares={"views": 0.5}),), "views fell from 100 % to 50 % of 100"),
    "a field falls above its floor": Case(
        (NEWS,), (Stratum(100, shares={"tags": 0.6}),), "tags fell from 100 % to 60 % of 100"
    ),
    "a rare field vanishes": Case(
        (Stratum(400, shares={"authors": 0.2}),),
        (Stratum(200, shares={"authors": 0}),),
        "authors fell from 20 % to 0 % of 200",
    ),
    "a rare field is not seen in few": Case(
        (Stratum(400, shares={"authors": 0.1}),), (Stratum(30, shares={"authors": 0}),), None
    ),
    "a little less": Case((NEWS,), (Stratum(100, shares={"views": 0.8}),), None),
    "an archive year shows less": Case((NEWS, ARCHIVE), (ARCHIVE,), None),
    "an archive year never seen, between others": Case((NEWS, ARCHIVE), (ARCHIVE._replace(year="2010"),), None),
    "an archive year before all others": Case((NEWS,), (ARCHIVE,), None),
    "a section never seen": Case((NEWS,), (ARCHIVE._replace(section="gazeta"),), None),
    "the newest year is new": Case(
        (NEWS,), (Stratum(100, year="2027", shares={"views": 0}),), "views fell from 100 % to 0 %"
    ),
    "the date is lost, so the year is unknown": Case(
        (NEWS, ARCHIVE),
        (Stratum(100, year="", shares={"date_published": 0}),),
        "date_published fell from 100 % to 0 % of 100 articles (reader byline 100 % → 0 %); without it: ",
    ),
    "another is lost with the date": Case(
        (NEWS, ARCHIVE),
        (Stratum(100, year="", shares={"date_published": 0, "views": 0}),),
        "date_published fell",
    ),
    "one section of two, the other never seen": Case(
        (NEWS,),
        (Stratum(100, shares={"views": 0}), NEWS._replace(section="sport")),
        "views fell from 100 % to 0 % of 100",
    ),
    "few of which anything is expected": Case(
        (NEWS,), (Stratum(5, shares={"views": 0}), Stratum(15, "gazeta", shares={"views": 0})), None
    ),
    "one section of two": Case(
        (NEWS, NEWS._replace(section="sport")),
        (NEWS, Stratum(100, "sport", shares={"views": 0})),
        "views fell from 100 % to 50 % of 200",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_alarms(case: Case) -> None:
    falls = past(*case.before).judge(*case.now).falls if case.before else Past().judge(*case.now).falls
    if case.alarm is None:
        assert falls == []
    else:
        assert falls[0].startswith(case.alarm), falls
        assert len(falls) <= 2


def test_the_alarm_names_field_shares_reader_and_three_pages() -> None:
    (words,) = past(NEWS).judge(Stratum(100, shares={"views": 0.1})).falls
    pages = " ".join(URL.format(number) for number in range(3))
    assert words == f"views fell from 100 % to 10 % of 100 articles (reader byline 100 % → 10 %); without it: {pages}"


def test_the_reader_that_fell_is_named_where_another_makes_up_for_a_part() -> None:
    made = past(NEWS)
    run = counts(Stratum(100, shares={"views": 0.2}, readers=READERS | {"views": "script"}))
    (words,) = made.judge_counts(run).falls
    assert "(reader byline 100 % → 0 %)" in words


def test_another_reader_that_takes_over_is_a_shift_and_no_alarm() -> None:
    drift = past(NEWS).judge(Stratum(100, readers=READERS | {"views": "script"}))
    assert drift == Drift([], ["views: reader byline 100 % → 0 %"])


def test_page_facts_are_checked_for_drift_too() -> None:
    run, later = counts(NEWS), counts(NEWS)
    run.cells[Cell(EVERYWHERE, "", "rates", "page")] = 100
    add(later, Cell(EVERYWHERE, "", "rates", ""), 100)
    made = Past()
    assert made.judge_counts(run).falls == []
    (words,) = made.judge_counts(later).falls
    assert words.startswith("rates fell from 100 % to 0 % of 100 pages")


FEW = Stratum(5)
BLIND = Stratum(5, shares={"views": 0})


def test_one_run_of_five_articles_is_no_evidence_and_four_in_a_row_are() -> None:
    made = past(NEWS)
    assert [bool(made.judge(BLIND).falls) for _ in range(4)] == [False, False, False, True]


def test_small_runs_are_judged_together_after_small_runs_too() -> None:
    made = past(FEW, runs=40)
    alarms = [bool(made.judge(BLIND).falls) for _ in range(4)]
    assert alarms[0] is False
    assert alarms[-1] is True


@pytest.mark.parametrize("size", [5, 100])
@pytest.mark.parametrize("lost", ["views", "body"])
def test_next_run_after_a_fix_raises_no_alarm_at_any_size(lost: str, size: int) -> None:
    made = past(NEWS)
    for _ in range(6):
        made.judge(Stratum(5, shares={lost: 0}))
    assert made.recent[0][0] == BELOW_FLOORS
    assert made.judge(Stratum(size)).falls == []
    assert made.judge(Stratum(size)).falls == []


def test_lasting_change_is_reported_by_every_run() -> None:
    made = past(NEWS)
    assert all(made.judge(Stratum(100, shares={"views": 0})).falls for _ in range(5))


def test_a_small_run_after_a_large_one_below_the_floors_is_judged_with_it_until_one_is_sound() -> None:
    made = past(NEWS)
    assert made.judge(Stratum(100, shares={"views": 0})).falls
    assert made.judge(BLIND).falls
    assert made.judge(FEW).falls == []
    assert made.judge(BLIND).falls == []


#: An unchanged site: shares of articles by section, the shares of fields and readers by year.
SECTIONS = {"news": 0.6, "gazeta": 0.2, "sport": 0.15, "crime": 0.05}
YEARS = ("2009", "2014", "2019", "2025", "2026")


def shares_of(section: str, year: str) -> dict[str, float]:
    """Return the shares of the fields of pages: the younger the page, the more fields."""
    shares = {}
    for name in FIELDS:
        dice = Random(f"{section} {name}")
        by_age = sorted(dice.choice([0.0, 0.05, 0.3, 0.7, 0.97, 1.0]) for _ in YEARS)
        shares[name] = by_age[YEARS.index(year)]
    return shares | {"headline": 0.999, "body": 0.97, "date_published": 0.99}


def at_rest(random: Random) -> FieldCounts:
    """A run's counts, at random: an hourly one of a few new articles, or one that reads much of the archive."""
    run = FieldCounts()
    is_archive = random.random() < 0.1
    for _ in range(random.randrange(100, 600) if is_archive else random.randrange(25)):
        section = random.choices(list(SECTIONS), list(SECTIONS.values()))[0]
        year = random.choice(YEARS) if is_archive else "2026"
        shares = shares_of(section, year)
        is_dated = random.random() < shares["date_published"]
        for name in FIELDS:
            is_found = is_dated if name == "date_published" else random.random() < shares[name]
            reader = random.choice(["byline", "byline", "meta"]) if is_found else ""
            run.cells[Cell(section, year if is_dated else "", name, reader)] += 1
    return run


@pytest.mark.parametrize("seed", range(2))
def test_unchanged_site_raises_no_alarm(seed: int) -> None:
    random = Random(seed)
    made = Past()
    for number in range(300):
        run = at_rest(random)
        made.recent = made.recent[:48]
        falls = made.judge_counts(run).falls
        assert falls == [], f"run {number}"


def test_small_runs_raise_no_alarm_against_a_history_of_small_runs() -> None:
    before = Past()
    before.judge(Stratum(20))
    thin = Stratum(5, shares={"lede": 0.4})
    alarms = [bool(before.judge(thin).falls) for _ in range(4)]
    assert alarms == [False, False, False, True], "twenty articles are evidence, of which fifteen were stored as sound"


def test_most_dates_in_the_future_are_a_clock_that_is_behind() -> None:
    def problem(late: int, right: int) -> str | None:
        counts = {"future": late, "missing": late, "printed": right}
        return clock_problem({f"caravan/normalise/dates/{name}": number for name, number in counts.items()})

    assert problem(2, 1) == "the dates of 2 of 3 articles are in the future: is the clock of this machine behind?"
    assert [problem(1, 0), problem(5, 5), problem(0, 9), clock_problem({})] == [None] * 4
