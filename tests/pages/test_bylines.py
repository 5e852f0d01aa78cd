import pytest

from caravan_crawler.pages.bylines import Byline, is_person, is_the_site, read_byline

CASES = [
    ("Марина ХЕГАЙ", Byline(("Марина ХЕГАЙ",))),
    ("Марина ХЕГАЙ.", Byline(("Марина ХЕГАЙ",))),
    ("Марина ХЕГАЙ, Иван ПЕТРОВ", Byline(("Марина ХЕГАЙ", "Иван ПЕТРОВ"))),
    ("Марина ХЕГАЙ и Иван ПЕТРОВ", Byline(("Марина ХЕГАЙ", "Иван ПЕТРОВ"))),
    ("Марина ХЕГАЙ, Иван ПЕТРОВ (фото)", Byline(("Марина ХЕГАЙ",), ("Иван ПЕТРОВ",))),
    ("Игорь КИМ (фото)", Byline((), ("Игорь КИМ",))),
    ("М. ХЕГАЙ", Byline(("М. ХЕГАЙ",))),
    ("Анна-Мария ИВАНОВА-ПЕТРОВА", Byline(("Анна-Мария ИВАНОВА-ПЕТРОВА",))),
    ("Әсел ҚҰРМАНҒАЛИЕВА", Byline(("Әсел ҚҰРМАНҒАЛИЕВА",))),
    ("Иван ПЕТРОВ, Алматы", Byline(("Иван ПЕТРОВ",))),
    ("Марина ХЕГАЙ, фото автора", Byline(("Марина ХЕГАЙ",))),
    ("Автор: Марина Хегай", Byline(("Марина Хегай",))),
    ("Автор: Караван.kz", Byline()),
    ("Посольство США", None),
    ("Министр МВД", None),
    ("Это конец.", None),
    ("", None),
]


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_read_byline(line: str, expected: Byline | None) -> None:
    assert read_byline(line) == expected


@pytest.mark.parametrize(
    "name", ["Караван.kz", "Caravan.kz", "Сaravan.kz", "«КАРАВАН»", "“Караван”", "газета «Караван»"]
)
def test_the_sites_own_names(name: str) -> None:
    assert is_the_site(name)


@pytest.mark.parametrize("name", ["Zakon.kz", "Караваны", "Каравай"])
def test_other_names(name: str) -> None:
    assert not is_the_site(name)


@pytest.mark.parametrize(("name", "expected"), [("Марина Хегай", True), ("admin", False), ("Редакция Караван", False)])
def test_person_in_metadata(name: str, expected: bool) -> None:
    assert is_person(name) is expected
