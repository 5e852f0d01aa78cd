"""The files of ``scheduling/`` and the commands in ``docs/deploying.md`` work as they stand."""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.utils.conf import arglist_to_dict
from scrapy.utils.project import get_project_settings

from caravan_crawler.arguments import CrawlArguments
from tests.support.optional_parts import need

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "scheduling"
DOCS = ROOT / "docs" / "deploying.md"
SERVICES = sorted(FOLDER.glob("*.service"))
TIMERS = sorted(FOLDER.glob("*.timer"))
CRAWLS = [FOLDER / f"caravan{kind}.service" for kind in ("", "-refresh", "-backfill@", "-worker@")]
CRON = (FOLDER / "caravan.cron").read_text(encoding="utf-8")
CRON_JOBS = [line for line in CRON.splitlines() if re.match(r"[\d*]", line)]
CRON_VARIABLES = dict(re.findall(r"^([A-Z]+)=(.*)$", CRON, re.MULTILINE))


def entries(unit: Path) -> list[tuple[str, str, str]]:
    """Return section, key and value of each line; a key may be repeated."""
    section, found = "", []
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.append((section, key, value))
    return found


def value(unit: Path, key: str) -> str:
    (found,) = [given for _, name, given in entries(unit) if name == key]
    return found


def environment_file() -> dict[str, str]:
    text = (FOLDER / "caravan.env").read_text(encoding="utf-8")
    return {name: given[1:-1] for name, given in re.findall(r"^#?([A-Z]+_?[A-Z]*)=('.*')$", text, re.MULTILINE)}


