"""How many failures in a row end a run."""

import pytest

from caravan_crawler.crawl_stats import OutageDetector

# u: no answer, r: a refusal, g: anything good
CASES = [
    ("uuuu", []),
    ("uuuuu", ["5 pages in a row got no answer"]),
    ("uuuuuuuuu", ["5 pages in a row got no answer"]),
    ("uuuuguuuu", []),
    ("uuuuruuuu", []),
    ("r" * 19, []),
    ("r" * 20, ["20 pages in a row were refused"]),
    ("r" * 19 + "g" + "r" * 19, []),
    ("r" * 19 + "ur", ["20 pages in a row were refused"]),
]


@pytest.mark.parametrize(("answers", "words"), CASES)
def test_outage(answers: str, words: list[str]) -> None:
    said: list[str] = []
    outage = OutageDetector(said.append)
    for answer in answers:
        if answer == "g":
            outage.good()
        else:
            outage.bad(answered=answer == "r")
    assert said == words
