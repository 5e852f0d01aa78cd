import pytest

from caravan_crawler.pages.credited_source import find_source

CASES = [
    ("передает корреспондент МИА «Казинформ».", "МИА «Казинформ»"),
    ("сказал он, передает Zakon.kz.", "Zakon.kz"),
    ("сказал он, передаёт Zakon.kz", "Zakon.kz"),
    ("передает Caravan.kz со ссылкой на Tengrinews.kz.", "Tengrinews.kz"),
    ("передает Caravan.kz.", None),
    ("сообщает медиа-портал Сaravan.kz", None),
    ("сообщает медиа-портал Караван.kz, со ссылкой на организаторов мероприятия", None),
    ("передает ИА «Новости-Казахстан»", "ИА «Новости-Казахстан»"),
    ("сообщает Интерфакс-Казахстан.", "Интерфакс-Казахстан"),
    ('об этом сообщает телеканал "КТК"', 'телеканал "КТК"'),
    ("Об этом передает Казинформ.", "Казинформ"),
    ("Как пишет Аlashainasy.kz, дело было зимой", "Аlashainasy.kz"),
    ("передает “Караван”", None),
    ("сообщает газета «КАРАВАН» со ссылкой на агентство Reuters", "агентство Reuters"),
    ("По данным Energyprom.kz, цены выросли", "Energyprom.kz"),
    ("сообщает Caravan.kz. Об этом же пишет Nur.kz", "Nur.kz"),
    ("сначала передал Zakon.kz, потом сообщил Nur.kz", "Zakon.kz"),
    ("сообщает пресс-служба МВД", None),
    ("сообщил глава компании «Ромашка»", None),
    ("он пишет «Войну и мир» заново", None),
    ("«Қазақпарат» хабарлайды", "«Қазақпарат»"),
    ("Никто ничего не сообщал.", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_find_source(text: str, expected: str | None) -> None:
    assert find_source(text) == expected
