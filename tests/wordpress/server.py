"""Debian's WordPress on loopback, with a MariaDB server of its own, for as long as the tests run."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.scrapyd_server import free_port
from tests.support.optional_parts import need
from tests.wordpress.posts import AUTHORS, SECTIONS, posts

_PHP = Path(__file__).parent / "php"
_INSTALLED = Path("/usr/share/wordpress")
_START_WITHIN = 60.0
#: Without the tables of users and rights, which nobody needs behind a socket in a private folder; no data has to
#: survive the tests.
_OPTIONS = (
    "--no-defaults --skip-networking --skip-grant-tables --default-storage-engine=MyISAM --innodb-doublewrite=0 "
    "--innodb-buffer-pool-size=32M --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0"
).split()


class WordPress:
    """An installed WordPress with all posts; each server has a theme of its own."""

    def __init__(self) -> None:
        self._mariadbd = need("mariadbd")
        self._php = need("php")
        self._themes = [need(f"twentytwenty{year}") for year in ("one", "two", "three")]
        for part in ("mysqli.so", "simplexml.so", "wp-includes"):
            need(part)
        # A socket's path must be short, so not in pytest's folder.
        self._folder = Path(tempfile.mkdtemp(prefix="wordpress-"))
        self._socket = self._folder / "socket"
        self._log = self._folder / "log"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "WordPress":
        try:
            self._start_database()
            self._install()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all servers and remove their files."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def serve(self, theme: str, *, has_sitemaps: bool = True) -> Iterator["Server"]:
        """Serve the site in a theme."""
        port = free_port()
        log, requests = self._folder / f"{port}.log", self._folder / f"{port}.requests"
        address = f"127.0.0.1:{port}"
        router = str(_PHP / "router.php")
        command = [str(self._php), "-S", address, "-t", str(self._folder / "site"), router]
        choices = {"WORDPRESS_THEME": theme, "WORDPRESS_WITHOUT_SITEMAPS": "" if has_sitemaps else "1"}
        process = self._start(command, log, WORDPRESS_REQUESTS=str(requests), **choices)
        self._wait(process, log, lambda: _accepts(port))
        try:
            yield Server(f"http://{address}/", requests)
        finally:
            process.kill()
            process.wait()

    def _start_database(self) -> None:
        data = self._folder / "data"
        data.mkdir()
        options = [*_OPTIONS, f"--datadir={data}", f"--socket={self._socket}", f"--pid-file={self._folder}/pid"]
        if os.geteuid() == 0:
            options.append("--user=root")  # else it refuses to run as root
        process = self._start([str(self._mariadbd), *options], self._log)
        self._wait(process, self._log, self._socket.exists)

    def _install(self) -> None:
        # WordPress itself stays where Debian has it; only its content is in this folder.
        content = self._folder / "site" / "wp-content"
        for name in ("themes", "mu-plugins", "uploads", "plugins"):
            (content / name).mkdir(parents=True)
        for theme in self._themes:
            (content / "themes" / theme.name).symlink_to(theme)
        (content / "themes" / "karavan").symlink_to(_PHP / "karavan")
        (content / "mu-plugins" / "site.php").symlink_to(_PHP / "site.php")
        (self._folder / "site" / "wp-includes").symlink_to(_INSTALLED / "wp-includes")
        file = self._folder / "posts.json"
        what = {"posts": [post.for_wordpress() for post in posts()], "sections": SECTIONS, "authors": AUTHORS}
        file.write_text(json.dumps(what), encoding="utf-8")
        create = 'mysqli_query(new mysqli("localhost", "root", "", "", 0, $argv[1]), "CREATE DATABASE wordpress");'
        self._run_php("-r", create, str(self._socket))
        self._run_php(str(_PHP / "install.php"), str(file))

    def execute(self, code: str) -> None:
        """Execute a piece of PHP with WordPress's functions."""
        self._run_php("-r", f'require "{_PHP}/wp-config.php"; {code}')

    def _run_php(self, *arguments: str) -> None:
        command = [str(self._php), *arguments]
        done = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode or done.stderr or done.stdout:
            raise RuntimeError(f"php {arguments[0]} failed: {done.stdout}{done.stderr}")

    def _start(self, command: list[str], log: Path, **more: str) -> "subprocess.Popen[bytes]":
        if setpriv := shutil.which("setpriv"):
            # If the parent process is killed, the server ends too.
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, cwd=self._folder, env=self._environment(**more), stdout=file, stderr=file
            )
        self._processes.append(process)
        return process

    def _environment(self, **more: str) -> dict[str, str]:
        paths = {"WORDPRESS_SOCKET": str(self._socket), "WORDPRESS_FOLDER": str(self._folder / "site")}
        return {**os.environ, **paths, **more}

    def _wait(self, process: "subprocess.Popen[bytes]", log: Path, is_ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _START_WITHIN
        while process.poll() is None and time.monotonic() < give_up:
            if is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"a server does not start:\n{log.read_text(errors='replace')[-2000:]}")


class Server:
    """A running server."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    def requests(self) -> list[str]:
        """Return the targets that were requested since the last call, in their order."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        self._log.write_text("", encoding="utf-8")
        return lines


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
