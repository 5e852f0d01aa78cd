"""The ticker in the page's header: the rates of dollar and euro."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from caravan_crawler.normalise.numbers import parse_decimal, parse_rate
from caravan_crawler.pages.blocks import Block

#: Markers before the parts of a block with dollar or euro. They say where it is: in the page's header, in a column or
#: foot, or elsewhere.
IN_HEADER, APART, ELSEWHERE = "\1header", "\1apart", "\1elsewhere"
PLACES = (IN_HEADER, APART, ELSEWHERE)
#: White space and marks around a part.
AROUND = " \t\xa0,:;=/▲▼△▽↑↓"
_COLUMNS = frozenset(["aside", "footer"])
#: Blocks before a column, or any other element, that is the page's top bar, as widgets are in some themes.
_TOP_OF_COLUMN, _TOP = 3, 12
#: Most blocks of a top bar.
_LARGEST_BAR = 40


def names_currency(text: str) -> bool:
    """Whether the dollar or the euro is named in a text."""
    return "$" in text or "USD" in text or "€" in text or "EUR" in text or "оллар" in text or "ollar" in text


def place_of(block: Block, blocks: list[Block]) -> str:
    """Return the place of a block that names a currency; what has the weather, too, at the page's top is its header."""
    place = ELSEWHERE
    for element in block.element.around:
        if element.tag == "header" or element.get("id") == "header":
            return IN_HEADER
        is_column = element.tag in _COLUMNS
        if element.first <= (_TOP_OF_COLUMN if is_column else _TOP) and element.tag not in ("main", "body", "html"):
            inside = blocks[element.first : element.last]
            if (is_column or len(inside) <= _LARGEST_BAR) and any("°" in other.text for other in inside):
                return IN_HEADER
        place = APART if is_column else place
    return place


