"""Imports point along the way of a page: visit → read → normalise → keep → publish, never back."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "caravan_crawler"

#: Folder to the packages and modules it may import beside the standard library.
MAY_IMPORT = {
    "normalise": {"normalise", "dateparser"},
    "pages": {"pages", "normalise", "site", "lxml"},
    "archive": {
        "archive",
        "pages",
        "site",
        "keep",
        "visit",
        "browser",
        "outcome",
        "caravan_crawler",
        "scrapy",
        "twisted",
        "warcio",
    },
    "reparse": {
        *("reparse", "archive", "visit", "pages", "normalise", "pipelines", "records", "items", "site", "keep"),
        *("drift", "collector", "caravan_crawler", "scrapy"),
    },
    "inspection": {
        *("inspection", "visit", "pages", "normalise", "reparse", "records", "items", "site", "outcome"),
        *("scrapy", "twisted", "lxml", "protego"),
    },
    "pipelines": {"pipelines", "normalise", "keep", "items", "arguments", "scrapy"},
    "keep": {"keep", "items", "site", "arguments", "outcome", "caravan_crawler", "sqlalchemy", "filelock"},
    "publish": {
        *("altair", "jinja2", "vl_convert"),  # the report
        *("publish", "keep", "items", "field_docs", "drift", "outcome", "terminal", "caravan_crawler"),
        *("scrapy", "w3lib", "sqlalchemy", "filelock", "tqdm", "pyarrow", "fsspec"),
    },
    "sample_site": {"sample_site"},
}


def imported(path: Path) -> set[str]:
    """Top-level names a module imports; within the package, the part after its name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for module in modules:
            parts = module.split(".")
            names.add(parts[1] if parts[0] == "caravan_crawler" and len(parts) > 1 else parts[0])
    return names


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_one_way(folder: str) -> None:
    import sys

    for path in (PACKAGE / folder).rglob("*.py"):
        foreign = imported(path) - set(sys.stdlib_module_names) - MAY_IMPORT[folder]
        assert not foreign, f"{path.relative_to(PACKAGE)} imports {foreign}"


def test_visit_imports_nothing_of_publishing() -> None:
    for path in [*(PACKAGE / "visit").rglob("*.py"), *(PACKAGE / "spiders").rglob("*.py")]:
        assert not imported(path) & {"publish", "pipelines", "commands"}
