"""The Pythons of this machine, and an environment for each with the packages of a crawl."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.optional_parts import do_without

ROOT = Path(__file__).resolve().parents[2]
_OLDEST = (3, 11)
_OLDEST_OF_SCRAPY = (3, 10)
_MINORS = range(8, 21)
_TIMEOUT = 300
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.implementation.name)"


class Interpreter(NamedTuple):
    """A Python that starts."""

    version: str
    path: Path

    @property
    def is_supported(self) -> bool:
        """Whether the project runs on it."""
        return _numbers(self.version) >= _OLDEST


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """Return one interpreter for each version of CPython 3 that starts, the oldest first.

    The one that runs this is among them. A name on the path may be a shim without a Python behind it, which is no
    interpreter.
    """
    started = [
        (path, subprocess.Popen([path, "-I", "-c", _VERSION], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        for path in _candidates()
    ]
    found: dict[str, Interpreter] = {}
    for path, process in started:
        output, _ = process.communicate(timeout=_TIMEOUT)
        version, _, kind = output.decode().strip().partition(" ")
        if process.returncode == 0 and kind == "cpython":
            found.setdefault(version, Interpreter(version, path))
    return tuple(sorted(found.values(), key=lambda each: _numbers(each.version)))


def supported() -> list[Interpreter]:
    """Return the interpreters that the project supports."""
    return [each for each in interpreters() if each.is_supported]


def of_each_minor() -> list[Interpreter]:
    """Return a supported interpreter of each minor version, and not that of the tests where there is another."""
    own = ".".join(map(str, sys.version_info[:3]))
    one = {_numbers(each.version)[:2]: each for each in sorted(supported(), key=lambda each: each.version != own)}
    return sorted(one.values(), key=lambda each: _numbers(each.version))


def too_old() -> list[Interpreter]:
    """Return the interpreters that the project refuses."""
    return [each for each in interpreters() if not each.is_supported]


def installable() -> list[Interpreter]:
    """Return those that Scrapy supports, which include one that the project refuses."""
    return [each for each in interpreters() if _numbers(each.version) >= _OLDEST_OF_SCRAPY]


def make_environment(interpreter: Interpreter, folder: Path, *, offline: bool) -> Path:
    """Make an environment with the README's requirements; return its Python. Raise CalledProcessError on failure."""
    _uv("venv", "--python", str(interpreter.path), str(folder))
    python = folder / "bin" / "python"
    options = ["--offline"] if offline else []
    _uv("pip", "install", *options, "--python", str(python), "-r", str(ROOT / "requirements.txt"))
    return python


def environment(interpreter: Interpreter, folder: Path) -> Path:
    """Make the environment for a test, from uv's cache alone."""
    try:
        return make_environment(interpreter, folder, offline=True)
    except FileNotFoundError:
        do_without("uv is missing: pip install -e '.[test]'")
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "uv does not say why").splitlines()[-1]
        do_without(f"no environment for Python {interpreter.version}, run python -m tests.install_parts: {last}")


def _candidates() -> list[Path]:
    # A shim of pyenv starts, a tenth of a second later, one of those in ``versions``.
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders = [folder for folder in folders if folder.name != "shims"]
    paths = [Path(getattr(sys, "_base_executable", sys.executable))]
    paths += [folder / f"python3.{minor}" for folder in folders for minor in _MINORS]
    paths += (Path.home() / ".pyenv" / "versions").glob("*/bin/python3")
    return list(dict.fromkeys(path for path in paths if os.access(path, os.X_OK)))


def _uv(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), *arguments, "--quiet", "--no-progress"]
    subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT, check=True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
