"""Install the programs that the tests need and pip does not install, if that needs no password.

Fetch besides the packages that a crawl needs on the other Pythons of this machine.

    python -m tests.install_parts

It never fails: the tests report missing programs (``tests/support/optional_parts.py``).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.interpreters import installable, make_environment
from tests.support.optional_parts import Part, missing

_TIMEOUT = 900


def _as_root() -> list[str] | None:
    """Return the prefix of a command to run it as root; None if that would need a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    return (
        ["sudo", "-n"]
        if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
        else None
    )


def install() -> str:
    """Install missing parts; return one line on the result, empty if none was missing."""
    parts = missing()
    packages = [part.package for part in parts]
    if not packages:
        return ""
    wanted = " ".join(packages)
    as_root = _as_root()
    if shutil.which("apt-get") is None or as_root is None:
        return f"some tests need more; install it with: sudo apt-get install {wanted}"
    print(f"installing for the tests: {wanted}", flush=True)
    _apt_get(as_root, "update")  # without it an older index may do
    failure = _apt_get(as_root, "install", *packages)
    if failure and (len(parts) > 1 or parts[0].instead):  # one package that this system lacks must not cost the others
        failure = "; ".join(filter(None, [_install_one(as_root, part) for part in parts]))
    return failure


def _install_one(as_root: list[str], part: Part) -> str:
    failure = _apt_get(as_root, "install", part.package)
    return _apt_get(as_root, "install", part.instead) if failure and part.instead else failure


def _apt_get(as_root: list[str], action: str, *packages: str) -> str:
    """Run apt-get; return one line if it fails, else an empty one."""
    options = ["-qq", "-y", "--no-install-recommends"]
    command = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", action, *options, *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"apt-get {action} failed: {error}"
    if done.returncode == 0:
        return ""
    lines = (done.stderr.strip() or done.stdout.strip() or "it does not say why").splitlines()
    return f"apt-get {' '.join([action, *packages])} failed: {lines[-1]}"


def fetch() -> list[str]:
    """Fetch the packages of a crawl for each Python of this machine; return a line for each failure.

    The tests make their environments from uv's cache, without asking the network.
    """
    lines = []
    for interpreter in installable():
        with tempfile.TemporaryDirectory() as folder:
            try:
                make_environment(interpreter, Path(folder) / "venv", offline=False)
            except (OSError, subprocess.SubprocessError) as error:
                lines.append(f"no packages for Python {interpreter.version}: {error}")
    return lines


if __name__ == "__main__":
    for line in [install(), *fetch()]:
        if line:
            print(line, file=sys.stderr)
