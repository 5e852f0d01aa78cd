"""The descriptions of a dataset, checked by programs that read them."""

import html
import json
import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler import __version__
from caravan_crawler.export.tables import TABLES
from caravan_crawler.items import Article
from tests.export.exporting import export, succeeded, with_articles
from tests.support.crawling import ROOT, read_csv, read_jsonl
from tests.support.kills import Stored


def package(dataset: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((dataset / "datapackage.json").read_text(encoding="utf-8"))
    return found


def test_frictionless_finds_the_package_valid(dataset: Path) -> None:
    assert_valid(dataset)


def test_frictionless_finds_a_package_with_empty_tables_valid(crawled: Path, tmp_path: Path) -> None:
    target = tmp_path / "dataset"
    succeeded(export(target, crawled, "--format", "csv,jsonl,parquet", "--until", "2010-12-31", "--below-floors"))
    sizes = {path.name: path.stat().st_size for path in target.glob("*.jsonl")}
    assert sizes["trending.jsonl"] == 0
    assert_valid(target)


def assert_valid(dataset: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, while they are imported
        import frictionless

        report = frictionless.validate(str(dataset / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "message"])
    assert len(report.tasks) == 3 * len(TABLES)


def test_lines_match_their_schema(dataset: Path) -> None:
    from jsonschema import Draft202012Validator

    for name in TABLES:
        schema = json.loads((dataset / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        rows = read_jsonl(dataset / f"{name}.jsonl")
        assert rows
        for row in rows:
            validator.validate(row)
            assert list(row) == list(schema["properties"])


def test_checksums(dataset: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=dataset, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": OK") == sum(1 for path in dataset.rglob("*") if path.is_file()) - 1


def test_package_statistics(dataset: Path, crawled: Path) -> None:
    described, stored = package(dataset), Stored(crawled).articles.values()
    custom = described["caravan-crawler"]
    assert custom["version"] == __version__
    articles = custom["statistics"]["articles"]
    assert articles["rows"] == len(stored)
    assert articles["fill_rates"]["lede"] == round(sum(row["lede"] is not None for row in stored) / len(stored), 4)
    assert articles["fill_rates"]["tags"] == round(sum(bool(row["tags"]) for row in stored) / len(stored), 4)
    days = sorted(row["date_published"] for row in stored if row["date_published"])
    assert (articles["first_day"], articles["last_day"]) == (days[0], days[-1])
    assert sum(articles["sections"].values()) == len(stored)
    assert sum(articles["years"].values()) == len(days)
    for resource in described["resources"]:
        if resource["format"] == "csv":
            assert resource["rows"] == len(read_csv(dataset / resource["path"]))
    assert described["created"] == max(custom["statistics"][name]["latest"] for name in TABLES)


def test_columns_are_the_item_fields(dataset: Path) -> None:
    (row, *_) = read_csv(dataset / "articles.csv")
    assert list(row) == ["article_key", *Article.__dataclass_fields__, "version", "first_seen_at"]
    described = {resource["name"]: resource for resource in package(dataset)["resources"]}
    fields = described["articles"]["schema"]["fields"]
    assert [field["name"] for field in fields] == list(row)
    assert all(field["description"] for field in fields)
    assert described["versions"]["schema"]["primaryKey"] == ["article_key", "version"]


def test_card_front_matter(dataset: Path) -> None:
    import yaml

    _, front, text = (dataset / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    metadata = yaml.safe_load(front)
    assert metadata["language"] == ["kk", "ru"]
    assert (metadata["license"], metadata["license_name"]) == ("other", "to-be-completed")
    assert metadata["size_categories"] == ["n<1K"]
    files = {config["config_name"]: config["data_files"] for config in metadata["configs"]}
    assert files == {name: f"{name}.parquet" for name in TABLES}
    assert "To be completed" in text
    assert "| news | " in text


@pytest.mark.parametrize("name", TABLES)
def test_every_column_has_a_description(name: str) -> None:
    assert TABLES[name].description
    assert all(column.description for column in TABLES[name].columns)


def test_license_and_notes_in_card_and_package(crawled: Path, tmp_path: Path) -> None:
    import yaml

    notes = tmp_path / "notes.md"
    notes.write_text("По договору с редакцией.\n", encoding="utf-8")
    for _ in range(2):  # and a second export replaces the first
        succeeded(export(tmp_path / "dataset", crawled, "--license", "cc-by-4.0", "--notes", str(notes)))
    card = (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(card.split("---")[1])["license"] == "cc-by-4.0"
    assert card.endswith("## Licence and source\n\nПо договору с редакцией.\n")
    assert package(tmp_path / "dataset")["licenses"] == [{"name": "cc-by-4.0"}]


def test_citation(dataset: Path) -> None:
    latest = package(dataset)["created"]
    text = (dataset / "README.md").read_text(encoding="utf-8").partition("```bibtex\n")[2].partition("```")[0]
    first, *lines, last = text.splitlines()
    site = package(dataset)["title"].removeprefix("News of ")
    assert first == f"@misc{{{package(dataset)['name']}-{latest[:4]},"
    assert lines == [
        f"  title = {{News of {site}}},",
        "  author = {{Caravan Crawler contributors}},",
        f"  year = {{{latest[:4]}}},",
        f"  note = {{Collected with Caravan Crawler {__version__}, last observed at {latest}}},",
    ]
    assert last == "}"


def test_citation_file_names_this_version() -> None:
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert citation["authors"] == [{"name": "Caravan Crawler contributors"}]


HOSTILE = [
    "<img src=x onerror=alert(1)>|`",
    '"><script>alert(2)<',
    "a|b",
    "[x](javascript:alert(1))",
    "*a*\n# b",
    "&lt;",
]


def test_section_names_are_escaped_in_the_card(tmp_path: Path) -> None:
    with_articles(tmp_path, *({"article_id": 900000 + n, "section": name} for n, name in enumerate(HOSTILE)))
    succeeded(export(tmp_path / "dataset", tmp_path, "-s", "FLOORS={}"))
    text = (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8")
    rows = text.partition("| section | articles |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    assert sorted(html.unescape(row.split("|")[1].strip()) for row in rows) == sorted(
        " ".join(name.split()) for name in HOSTILE
    )
    assert all(row.count("|") == 3 for row in rows)
    assert not re.search(r"[<>`*\[\]()]", "".join(rows))
