"""News pages in random markup, which no reader was tuned to, and what a person reads on them.

    python -m benchmarks.random_pages --seed 7 --pages 400 --port 8766

A seed decides themes (class names, nesting, tags, the order of the parts and of the boxes around them) and the pages.
Words are invented, too. The sample site is not involved. The command serves the pages on loopback.
"""

import argparse
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

THEMES = 8
_CLUTTER = 900
_BYTES = 80_000
_CARDS = 20
_ALMATY = ZoneInfo("Asia/Almaty")
_FIRST = datetime(2024, 6, 1, 9, tzinfo=_ALMATY)
MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
_FORENAMES = ("Арман", "Динара", "Павел", "Сауле", "Тимур", "Ольга", "Ерлан", "Вера", "Даулет", "Инна")
_SURNAMES = ("Каримов", "Жуков", "Беков", "Лим", "Оспанов", "Руднев", "Садыков", "Тен", "Юсупов", "Шарипов")
_SOURCES = ("Tengrinews.kz", "Zakon.kz", "Казинформ", "Sputnik.kz")
_ONSETS = ("б", "в", "г", "д", "ж", "з", "к", "л", "м", "н", "п", "р", "с", "т", "ф", "х", "ч", "ст", "пр", "гр")
_VOWELS = "аеиоуыя"
_ENDINGS = ("", "", "н", "м", "т", "л", "ть", "ный", "ого", "ами", "ский", "ка", "ла")
_RATES = {"USD": "511.4", "EUR": "602.75"}
_FIELDS = ("h", "lede", "date", "views", "author", "credit", "text", "tags", "figure")


@dataclass(frozen=True)
class Theme:
    """How the pages of one theme are written."""

    number: int
    classes: dict[str, str]
    headline: str
    paragraph: str
    text: str
    depth: int
    order: tuple[str, ...]
    date_form: int
    views_form: str
    author_behind: bool
    has_lede: bool
    has_metadata: bool
    before: int
    """Share in percent of the boxes that stand before the article."""
    box_tags: tuple[str, ...]


@dataclass(frozen=True)
class RandomPage:
    """A page, and the fields of its article as a record has them."""

    path: str
    headline: str
    theme: Theme
    html: bytes
    fields: dict[str, Any] = field(repr=False)


