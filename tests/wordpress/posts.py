"""The posts of the WordPress site of the tests, and what a crawl has to read of each."""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")
#: Stands for the server's address, which the site's plugin inserts.
SITE = "http://SITE"
SECTIONS = {"news": "Новости", "gazeta": "Газета", "sport": "Спорт", "art": "Культура", "info": "Справка"}
AUTHORS = ("Айгуль Сарсенова", "Пётр Лугин", "Данияр Оспанов")
VIDEO = "https://www.youtube.com/watch?v=karavan0001"
#: Over five sections and fifteen years, in every shape in each section.
_NUMBER_OF_POSTS = 200
_TEXTS = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі",
        "a b v g d e e zh z i jj k l m n o p r s t u f kh c ch sh shh  y  eh yu ya a g k n o u u h i".split(" "),
        strict=True,
    )
)


@dataclass
class Post:
    """A post; ``paragraphs``, ``images`` and ``links`` are what a person reads between headline and foot."""

    number: int
    slug: str
    section: str
    headline: str
    lede: str
    moment: datetime
    views: int
    author: str
    tags: list[str]
    featured: str | None = None
    comment: str | None = None
    source: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    attachments: list[dict[str, str]] = field(default_factory=list)
    content: str = ""

    @property
    def path(self) -> str:
        return f"/{self.section}/{self.slug}-{self.number}/"

    def for_wordpress(self) -> dict[str, Any]:
        """Return the post as ``install.php`` takes it."""
        return {
            "id": self.number,
            "slug": self.slug,
            "section": self.section,
            "title": self.headline,
            "excerpt": self.lede,
            "content": self.content,
            "date": self.moment.strftime("%Y-%m-%d %H:%M:%S"),
            "views": self.views,
            "author": self.author,
            "tags": self.tags,
            "featured": self.featured,
            "comment": self.comment,
            "attachments": self.attachments,
        }

    @property
    def is_classic(self) -> bool:
        """Whether it was written before WordPress had its block editor."""
        return self.moment.year < 2018

    def add(self, block: str, html: str, attributes: str = "") -> None:
        """Append a block as the editor of its time stores it; the classic one marks none."""
        if self.is_classic:
            self.content += f"{html}\n\n"
            return
        name = f"wp:{block}{' ' if attributes else ''}{attributes}"
        self.content += f"<!-- {name} -->\n{html}\n<!-- /wp:{block} -->\n\n"

    def add_paragraph(self, text: str, html: str = "") -> None:
        """Append a paragraph; the classic editor leaves its element to WordPress."""
        self.paragraphs.append(text)
        html = html or escape(text, quote=False)
        self.add("paragraph", html if self.is_classic else f"<p>{html}</p>")

    def add_link(self, before: str, text: str, url: str, after: str) -> None:
        self.links.append({"text": text, "url": url})
        self.add_paragraph(before + text + after, f'{before}<a href="{url}">{text}</a>{after}')

    def add_heading(self, text: str) -> None:
        self.paragraphs.append(text)
        self.add("heading", f"<h2>{text}</h2>")

    def add_quote(self, text: str, block: str = "quote") -> None:
        self.paragraphs.append(text)
        if self.is_classic:
            self.add(block, f"<blockquote>{text}</blockquote>")
        elif block == "pullquote":
            quote = f"<blockquote><p>{text}</p></blockquote>"
            self.add(block, f'<figure class="wp-block-pullquote">{quote}</figure>')
        else:
            inner = f"<!-- wp:paragraph -->\n<p>{text}</p>\n<!-- /wp:paragraph -->"
            self.add(block, f'<blockquote class="wp-block-quote">{inner}</blockquote>')

    def add_list(self, items: list[str]) -> None:
        self.paragraphs += items
        form = "<li>{}</li>" if self.is_classic else "<!-- wp:list-item -->\n<li>{}</li>\n<!-- /wp:list-item -->\n"
        self.add("list", "<ul>" + "\n".join(form.format(item) for item in items) + "</ul>")

    def add_table(self, rows: list[tuple[str, str]]) -> None:
        self.paragraphs += ["\t".join(row) for row in rows]
        lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        table = f"<table><tbody>{lines}</tbody></table>"
        self.add("table", table if self.is_classic else f'<figure class="wp-block-table">{table}</figure>')

    def add_images(self, names: list[str], caption: str) -> None:
        """Append an image with a caption, or a gallery of several.

        The classic editor links an image to a page of its own, whose address has a number too.
        """
        figures = ""
        for name in names:
            url = f"{SITE}{self.upload(name)}-1024x683.jpg"
            self.images.append(url)
            image = f'<img src="{url}" alt="" class="wp-image-{self.number}"/>'
            if self.is_classic:
                slug = f"{name}-{self.number % 10_000 + 10_000}"
                self.attachments.append({"file": f"{self.upload(name)}.jpg", "slug": slug})
                link = f'<a href="{SITE}{self.path}attachment/{slug}/" rel="attachment">{image}</a>'
                figures += f'[caption align="alignnone" width="1024"]{link} {caption}[/caption]\n\n'
                continue
            figures += (
                f'<!-- wp:image {{"sizeSlug":"large"}} -->\n<figure class="wp-block-image size-large">{image}'
                f'<figcaption class="wp-element-caption">{caption}</figcaption></figure>\n<!-- /wp:image -->\n\n'
            )
        if self.is_classic or len(names) == 1:
            self.content += figures
        else:
            classes = "wp-block-gallery has-nested-images columns-default is-cropped"
            self.add("gallery", f'<figure class="{classes}">{figures}</figure>', '{"linkTo":"none"}')

    def add_embed(self, url: str, kind: str) -> None:
        wrapper = f'<div class="wp-block-embed__wrapper">\n{url}\n</div>'
        figure = f'<figure class="wp-block-embed is-type-{kind}">{wrapper}</figure>'
        self.add("embed", url if self.is_classic else figure, f'{{"url":"{url}","type":"{kind}"}}')

    def upload(self, name: str) -> str:
        return f"/wp-content/uploads/{self.moment:%Y/%m}/{name}-{self.number}"


