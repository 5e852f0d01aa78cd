"""The notebook of the docs runs on a dataset of the sample site, and its tables are right."""

import io
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.export.exporting import export, succeeded
from tests.support.crawling import ROOT, TIMEOUT, read_jsonl

NOTEBOOK = ROOT / "docs" / "analysis.ipynb"


@pytest.fixture(scope="module")
def tables(crawled: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The tables in the notebook's outputs, in their order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own dependencies
        import nbformat
        import pandas
        from nbclient import NotebookClient

        folder = tmp_path_factory.mktemp("notebook")
        succeeded(export(folder / "dataset", crawled, "--format", "parquet"))
        notebook = nbformat.read(NOTEBOOK, 4)  # type: ignore[no-untyped-call]
        (folder / "docs").mkdir()  # Jupyter's working folder is the notebook's
        resources = {"metadata": {"path": str(folder / "docs")}}
        NotebookClient(notebook, timeout=TIMEOUT, kernel_name="python3", resources=resources).execute()
    outputs: list[Any] = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert all(output.output_type == "execute_result" for output in outputs), outputs
    pages = [output.data["text/html"] for output in outputs if "dataframe" in output.data.get("text/html", "")]
    charts = [output for output in outputs if "vega-embed" in output.data.get("text/html", "")]
    assert (len(outputs), len(pages), len(charts)) == (8, 7, 1)
    return [pandas.read_html(io.StringIO(page))[0] for page in pages]


def test_notebook_is_stored_without_outputs() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert '"outputs": []' in text
    assert '"output_type"' not in text
    assert '"execution_count": null' in text


def test_tables_are_those_of_the_dataset(tables: list[Any], dataset: Path) -> None:
    articles, views, trending, rates = (
        read_jsonl(dataset / f"{name}.jsonl") for name in ("articles", "views", "trending", "rates")
    )
    head, months, days, most_read, topics, tags, by_day = tables
    assert len(head) == 5
    in_month = Counter(row["date_published"][:7] for row in articles if row["date_published"])
    found = {str(month)[:7]: int(number) for month, number in zip(months.iloc[:, 0], months.iloc[:, 1], strict=True)}
    assert len(found) == 12
    assert found == {month: in_month[month] for month in found}
    assert max(in_month) in found
    assert days.iloc[:, 1].astype(int).sum() >= len({row["article_key"] for row in views})
    assert [int(number) for number in most_read["views"]] == sorted(
        (row["views"] for row in articles if row["views"] is not None), reverse=True
    )[:10]
    assert set(topics.iloc[:, 0]) == {row["topic"] for row in trending}
    assert topics.iloc[:, 2].astype(int).sum() == len(trending)
    used = Counter(tag for row in articles for tag in row["tags"])
    shown = dict(zip(tags.iloc[:, 0], tags.iloc[:, 1].astype(int), strict=True))
    assert shown == {tag: used[tag] for tag in shown}
    assert max(used.values()) in shown.values()
    assert {float(rate) for rate in by_day.iloc[-1, 1:]} == {row["rate"] for row in rates}
