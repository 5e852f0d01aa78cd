"""A site of a few pages on loopback in generic markup, with a test's own answers by path."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True)
class Answer:
    body: bytes | str
    headers: Mapping[str, str] = field(default_factory=lambda: HTML)
    status: int = 200


Answers = dict[str, "Answer | bytes | str"]
#: Answers for a path that the site does not have: None for a 404.
Otherwise = Callable[[str], "Answer | bytes | str | None"]

NOT_FOUND = Answer(
    "<html><head><title>Нет страницы</title></head><body><h1>Нет страницы</h1></body></html>", status=404
)
WORDS = (
    "Совет города утвердил план работ на лето, и жители узнали о нём из объявления на площади у рынка, сказал житель"
)


def page(title: str, main: str, *, head: str = "", foot: str = "") -> str:
    return (
        f"<!doctype html><html lang=ru><head><meta charset=utf-8><title>{title}</title>{head}</head><body>"
        f"<div class=shapka><a href=/>Главная</a> <a href=/news/>Новости</a></div><div class=osnova>{main}</div>"
        f"{foot}<div class=podval>Редакция</div></body></html>"
    )


def article(number: int, *, day: str = "2026-11-20", more: str = "", head: str = "", text: str = "") -> str:
    """An article of its own text."""
    stamp = f'<meta property="article:published_time" content="{day}T09:{number % 60:02d}:00+05:00">'
    paragraphs = text or "".join(
        f"<p>{WORDS} номер {number} в {part}-й раз. Так было и раньше.</p>" for part in (1, 2, 3)
    )
    return page(f"Статья о деле {number}", f"<h1>Статья о деле {number}</h1>{paragraphs}{more}", head=stamp + head)


def links(*paths: str) -> str:
    return "".join(f'<div class=stroka><a href="{path}">Заголовок {path.strip("/")}</a></div>' for path in paths)


def urlset(*paths: str, stamp: str = "") -> str:
    lastmod = f"<lastmod>{stamp}</lastmod>" if stamp else ""
    urls = "".join(f"<url><loc>{path}</loc>{lastmod}</url>" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset>{urls}</urlset>'


def index(*paths: str, stamp: str = "") -> str:
    lastmod = f"<lastmod>{stamp}</lastmod>" if stamp else ""
    names = "".join(f"<sitemap><loc>{path}</loc>{lastmod}</sitemap>" for path in paths)
    return f"<sitemapindex>{names}</sitemapindex>"


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel>{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>'


EMPTY_FEED = Answer(rss(), XML)


class PlainServer:
    """``answers`` by path may be changed while it runs; ``requests`` are the requested targets."""

    def __init__(self, answers: Answers, otherwise: Otherwise | None = None, port: int = 0) -> None:
        self.answers = answers
        self.otherwise = otherwise
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.requests.append(self.path)
                answer = outer._answer(self.path)
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _answer(self, target: str) -> Answer:
        path = urlsplit(target).path
        found = self.answers.get(target) or self.answers.get(path)
        if found is None and self.otherwise is not None:
            found = self.otherwise(target)
        if found is None:
            return EMPTY_FEED if path == "/rss/" else NOT_FOUND
        if isinstance(found, Answer):
            return found
        return Answer(found, XML if path.endswith((".xml", ".gz")) or path == "/rss/" else HTML)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serve_plain(answers: Answers, otherwise: Otherwise | None = None) -> Iterator[PlainServer]:
    server = PlainServer(answers, otherwise)
    try:
        yield server
    finally:
        server.close()
