"""``scrapy report``: its file, its errors, kills and stops."""

import os
import re
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url

from caravan_crawler.atomic import open_atomic
from caravan_crawler.store import schema
from caravan_crawler.store.database import without_password
from tests.report.made import article, make
from tests.report.reporting import report, report_here, words
from tests.store.stored import StoreTables
from tests.store.stores import SITE

ROWS = {schema.articles: [article("1")]}


def test_writes_the_page_and_prints_its_path(
    store_tables: StoreTables, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(store_tables.url, tmp_path, ROWS)
    file = tmp_path / "deep" / "er" / "report.html"
    assert report_here(str(file), *store_tables.options, data_dir=tmp_path) == 0
    out, err = capsys.readouterr()
    match = re.fullmatch(r"scrapy report: (.+): (\d+) KB, drawn from the store (.+)\n", err)
    assert match, err
    assert out == ""
    assert match.groups() == (
        str(file),
        f"{file.stat().st_size / 1000:.0f}",
        without_password(make_url(store_tables.url)),
    )
    assert SITE in words(file.read_text(encoding="utf-8"))
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]


#: Options and message; ``{folder}`` is the folder of a store with one article.
REFUSED = [
    ((), "it takes the file to write"),
    (("a.html", "b.html"), "it takes the file to write"),
    (("{folder}",), "cannot be written: it is a folder"),
    (("{folder}/caravan.db/report.html",), "cannot be written: "),
    (("{folder}/" + "x" * 250,), "cannot be written: File name too long"),
    (("{folder}/caravan.db",), "belongs to the store, which a report would overwrite"),
    (("{folder}/caravan.db-wal",), "belongs to the store, which a report would overwrite"),
    (("{folder}/runs/report.html",), "where runs keep their own files"),
    (("/proc/report.html",), "cannot be written: "),
    (("{folder}/r.html", "-s", "DATA_DIR={folder}/none"), "there is no store"),
    (("{folder}/r.html", "-s", "STORE_URL=mysql://there"), "a store is sqlite or postgresql"),
    (("{folder}/r.html", "-s", "FLOORS=often"), "FLOORS must give shares"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_errors_are_one_line(
    tmp_path: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make(None, tmp_path, ROWS)
    before = sorted(tmp_path.iterdir())
    assert report_here(*(option.replace("{folder}", str(tmp_path)) for option in options), data_dir=tmp_path) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("scrapy report: ")
    assert message in err
    assert sorted(tmp_path.iterdir()) == before


def test_missing_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("caravan_crawler.commands.report._LIBRARIES", ("altair", "a_missing_library"))
    assert report_here(str(tmp_path / "report.html"), data_dir=tmp_path) == 2
    message = "scrapy report: it needs altair, jinja2 and vl-convert-python: pip install -e '.[report]'\n"
    assert capsys.readouterr().err == message
    monkeypatch.setattr("caravan_crawler.commands.report.sys", SimpleNamespace(flags=SimpleNamespace(optimize=2)))
    assert report_here(str(tmp_path / "report.html"), data_dir=tmp_path) == 2
    assert "PYTHONOPTIMIZE=2" in capsys.readouterr().err


def test_damaged_store_leaves_the_earlier_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(None, tmp_path, ROWS)
    file = tmp_path / "report.html"
    file.write_text("earlier")
    store = (tmp_path / "caravan.db").read_bytes()
    (tmp_path / "caravan.db").write_bytes(store[:4096] + b"\xff" * (len(store) - 4096))
    assert report_here(str(file), data_dir=tmp_path) == 1
    err = capsys.readouterr().err
    assert err.startswith("scrapy report: the store ")
    assert err.count("\n") == 1
    assert file.read_text() == "earlier"
    assert not list(tmp_path.glob(".*.part"))


def test_kill_leaves_the_earlier_page(tmp_path: Path) -> None:
    make(None, tmp_path, ROWS)
    file = tmp_path / "report.html"
    file.write_text("earlier")
    done = report(str(file), data_dir=tmp_path, module="tests.crawl.killed", KILL_AT="os.rename 1")
    assert done.returncode == -9
    assert file.read_text() == "earlier"
    (left,) = tmp_path.glob(".report.html.*.part")
    names = ("report.html.bak.0123456789abcdef", "articles.csv.0123456789abcdef", "report.html.20260101T000000Z-000000")
    others = [tmp_path / f".{name}.part" for name in names]
    for other in others:
        other.touch()
    assert report(str(file), data_dir=tmp_path).returncode == 0
    assert not left.exists(), "the next write removes the partial file of a killed process"
    assert all(other.exists() for other in others)


def test_writers_of_one_file_with_one_process_id_as_in_two_containers(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    with open_atomic(file) as first:
        first.write("first")
        with open_atomic(file) as second:
            second.write("second")
        assert file.read_text() == "second"
    assert file.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_leaves_only_the_earlier_page(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(None, tmp_path, ROWS)
    file = tmp_path / "report.html"
    file.write_text("earlier")
    monkeypatch.setattr("caravan_crawler.report.page.build_page", lambda *_: os.kill(os.getpid(), number))
    assert report_here(str(file), data_dir=tmp_path) == 128 + number
    assert capsys.readouterr().err == "scrapy report: stopped; nothing is changed\n"
    assert file.read_text() == "earlier"
    assert not list(tmp_path.glob(".*.part"))


def test_a_stop_is_too_late_when_the_page_is_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(None, tmp_path, ROWS)
    file, replace = tmp_path / "report.html", os.replace

    def move(*paths: Path) -> None:
        replace(*paths)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(os, "replace", move)
    assert report_here(str(file), data_dir=tmp_path) == 0
    assert file.read_text(encoding="utf-8").endswith("</html>\n")


def test_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(None, tmp_path, ROWS)
    assert report_here("/dev/full", data_dir=tmp_path) == 2
    assert capsys.readouterr().err == "scrapy report: /dev/full cannot be written: No space left on device\n"


def test_link_and_mode_are_preserved(tmp_path: Path) -> None:
    make(None, tmp_path, ROWS)
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("earlier")
    target.chmod(0o640)
    link.symlink_to(target)
    assert report_here(str(link), data_dir=tmp_path) == 0
    assert link.is_symlink()
    assert "<!DOCTYPE html>" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o640


def test_pipe_is_written_directly(tmp_path: Path) -> None:
    make(None, tmp_path, ROWS)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pages: list[str] = []
    reader = threading.Thread(target=lambda: pages.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    assert report_here(str(pipe), data_dir=tmp_path) == 0
    reader.join(timeout=30)
    assert pages[0].endswith("</html>\n")
