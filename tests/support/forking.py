"""Start commands without the second that a crawl's modules take to load: a process that has loaded them forks.

Each command is still a process of its own, with its own PID, arguments, environment, signals and exit code;
only modules that every crawl loads are preloaded. All test processes of a run have one forking server, which ends
with the last of them.
"""

import atexit
import copy
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from scrapy.utils.misc import walk_modules_iter

_ROOT = Path(__file__).resolve().parents[2]
#: Most modules that every crawl loads; a test checks that there are no others. Whole packages first.
_PACKAGES = ("scrapy.commands", "caravan_crawler.commands", "caravan_crawler.pipelines")
_MODULES = (
    "scrapy.cmdline scrapy.crawler scrapy.exporters scrapy.logformatter scrapy.pqueues scrapy.robotstxt scrapy.spiders "
    "scrapy.squeues scrapy.statscollectors scrapy.utils.asyncio scrapy.utils.reactor "
    "scrapy.core.engine scrapy.core.scraper scrapy.core.downloader.handlers.http11 "
    "scrapy.downloadermiddlewares.defaultheaders scrapy.downloadermiddlewares.downloadtimeout "
    "scrapy.downloadermiddlewares.httpauth scrapy.downloadermiddlewares.httpcache "
    "scrapy.downloadermiddlewares.httpcompression scrapy.downloadermiddlewares.httpproxy "
    "scrapy.downloadermiddlewares.offsite scrapy.downloadermiddlewares.redirect scrapy.downloadermiddlewares.retry "
    "scrapy.downloadermiddlewares.robotstxt scrapy.downloadermiddlewares.stats scrapy.downloadermiddlewares.useragent "
    "scrapy.spidermiddlewares.depth scrapy.spidermiddlewares.httperror scrapy.spidermiddlewares.metacopy "
    "scrapy.spidermiddlewares.referer scrapy.spidermiddlewares.start scrapy.spidermiddlewares.urllength "
    "scrapy.extensions.closespider scrapy.extensions.corestats scrapy.extensions.feedexport "
    "scrapy.extensions.logcount scrapy.extensions.logstats scrapy.extensions.memdebug scrapy.extensions.memusage "
    "scrapy.extensions.spiderstate scrapy.extensions.telnet scrapy.extensions.throttle "
    "filelock itemadapter lxml.html parsel protego sqlalchemy sqlalchemy.dialects.sqlite sqlite3 stringprep w3lib.url "
    "caravan_crawler.spiders.caravan caravan_crawler.extensions.run_monitor caravan_crawler.extensions.progress "
    "caravan_crawler.addons caravan_crawler.logformatter caravan_crawler.store.article_store caravan_crawler.feeds "
    "caravan_crawler.frontier.articles caravan_crawler.spidermiddlewares "
    "caravan_crawler.downloadermiddlewares"
).split()


#: When the last of them was seen to have ended, by test.
_last_end: dict[str, float] = {}


class Forked:
    """A forked process with the part of :class:`subprocess.Popen` that the tests use; its output is text."""

    def __init__(self, pid: int, stdout: IO[str] | None, stderr: IO[str] | None, status: socket.socket) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | Any = None
        self._status = status

    def poll(self) -> int | None:
        """Return the exit code, as ``Popen`` does; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise ``subprocess.TimeoutExpired`` after ``timeout``."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end; return the texts of stdout and stderr, empty unless they are pipes."""
        end = None if timeout is None else time.monotonic() + timeout
        said = {pipe.fileno(): bytearray() for pipe in self._pipes}
        open_ = list(said)
        while open_:
            left = None if end is None else max(0.0, end - time.monotonic())
            ready, _, _ = select.select(open_, [], [], left)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0, stderr=b"".join(said.values()))
            for descriptor in ready:
                chunk = os.read(descriptor, 1 << 16)
                said[descriptor] += chunk
                if not chunk:
                    open_.remove(descriptor)
        self.wait(None if end is None else max(0.1, end - time.monotonic()))
        out, err = (
            said[pipe.fileno()].decode("utf-8", "replace") if pipe else "" for pipe in (self.stdout, self.stderr)
        )
        self._close()
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def __enter__(self) -> "Forked":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self.wait()

    @property
    def _pipes(self) -> list[IO[str]]:
        return [pipe for pipe in (self.stdout, self.stderr) if pipe]

    def _close(self) -> None:
        for pipe in self._pipes:
            pipe.close()

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._status.recv(100) or b"256"))
            self._status.close()
            _last_end[_test()] = time.time()
        return self.returncode


def fork(
    module: str,
    *words: str,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
    new_session: bool = False,
    folder: Path = _ROOT,
    environment: Mapping[str, str] | None = None,
) -> Forked:
    """Run a module as ``python -m`` does, from a folder, with today's environment and ``environment``.

    ``stdout`` and ``stderr`` are as those of ``Popen``: a pipe, nothing, or a descriptor.
    """
    connection = _forking()
    # Records are stamped to the second, and a run that begins within the one before it takes that one's for its own. A
    # start that loads the modules never does, and a run of another test has other records.
    while int(time.time()) == int(_last_end.get(_test(), 0)):
        time.sleep(0.02)
    status, reply = socket.socketpair()
    (out, to_out), (err, to_err) = _end_of(stdout), _end_of(stderr)
    job = json.dumps(
        {
            "module": module,
            "words": words,
            "environment": {**os.environ, **(environment or {})},
            "new_session": new_session,
            "folder": str(folder),
        }
    ).encode()
    socket.send_fds(connection, [len(job).to_bytes(4, "big")], [to_out, to_err, reply.fileno()])
    connection.sendall(job)
    for given, descriptor in ((stdout, to_out), (stderr, to_err)):
        if given < 0:
            os.close(descriptor)
    reply.close()
    pid = int.from_bytes(_exactly(connection, 4), "big")
    return Forked(pid, out, err, status)


