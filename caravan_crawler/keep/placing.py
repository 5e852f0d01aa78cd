"""The files a run puts in place when it is complete: all of them and once, wherever it is killed.

What is about to be moved is noted in the store first. A run killed before that has published nothing, and the
next one carries on what it stored; one killed after it is complete, and the next one moves the rest.
"""

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from caravan_crawler.keep import clock
from caravan_crawler.keep.schema import runs, store_info
from caravan_crawler.keep.store import Store
from caravan_crawler.outcome import SOUND

logger = logging.getLogger(__name__)

_NOTE = "placing"


def announce(store: Store, run_id: str, new_articles: int, moves: Iterable[tuple[Path, Path]]) -> None:
    """Note that the run is complete and which files it now moves: from one path to another, in the same folder."""
    files = [[str(part.absolute()), str(path.absolute())] for part, path in moves]
    note = {"run_id": run_id, "new_articles": new_articles, "files": files}
    store.execute(insert(store_info).values(name=_NOTE, value=json.dumps(note)))


def finish(store: Store) -> None:
    """Note that the run's end is noted too."""
    store.execute(delete(store_info).where(store_info.c.name == _NOTE))


def resume(store: Store) -> None:
    """Bring to its end what a run was killed in."""
    rows = store.rows(select(store_info.c.value).where(store_info.c.name == _NOTE))
    if not rows:
        return
    note = json.loads(rows[0][0])
    for part, path in note["files"]:
        try:
            Path(part).replace(path)
        except FileNotFoundError:
            continue  # moved already
        except OSError as error:
            logger.error("%s is not written, and lies in %s: %s", path, part, error.strerror)
        else:
            logger.info("%s is put in place: the run that wrote it was killed before it could", path)
    store.execute(
        update(runs)
        .where(runs.c.run_id == note["run_id"], runs.c.exit_code.is_(None))
        .values(
            ended_at=clock.now(),
            exit_code=SOUND,
            outcome="sound",
            reason="complete, but killed before it could say so",
            new_articles=note["new_articles"],
        )
    )
    finish(store)
