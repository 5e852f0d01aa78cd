"""The command ``caravan-crawler``, and mistakes that every command refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from caravan_crawler.command_line import main
from caravan_crawler.commands.crawl import program_name
from tests.support.forking import fork, run


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["caravan-crawler", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",)])
def test_help_lists_the_commands(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(monkeypatch, *words) == 0
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert {"crawl", "export", "inspect", "reparse", "report", "status"} <= set(named)


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "craw") == 2
    assert "Unknown command: craw" in capsys.readouterr().out


def test_ctrl_c_while_scrapy_is_loaded_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapy.cmdline.execute", Mock(side_effect=KeyboardInterrupt))
    assert call(monkeypatch) == 130
    assert capsys.readouterr().err == "caravan-crawler: stopped on request\n"


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (".venv/bin/scrapy", ".venv/bin/scrapy"),
        ("/opt/caravan/.venv/bin/caravan-crawler", "caravan-crawler"),
        ("/opt/caravan/.venv/lib/python3.11/site-packages/scrapy/__main__.py", "scrapy"),
    ],
)
def test_hints_name_the_command_as_it_was_called(called: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    assert program_name() == name


@pytest.mark.parametrize("words", [("status",), ("report", "r.html"), ("inspect", "p.html"), ("reparse", "folder")])
def test_a_mistyped_setting_is_refused_by_every_command(words: tuple[str, ...]) -> None:
    process = fork("scrapy", *words, "-s", "DATA_DR=elsewhere")
    out, log = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert log == f"scrapy {words[0]}: there is no setting DATA_DR; did you mean DATA_DIR?\n"


MISTYPED = [
    (("status", "--josn"), "--josn; did you mean --json?"),
    (("export", "--formt", "csv", "folder"), "--formt; did you mean --format?"),
    (("report", "--xyz", "r.html"), "--xyz; --help lists them"),
    (("inspect", "--fulll=1", "p.html"), "--fulll; did you mean --full?"),
    (("reparse", "folder", "--dryrun"), "--dryrun; did you mean --dry-run?"),
    (("crawl", "caravan", "--logfle=x"), "--logfle; did you mean --logfile?"),
    (("parse", "--depht=1", "http://127.0.0.1:9/"), "--depht; did you mean --depth?"),
    (("fetch", "--heders", "http://127.0.0.1:9/"), "--heders; did you mean --headers?"),
]


@pytest.mark.parametrize(("words", "message"), MISTYPED)
def test_a_mistyped_option_is_refused_by_every_command(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    process = fork("scrapy", *words, "-s", f"DATA_DIR={tmp_path}")
    out, log = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert log == f"scrapy {words[0]}: there is no option {message}\n"


ARGUMENTS = [("crawl", "caravan"), ("status",), ("report", "r.html"), ("inspect", "p.html"), ("reparse", "folder")]
ARGUMENTS += [("export", "folder"), ("shell",), *((name, "http://127.0.0.1:9/") for name in ("fetch", "parse", "view"))]
REFUSED = [
    (("--pidfile", "/none/pid"), "--pidfile /none/pid cannot be written: No such file or directory"),
    (("--profile", "/"), "--profile / cannot be written: Is a directory"),
    (("--profile",), "argument --profile: expected one argument"),
    (("-s", "LOG_LEVEL"), "Invalid -s value, use -s NAME=VALUE"),
    (("-s", "FEEDS=5"), "FEEDS=5 must be a JSON object: {…}"),
    (("-s", "DATA_DIR=~nobody-here/data"), "DATA_DIR=~nobody-here/data: there is no home folder ~nobody-here"),
    (("-s", "DATA_DIR=data-\udcff"), "DATA_DIR=data-\\udcff is not UTF-8"),
    (("-L", "nope"), "LOG_LEVEL=nope is no level"),
    (("--logfile", "/none/log"), "LOG_FILE=/none/log cannot be written: No such file or directory"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
@pytest.mark.parametrize("words", ARGUMENTS, ids=" ".join)
def test_a_bad_value_is_refused_by_every_command(
    words: tuple[str, ...], options: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    if "--logfile" in options and words[0] in ("export", "report", "reparse", "status"):
        return  # they write no log
    done = run("scrapy", *words, "-s", f"DATA_DIR={tmp_path}", *options, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"scrapy {words[0]}: {message}\n")


WITHOUT_HOME = [
    (*ARGUMENTS[0], "-O", "~nobody-here/a.csv"),
    (*ARGUMENTS[0], "-o", "~nobody-here/a.jsonl"),
    (*ARGUMENTS[0], "-a", "urls=@~nobody-here/urls"),
    ("export", "~nobody-here/a.csv"),
    ("export", "~nobody-here/folder/"),
    ("report", "~nobody-here/r.html"),
    ("inspect", "--site", "sample", "--save-pages", "~nobody-here/pages"),
    ("fetch", "file:~nobody-here/page.html"),
]


@pytest.mark.parametrize("words", WITHOUT_HOME, ids=" ".join)
def test_the_home_folder_of_nobody_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run("scrapy", *words, "-s", f"DATA_DIR={tmp_path}", timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "~nobody-here" in done.stderr


@pytest.mark.parametrize("given", [("-a", "urls=/news/\udcff/"), ("-s", "STORE_URL=sqlite:///\udcff.db")])
def test_bytes_that_are_not_utf_8_are_refused(given: tuple[str, str], tmp_path: Path) -> None:
    done = run("scrapy", "crawl", "caravan", "-a", "site=sample", "-s", f"DATA_DIR={tmp_path}", *given, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.endswith(" is not UTF-8\n")


@pytest.mark.parametrize(("name", "level"), [("crawl", "WARNING, in a log file INFO"), ("export", "nothing is logged")])
def test_help_has_the_level_of_the_log(name: str, level: str) -> None:
    out = run("scrapy", name, "--help", timeout=60).stdout
    assert f"log level (default: {level})" in " ".join(out.split())


@pytest.mark.parametrize("words", [("crawl", "caravan", "-a", "site=sample"), ("reparse", "tests/pages/cases/layouts")])
def test_a_folder_that_cannot_be_made_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("/proc/foo", "/proc", tmp_path / "file" / "data"):
        process = fork("scrapy", *words, "-s", f"DATA_DIR={folder}")
        out, log = process.communicate(timeout=60)
        assert (process.returncode, out, log.count("\n")) == (2, "", 1), log
        assert str(folder) in log


@pytest.mark.parametrize("option", ["-o", "-O"])
def test_a_file_that_only_an_export_writes_is_refused_with_that_command(option: str, tmp_path: Path) -> None:
    for name in ("all.xlsx", "all.parquet"):
        process = fork("scrapy", "crawl", "caravan", option, name, "-s", f"DATA_DIR={tmp_path}")
        log = process.communicate(timeout=60)[1]
        assert (process.returncode, log.count("\n")) == (2, 1)
        assert log.endswith(f"scrapy export {name} -s DATA_DIR={tmp_path}\n")


PAGE = ("inspect", "tests/pages/cases/bylines/joomla3_magazine/page.html", "--url", "https://www.caravan.kz/news/a/")
# The encoding of the output, a command, and what it prints.
ENCODED = [
    ("latin-1", PAGE, "\\u043a"),
    ("ascii", (*PAGE, "--json"), "Пчеловоды Катон-Карагая собрали рекордный мёд"),
    ("ascii", ("crawl", "--help"), "\\u2026"),
]


@pytest.mark.parametrize(("encoding", "words", "printed"), ENCODED)
def test_characters_that_the_encoding_of_the_output_does_not_have_are_escaped(
    encoding: str, words: tuple[str, ...], printed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *words],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert printed in (json.loads(done.stdout)["article"]["headline"] if "--json" in words else done.stdout)
