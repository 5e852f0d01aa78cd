"""Whether the browser is wanted, and whether it is there."""

import shutil
from enum import StrEnum
from importlib.util import find_spec

from scrapy.settings import BaseSettings

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_LIBRARY = "scrapy_playwright"


class Mode(StrEnum):
    """The values of the setting BROWSER."""

    OFF = "off"
    AUTO = "auto"
    """Pages that lack what a script may bring."""
    ALWAYS = "always"
    """Every page."""


def mode_of(settings: BaseSettings) -> Mode:
    """Return the setting BROWSER; ValueError for an unknown one."""
    return Mode(str(settings["BROWSER"] or Mode.OFF).lower())


def browser_path(settings: BaseSettings) -> str | None:
    """Return the browser's program, or None where there is none."""
    given = settings["BROWSER_PATH"]
    for program in [given] if given else _PROGRAMS:
        if found := shutil.which(str(program)):
            return found
    return None


def browser_problem(settings: BaseSettings) -> str | None:
    """Return in one line why the browser cannot be used as the settings ask for, or None."""
    try:
        mode = mode_of(settings)
    except ValueError:
        return f"BROWSER={settings['BROWSER']} is none of {', '.join(Mode)}"
    if mode is Mode.OFF:
        return None
    if find_spec(_LIBRARY) is None:
        return f"BROWSER={mode} needs one library more: pip install scrapy-playwright"
    if browser_path(settings) is None:
        given = settings["BROWSER_PATH"]
        if given:
            return f"BROWSER_PATH={given} is no program"
        return f"BROWSER={mode} needs a browser: apt-get install chromium, or BROWSER_PATH"
    return None