def slug_of(title: str) -> str:
    """Return a title as the site transliterates it in URLs."""
    letters = (_LETTERS.get(letter, letter) for letter in title.lower() if letter.isalnum() or letter == " ")
    return "-".join("".join(letters).split())


def posts() -> list[Post]:
    """Return all posts in the order of their dates; they are the same each time."""
    made: list[Post] = []
    towns, stories, kazakh = _TEXTS["places"], _TEXTS["stories"], _TEXTS["kazakh"]
    for index in range(_NUMBER_OF_POSTS):
        if index % 50 == 19:
            story, town = kazakh[index // 50], towns[0]
        else:
            story, town = stories[index % len(stories)], towns[index // len(stories)]
        moment = datetime(2010, 2, 3, 9, 5, tzinfo=ALMATY) + timedelta(days=index * 28 + index % 7, minutes=index * 7)
        gaps = {**town, "n": 25 + index % 70, "year": moment.year}
        gaps["n"] += 5 if gaps["n"] % 10 < 5 else 0  # the genitive plural
        headline = story["headline"].format(**gaps)
        post = Post(
            # Numbers follow the dates only from 2015 on, as the site's do.
            number=98_000 - index * 31 if moment.year < 2015 else 340_000 + index * 57,
            slug=slug_of(headline),
            section=story["section"],
            headline=headline,
            lede=story["lede"].format(**gaps),
            moment=moment,
            views=60 + index * 31,
            author=AUTHORS[index % len(AUTHORS)],
            tags=sorted(story["tags"], key=str.casefold) if index % 5 else [],  # WordPress prints them in this order
        )
        _write(post, index, [text.format(**gaps) for text in story["paragraphs"]], made)
        made.append(post)
    return made


def _write(post: Post, index: int, paragraphs: list[str], earlier: list[Post]) -> None:
    """Fill in the content: its paragraphs and one of ten shapes of an article."""
    more = _TEXTS["more"]
    first, second, third = paragraphs
    if index % 4 == 1:
        first = f"{first[:-1]}, передает МИА «Казинформ»."
        post.source = "МИА «Казинформ»"
    post.add_paragraph(first)
    if index % 9 == 2:
        post.comment = more["comments"][index % 2]
    shape = (index + index // 20 * 2) % 10  # so every section has every shape
    caption = more["captions"][index % 3]
    if shape in (6, 7):
        post.featured = f"{post.upload('vid')}.jpg"
    if shape == 3:
        post.add_images(["foto"], caption)
    if shape == 4:
        post.add_images(["utro", "den", "vecher"], caption)
    post.add_paragraph(second)
    if shape == 1:
        post.add_heading(more["headings"][index % 3])
        post.add_list(more["items"][: 2 + index % 3])
    elif shape == 2:
        post.add_quote(more["quotes"][index % 3])
    elif shape == 5:
        post.add_embed(SITE + earlier[-1].path, "wp-embed")
    elif shape == 7:
        post.add_link("Об этом мы уже ", "писали подробно", SITE + earlier[-3].path, ", и с тех пор многое изменилось.")
    elif shape == 8:
        post.add_embed(VIDEO, "video")
    elif shape == 9:
        post.add_table([("Работа", "Срок"), ("Проект", "март"), ("Стройка", "сентябрь")])
        post.add("separator", '<hr class="wp-block-separator"/>')
        post.add_quote(more["quotes"][index % 3], "pullquote")
    post.add_paragraph(third)
    if not any(letter in first for letter in "әғқңөұүһі"):
        post.add_paragraph(more["sentences"][index % len(more["sentences"])])
