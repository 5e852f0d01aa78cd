"""Dates as the site prints them."""

from datetime import date

MONTHS = (
    "Января", "Февраля", "Марта", "Апреля", "Мая", "Июня",
    "Июля", "Августа", "Сентября", "Октября", "Ноября", "Декабря",
)  # fmt: skip
MONTHS_KAZAKH = (
    "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым",
    "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан",
)  # fmt: skip


def full(day: date) -> str:
    """``26 Апреля 2023``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def without_year(day: date) -> str:
    """``26 Апреля``."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def dotted(day: date) -> str:
    """``26.04.2023``."""
    return f"{day:%d.%m.%Y}"


def kazakh_long(day: date) -> str:
    """``2023 жылғы 26 сәуір``."""
    return f"{day.year} жылғы {day.day} {MONTHS_KAZAKH[day.month - 1]}"


def kazakh_short(day: date) -> str:
    """``26 Сәуір 2023``."""
    return f"{day.day} {MONTHS_KAZAKH[day.month - 1].capitalize()} {day.year}"
