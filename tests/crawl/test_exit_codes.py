"""Every exit code of the contract, each by a real crawl."""

import signal
from pathlib import Path

import pytest

from caravan_crawler.sample_site import SampleSite, serve
from tests.crawl.reporting import report, run
from tests.crawling import crawl
from tests.keep.stores import open_in


def test_exit_code_0(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", "RETRY_TIMES=0", faults=("errors_500:always:30",))
    assert (done.crawl.code, done.report["exit_code"]) == (0, 0)
    failed = sum(done.report["failures"].values())
    assert failed > 0
    assert done.report["reason"].startswith(f"complete, but {failed} pages failed")


def test_exit_code_1_where_a_pipeline_breaks(tmp_path: Path) -> None:
    broken = 'ITEM_PIPELINES={"tests.crawl.broken_pipeline.BrokenPipeline": 1}'
    done = run(tmp_path, "-s", broken)
    assert (done.crawl.code, done.report["outcome"]) == (1, "crashed")


def test_exit_code_1_where_the_store_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "caravan.db").write_bytes(b"no database at all" * 1000)
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (1, 1)
    assert "cannot be opened: file is not a database" in done.log


# what makes a run refused, and the words of its line
REFUSED = [
    (("-a", "sicne=2019-01-01"), "did you mean 'since'?"),
    (("-s", "STORE_URL=mysql://localhost/x"), "STORE_URL names mysql; a store is sqlite or postgresql"),
    (("-s", 'FLOORS={"body": 7}'), "FLOORS must give shares from 0 to 1"),
    (("-s", "URLLENGTH_LIMIT=9000"), "URLLENGTH_LIMIT must be from 1 to 2083"),
    (("-s", "URLLENGTH_LIMIT=0"), "URLLENGTH_LIMIT must be from 1 to 2083"),
    (("-s", "DEPTH_LIMIT=3"), "MAX_HOPS_FROM_ARTICLE bounds how far pages without article lead"),
    (("-s", "MAX_COPIES=x"), "MAX_COPIES=x is not a whole number"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_exit_code_2(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = crawl(tmp_path, "-a", "site=sample", *options)
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert words in done.log


def test_exit_code_2_for_the_store_of_another_site(tmp_path: Path) -> None:
    open_in(tmp_path).close()
    done = crawl(tmp_path, "-a", "site=sample")
    assert (done.code, done.log.count("\n")) == (2, 1)
    assert "holds the articles of caravan.kz; keep those of sample elsewhere: -s DATA_DIR=FOLDER" in done.log


def test_exit_code_3_and_its_sections_floor(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", 'FLOORS={"views": 0.99}')
    assert (done.crawl.code, done.report["outcome"]) == (3, "below_floors")
    assert done.report["reason"].startswith("views is found in 95 % of 120 articles only")


def test_exit_code_4(tmp_path: Path) -> None:
    done = run(tmp_path, "-s", "RETRY_TIMES=0", faults=("errors_500:always:2",))
    assert (done.crawl.code, done.report["outcome"]) == (4, "unreachable")


def test_exit_code_5(tmp_path: Path) -> None:
    store = open_in(tmp_path, "sample")
    done = crawl(tmp_path, "-a", "site=sample")
    store.close()
    assert (done.code, done.log.count("\n")) == (5, 1)
    assert "another run is using " in done.log
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_exit_codes_130_and_143(number: signal.Signals, tmp_path: Path) -> None:
    with serve(SampleSite(articles=3000)) as server:
        done = crawl(tmp_path, "-a", f"site={server.url}", stop_with=number)
    told = report(tmp_path)
    assert done.code == told["exit_code"] == 128 + number
    assert told["outcome"] == "stopped"
    assert told["articles"]["new"] > 0
