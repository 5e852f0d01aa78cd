"""Contrast of texts and marks in both themes (WCAG 2, level AA)."""

import re
from importlib.resources import files

import pytest

STYLE = files("caravan_crawler.report").joinpath("page.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)
)
#: Colours of texts and marks with their backgrounds.
TEXTS = [
    *((text, behind) for text in ("ink", "quiet", "link") for behind in ("paper", "card")),
    *(("ink", "wrong-paper"), ("good", "card"), ("wrong", "card")),
]
MARKS = [*((f"hue-{number}", "card") for number in range(1, 9)), ("high", "card"), ("wrong", "card")]


def luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)], ids=["light", "dark"])
def test_contrast(scheme: str, colours: dict[str, str]) -> None:
    assert colours.keys() == LIGHT.keys()
    for least, pairs in ((4.5, TEXTS), (3.0, MARKS)):
        for name, behind in pairs:
            low, high = sorted((luminance(colours[name]), luminance(colours[behind])))
            assert (high + 0.05) / (low + 0.05) >= least, f"{name} on {behind}, {scheme}"
