"""Whom a text credits, in every pattern known from the site."""

from typing import NamedTuple

from caravan_crawler.sample_site.dice import Dice


class Attribution(NamedTuple):
    """Words put before or after a statement; ``source`` is what they credit, None for nobody outside."""

    before: str
    after: str
    source: str | None

    def credit(self, statement: str) -> str:
        """The statement (which ends in a full stop) with the attribution."""
        if self.before:
            statement = self.before + statement[0].lower() + statement[1:]
        return f"{statement[:-1]}{self.after}."


# The first letter of "Сaravan.kz" and of "Аlashainasy.kz" is Cyrillic, as printed on the site.
ATTRIBUTIONS = (
    Attribution("", ", передает корреспондент МИА «Казинформ»", "МИА «Казинформ»"),
    Attribution("", ", передает Zakon.kz", "Zakon.kz"),
    Attribution("", ", передаёт Zakon.kz", "Zakon.kz"),
    Attribution("", ", передает Caravan.kz со ссылкой на Tengrinews.kz", "Tengrinews.kz"),
    Attribution("", ", передаёт Caravan.kz", None),
    Attribution("", ", передает Caravan.kz", None),
    Attribution("", ", сообщает медиа-портал Сaravan.kz", None),
    Attribution("", ", сообщает медиа-портал Караван.kz, со ссылкой на организаторов мероприятия", None),
    Attribution("", ", передает ИА «Новости-Казахстан»", "ИА «Новости-Казахстан»"),
    Attribution("", ", сообщает Интерфакс-Казахстан", "Интерфакс-Казахстан"),
    Attribution("", ', об этом сообщает телеканал "КТК"', 'телеканал "КТК"'),
    Attribution("", ". Об этом передает Казинформ", "Казинформ"),
    Attribution("Как пишет Аlashainasy.kz, ", "", "Аlashainasy.kz"),
    Attribution("", ", рассказали “Каравану”", None),
)
NOBODY = Attribution("", "", None)


def pick_attribution(dice: Dice, section: str) -> Attribution:
    """Agency news mostly credit somebody; the newspaper's own stories do not."""
    if section == "gazeta" or dice.chance(1, 6):
        return NOBODY
    return dice.pick(ATTRIBUTIONS)