def check_crawl(arguments: list[str]) -> CrawlArguments:
    """Check the arguments after ``scrapy`` with the crawler's own parser, and that the settings exist."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("command", choices=["crawl"])
    parser.add_argument("spider", choices=["caravan"])
    for option in ("-a", "-s"):
        parser.add_argument(option, action="append", default=[])
    given = parser.parse_args(arguments)
    known: Settings = get_project_settings()
    unknown = set(arglist_to_dict(given.s)) - set(known)
    assert not unknown
    return CrawlArguments.parse(arglist_to_dict(given.a))


def literal_commands() -> list[tuple[str, str]]:
    """Every crawl written out in a file, examples in comments included, with the file's name."""
    return [
        (path.name, command)
        for path in (*SERVICES, FOLDER / "caravan.cron", DOCS)
        for command in re.findall(r"scrapy (crawl caravan[^`|\n]*)", path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("file", "command"), literal_commands())
def test_each_command_is_accepted_by_the_crawler(file: str, command: str) -> None:
    words = shlex.split(command.replace("%i", "2019"))
    for options in ("", *environment_file().values()):
        more = shlex.split(options)
        check_crawl([each for word in words for each in (more if word == "$CARAVAN_OPTIONS" else [word])])


def test_there_is_a_command_for_each_purpose() -> None:
    by_file = {path.name: check_crawl(_crawl_words(path)) for path in CRAWLS}
    assert by_file["caravan.service"].refresh_days == 0
    assert by_file["caravan-refresh.service"].refresh_days == 7
    year = by_file["caravan-backfill@.service"]
    assert (str(year.since), str(year.until)) == ("2019-01-01", "2019-12-31")


def _crawl_words(unit: Path) -> list[str]:
    return shlex.split(value(unit, "ExecStart").replace("%i", "2019").replace("$CARAVAN_OPTIONS", ""))[1:]


def test_the_examples_of_the_environment_file_are_read() -> None:
    assert "STORE_URL=" in (FOLDER / "caravan.env").read_text(encoding="utf-8")
    assert environment_file()
    text = (FOLDER / "caravan.env").read_text(encoding="utf-8")
    names = set(re.findall(r"^#?(CARAVAN_\w+)=", text, re.MULTILINE)) - {"CARAVAN_OPTIONS"}
    assert names
    for name in names:
        assert name.removeprefix("CARAVAN_") in get_project_settings()


def test_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    tool = str(need("systemd-analyze"))
    for unit in (*SERVICES, *TIMERS):
        text = unit.read_text(encoding="utf-8").replace("/opt/caravan/.venv/bin/", f"{Path(sys.executable).parent}/")
        (tmp_path / unit.name).write_text(text.replace("/opt/caravan", str(ROOT)), encoding="utf-8")
    for name, instance in (("caravan-backfill@", "2019"), ("caravan-worker@", "1")):
        one = tmp_path / f"{name}{instance}.service"
        one.write_text((tmp_path / f"{name}.service").read_text(encoding="utf-8"), encoding="utf-8")
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([tool, "verify", "--man=no", *units], capture_output=True, text=True, timeout=60, check=False)
    # It also complains of units of the machine's own; an unknown key in one of ours is a line and no failure.
    ours = [line for line in done.stderr.splitlines() if "caravan" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("unit", [*SERVICES, *TIMERS], ids=lambda path: path.name)
def test_no_unit_names_a_file_that_is_not_there(unit: Path) -> None:
    for _, key, given in entries(unit):
        if key in ("OnFailure", "Unit"):
            assert (FOLDER / re.sub(r"@.*\.service$", "@.service", given)).exists()
        for file in re.findall(r"/opt/caravan/(?!\.venv)([\w./-]+)", given):
            assert (ROOT / file).exists()
        for name in re.findall(r"/etc/([\w.-]+)", given):
            assert (FOLDER / name).exists()
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service").exists()


def test_collisions_and_stops_raise_no_alarm_and_hopeless_runs_are_not_retried() -> None:
    for unit in CRAWLS:
        assert value(unit, "SuccessExitStatus").split() == ["5", "130", "143"]
        assert value(unit, "KillSignal") == "SIGTERM"
        assert value(unit, "OnFailure") == "caravan-alarm@%N.service"
    assert "2" in value(FOLDER / "caravan-backfill@.service", "RestartPreventExitStatus").split()


def test_the_crawls_run_under_the_same_restrictions() -> None:
    own = {"ExecStart", "Restart", "RestartSec", "RestartForceExitStatus", "RestartPreventExitStatus"}
    first, *others = (
        [entry for entry in entries(unit) if entry[0] == "Service" and entry[1] not in own] for unit in CRAWLS
    )
    assert all(other == first for other in others)
    assert {"NoNewPrivileges", "ProtectSystem", "PrivateTmp", "User", "StateDirectory"} <= {key for _, key, _ in first}


@pytest.mark.parametrize("line", CRON_JOBS)
def test_cron_lines_have_five_fields_a_user_and_no_bare_percent_sign(line: str) -> None:
    *fields, user, command = line.split(maxsplit=6)
    for field, most in zip(fields, (59, 23, 31, 12, 7), strict=True):
        for part in field.split(","):
            assert re.fullmatch(r"\*|\d+(-\d+)?", part)
            assert all(int(number) <= most for number in re.findall(r"\d+", part))
    assert user == "caravan"
    assert not re.search(r"(?<!\\)%", command)


def test_cron_has_an_hour_for_each_job_of_its_own() -> None:
    assert len(CRON_JOBS) == 2
    hourly, nightly = (line.split()[1] for line in CRON_JOBS)
    assert hourly == "0-2,4-23"
    assert nightly == "3"
    assert CRON.endswith("\n"), "cron leaves out a last line that is not ended"


@pytest.mark.parametrize("line", CRON_JOBS)
@pytest.mark.parametrize(("code", "is_mailed"), [(0, False), (1, True), (2, True), (3, True), (4, True)])
def test_cron_mails_only_what_is_wrong(line: str, code: int, is_mailed: bool, tmp_path: Path) -> None:
    _check_mail(line, code, is_mailed, tmp_path)


@pytest.mark.parametrize("code", [5, 130, 143])
def test_cron_is_silent_about_collisions_and_stops(code: int, tmp_path: Path) -> None:
    _check_mail(CRON_JOBS[0], code, False, tmp_path)


def _check_mail(line: str, code: int, is_mailed: bool, tmp_path: Path) -> None:
    """Run a line as cron does, with a crawler that notes its arguments and ends with ``code``."""
    crawler = tmp_path / ".venv" / "bin" / "scrapy"
    crawler.parent.mkdir(parents=True)
    crawler.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\necho the last line >&2\nexit {code}\n')
    crawler.chmod(0o755)
    command = line.split(maxsplit=6)[6].replace("/opt/caravan", str(tmp_path))
    environment = {"PATH": "/usr/bin:/bin", "CRAWL": CRON_VARIABLES["CRAWL"].replace("/opt/caravan", str(tmp_path))}
    done = subprocess.run(
        [CRON_VARIABLES["SHELL"], "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout + done.stderr == ("the last line\n" if is_mailed else "")
    check_crawl((tmp_path / "words").read_text(encoding="utf-8").splitlines())


def test_files_named_in_the_page_exist() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in re.findall(r"scheduling/([\w@.-]+\w)", text):
        assert (FOLDER / name).exists() or (ROOT / "docs" / name).exists(), name
    named = {name.replace("@2019", "@") for name in re.findall(r"caravan[\w-]*@?(?:2019)?\.(?:service|timer)", text)}
    assert named
    assert all((FOLDER / name).exists() for name in named)
