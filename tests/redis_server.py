"""A Redis of one's own, for as long as a test or a benchmark runs."""

import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

_START_WITHIN = 20.0


class RedisServer:
    """A server on a free port of the loopback, with a password, which keeps nothing on disk: killed, it is empty."""

    def __init__(self, program: Path) -> None:
        self.password = secrets.token_hex(12)
        # In Debian one program has several names, and is what it is called.
        self._program = program.with_name("redis-server")
        self._folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True)

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self._folder}
        options["requirepass"] = self.password
        command = [str(self._program), *(str(word) for name, value in options.items() for word in (f"--{name}", value))]
        if setpriv := shutil.which("setpriv"):
            # Should whoever started it be killed, the server ends too.
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        give_up = time.monotonic() + _START_WITHIN
        with self.client() as client:
            while True:
                try:
                    client.ping()
                except RedisError:
                    assert self._process.poll() is None, (self._folder / "log").read_text()
                    assert time.monotonic() < give_up, "Redis does not start"
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
