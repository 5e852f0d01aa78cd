"""Alarm hook: run the user's command, or post to a URL, after a failed run."""

import json
import os
import shlex
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_WITHIN = 60


def raise_alarm(hook: str, report: Mapping[str, Any], path: Path | None) -> str | None:
    """Post ``report`` to the URL ``hook``, or run the command with it on its standard input; return a problem or None.

    The environment variable ``CARAVAN_RUN_JSON`` has the path of the report's file, if there is one.
    """
    body = json.dumps(report, ensure_ascii=False).encode()
    if urlsplit(hook).scheme in ("http", "https"):
        return _post(hook, body)
    return _run(hook, body, path)


def hook_problem(hook: str) -> str | None:
    """Return why a hook is neither a URL nor a command, or None."""
    if urlsplit(hook).scheme in ("http", "https"):
        return None if urlsplit(hook).hostname else "ON_FAILURE names no host"
    try:
        return None if shlex.split(hook) else "ON_FAILURE is empty"
    except ValueError as error:
        return f"ON_FAILURE is no command line: {error}"


def _post(url: str, body: bytes) -> str | None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_WITHIN):  # noqa: S310 - http and https only, the user's own
            return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return f"the alarm could not be posted: {reason}"


def _run(command: str, body: bytes, path: Path | None) -> str | None:
    environment = {**os.environ, **({"CARAVAN_RUN_JSON": str(path)} if path else {})}
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            shlex.split(command), input=body, env=environment, timeout=_WITHIN, check=False, stdout=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the alarm's command could not be run: {error}"
    return f"the alarm's command ended with code {done.returncode}" if done.returncode else None
