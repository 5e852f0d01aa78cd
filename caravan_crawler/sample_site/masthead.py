"""The masthead: rates, weather, city, the day of the visit, and the six bullets ``A``."""

from decimal import Decimal
from typing import Any

from caravan_crawler.sample_site.markup import Markup
from caravan_crawler.sample_site.printed_dates import without_year
from caravan_crawler.sample_site.timeline import TODAY

DOLLAR = Decimal("495.1")
EURO = Decimal("583.72")
TEMPERATURE = 3
CITY = "Алматы"

DOLLAR_PRINTED = f"$ {DOLLAR}"
EURO_PRINTED = str(EURO)
"""Printed without a sign."""

_NETWORKS = ("facebook.com", "instagram.com", "t.me", "vk.com", "youtube.com", "tiktok.com")


def masthead_html(markup: Markup) -> str:
    """The masthead in the order known of generation 3."""
    template = markup.template
    box, line = ("td", "span") if template.skeleton == "table" else ("div", "div")
    rates = "".join(markup.element("li", printed) for printed in (DOLLAR_PRINTED, EURO_PRINTED))
    parts = [
        markup.element("ul", rates, "rates"),
        markup.element(line, f"{TEMPERATURE:+d} °C", "weather__degrees"),
        markup.element(line, CITY, "weather__city"),
        markup.element(line, f"{TODAY.year} Год", "today__year"),
        markup.element(line, without_year(TODAY), "today__day"),
        markup.element("ul", "".join(_bullet(markup, host) for host in _NETWORKS), "networks"),
    ]
    if box == "td":
        cells = "".join(markup.element("td", part) for part in parts)
        return markup.element("table", f"<tr>{cells}</tr>", "masthead")
    return markup.element(box, "".join(parts), "masthead")


def expected_rates() -> list[dict[str, Any]]:
    """What reading the rates should give."""
    printed = (("USD", DOLLAR, DOLLAR_PRINTED), ("EUR", EURO, EURO_PRINTED))
    day = TODAY.isoformat()
    return [{"currency": currency, "rate": rate, "rate_raw": raw, "page_date": day} for currency, rate, raw in printed]


def expected_weather() -> list[dict[str, Any]]:
    """What reading the weather should give."""
    return [{"city": CITY, "temperature_c": TEMPERATURE, "page_date": TODAY.isoformat()}]


def _bullet(markup: Markup, host: str) -> str:
    return markup.element("li", markup.link(f"https://www.{host}/caravan.kz", "A"))
