"""Times that lie in the future: a run wrote them while the machine's clock was ahead.

Until the clock comes to them, what they are of would count as just read, or as not to be tried yet. So a run that
begins takes them for what they cannot be, and puts them right; what its articles were observed at is left as it is.
"""

import logging

from sqlalchemy import delete, or_, update

from caravan_crawler.keep import clock
from caravan_crawler.keep.failing import LONGEST_DELAY
from caravan_crawler.keep.schema import failures, other_pages, runs, sources
from caravan_crawler.keep.store import Store

logger = logging.getLogger(__name__)


def put_right(store: Store) -> int:
    """Put right the times of sources, failures, pages without article and runs; return how many."""
    now, latest = clock.now(), clock.latest()
    is_list = sources.c.state.is_not(None)
    failed_later = or_(failures.c.last_failed_at > latest, failures.c.retry_at > clock.after(latest, LONGEST_DELAY))
    number: int = 0
    for statement in (
        # A list keeps how far it is walked; of the others nothing is known any more, so they are read again.
        update(sources).where(sources.c.read_at > latest, is_list).values(read_at=""),
        delete(sources).where(sources.c.read_at > latest),
        update(failures).where(failed_later).values(last_failed_at=now, retry_at=now),
        update(other_pages).where(other_pages.c.seen_at > latest).values(seen_at=now),
        update(runs).where(runs.c.started_at > latest).values(started_at=now),
        update(runs).where(runs.c.ended_at > latest).values(ended_at=now),
    ):
        number += store.execute(statement).rowcount
    if number:
        logger.warning("%d times in the store are in the future: the clock was ahead; they are put right", number)
    return number
