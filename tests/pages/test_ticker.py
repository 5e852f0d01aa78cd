"""The rates are those of the ticker on every kind of page, never those of a table of currencies."""

from collections.abc import Sequence
from typing import Any

import pytest

from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.header import read_header
from tests.pages.fields import SITE, fields_of
from tests.pages.one_article import FRONT, HEADLINE, TEXT, URL, document

TICKERS = {
    "in a header": "<header><ul><li>$ 495.1</li><li>583.72</li></ul><div>+3 °C</div><div>Алматы</div></header>",
    "without a header": "<div><div>$ 495.1</div><div>583.72</div><div>+3 °C</div><div>Алматы</div></div>",
    "in one line": "<div>$ 495.1 € 583.72</div><div>+3 °C</div><div>Алматы</div>",
    "the euro first": "<header><span>€ 583.72</span> <span>$ 495.1</span></header>",
    "without the euro": "<header><span>$ 495.1</span></header>",
    "none": "<header><div>+3 °C</div><div>Алматы</div></header>",
}
ROWS = [("USD", "494.5", "497.0"), ("EUR", "581.0", "586.5"), ("RUB", "5.95", "6.2")]
RUBLES = [("USD", "79.5", "80.1"), ("EUR", "93.39", "94.2"), ("KZT", "0.16", "0.17")]


def cells(rows: Sequence[tuple[str, ...]], row: str = "tr", cell: str = "td") -> str:
    return "".join(f"<{row}>{''.join(f'<{cell}>{text}</{cell}>' for text in each)}</{row}>" for each in rows)


TABLES = {
    "a table": f"<aside><table>{cells(ROWS)}</table></aside>",
    "table in a div": f"<div class='sidebar'><table>{cells(ROWS)}</table></div>",
    "a table with a heading": (
        f"<table><tr><th></th><th>Покупка</th><th>Продажа</th></tr>{cells([row[:3] for row in ROWS[:2]])}</table>"
    ),
    "elements side by side": f"<div>{cells(ROWS, 'div', 'span')}</div>",
    "elements one under another": f"<div>{cells(ROWS, 'div', 'div')}</div>",
    "one price": f"<section><h3>Курс валют</h3>{cells([row[:2] for row in ROWS], 'p', 'span')}</section>",
    "one price and no heading": f"<section>{cells([row[:2] for row in ROWS], 'p', 'b')}</section>",
    "in rubles": f"<div><table>{cells(RUBLES)}</table></div>",
    "in rubles, one price": f"<div>{cells([row[:2] for row in RUBLES[:2]], 'div', 'div')}</div>",
    "the ruble first": f"<div><table>{cells(ROWS[::-1])}</table></div>",
    "signs": f"<div><table>{cells([('$', *ROWS[0][1:]), ('€', *ROWS[1][1:]), ('₽', *ROWS[2][1:])])}</table></div>",
    "code and rate in one text": f"<aside>{cells([('USD 494.5',), ('EUR 581.0',)], 'ul', 'li')}</aside>",
}
CARDS = "".join(
    f"<div><a href='/news/karta-{n}/'>Новость номер {n} на этой странице</a></div>" for n in range(9001, 9009)
)
KINDS = {
    "home": ("", CARDS),
    "list": ("news/", f"<h1>Новости</h1>{CARDS}"),
    "article": (URL.removeprefix(SITE.base), f"<article><h1>{HEADLINE}</h1>{FRONT}<div>{TEXT}</div></article>"),
}


def rates(kind: str, content: str) -> Any:
    path, main = KINDS[kind]
    page = document(content.replace("<main></main>", f"<main>{main}</main>"))
    return fields_of(page.encode(), SITE.base + path)["rates"]


def expected(ticker: str) -> dict[str, str]:
    return {"none": {}, "without the euro": {"USD": "495.1"}}.get(ticker, {"USD": "495.1", "EUR": "583.72"})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("ticker", TICKERS)
@pytest.mark.parametrize("kind", KINDS)
def test_rates_are_not_those_of_a_table(kind: str, ticker: str, table: str) -> None:
    behind = f"{TICKERS[ticker]}<main></main>{TABLES[table]}"
    before = f"{TICKERS[ticker]}{TABLES[table]}<main></main>"
    first = f"{TABLES[table]}<nav>Новости</nav>{TICKERS[ticker]}<main></main>"
    assert [rates(kind, page) for page in (behind, before, first)] == [expected(ticker)] * 3


WEATHER = {
    "Алматы +5 °C": ("+5 °C", "Алматы"),
    "Алматы, +5°": ("+5°", "Алматы"),
    "+23 °C, Усть-Каменогорск": ("+23 °C", "Усть-Каменогорск"),
    "Погода в Алматы: +2 °C": ("+2 °C", "Алматы"),
    "Погода в Астане: −5°": ("−5°", None),
    "Погода: +3°": ("+3°", None),
    "Астана −12°, Алматы −3°": ("−12°", "Астана"),
}


@pytest.mark.parametrize("line", WEATHER)
def test_weather_in_one_line(line: str) -> None:
    found = read_header(parse_document(document(f"<header>{line}</header>").encode(), URL, SITE, "utf-8").blocks, None)
    assert (found.temperature, found.city) == WEATHER[line]


LINES = {
    "495.1 $ 583.72 €": {"USD": "495.1", "EUR": "583.72"},
    "1 USD = 495.1 ₸, 1 EUR = 583.72 ₸": {"USD": "495.1", "EUR": "583.72"},
    "EUR/KZT 583.72 +0,2% CNY/KZT 70.1 USD/KZT 495.1 −0,1%": {"USD": "495.1", "EUR": "583.72"},
    "Серебро $ 148.7 Доллар США 495.1": {},
    "USD 495.1 EUR/USD 1.18": {"USD": "USD 495.1"},
    "$ 495.1 € 83.72": {"USD": "$ 495.1"},
    "USD 1 495.1": {},
    "100 USD 495.1": {},
    "USD 495.1 497.3 EUR 583.72 586.1": {"USD": "USD 495.1", "EUR": "EUR 583.72"},
    "USD 495.1 497.3": {"USD": "USD 495.1"},
    "USD 495.1 USD 497.3": {},
    "USD 495.1 в обменниках Алматы": {},
    "Brent $ 495.1": {},
    "495.1 ₸ за $1": {},
    "$495": {},
}


@pytest.mark.parametrize("line", LINES)
def test_rates_in_one_line(line: str) -> None:
    found = read_header(parse_document(document(f"<header>{line}</header>").encode(), URL, SITE, "utf-8").blocks, None)
    assert found.rates == LINES[line]
