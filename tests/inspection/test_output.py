"""Output of an inspection: a table for people, or a JSON object with stable keys for programs."""

import json
import os
from typing import Any

from caravan_crawler.inspection.site_report import FIELDS
from caravan_crawler.sample_site import SampleSite, serve
from tests.inspection.inspecting import inspect, inspect_site
from tests.inspection.monthly import MonthlySite, is_article
from tests.support.crawling import TIMEOUT
from tests.support.forking import fork

#: The JSON object, each type written as an example of it; ``None`` stands for a text or null.
SCHEMA: dict[str, Any] = {
    "version": 1,
    "site": "",
    "began_at": "",
    "requests": 0,
    "robots": {"status": 0, "problem": None, "allows_home": True, "crawl_delay": None, "sitemaps": [""]},
    "sources": [
        {
            **dict.fromkeys(("url", "final_url", "kind", "role"), ""),
            **dict.fromkeys(("found_in", "status", "problem", "oldest", "newest"), None),
            **dict.fromkeys(("entries", "sitemaps", "articles", "with_number", "without_number"), 0),
        }
    ],
    "articles": [
        {
            **dict.fromkeys(("url", "final_url", "kind"), ""),
            **dict.fromkeys(("found_in", "problem", "title", "canonical", "headline"), None),
            **dict.fromkeys(("date_published", "published_at"), None),
            **dict.fromkeys(("status", "body_length", "article_id", "views"), None),
            "found": dict.fromkeys(FIELDS, True),
            "found_by": {},
        }
    ],
    "readers": {field: {} for field in FIELDS},
    "header": {
        "pages": 0,
        "rates": [{"currency": "", "rate_raw": "", "rate": None, "pages": 0}],
        "weather": [{"city": None, "temperature_c": 0, "pages": 0}],
        "trending": {"pages": 0, "lines": 0},
    },
    "odd": [{"code": "", "counts": True, "words": "", "urls": [""]}],
    "verdict": {"exit_code": 0, "outcome": "", "reason": ""},
}


def check(value: Any, schema: Any, place: str = "") -> None:
    if isinstance(schema, dict):
        assert schema.keys() == value.keys() or (schema == {} and isinstance(value, dict)), place
        for key, part in schema.items():
            check(value[key], part, f"{place}.{key}")
    elif isinstance(schema, list):
        for each in value:
            check(each, schema[0], f"{place}[]")
    elif schema is None:
        assert value is None or isinstance(value, (str, int, float)), place
    else:
        assert type(value) is type(schema), place


def test_the_keys_of_the_json_object() -> None:
    for site in (
        MonthlySite(),
        SampleSite(articles=60),
        MonthlySite(lambda target, _: None, "User-agent: *\nDisallow: /"),
    ):
        with serve(site) as server:
            _, result = inspect_site(server)
        check(result, SCHEMA)
    assert result["robots"]["allows_home"] is False


def test_the_table_says_what_the_json_object_says() -> None:
    def undated(target: str, response: Any) -> Any:
        from dataclasses import replace

        return replace(response, body=response.body.replace(b"published_time", b"x")) if is_article(target) else None

    with serve(MonthlySite(undated)) as server:
        table, data = inspect("--site", server.url), inspect("--site", server.url, "--json")
        base = server.url
    result = json.loads(data.stdout)
    lines = table.stdout.splitlines()
    assert table.returncode == data.returncode == result["verdict"]["exit_code"] == 3
    assert lines[0].startswith(f"{base} at 20")
    assert lines[-1] == f"verdict: below_floors (exit code 3): {result['verdict']['reason']}"
    rows = [line.split() for line in lines]
    index = next(row for row in rows if row[:1] == ["/sitemap.xml"])
    assert index[1:4] == ["200", "sitemap", "index"]
    feed = next(row for row in rows if row[:1] == ["/rss/"])
    assert feed[1:9] == ["200", "feed", "5", "5", "0", "5", "2026-02-03", "2026-09-06"]
    found = sum(one["found"]["headline"] for one in result["articles"])
    counted = f"{found} of {len(result['articles'])}"
    assert f"headline  {counted} " in table.stdout
    assert f"a headline_printed {found}" in table.stdout
    odd = [line for line in lines if line.startswith("odd")]
    assert len(odd) == len(result["odd"])
    assert [line.startswith("odd (counts): ") for line in odd] == [one["counts"] for one in result["odd"]]
    assert all(len(line) < 160 for line in lines if line.startswith(("/", "source", "article")))


def test_closed_output_pipe_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with serve(MonthlySite()) as server:
        process = fork("scrapy", "inspect", "--site", server.url, stdout=writes)
        os.close(writes)
        assert process.communicate(timeout=TIMEOUT) == ("", "")
    assert process.returncode == 0
