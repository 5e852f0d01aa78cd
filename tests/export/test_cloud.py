"""Datasets in object storage: an S3 server on loopback."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import fsspec
import pytest

from caravan_crawler.export import targets
from caravan_crawler.export.dataset import Export
from caravan_crawler.export.options import ExportError, ExportOptions, ExportRefusedError
from caravan_crawler.export.targets import Bucket, without_credentials
from tests.export.exporting import check_whole, export, export_apart, failed, files, small_store, succeeded
from tests.support.crawling import TIMEOUT

URL = "s3://caravan/news/dataset"


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("moto does not start")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[dict[str, str]]:
    """The environment variables of an S3 server on loopback with one bucket."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "one",
            "AWS_SECRET_ACCESS_KEY": "two",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        ask(environment, "caravan", "PUT")
        yield environment
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)


def ask(endpoint: Mapping[str, str], path: str, method: str = "GET") -> bytes:
    """Send a request to the server, which checks no signature; the driver takes a second to load."""
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=one/20260101/us-east-1/s3/aws4_request"}
    with urlopen(Request(f"{endpoint['AWS_ENDPOINT_URL']}/{path}", headers=headers, method=method)) as response:
        body: bytes = response.read()
    return body


def download(endpoint: Mapping[str, str], folder: Path) -> Path:
    """Copy the dataset at ``URL`` into a folder."""
    listing = ask(endpoint, "caravan?list-type=2&prefix=news/dataset/").decode()
    for key in re.findall(r"<Key>(.*?)</Key>", listing):
        path = folder / key.removeprefix("news/dataset/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ask(endpoint, f"caravan/{key}"))
    return folder


def check_published(folder: Path) -> tuple[dict[str, Any], Path]:
    """Assert that the current dataset is complete; return its package and the folder of its tables."""
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (name,) = {resource["path"].split("/")[0] for resource in package["resources"]}
    check_whole(folder / name)
    for resource in package["resources"]:
        assert (folder / resource["path"]).stat().st_size == resource["bytes"]
    return package, folder / name


def test_upload_and_replace(endpoint: dict[str, str], tmp_path: Path) -> None:
    data = small_store(tmp_path / "data")
    for round_, options in enumerate([("--format", "csv"), ("--format", "jsonl"), ("--format", "jsonl")]):
        succeeded(export_apart(URL, data, *options, **endpoint))
        copy = download(endpoint, tmp_path / f"copy {round_}")
        _, tables = check_published(copy)
        assert {path.name for path in copy.iterdir()} == {tables.name, "README.md", "datapackage.json"}
        succeeded(export(tmp_path / "local", data, *options))
        assert files(tables) == files(tmp_path / "local")
        card = (copy / "README.md").read_text(encoding="utf-8")
        assert f"data_files: {tables.name}/articles.{options[1]}" in card


REFUSED = [
    (URL.replace("caravan", "elsewhere"), 1, "cannot be written: The specified bucket does not exist"),
    ("nothing://caravan/dataset", 2, "is no place for a dataset"),
    ("gs://caravan/dataset", 2, "gs:// needs its driver of fsspec"),
]


@pytest.mark.parametrize(("url", "code", "words"), REFUSED, ids=[url for url, _, _ in REFUSED])
def test_bad_urls(url: str, code: int, words: str, endpoint: dict[str, str], tmp_path: Path) -> None:
    failed(export_apart(url, small_store(tmp_path), **endpoint), code, words)


def test_unreachable_server(endpoint: dict[str, str], tmp_path: Path) -> None:
    away = endpoint | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    failed(export_apart(URL, small_store(tmp_path), **away), 1, "cannot be read")


def test_file_url(tmp_path: Path) -> None:
    succeeded(export(f"file://{tmp_path}/dataset", small_store(tmp_path / "data")))
    check_whole(tmp_path / "dataset")


# The order of the steps, in fsspec's storage in memory


class Storage:
    """Storage in memory whose n-th change fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files = fsspec.filesystem("memory")
        self.files.store.clear()
        self.changes = 0
        self.fails_at: int | None = None
        for name in ("put_file", "pipe_file", "rm", "rm_file"):
            monkeypatch.setattr(type(self.files), name, self._counted(getattr(type(self.files), name)))

    def _counted(self, act: Any) -> Any:
        depth = 0

        def counted(files: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal depth
            if depth == 0:
                self.changes += 1
                if self.changes == self.fails_at:
                    raise ConnectionError("the line is cut")
            depth += 1
            try:
                return act(files, *args, **kwargs)
            finally:
                depth -= 1

        return counted

    def copy(self, folder: Path) -> Path:
        for name in self.files.find("/dataset"):
            path = folder / name.removeprefix("/dataset/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.files.cat_file(name))
        return folder


def upload(data_dir: Path, formats: str) -> str | None:
    """Export to that storage; return the error message."""
    try:
        Export(None, str(data_dir), ExportOptions.parse({"format": formats}), {}).to("memory://dataset")
    except ExportError as error:
        return str(error)
    return None


def test_failed_upload_leaves_a_complete_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = small_store(tmp_path / "data")
    storage = Storage(monkeypatch)
    assert upload(data, "csv") is None
    old, _ = check_published(storage.copy(tmp_path / "old"))
    found: list[bool] = []
    while True:
        storage.changes, storage.fails_at = 0, len(found) + 1
        problem = upload(data, "jsonl")
        storage.fails_at = None
        if problem is None:
            break
        assert problem.endswith("the line is cut")
        package, _ = check_published(storage.copy(tmp_path / f"step {len(found)}"))
        found.append(package == old)
        assert upload(data, "csv") is None
    assert found == sorted(found, reverse=True), "the old one, and from some step on the new one"
    assert set(found) == {True, False}
    assert len(list(storage.copy(tmp_path / "last").iterdir())) == 3, "older folders are removed"


def test_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(monkeypatch)
    storage.files.pipe_file("/dataset/notes.txt", b"mine")
    bucket = Bucket("memory://dataset")
    with pytest.raises(ExportRefusedError, match=r"has notes\.txt and is no earlier dataset"):
        bucket.prepare()
    storage.files.pipe_file("/dataset/datapackage.json", b'{"name": "mine"}')
    with pytest.raises(ExportRefusedError, match="is no earlier dataset"):
        bucket.prepare()


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "find_spec", lambda name: None)
    with pytest.raises(ExportRefusedError, match=r"pip install -e '\.\[cloud\]'"):
        Bucket("s3://bucket/path")


def test_passwords_are_not_printed() -> None:
    assert without_credentials("sftp://me:secret@host/path") == "sftp://host/path"
    assert without_credentials("s3://bucket/path") == "s3://bucket/path"