class RandomSite:
    """A site of ``pages`` articles at ``base``."""

    def __init__(self, seed: int, pages: int, base: str) -> None:
        self._dice = dice = random.Random(seed)
        self.base = base
        self.words = [self._word() for _ in range(700)]
        self.themes = [self._theme(number) for number in range(THEMES)]
        headlines = [self._sentence(5, 9)[:-1] for _ in range(pages)]
        self._entries = [
            (f"/news/{self._slug()}-{dice.randrange(100_000, 900_000) * 10 + number % 10}/", headline)
            for number, headline in enumerate(headlines)
        ]
        topics = [self._sentence(1, 2)[:-1] for _ in range(10)]
        chosen = dice.sample(self._entries, min(10, pages))
        self.trending = [(topic, headline, path) for topic, (path, headline) in zip(topics, chosen, strict=False)]
        self.pages = [self._page(number) for number in range(pages)]

    def answer(self, path: str) -> bytes | None:
        """Return the page at a path: an article, the home page, or a page of the list of all articles."""
        if path in ("/", "/news/"):
            return self._list(1)
        parts = path.strip("/").split("/")
        if parts[:2] == ["news", "page"] and parts[-1].isdigit():
            return self._list(int(parts[-1]))
        return next((page.html for page in self.pages if page.path == path), None)

    def _list(self, number: int) -> bytes | None:
        chosen = self.pages[(number - 1) * _CARDS : number * _CARDS]
        if not chosen:
            return None
        cards = "".join(
            f'<div class="c"><a href="{page.path}"><img src="/i/{place}.jpg" alt="">{page.headline}</a></div>'
            for place, page in enumerate(chosen)
        )
        more = f'<a rel="next" href="/news/page/{number + 1}/">Далее</a>' if number * _CARDS < len(self.pages) else ""
        theme = self.themes[0]
        return self._document(theme, "<title>Новости</title>", f"<h1>Новости</h1>{cards}{more}", [])

    def _theme(self, number: int) -> Theme:
        dice = self._dice
        order = ["meta", "figure"]
        dice.shuffle(order)
        order.insert(dice.randrange(2), "lede")  # next to the text it would be the first paragraph
        return Theme(
            number=number,
            classes={name: f"{self._latin(2)}-{self._latin(1)}{number}" for name in _FIELDS},
            headline=dice.choice(("h1", "h1", "h2")),
            paragraph=dice.choice(("p", "p", "div")),
            text=dice.choice(("div", "section", "article")),
            depth=dice.randrange(5),
            order=tuple(order),
            date_form=dice.randrange(3),
            views_form=dice.choice(("Просмотров: {}", "{} просмотров", "Просмотры {}")),
            author_behind=dice.random() < 0.5,
            has_lede=dice.random() < 0.7,
            has_metadata=dice.random() < 0.5,
            before=dice.choice((0, 20, 50)),
            box_tags=tuple(dice.sample(("div", "section", "aside", "ul", "table", "dl", "form"), 5)),
        )

    def _page(self, number: int) -> RandomPage:
        dice, theme = self._dice, self.themes[number % THEMES]
        path, headline = self._entries[number]
        moment = _FIRST + timedelta(minutes=dice.randrange(800_000))
        fields: dict[str, Any] = {
            "headline": headline,
            "lede": self._sentence(9, 14) if theme.has_lede else None,
            "date_published": moment.date().isoformat(),
            "published_at": moment.isoformat() if theme.has_metadata or theme.date_form == 2 else None,
            "views": dice.randrange(40, 9000),
            "photo_credit": self._name() if dice.random() < 0.8 else None,
            "source": dice.choice(_SOURCES) if dice.random() < 0.5 else None,
            "authors": [self._name()] if dice.random() < 0.6 else [],
            "tags": list(dict.fromkeys(self._sentence(1, 2)[:-1] for _ in range(dice.randrange(4)))),
        }
        paragraphs = [self._paragraph() for _ in range(dice.randrange(4, 12))]
        if fields["source"]:
            paragraphs[0] += f" Об этом сообщает {fields['source']}."
        link = (self._sentence(2, 3)[:-1].lower(), f"https://{self._latin(3)}.example/{dice.randrange(999)}")
        html = [f"{text}" for text in paragraphs]
        place = dice.randrange(1, len(paragraphs))
        paragraphs[place] += f" Подробнее {link[0]} здесь."
        html[place] += f' Подробнее <a href="{link[1]}">{link[0]}</a> здесь.'
        image = f"/wp-content/uploads/{moment:%Y/%m}/{self._latin(4)}-{dice.randrange(9999)}.jpg"
        fields["body"] = "\n\n".join(paragraphs)
        fields["links"] = [{"text": link[0], "url": link[1]}]
        fields["images"] = [self.base + image[1:]]
        main = self._article(theme, fields, html, image, moment)
        head = self._head(theme, fields, path, moment)
        return RandomPage(path, headline, theme, self._document(theme, head, main, self._boxes(theme)), fields)

    def _article(self, theme: Theme, fields: dict[str, Any], html: list[str], image: str, moment: datetime) -> str:
        def part(tag: str, name: str, content: str) -> str:
            return f'<{tag} class="{theme.classes[name]}">{content}</{tag}>'

        author = part("div", "author", f"Автор: {fields['authors'][0]}") if fields["authors"] else ""
        day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
        date = (day, f"{moment:%d.%m.%Y}", f"{moment:%d.%m.%Y}, {moment:%H:%M}")[theme.date_form]
        meta = part("div", "date", date) + part("div", "views", theme.views_form.format(fields["views"]))
        credit = part("figcaption", "credit", f"Фото: {fields['photo_credit']}") if fields["photo_credit"] else ""
        parts = {
            "lede": part(theme.paragraph, "lede", fields["lede"]) if fields["lede"] else "",
            "meta": f"<div>{meta}{'' if theme.author_behind else author}</div>",
            "figure": part("figure", "figure", f'<img src="{image}" alt="">{credit}'),
        }
        tags = ", ".join(f'<a href="/tag/{number}/">{tag}</a>' for number, tag in enumerate(fields["tags"]))
        text = "".join(f"<{theme.paragraph}>{paragraph}</{theme.paragraph}>\n" for paragraph in html)
        return (
            part(theme.headline, "h", fields["headline"])
            + "".join(parts[name] for name in theme.order)
            + part(theme.text, "text", text)
            + (author if theme.author_behind else "")
            + (part("div", "tags", f"Теги: {tags}") if tags else "")
        )

    def _head(self, theme: Theme, fields: dict[str, Any], path: str, moment: datetime) -> str:
        head = f"<title>{fields['headline']}</title>"
        if not theme.has_metadata:
            return head
        data = {"@type": "NewsArticle", "headline": fields["headline"], "datePublished": moment.isoformat()}
        return (
            f'{head}<link rel="canonical" href="{self.base}{path[1:]}">'
            f'<meta property="og:title" content="{fields["headline"]}">'
            f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
        )

    def _document(self, theme: Theme, head: str, main: str, boxes: list[str]) -> bytes:
        """A page of at least 80 KB."""
        opened, closed = "<div>" * theme.depth, "</div>" * theme.depth
        pairs = "".join(
            f'<div><span>{topic}</span> <a href="{path}">{headline}</a></div>'
            for topic, headline, path in self.trending
        )
        ticker = f"<ul><li>$ {_RATES['USD']}</li><li>{_RATES['EUR']}</li></ul><div>+4 °C</div><div>Алматы</div>"
        ticker += "<div>2026 Год</div><div>6 Февраля</div>"
        place = len(boxes) * theme.before // 100
        page = (
            f"<!doctype html><html lang=ru><head><meta charset=utf-8>{head}<style>%s</style></head><body>"
            f"<div>{ticker}</div>{''.join(boxes[:place])}{opened}<div>{main}</div>"
            f"<div><div>В тренде:</div>{pairs}</div>{closed}{''.join(boxes[place:])}</body></html>"
        )
        rules: list[str] = []
        room = _BYTES - len(page.replace("%s", "").encode())
        while room > 0:
            rules.append(f".{self._latin(4)}{{margin:{self._dice.randrange(99)}px}}")
            room -= len(rules[-1])
        return page.replace("%s", "".join(rules), 1).encode()

    def _boxes(self, theme: Theme) -> list[str]:
        """Boxes of 900 elements and more."""
        dice = self._dice
        writers: dict[str, Callable[[], str]] = {
            "ul": partial(self._lines, "ul", "li"),
            "table": self._table,
            "dl": partial(self._lines, "dl", "dd"),
            "form": lambda: "<form>" + "".join(f"<label>{self._some()}</label><input>" for _ in range(3)) + "</form>",
        }
        boxes, elements = [], 0
        while elements < _CLUTTER:
            tag = dice.choice(theme.box_tags)
            inner = writers.get(tag, partial(self._lines, tag, dice.choice(("div", "p", "span"))))()
            for _ in range(dice.randrange(4)):
                inner = f'<div class="{self._latin(2)}">{inner}</div>'
            boxes.append(f'<div class="{self._latin(2)}"><h4>{self._some()}</h4>{inner}</div>')
            elements += boxes[-1].count("<") // 2
        return boxes

    def _lines(self, tag: str, line: str) -> str:
        dice = self._dice
        lines = ""
        for _ in range(dice.randrange(3, 14)):
            text = self._some()
            roll = dice.random()
            if roll < 0.4:
                text = f'<a href="https://{self._latin(2)}.example/{dice.randrange(9999)}">{text}</a>'
            elif roll < 0.6:
                path, headline = dice.choice(self._entries)
                text = f'<span>{dice.randrange(24):02d}:{dice.randrange(60):02d}</span> <a href="{path}">{headline}</a>'
            elif roll < 0.7:
                text = f"<i>{dice.randrange(5000)}</i> {text}"
            lines += f'<{line} class="{self._latin(1)}">{text}</{line}>'
        return f"<{tag}>{lines}</{tag}>"

    def _table(self) -> str:
        dice = self._dice
        rows = ""
        for name in dice.sample(("USD", "EUR", "RUB", "CNY", *(self._some() for _ in range(3))), dice.randrange(3, 7)):
            cells = "".join(f"<td>{dice.uniform(1, 900):.2f}</td>" for _ in range(2))
            rows += f"<tr><td>{name}</td>{cells}</tr>"
        return f"<table>{rows}</table>"

    def _paragraph(self) -> str:
        return " ".join(self._sentence(6, 15) for _ in range(self._dice.randrange(1, 5)))

    def _sentence(self, least: int, most: int) -> str:
        words = [self._dice.choice(self.words) for _ in range(self._dice.randint(least, most))]
        return f"{' '.join(words).capitalize()}."

    def _some(self) -> str:
        return self._sentence(1, 6)[:-1]

    def _word(self) -> str:
        dice = self._dice
        syllables = "".join(dice.choice(_ONSETS) + dice.choice(_VOWELS) for _ in range(dice.randint(1, 3)))
        return syllables + dice.choice(_ENDINGS)

    def _latin(self, syllables: int) -> str:
        return "".join(self._dice.choice("bdfgklmnprstvz") + self._dice.choice("aeiou") for _ in range(syllables))

    def _slug(self) -> str:
        return "-".join(self._latin(2) for _ in range(5))

    def _name(self) -> str:
        return f"{self._dice.choice(_FORENAMES)} {self._dice.choice(_SURNAMES)}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    pages: RandomSite

    def do_GET(self) -> None:
        """Answer with a page, or with 404."""
        body = self.pages.answer(urlsplit(self.path).path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def main() -> None:
    """Serve the pages of a seed until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--port", type=int, default=8766)
    options = parser.parse_args()
    _Handler.pages = RandomSite(options.seed, options.pages, f"http://127.0.0.1:{options.port}/")
    server = ThreadingHTTPServer(("127.0.0.1", options.port), _Handler)
    print(f"Random pages of seed {options.seed} at {_Handler.pages.base}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
