"""The words that fill the gaps in an article's sentences."""

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.names import PLACES, POSTS, REGIONS, SPEAKERS

_VERBS = ("said", "noted", "added", "stressed", "voiced", "told", "spoke", "gave", "their")
_HE = ("сказал", "отметил", "добавил", "подчеркнул", "высказал", "рассказал", "выступил", "привёл", "его")
_SHE = (
    "сказала", "отметила", "добавила", "подчеркнула", "высказала", "рассказала", "выступила", "привела", "её",
)  # fmt: skip

_SPEAKERS = [
    dict(zip(_VERBS, _SHE if person.she else _HE, strict=True))
    | {"who": f"{person.name} {person.surname}", "short": f"{person.name[0]}. {person.surname}."}
    for person in SPEAKERS
]
_PLACES = [
    {"within": place.within, "Within": place.within[0].upper() + place.within[1:], "of": place.of} for place in PLACES
]
_MANY = tuple(str(n) for n in range(5, 60) if n % 10 >= 5 or n % 10 == 0 or 10 < n < 20)
_MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "сентября", "октября", "декабря")


def wording(number: int, year: int) -> dict[str, str]:
    """The values for the ``%(…)s`` gaps in the texts of article ``number``, published in ``year``."""
    dice = Dice("wording", number)
    values = dict(dice.pick(_SPEAKERS))
    values |= dice.pick(_PLACES)
    values["region"] = dice.pick(REGIONS)
    values["post"] = dice.pick(POSTS)
    values["many"] = dice.pick(_MANY)
    values["hundreds"] = str(dice.below(9) * 100 + 100)
    values["pct"] = f"{dice.below(80) + 5}%"
    values["money"] = f"{dice.below(90) * 10 + 20} млн тенге"
    values["day"] = f"{dice.below(27) + 2} {dice.pick(_MONTHS)}"
    values["past"] = str(year - 1 - dice.below(5))
    values["ahead"] = str(year + 2 + dice.below(6))
    return values
