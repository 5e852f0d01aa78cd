"""The files a run puts in place when it is complete: all of them and once, wherever it is killed.

What is about to be moved is noted in the store first. A run killed before that has published nothing, and the
next one carries on what it stored; one killed after it is complete, and the next one moves the rest.
"""

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from caravan_crawler.keep import clock, workers
from caravan_crawler.keep.schema import runs, store_info
from caravan_crawler.keep.store import Store
from caravan_crawler.outcome import SOUND

logger = logging.getLogger(__name__)

#: Before the run's id in the name of its note.
_NOTE = "placing"


def announce(store: Store, run_id: str, new_articles: int, moves: Iterable[tuple[Path, Path]]) -> None:
    """Note that the run is complete and which files it now moves: from one path to another, in the same folder."""
    files = [[str(part.absolute()), str(path.absolute())] for part, path in moves]
    note = {"run_id": run_id, "new_articles": new_articles, "files": files}
    store.execute(insert(store_info).values(name=_name(run_id), value=json.dumps(note)))


def finish(store: Store, run_id: str) -> None:
    """Note that the run's end is noted too."""
    store.execute(delete(store_info).where(store_info.c.name == _name(run_id)))


def resume(store: Store) -> None:
    """Bring to its end what runs were killed in; a worker's files are moved by one on the same machine."""
    rows = store.rows(select(store_info.c.value).where(store_info.c.name.startswith(_NOTE)))
    notes = [json.loads(value) for (value,) in rows]
    living = workers.living(store) if notes else []
    for note in notes:
        if note["run_id"] in living:
            continue
        is_here = _move(note["files"])
        _complete(store, note)
        if is_here:
            finish(store, note["run_id"])


def _name(run_id: str) -> str:
    return f"{_NOTE} {run_id}"


def _move(files: list[list[str]]) -> bool:
    """Move what is not moved; return whether the files are this machine's."""
    is_here = True
    for part, path in files:
        try:
            Path(part).replace(path)
        except FileNotFoundError:  # moved already, or elsewhere
            is_here &= Path(path).parent.exists()
        except OSError as error:
            logger.error("%s is not written, and lies in %s: %s", path, part, error.strerror)
        else:
            logger.info("%s is put in place: the run that wrote it was killed before it could", path)
    return is_here


def _complete(store: Store, note: dict[str, Any]) -> None:
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
