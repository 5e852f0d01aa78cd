"""Run ``scrapy report``, and parse its page."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from scrapy.cmdline import ScrapyArgumentParser
from scrapy.utils.project import get_project_settings

from caravan_crawler.commands.report import Command
from tests.support.crawling import TIMEOUT
from tests.support.forking import run


def report(
    *options: str, data_dir: Path, module: str = "scrapy", **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run ``scrapy report`` in a process of its own; ``module`` may be one that patches something first."""
    return run(module, "report", "-s", f"DATA_DIR={data_dir}", *options, timeout=TIMEOUT, environment=environment)


def report_here(*options: str, data_dir: Path) -> int:
    """Run ``scrapy report`` in this process; return its exit code."""
    command, parser = Command(), ScrapyArgumentParser(conflict_handler="resolve")
    command.settings = get_project_settings()
    command.add_options(parser)
    opts, args = parser.parse_known_args(["-s", f"DATA_DIR={data_dir}", *options])
    command.process_options(args, opts)
    command.run(args, opts)
    return command.exitcode


def specs(page: str) -> dict[str, dict[str, Any]]:
    """Return the charts of a page by name."""
    found = re.findall(r'class="chart" id="([^"]+)"[^>]*></div>\s*<script type="application/json">(.*?)</script>', page)
    return {name: json.loads(spec) for name, spec in found}


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the data of a chart."""
    return [row for dataset in spec["datasets"].values() for row in dataset]


def words(page: str) -> str:
    """Return the page's text without scripts in one line."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", plain).split())
