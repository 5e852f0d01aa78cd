"""Whatever happens to runs on a growing list, no article is ever missed, and the cost is bounded."""

from collections.abc import Callable
from itertools import count
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frontier.simulated import ENDINGS, PAGE, SimulatedList, Walker

_EXAMPLES = settings(max_examples=250, derandomize=True, database=None)

#: Pages during which a site publishes in a run: one that always grew as fast as it is read would have no end.
_FEW_PAGES = 60


def growth(random: Random, walker: Walker) -> Callable[[], None]:
    """Return a function that publishes while the site is read: a few articles at times, many while the run sleeps.

    The latter only if earlier runs have left nothing open.
    """
    site = walker.site
    asleep_at = random.randrange(_FEW_PAGES)
    pages = count(_FEW_PAGES if walker.walked["open"] else 0)

    def publish() -> None:
        page = next(pages)
        if page == asleep_at:
            # Never whole pages: an identical page is the sign of a listing that repeats itself.
            site.publish(random.randrange(16) * PAGE + 1)
        elif page < 2 * _FEW_PAGES and random.random() < 0.04:
            site.publish(random.randrange(1, 3))

    return publish


@_EXAMPLES
@given(seed=st.integers(0, 2**32), ending=st.sampled_from(ENDINGS), runs=st.integers(0, 6))
def test_no_article_is_ever_missed(seed: int, ending: str, runs: int) -> None:
    random = Random(seed)
    site = SimulatedList(list(range(random.randrange(1, 150), 0, -1)), ending)
    walker = Walker(site)
    for _ in range(runs):
        failing = random.choice([0, 0, 0.1, 0.5])
        walker.run(
            from_top=random.random() < 0.7,
            stop_after=random.choice([None, random.randrange(1, 30)]),
            fails=lambda _, failing=failing: random.random() < failing,  # type: ignore[misc]
            meanwhile=growth(random, walker),
            random=random,
        )
        site.publish(random.choice([0, 1, 3, random.randrange(80)]))
    there = set(site.articles)
    walks = 1 + len(walker.walked["open"])

    assert walker.run(meanwhile=growth(random, walker), random=random)
    assert there <= walker.seen, f"{len(there - walker.seen)} articles are missed"
    # Each walk to the list's end, and the page that shows the end; what is published meanwhile costs rounds.
    assert len(walker.read) <= (walks + 3) * (site.pages + 2)

    walker.run()
    assert set(site.articles) <= walker.seen
    assert walker.walked["open"] == []
    walker.run()
    assert len(walker.read) <= 2, "nothing is new, so hardly anything is read"


@_EXAMPLES
@given(seed=st.integers(0, 2**32), runs=st.integers(1, 4))
def test_pages_that_are_not_there_although_others_link_to_them_are_read_later(seed: int, runs: int) -> None:
    random = Random(seed)
    site = SimulatedList(list(range(random.randrange(1, 150), 0, -1)))
    walker = Walker(site)
    for _ in range(runs):
        share, last = random.choice([0, 0.1, 0.5]), random.choice([1, 2, 5, 1000])
        walker.run(
            from_top=random.random() < 0.7,
            stop_after=random.choice([None, random.randrange(1, 30)]),
            absent=lambda number, share=share, last=last: number > last or random.random() < share,  # type: ignore[misc]
        )
        site.publish(random.choice([0, 1, 3, random.randrange(80)]))
    walker.make_due()
    walker.run()
    walker.run()
    assert set(site.articles) <= walker.seen
    assert walker.walked["open"] == []
    walker.run()
    assert len(walker.read) <= 3, "the top, a link that may be dead, and the page behind it"


@_EXAMPLES
@given(before=st.integers(1, 200), fresh=st.integers(0, 100), ending=st.sampled_from(ENDINGS))
def test_a_run_reads_what_is_new_and_little_more(before: int, fresh: int, ending: str) -> None:
    walker = Walker(SimulatedList(list(range(before, 0, -1)), ending))
    walker.run()
    # The pages that show the end of a repeating listing, and the top, as that may also mean a shift.
    assert len(walker.read) <= walker.site.pages + 3
    walker.site.publish(fresh)
    walker.run()
    assert len(walker.read) <= fresh // PAGE + 2
    assert walker.seen == set(walker.site.articles)
