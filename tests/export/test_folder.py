"""A failed or killed export leaves the earlier dataset or the new one, complete; a user's files stay."""

import contextlib
import os
import random
import signal
import stat
import time
from functools import partial
from pathlib import Path

import pytest

from caravan_crawler.export import dataset as export_module
from caravan_crawler.export import targets
from caravan_crawler.export.dataset import Export
from caravan_crawler.export.options import ExportError, ExportOptions
from caravan_crawler.export.targets import locked_folder
from caravan_crawler.sample_site import SampleSite, serve
from tests.export.exporting import (
    ALL_FORMATS,
    check_whole,
    export,
    export_apart,
    failed,
    files,
    small_store,
    start_export,
    succeeded,
    with_articles,
)
from tests.support.crawling import TIMEOUT, crawl, read_jsonl, start
from tests.support.disks import SmallDisk
from tests.support.kills import after_requests, dice

KILLS = 10


def in_process(data_dir: Path, **choice: str) -> Export:
    return Export(None, str(data_dir), ExportOptions.parse(choice), {})


def hidden_siblings(folder: Path) -> list[str]:
    """Return the hidden files and folders next to a dataset."""
    return [path.name for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_killed_at_any_moment(crawled: Path, tmp_path: Path) -> None:
    chance, target = dice("export"), tmp_path / "dataset"
    old_options, new_options = ("--sections", "news"), ("--format", ALL_FORMATS)
    begun = time.monotonic()
    succeeded(export_apart(tmp_path / "new", crawled, *new_options))
    longest = time.monotonic() - begun
    succeeded(export(tmp_path / "old", crawled, *old_options))
    known = {"new": files(tmp_path / "new"), "old": files(tmp_path / "old")}
    succeeded(export(target, crawled, *old_options))
    killed = replaced = 0
    for _ in range(KILLS):
        options = chance.choice([old_options, new_options])
        killed += is_killed(chance, longest, target, crawled, *options)
        # Between the two renames of a replacement there is no folder, and the earlier dataset is next to it.
        place = target if target.exists() else target.with_name(f".{target.name}.old")
        check_whole(place)
        found = files(place)
        assert found in known.values()
        replaced += found == known["new"]
    print(f"{killed} of {KILLS} were killed, and {replaced} times the new dataset was there")
    succeeded(export(target, crawled, *new_options))
    assert files(target) == known["new"]
    assert not hidden_siblings(target)


def is_killed(chance: random.Random, longest: float, target: Path, data_dir: Path, *options: str) -> bool:
    """Kill an export at some moment, mostly while it writes; False where it ended before."""
    process = start_export(target, data_dir, *options)
    part = target.with_name(f".{target.name}.part")
    if chance.random() < 0.7:
        while process.poll() is None and not part.exists():
            time.sleep(0.001)
        time.sleep(chance.uniform(0, longest / 5))
    else:
        time.sleep(chance.uniform(0, longest))
    process.kill()
    _, log = process.communicate(timeout=TIMEOUT)
    assert process.returncode in (0, -signal.SIGKILL), log
    return process.returncode != 0


@pytest.mark.parametrize(("with_signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_stop_leaves_only_the_earlier_dataset(with_signal: str, code: int, tmp_path: Path) -> None:
    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"
    succeeded(export(target, data, "--format", "csv"))
    old = files(target)
    asked = {"KILL_AT": "sql 5", "KILL_WITH": with_signal}
    done = export_apart(target, data, "--format", "jsonl", module="tests.crawl.killed", **asked)
    failed(done, code, "stopped on request; nothing was published")
    assert files(target) == old
    assert not hidden_siblings(target)


@pytest.mark.parametrize("name", ["dataset", "articles.csv"])
def test_a_stop_is_too_late_when_the_output_is_in_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, target = small_store(tmp_path / "data"), tmp_path / name
    succeeded(export(target, data))
    real = {each: getattr(os, each) for each in ("rename", "replace")}

    def move(each: str, *paths: Path) -> None:
        real[each](*paths)
        os.kill(os.getpid(), signal.SIGTERM)

    for each in real:
        monkeypatch.setattr(os, each, partial(move, each))
    succeeded(export(target, data, "--until", "9999-12-31"))
    assert not hidden_siblings(target)


@pytest.mark.parametrize("survives", [0, 1, 2])
def test_killed_between_renames(survives: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(BaseException):
        pass

    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"
    in_process(data, format="csv").to_folder(target)
    old = files(target)
    real, moves = Path.rename, 0

    def rename(one: Path, other: Path) -> None:
        nonlocal moves
        if moves == survives:
            raise KilledError
        moves += 1
        real(one, other)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        patch.setattr(targets, "_clear", lambda folder: None)
        with contextlib.suppress(KilledError):
            in_process(data, format="jsonl").to_folder(target)
    aside = target.with_name(".dataset.old")
    if survives == 1:
        assert not target.exists()
        assert files(aside) == old
    else:
        check_whole(target)
        assert (files(target) == old) == (survives == 0)
    with pytest.raises(ExportError, match="the store has no section"):
        in_process(data, format="csv", sections="none").to_folder(target)
    check_whole(target)
    assert (files(target) == old) == (survives < 2)
    assert not hidden_siblings(target)


def test_empty_folder_and_umask(tmp_path: Path) -> None:
    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"
    target.mkdir()
    mask = os.umask(0o027)
    try:
        in_process(data).to_folder(target)
        in_process(data).to_folder(target)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert {stat.S_IMODE(path.stat().st_mode) for path in target.glob("*.*")} == {0o640}


def test_link_to_a_folder(tmp_path: Path) -> None:
    data, link = small_store(tmp_path / "data"), tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    in_process(data).to_folder(link)
    in_process(data).to_folder(link)
    assert link.is_symlink()
    check_whole(tmp_path / "elsewhere")


def other_files(target: Path) -> None:
    target.mkdir()
    (target / "notes.txt").write_text("mine", encoding="utf-8")


def other_package(target: Path) -> None:
    target.mkdir()
    (target / "datapackage.json").write_text('{"name": "mine"}', encoding="utf-8")


def one_more_file(target: Path) -> None:
    (target / "notes.txt").write_text("mine", encoding="utf-8")


def one_more_link(target: Path) -> None:
    (target / "link").symlink_to(target.parent)


def edited_card(target: Path) -> None:
    with (target / "README.md").open("a", encoding="utf-8") as file:
        file.write("Licence: CC BY 4.0")


def a_file(target: Path) -> None:
    target.write_text("mine", encoding="utf-8")


USERS = [
    (other_files, False, "is not empty and no earlier dataset"),
    (other_package, False, "is not empty and no earlier dataset"),
    (a_file, False, "is a file"),
    (one_more_file, True, "holds notes.txt, which is no part of the dataset"),
    (one_more_link, True, "holds link, which is no part of the dataset"),
    (edited_card, True, "README.md was edited and would be lost: take the words out as --notes FILE"),
]


@pytest.mark.parametrize(("make", "after_export", "words"), USERS, ids=[make.__name__ for make, _, _ in USERS])
def test_other_files_are_never_removed(make: object, after_export: bool, words: str, tmp_path: Path) -> None:
    assert callable(make)
    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"
    if after_export:
        in_process(data).to_folder(target)
    make(target)
    before = files(target) if target.is_dir() else target.read_bytes()
    with pytest.raises(ExportError, match=words) as caught:
        in_process(data).to_folder(target)
    assert caught.value.code == 2
    assert (files(target) if target.is_dir() else target.read_bytes()) == before
    assert not hidden_siblings(target)


def test_concurrent_export_is_refused(tmp_path: Path) -> None:
    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"
    with locked_folder(target) as part:
        failed(export(target, data), 5, "another export is writing")
        assert part.is_dir()
        succeeded(export(tmp_path / "other", data))
    succeeded(export(target, data))


def test_unwritable_folder(closed_folder: Path, tmp_path: Path) -> None:
    data = small_store(tmp_path / "data")
    failed(export(closed_folder / "new" / "dataset", data), 2, "cannot be written")


@pytest.mark.parametrize("small_disk", [0.6], indirect=True)
def test_full_disk(small_disk: SmallDisk, crawled: Path) -> None:
    target = small_disk.path / "dataset"
    succeeded(export(target, crawled, "--table", "views,rates"))
    before = files(target)
    for formats in ("csv,jsonl", "parquet,csv,jsonl"):
        failed(export(target, crawled, "--format", formats), 1, "cannot be written: No space left on device")
        assert files(target) == before
        assert not hidden_siblings(target)
    small_disk.grow(20)
    succeeded(export(target, crawled))
    check_whole(target)


def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, target = small_store(tmp_path / "data"), tmp_path / "dataset"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export_module, "check_floors", interrupt)
    with pytest.raises(KeyboardInterrupt):
        in_process(data).to_folder(tmp_path / "new" / "dataset")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert not target.exists()


def test_progress_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = small_store(tmp_path / "data")
    monkeypatch.setattr("caravan_crawler.console.is_terminal", lambda: True)
    done = export(tmp_path / "dataset", data)
    assert done.code == 0
    assert "articles:" in done.log
    assert "/30" in done.log
    assert done.log.splitlines()[-1].split("scrapy export: ")[1] == (
        f"{tmp_path}/dataset: articles 30, versions 30, views 30, trending 0, rates 0, weather 0; 2 formats; 35 KB"
    )


def test_during_a_crawl(tmp_path: Path) -> None:
    with serve(SampleSite(articles=70)) as server:
        site = ("-a", f"site={server.url}")
        process = start(tmp_path / "data", *site)
        sizes = []
        for moment in (25, 25):
            after_requests(server, moment)(process)
            succeeded(export(tmp_path / "dataset", tmp_path / "data", "--below-floors"))
            check_whole(tmp_path / "dataset")
            rows = {name: read_jsonl(tmp_path / "dataset" / f"{name}.jsonl") for name in ("articles", "versions")}
            keys = {row["article_key"] for row in rows["articles"]}
            assert {row["article_key"] for row in rows["versions"]} == keys, "the tables are not of one moment"
            sizes.append(len(keys))
        _, log = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, log[-2000:]
        assert sizes == sorted(sizes)
        assert crawl(tmp_path / "data", *site).code == 0


def test_edits_are_versions(tmp_path: Path) -> None:
    with_articles(tmp_path, {"article_id": 900001}, {"article_id": 900001, "body": "Edited"})
    in_process(tmp_path, format="jsonl").to_folder(tmp_path / "dataset")
    versions = read_jsonl(tmp_path / "dataset" / "versions.jsonl")
    assert [(row["version"], row["body"]) for row in versions] == [(1, "Body"), (2, "Edited")]
    (article,) = read_jsonl(tmp_path / "dataset" / "articles.jsonl")
    assert (article["version"], article["body"]) == (2, "Edited")
