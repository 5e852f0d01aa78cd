"""The documentation of inspections is complete."""

import ast
import re
from pathlib import Path

from caravan_crawler import settings
from caravan_crawler.commands.inspect import FEWEST, MOST, REQUESTS
from caravan_crawler.inspection import findings
from caravan_crawler.normalise.numbers import SANE_BAND

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "inspecting.md").read_text(encoding="utf-8")


def codes() -> set[str]:
    """The codes of all findings, as the module writes them."""
    tree = ast.parse(Path(findings.__file__).read_text(encoding="utf-8"))
    written = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Finding", "_finding")
        if isinstance(node.args[0], ast.Constant)
    }
    roles = {f"{role}_unread" for role in ("sitemap", "home", "feed", "listing")}
    return (
        {str(code) for code in written}
        | {row[0] for row in findings._ARTICLE_FINDINGS}
        | roles
        | {f"missing_{name}" for name in settings.FLOORS}
    )


def test_every_finding_is_explained() -> None:
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == codes()
    assert len(codes()) > 25


def test_numbers() -> None:
    assert f"at most {REQUESTS} requests (`--requests N`, from {FEWEST} to {MOST})" in TEXT
    assert f"under {findings.SHORT_BODY} letters" in TEXT
    assert "from {} to {}".format(*SANE_BAND) in TEXT
