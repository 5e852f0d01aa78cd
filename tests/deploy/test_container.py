"""The files for containers: linted, and run as far as possible without an engine."""

import os
import re
import shlex
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.scrapyd_server import CONF, PROJECT, Scrapyd
from tests.support.crawling import ROOT, TIMEOUT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
WITH_SECRETS = DEPLOY / "with-secrets.sh"


@pytest.mark.parametrize(
    "command",
    [
        "hadolint Dockerfile",
        "check-jsonschema --builtin-schema vendor.compose-spec compose.yaml",
        "check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff",
    ],
)
def test_clean(command: str) -> None:
    tool, *arguments = shlex.split(command)
    path = Path(sys.executable).with_name(tool)
    assert path.exists(), f"{tool} is missing: pip install -e '.[test]'"
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_copied_files_exist_and_are_sent_to_the_builder() -> None:
    sent = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
        if not source.startswith("--")
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in sent, source
    assert {source.split("/")[0] for source in copied} == set(sent), "nothing else is sent"


def test_images_are_pinned_and_none_runs_as_root() -> None:
    images = re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE) + re.findall(r"image: (\S+:\S+)", COMPOSE)
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+(\.\d+)?-", image), image
    finals = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[-2:]
    for final in finals:
        assert "\nUSER 10001:10001\n" in final
        assert "\nHEALTHCHECK " in final
    assert set(re.findall(r"^      target: (.*)$", COMPOSE, re.MULTILINE)) == {
        final.split("\n")[0].split(" AS ")[1] for final in finals
    }


SECRETS = [
    ({"PGPASSWORD_FILE": "secret"}, "printenv PGPASSWORD", 0, "of the file"),
    ({"PGPASSWORD": "given"}, "printenv PGPASSWORD", 0, "given"),
    ({}, "printenv PGPASSWORD", 1, ""),
    ({"PGPASSWORD_FILE": "none"}, "printenv PGPASSWORD", 1, "No such file"),
    ({"SCRAPYD_PASSWORD_FILE": "secret"}, "scrapyd --pidfile=", 0, "scrapyd is called with --pidfile="),
    ({"SCRAPYD_PASSWORD_FILE": "empty"}, "scrapyd --pidfile=", 2, "scrapyd needs SCRAPYD_PASSWORD"),
    ({}, "scrapyd --pidfile=", 2, "scrapyd needs SCRAPYD_PASSWORD"),
]


@pytest.mark.parametrize(("environment", "command", "code", "words"), SECRETS)
def test_secrets_are_read_from_files(
    environment: dict[str, str], command: str, code: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of the file\n", encoding="utf-8")
    (tmp_path / "empty").touch()
    scrapyd = tmp_path / "scrapyd"
    scrapyd.write_text('#!/bin/sh\necho "scrapyd is called with $*"\n', encoding="utf-8")
    scrapyd.chmod(0o755)
    done = subprocess.run(
        [WITH_SECRETS, *shlex.split(command)],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[Scrapyd]:
    """Scrapyd with the container's settings, in an environment that has the project."""
    conf = f"{CONF}\n{(DEPLOY / 'container-scrapyd.conf').read_text(encoding='utf-8')}"
    server = Scrapyd(tmp_path, Path(sys.executable), conf)
    (server.folder / "scrapy.cfg").write_bytes((DEPLOY / "container-scrapy.cfg").read_bytes())
    try:
        server.start()
        yield server
    finally:
        server.kill_all()


def test_scrapyd_of_the_container_runs_the_project_of_its_image(contained: Scrapyd) -> None:
    assert contained.ask("listprojects.json")["projects"] == [PROJECT]
    assert contained.wait_for(contained.schedule(site="sample", limit="5")).startswith(
        "Exit code 0: ended at the limit"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        contained.ask("addversion.json", project=PROJECT, version="2")
    assert caught.value.code == 404
    caught.value.close()
    assert health(contained.port) == 0
    contained.kill_all()
    assert health(contained.port) == 1


def health(port: int) -> int:
    """Run the image's health check; return its exit code."""
    (script,) = re.findall(r'CMD \["python", "-c", "(.*)"\]', DOCKERFILE)
    assert "6800" in script
    command = [sys.executable, "-c", script.replace("6800", str(port))]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False).returncode