def run(
    module: str, *words: str, timeout: float, folder: Path = _ROOT, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a module to its end, as ``subprocess.run`` does."""
    process = fork(module, *words, stdout=subprocess.PIPE, folder=folder, environment=environment)
    out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess([module, *words], process.returncode, out, err)


def _test() -> str:
    """Return the name of the running test."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]


def _end_of(given: int) -> tuple[IO[str] | None, int]:
    """Return the tests' end of a pipe, or None, and the descriptor that the process writes to."""
    if given == subprocess.PIPE:
        reads, writes = os.pipe()
        return os.fdopen(reads, encoding="utf-8"), writes
    return None, os.open(os.devnull, os.O_WRONLY) if given == subprocess.DEVNULL else given


@cache
def _forking() -> socket.socket:
    """Connect to the process that forks, and start it if no other test process has."""
    name = f"forking-{os.environ.get('PYTEST_XDIST_TESTRUNUID') or os.getpid()}"
    connection = socket.socket(socket.AF_UNIX)
    process: subprocess.Popen[bytes] | None = None
    while True:
        try:
            connection.connect(f"\0{name}")
            break
        except ConnectionRefusedError:
            # One that another test process starts at the same time ends at once.
            assert process is None or process.poll() in (None, 0), "the process that forks does not start"
            process = process or _start(name)
            time.sleep(0.02)
    if process is not None:
        process.returncode = 0  # nobody waits for it: it ends by itself
    return connection


def _start(name: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "tests.support.forking", name]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


# The process that forks


def _serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork for each job; return a job in the process that is to do it, None when the tests have ended."""
    running: dict[int, socket.socket] = {}
    connections = {listener.accept()[0]}
    woken, wakes = socket.socketpair()
    for each in (woken, wakes):
        each.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that of a terminal is for the tests and the running commands
    with listener, woken, wakes:
        try:
            while connections:
                ready, _, _ = select.select([listener, woken, *connections], [], [])
                if woken in ready:
                    woken.recv(1 << 16)
                    _report_ended(running)
                if listener in ready:
                    connections.add(listener.accept()[0])
                for connection in connections.intersection(ready):
                    head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
                    if not head:
                        connections.remove(connection)
                        connection.close()
                        continue
                    job = json.loads(_exactly(connection, int.from_bytes(head, "big")))
                    out, err, status = descriptors
                    pid = os.fork()
                    if pid == 0:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        signal.signal(signal.SIGINT, signal.default_int_handler)
                        for ours, theirs in ((out, sys.stdout), (err, sys.stderr)):
                            os.dup2(ours, theirs.fileno())
                            os.close(ours)
                        os.close(status)
                        return dict(job)
                    running[pid] = socket.socket(fileno=status)
                    connection.sendall(pid.to_bytes(4, "big"))
                    os.close(out)
                    os.close(err)
            return None
        finally:
            for connected in (*connections, *running.values()):
                connected.close()


def _report_ended(running: dict[int, socket.socket]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        with running.pop(pid) as reply, suppress(OSError):
            reply.sendall(str(status).encode())


def load() -> None:
    """Load the modules, and freeze their objects: a fork's garbage collector need not visit, and so copy, them."""
    for package in _PACKAGES:
        list(walk_modules_iter(package))
    for name in _MODULES:
        importlib.import_module(name)
    # Scrapy asks all installed packages for commands of their own, a tenth of a small crawl's work.
    cmdline = sys.modules["scrapy.cmdline"]
    found = cmdline.entry_points(group="scrapy.commands")
    cmdline.entry_points = lambda **_: found  # type: ignore[attr-defined]
    # And it copies its settings three times, by a way that knows nothing of their two values.
    attribute = sys.modules["scrapy.settings"].SettingsAttribute
    attribute.__deepcopy__ = lambda self, memo: attribute(copy.deepcopy(self.value, memo), self.priority)
    gc.collect()
    gc.freeze()


def _main() -> None:
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(f"\0{sys.argv[1]}")
    except OSError:
        listener.close()
        return  # another one serves the tests
    listener.listen()
    load()
    assert "twisted.internet.reactor" not in sys.modules, "a reactor cannot be shared"
    job = _serve(listener)
    if job is not None:
        if job["new_session"]:
            os.setsid()
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["environment"])
        importlib.reload(sys.modules["caravan_crawler.settings"])  # they are read from the environment
        sys.argv[1:] = job["words"]
        try:
            runpy.run_module(job["module"], run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if not isinstance(ended.code, int | None):
                raise
            _end(ended.code or 0)
        _end(0)


def _end(code: int) -> None:
    """Do what an interpreter does at its end, except to free all modules, which is half the work of a refused run."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()  # reports files and sockets left open
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    _main()
