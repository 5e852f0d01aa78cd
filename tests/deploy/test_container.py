"""The files for containers: held against linters, and run as far as that goes without an engine."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.crawling import ROOT, TIMEOUT
from tests.deploy.scrapyd_server import CONF, PROJECT, Scrapyd
from tests.parts import need

DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
WITH_SECRETS = DEPLOY / "with-secrets.sh"


@pytest.mark.parametrize(
    "command", ["hadolint Dockerfile", "check-jsonschema --builtin-schema vendor.compose-spec compose.yaml"]
)
def test_clean(command: str) -> None:
    tool, *arguments = shlex.split(command)
    path = Path(sys.executable).with_name(tool)
    assert path.exists(), f"{tool} is missing: pip install -e '.[test]'"
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_copied_is_there_and_is_sent_to_the_builder() -> None:
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
    assert len(images) == 5
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
    ({"CARAVAN_REDIS_PASSWORD_FILE": "secret"}, "printenv CARAVAN_REDIS_PASSWORD", 0, "of the file"),
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
    assert contained.wait_for(contained.schedule(site="sample")).startswith("Exit code 0: complete (articles: 300 new")
    with pytest.raises(urllib.error.HTTPError) as caught:
        contained.ask("addversion.json", project=PROJECT, version="2")
    assert caught.value.code == 404
    caught.value.close()
    assert health(contained.port) == 0
    contained.kill_all()
    assert health(contained.port) == 1


def test_the_queue_of_the_workers_asks_for_its_password(tmp_path: Path) -> None:
    need("redis-server")
    service = yaml.safe_load(COMPOSE)["services"]["queue"]
    script, check = service["command"][-1], service["healthcheck"]["test"][-1]
    secret = tmp_path / "secret"
    secret.write_text("a-word-of-its-own\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    here = {"$$": "$", "/run/secrets/redis_password": str(secret), "redis-cli": f"redis-cli -p {port}"}
    here["redis-server -"] = f"redis-server - --bind 127.0.0.1 --port {port}"
    for there, its_place in here.items():
        script, check = script.replace(there, its_place), check.replace(there, its_place)
    server = subprocess.Popen(["sh", "-c", script], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        assert "own" not in Path(f"/proc/{server.pid}/cmdline").read_text(encoding="utf-8")
        give_up = time.monotonic() + TIMEOUT
        while subprocess.run(["sh", "-c", check], stderr=subprocess.DEVNULL, check=False).returncode:
            assert server.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)
        asked = ["redis-cli", "-p", str(port), "ping"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        assert "NOAUTH" in done.stdout + done.stderr
        assert (tmp_path / "appendonlydir").is_dir()
    finally:
        server.terminate()
        server.wait(timeout=TIMEOUT)


def health(port: int) -> int:
    """Run the image's health check; return its exit code."""
    (script,) = re.findall(r'CMD \["python", "-c", "(.*)"\]', DOCKERFILE)
    assert "6800" in script
    command = [sys.executable, "-c", script.replace("6800", str(port))]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False).returncode