# The ticker is read as tokens: currencies, numbers, and marks and words that mean nothing between them. A text with
# any other word is none of the ticker.
_CODES = "RUB|RUR|CNY|KGS|GBP|JPY|KRW|UZS|TRY|CHF|BYN|UAH|AED"
_KZT = r"₸|(?:KZT|тг|тенге|теңге)(?![^\W\d_])"
_TOKEN = re.compile(
    rf"""
    (?P<asset>(?:Brent|WTI|Urals|BTC|ETH|USDT|Bitcoin|Биткоин\w*|Gold|Silver|Золот[оа]|Серебр[оа]|Платин[аы]|Паллади[йя]
        |Нефт[ьи]|Алтын|Күміс|Мұнай)(?![^\W\d_]) | (?:[$€]|USD|EUR|{_CODES})\s*/\s*(?:[$€]|(?:USD|EUR|{_CODES})\b))
    |(?P<USD>\$|(?:USD|(?:US\s+)dollars?|(?:АҚШ\s+)?доллар(?:ы|а|ов|\s+США)?)(?![^\W\d_]))
    |(?P<EUR>€|(?:EUR|евро|еуро)(?![^\W\d_]))
    |(?P<other>[₽£¥]|(?:{_CODES}|(?:[^\W\d_]+(?:ск|цк)[^\W\d_]{{2,3}}\s+|Ресей\s+|Қытай\s+)?
        (?:рубл|юан|сом|фунт|и?ен|вон|лир|франк)[^\W\d_]{{0,3}}(?:\s+стерлингов)?)(?![^\W\d_]))
    |(?P<number>(?:(?<![\w$€])[+\-−–])?\d+(?:[ \xa0\u202f]\d{{3}}(?!\d))*(?:[.,]\d+)?(?P<percent>\s?%)?(?!\d|[.:]\d))
    |(?P<nothing>[\s=:;,/()–—\-▲▼△▽↑↓.]|{_KZT}|(?:курсы?|НБ|НБРК|ЦБ|РК|Нацбанк\w*|КазНБ|равно|равен)(?![^\W\d_]))
    |(?P<word>.)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TABLE_HEADING = re.compile(
    r"(?P<prices>покупка|продажа|покуп|прод|сатып\s+алу|сату|buy|sell)\.?"
    r"|валюта|(?:курсы?|обмен)(?:\s+валют\w*.{0,20}|\s+нбрк.{0,20})?",
    re.IGNORECASE,
)
_BEFORE_CURRENCY = re.compile(r"\s+(?=(?:[€$]|EUR|USD)\s?:?\s?\d)")
_RATE_BEFORE = re.compile(r"(?:(?!USD|EUR)[^$€])*?(?<!\d)\d{3}(?:[.,]\d+)?\s*(?:[$€]|USD|EUR)").match
_SIGN_OR_CODE = re.compile(r"(?:[$€]|USD|EUR)\s*", re.IGNORECASE).fullmatch
#: Prices in dollars have no space behind the sign.
_IS_PRICE = re.compile(r"\$\d").match
#: Units that a rate may be for.
_NOMINALS = (1, 10, 100, 1000)
#: Range of the euro's rate in dollars since 1999, with a margin.
_FEWEST_DOLLARS, _MOST_DOLLARS = Decimal("0.8"), Decimal("1.7")
#: The price to sell a currency is so near to the one to buy it; the day's change is far smaller.
_FARTHEST_APART = Decimal("0.1")


@dataclass
class _Quote:
    """A currency (or "asset": what has a price in dollars), its ``mark``, and the numbers printed for it.

    ``nominal`` is the number of units printed before it; ``is_one_text`` whether the first number is in its text.
    """

    currency: str
    mark: str = ""
    nominal: Decimal | None = Decimal(1)
    numbers: list[str] = field(default_factory=list)
    is_one_text: bool = False

    def add(self, number: re.Match[str], mark: re.Match[str] | None = None) -> None:
        """Add a number, with ``mark``, if that is a sign or code before it in the same text."""
        before = number.string[mark.start() : number.start()] if mark else ""
        self.is_one_text = self.is_one_text or mark is not None
        self.numbers.append((before if _SIGN_OR_CODE(before) else "") + number[0])

    @property
    def prices(self) -> list[str]:
        """The numbers behind the nominal; none if that is not 1."""
        nominal, numbers = self.nominal, self.numbers
        if numbers and _value(numbers[0]) in _NOMINALS:
            nominal, numbers = _value(numbers[0]), numbers[1:]
        return numbers if nominal == 1 and numbers and _value(numbers[0]) else []

    @property
    def has_two_prices(self) -> bool:
        """Whether behind the price to buy it is one to sell it."""
        values = [value for price in self.prices[:2] if (value := _value(price))]
        return len(values) == 2 and abs(values[0] - values[1]) < values[0] * _FARTHEST_APART


@lru_cache(maxsize=64)
def _value(number: str) -> Decimal | None:
    """Return the number; with a space in it, it may as well be a nominal and a rate, as ``1 518.77``."""
    return None if re.search(r"\d\s\d", number) else parse_decimal(number)


def read_rates(parts: Sequence[str]) -> dict[str, str]:
    """Return the rates of the ticker among a header's parts, as printed, by ISO 4217 code.

    A dollar in the header that is too cheap or too dear is returned only where no other is.
    """
    misprint: dict[str, str] = {}
    for place, before, run in _runs(parts):
        quotes = list(_quotes(run))
        dollars = [quote for quote in quotes if quote.currency == "USD" and quote.prices]
        marked = [quote for quote in quotes if quote.currency == "EUR" and quote.numbers]
        if len({_value(quote.prices[0]) for quote in dollars}) != 1 or _is_in_table(dollars[0], quotes, place, before):
            continue
        first = dollars[0]
        # Behind a sign the second number may be the euro's; in the header the first price counts.
        is_bought_and_sold = first.has_two_prices and (bool(marked) or first.mark != "$")
        if is_bought_and_sold and place != IN_HEADER:
            continue
        dollar = first.prices[0]
        if (known := parse_rate(dollar)) is None:
            misprint = misprint or ({"USD": dollar} if place == IN_HEADER and not _IS_PRICE(dollar) else {})
            continue
        euros = [quote.prices[0] for quote in marked if quote.prices]
        euros = euros if marked or is_bought_and_sold else first.prices[1:2]
        euros = [euro for euro in euros if _FEWEST_DOLLARS < (_value(euro) or 0) / known < _MOST_DOLLARS]
        if len({_value(euro) for euro in euros}) == 1:
            return {"USD": dollar, "EUR": euros[0]}
        if not _IS_PRICE(dollar):
            return {"USD": dollar}
    return misprint


def _runs(parts: Sequence[str]) -> Iterator[tuple[str, list[str], list[list[re.Match[str]]]]]:
    """Yield place and tokens of the texts of currencies that stand together, and the two texts before them."""
    place, before, run = ELSEWHERE, list[str](), list[list[re.Match[str]]]()
    for part in [*parts, ""]:
        if part == place:
            continue
        if part and part not in PLACES and (tokens := tokens_of(part)) is not None:
            run += [tokens] if tokens else []
            continue
        if any(token.lastgroup == "USD" for tokens in run for token in tokens):
            yield place, before[-2:], run
        if run:
            before, run = [], []
        if part in PLACES:
            place = part
        else:
            before.append(part)


def tokens_of(text: str) -> list[re.Match[str]] | None:
    """Return the tokens of a text; None if it has a word that is none of a ticker's."""
    tokens: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "word":
            return None
        if token.lastgroup != "nothing":
            tokens.append(token)
    return None if not tokens and _TABLE_HEADING.fullmatch(text) else tokens


def apart_from_ticker(text: str) -> list[str]:
    """Return the parts of a text that has more than the ticker; the codes in it stand before their rates."""
    names_both = ("$" in text or "USD" in text) and ("€" in text or "EUR" in text)
    if not names_both or tokens_of(text) is not None or _RATE_BEFORE(text):
        return [text]
    return [part.strip(AROUND) for part in _BEFORE_CURRENCY.split(text)]


def _quotes(run: Sequence[Sequence[re.Match[str]]]) -> Iterator[_Quote]:
    quote = _Quote("")
    for text in run:
        tokens = [token for token in text if not (token["percent"] or token[0][0] in "+-−–")]  # no changes of prices
        kinds = [token.lastgroup or "" for token in tokens]
        are_marks = [kind in ("USD", "EUR", "other") for kind in kinds]
        # ``515 $``: the rates stand before their signs.
        is_behind = not any(are_marks[::2]) and all(are_marks[1::2]) and len(tokens) % 2 == 0
        is_behind = is_behind and bool(tokens) and parse_rate(tokens[0][0]) is not None
        nominal: Decimal | None = Decimal(1)
        for index, (kind, token) in enumerate(zip(kinds, tokens, strict=True)):
            before = tokens[index - 1] if index else None
            is_before_mark = any(are_marks[index + 1 : index + 2])
            if kind == "asset":
                yield quote
                quote = _Quote(kind)
            elif are_marks[index]:
                if quote.currency == "asset" and (before or not quote.numbers):
                    continue  # its price is in dollars
                yield quote
                quote = _Quote(kind, token[0], nominal)
                if is_behind and before:
                    quote.add(before, token)
            elif is_before_mark and _value(token[0]) in _NOMINALS:
                nominal = _value(token[0])
            elif not (is_before_mark and is_behind):
                quote.add(token, before if index and are_marks[index - 1] else None)
    yield quote


def _is_in_table(dollar: _Quote, quotes: Sequence[_Quote], place: str, before: Sequence[str]) -> bool:
    """Whether the dollar is a row of a table of currencies; in the page's header only with headings for two prices."""
    headings = [heading for text in before if (heading := _TABLE_HEADING.fullmatch(text))]
    if place == IN_HEADER:
        return any(heading["prices"] for heading in headings)
    # A ticker of three currencies has signs, or a code and its rate in one text.
    has_others = any(quote.currency == "other" for quote in quotes)
    return place == APART or bool(headings) or (has_others and not (dollar.mark == "$" or dollar.is_one_text))
