"""A file of ``-o`` or ``-O`` that a killed run left, published by the next one: once, whenever that is killed too."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.atomic import part_path
from caravan_crawler.feeds import Appending
from caravan_crawler.store import publication
from caravan_crawler.store.schema import store_info
from caravan_crawler.store.store import Store
from tests.store.stores import open_in, table

HEADER = "n\r\n"
#: Change the file as another program does between two runs; return the rows that are removed.
Change = Callable[[Path, str], list[str]]


class Killed(BaseException):
    """In place of SIGKILL, which leaves no chance to tidy up."""


class KillAt:
    """Raises :class:`Killed` in place of the n-th step that changes a file's name or the store."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int) -> None:
        self._left = number
        for owner, name in ((Path, "replace"), (Path, "unlink"), (Store, "note"), (Store, "execute")):
            patch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Killed
            return act(*args, **options)

        return step


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_in(tmp_path)
    yield store
    store.close()


def resume(store: Store, folder: Path, kill_at: int = 0) -> bool:
    """Publish what is left in a folder; return whether that was killed."""
    with pytest.MonkeyPatch.context() as patch:
        KillAt(patch, kill_at)
        try:
            publication.resume(store, folder)
        except Killed:
            return True
    return False


def leave(store: Store, path: Path, *rows: str) -> None:
    """Leave a file as a run does that is killed before it renames it: to append to ``path``, or to replace it."""
    part, appending = part_path(path, "run"), Appending(path, {"format": path.suffix[1:]})
    write_part(part, *rows)
    appending.merge_appended(part)
    appending.release()
    note_left(store, path, appending.noted)


def write_part(part: Path, *rows: str) -> None:
    header = HEADER if ".csv" in part.name else ""
    part.write_bytes(f"{header}{''.join(f'{row}{chr(13)}{chr(10)}' for row in rows)}".encode())


def note_left(store: Store, path: Path, noted: dict[str, Any]) -> None:
    files = [[part_path(path, "run").name, path.name, noted]]
    store.note("placing run", json.dumps({"run_id": "run", "new_articles": 0, "files": files}))


def rows_of(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".csv":
        assert lines.pop(0) == HEADER.strip()
    return lines


def append(path: Path, row: str) -> list[str]:
    """Append as another run does."""
    header = HEADER if path.suffix == ".csv" and not path.exists() else ""
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(f"{header}{row}\r\n")
    return []


def take(path: Path, _: str) -> list[str]:
    rows = rows_of(path) if path.exists() else []
    path.unlink(missing_ok=True)
    return rows


def take_and_append(path: Path, row: str) -> list[str]:
    return take(path, row) + append(path, row)


def nothing(*_: object) -> list[str]:
    return []


CHANGES = (nothing, append, take, take_and_append)


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv"])
@pytest.mark.parametrize("before", CHANGES)
@pytest.mark.parametrize("between", CHANGES)
def test_each_row_is_there_once(before: Change, between: Change, name: str, store: Store, tmp_path: Path) -> None:
    """Two runs that resume are killed, each at every step, and the file changes before each of them."""
    for first in count(1):
        for second in count(1):
            folder = tmp_path / f"{first}-{second}"
            folder.mkdir()
            path = folder / name
            append(path, "1")
            leave(store, path, "2", "3")
            got = before(path, "4")
            was_killed = resume(store, folder, first)
            got += between(path, "5")
            was_killed_again = resume(store, folder, second)
            assert not resume(store, folder)
            got += take(path, "")
            appended = [row for row, change in (("4", before), ("5", between)) if change in (append, take_and_append)]
            assert sorted(got) == ["1", "2", "3", *appended], (first, second)
            assert not list(folder.glob(".*part*"))
            assert not [row for row in table(store, store_info) if row["name"].startswith("placing")]
            if not was_killed_again:
                break
        if not was_killed:
            assert first > 2, "there are steps to be killed at"
            return


def test_a_worker_that_has_read_the_note_before_another_one_is_killed(store: Store, tmp_path: Path) -> None:
    for step in count(1):
        folder = tmp_path / f"{step}"
        folder.mkdir()
        path = folder / "all.jsonl"
        leave(store, path, "1")
        append(path, "2")
        killed = []
        with pytest.MonkeyPatch.context() as patch:
            move = publication._move

            def move_second(*arguments: Any) -> bool | None:
                patch.setattr(publication, "_move", move)  # noqa: B023
                killed.append(resume(store, folder, step))  # noqa: B023
                return move(*arguments)  # noqa: B023

            patch.setattr(publication, "_move", move_second)
            resume(store, folder)
        resume(store, folder)
        assert sorted(rows_of(path)) == ["1", "2"], step
        if killed == [False]:
            return


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv"])
def test_a_file_that_is_removed_during_a_run_is_begun_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    append(path, "1")
    part, appending = part_path(path, "run"), Appending(path, {"format": path.suffix[1:]})
    write_part(part, "2")
    take(path, "")
    appending.merge_appended(part)
    part.replace(path)
    appending.release()
    assert rows_of(path) == ["2"]


#: The format of a file of ``-o``, or None for one of ``-O``; what is there when the run is killed, and when the next
#: one begins; whether the run's file gets its place.
CASES = [
    ("json", None, None, True),
    ("json", None, "", True),
    ("json", None, "[]", False),
    ("xml", None, "<mine/>", False),
    ("csv", None, "other\n1\n", False),
    ("csv", "n\n1\n", "other\n1\n", False),
    (None, None, None, True),
    (None, "old", "old", True),
    (None, "old", None, True),
    (None, "old", "mine", False),
    (None, None, "mine", False),
]


@pytest.mark.parametrize(("format_", "before", "there", "is_placed"), CASES)
def test_only_what_the_run_knew_is_replaced(
    format_: str | None, before: str | None, there: str | None, is_placed: bool, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / f"all.{format_ or 'csv'}"
    if before is not None:
        path.write_text(before, encoding="utf-8")
    if format_ is None:
        write_part(part_path(path, "run"), "new")
        state = path.stat() if path.exists() else None
        note_left(store, path, {"seen": state and [state.st_size, state.st_mtime_ns]})
    else:
        leave(store, path, "new")
    left = part_path(path, "run").read_text(encoding="utf-8")
    if there is None:
        path.unlink(missing_ok=True)
    elif there != before:
        path.write_text(there, encoding="utf-8")
    assert not resume(store, tmp_path)
    assert path.read_text(encoding="utf-8") == (left if is_placed else there)
    assert part_path(path, "run").exists() is not is_placed
    assert not list(tmp_path.glob("*.new"))
