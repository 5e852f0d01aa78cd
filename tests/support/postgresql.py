"""A PostgreSQL server of one's own, for as long as the tests or a benchmark run."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_START_WITHIN = 60.0
#: Another program may take the free port that was found before the server does.
_TRIES = 3
#: No data has to survive the tests.
_CARELESS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB", "log_min_messages": "warning"}


class Cluster:
    """A server on a free port of the loopback, with a superuser whose password nobody else knows.

    ``programs`` is the folder with ``initdb`` and ``postgres`` of one version. ``settings`` are those of
    ``postgresql.conf``.
    """

    USER = "crawler"

    def __init__(self, programs: Path, settings: dict[str, str] | None = None) -> None:
        self.password = secrets.token_hex(12)
        self.programs = programs
        self._settings = _CARELESS if settings is None else settings
        # PostgreSQL refuses to run as root, and root's other folders are closed to the user it runs as.
        self._owner = _unprivileged_user() if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> "Cluster":
        try:
            self._create()
            for _ in range(_TRIES):
                with socket.create_server(("127.0.0.1", 0)) as probe:
                    self.port = probe.getsockname()[1]
                if self._is_started():
                    return self
            raise RuntimeError(f"PostgreSQL does not start:\n{self._log.read_text(errors='replace')[-2000:]}")
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server, without waiting for its clients, and remove its files."""
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Stop the server; its files stay."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(timeout=20)
        self._process = None

    def start(self) -> None:
        """Start the server again, where it was."""
        if not self._is_started():
            raise RuntimeError("PostgreSQL does not start again")

    def url(self, database: str, password: str | None = None) -> str:
        """Return the address of a database, as ``STORE_URL`` takes it."""
        return f"postgresql://{self.USER}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def rows(self, statement: str, database: str = "postgres") -> list[Any]:
        """Execute a statement; return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Create a fresh database; it is dropped after the ``with`` block, despite open connections."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0"), name)
        try:
            yield name
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)

    def _execute(self, statement: sql.SQL, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _create(self) -> None:
        password = self._folder / "password"
        password.write_text(self.password, encoding="ascii")
        if self._owner:
            for path in (self._folder, password):
                shutil.chown(path, self._owner)
        options = [f"--username={self.USER}", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
        command = [str(self.programs / "initdb"), "-D", str(self._folder / "data"), *options]
        more = ["--encoding=UTF8", "--locale=C"]
        done = subprocess.run(
            [*command, *more],
            user=self._owner,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr}")

    def _is_started(self) -> bool:
        settings = {**self._settings, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port), *options]
        if setpriv := shutil.which("setpriv"):
            # If the parent process is killed, the server ends too.
            command = [setpriv, "--pdeathsig", "INT", *command]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, user=self._owner, cwd=self._folder, stdout=log, stderr=log)
        give_up = time.monotonic() + _START_WITHIN
        while self._process.poll() is None and time.monotonic() < give_up:
            try:
                self.rows("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")
