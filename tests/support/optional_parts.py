"""Programs that some tests need and pip does not install: their names, and whether they are installed."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple, NoReturn


class Part(NamedTuple):
    """A Debian package, its program (or another file) that the tests need, and its location if not on the path.

    ``instead`` is a package that will do, with a program of that name, on a system that lacks the first.
    """

    package: str
    program: str
    folders: str = ""
    instead: str = ""


_THEMES = "/usr/share/wordpress/wp-content/themes"
PARTS = (
    Part("postgresql", "initdb", "/usr/lib/postgresql/*/bin"),
    Part("systemd", "systemd-analyze"),
    Part("chromium-headless-shell", "chromium-headless-shell", instead="chromium"),
    Part("libreoffice-calc-nogui", "soffice"),
    Part("faketime", "faketime"),
    Part("wordpress", "wp-includes", "/usr/share/wordpress"),
    Part("wordpress-theme-twentytwentyone", "twentytwentyone", _THEMES),
    Part("wordpress-theme-twentytwentytwo", "twentytwentytwo", _THEMES),
    Part("wordpress-theme-twentytwentythree", "twentytwentythree", _THEMES),
    Part("php-cli", "php"),
    Part("php-mysql", "mysqli.so", "/usr/lib/php/*"),
    Part("php-xml", "simplexml.so", "/usr/lib/php/*"),
    Part("mariadb-server", "mariadbd", "/usr/sbin"),
)


def find(part: Part) -> Path | None:
    """Return the part's program, the newest of several versions."""
    root = Path("/")
    found = [folder / part.program for folder in root.glob(part.folders.lstrip("/"))] if part.folders else []
    found = sorted((path for path in found if os.access(path, os.R_OK)), key=_by_version)
    if found:
        return found[-1]
    on_path = shutil.which(part.program) or shutil.which(part.instead)
    # A link into a folder of one version leads to the programs that belong to it.
    return Path(on_path).resolve() if on_path else None


def missing() -> list[Part]:
    """Return the missing parts, and those that have only their substitute."""
    return [part for part in PARTS if find(part._replace(instead="")) is None]


def need(program: str) -> Path:
    """Return the path of a program; skip the test without it, or fail it on CI."""
    (part,) = [part for part in PARTS if part.program == program]
    path = find(part)
    if path is None:
        do_without(f"{program} is missing: sudo apt-get install {part.package}")
    return path


def do_without(reason: str) -> NoReturn:
    """Skip a test on a user's machine, which need not have every program; fail it where ``CI`` is set.

    On CI ``tests.install_parts`` has installed all of them, so a missing one is an error of the set-up. This is the
    only place that may skip a test: ruff bans ``pytest.skip`` and its kin everywhere else.
    """
    import pytest  # not needed to install the parts

    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _by_version(path: Path) -> list[int]:
    return [int(number) for part in path.parts for number in part.split(".") if number.isdecimal()]
