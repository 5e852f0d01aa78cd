"""Article pages of generation 3, the bulk of the site. The order of the visible text is the known one."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.article_parts import ArticleParts
from caravan_crawler.sample_site.body_html import BodyWriter
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.menu import SECTION_NAMES


class Generation3Page:
    """Writes the part between masthead and trending block."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._template = markup.template
        self._writer = BodyWriter(markup, self._template.paragraph_tag)
        self._parts = ArticleParts(markup, self._writer, self._template.paragraph_tag)

    def main(self, article: Article) -> str:
        """Headline twice, lede, front matter, credit, body, tags."""
        parts = self._parts
        headline = escape(article.headline)
        body = self._writer.write(article) + parts.author(article) + parts.pages(article)
        return "".join(
            (
                self._breadcrumbs(article),
                self._markup.element("div", headline, "sticky-title"),
                self._markup.element(self._template.headline_tag, headline, "single__title"),
                parts.lede(article),
                self._front_matter(article),
                self._credit_and_image(article),
                self._body(body),
                parts.tags(article),
            )
        )

    def _breadcrumbs(self, article: Article) -> str:
        if not self._template.breadcrumbs:
            return ""
        home = self._markup.link("/", "Главная")
        section = self._markup.link(f"/{article.section}/", SECTION_NAMES[article.section])
        return self._markup.element("div", f"{home} / {section}", "breadcrumbs")

    def _front_matter(self, article: Article) -> str:
        marks = [("date", article.front.date_raw)]
        views = article.front.views
        marks.append(("views", None if views is None else str(views)))
        if self._credit_joins_list():
            marks.append(("credit", self._parts.credit(article) or None))
        printed = [(role, mark) for role, mark in marks if mark is not None]
        if not printed:
            return ""
        outer, inner, between = {
            "list": ("ul", "li", ""),
            "divs": ("div", "div", ""),
            "spans": ("div", "span", " "),
            "cells": ("table", "td", ""),
        }[self._template.front_matter]
        items = between.join(self._markup.element(inner, mark, role) for role, mark in printed)
        if inner == "td":
            items = f"<tr>{items}</tr>"
        return self._markup.element(outer, items, "front-matter")

    def _credit_joins_list(self) -> bool:
        return self._template.credit_in == "li" and self._template.front_matter == "list"

    def _credit_and_image(self, article: Article) -> str:
        if self._template.credit_in == "figcaption":
            return self._parts.figure(article)
        credit = "" if self._credit_joins_list() else self._parts.credit(article)
        if credit and self._template.credit_in == "li":
            credit = self._markup.element("ul", self._markup.element("li", credit, "credit"))
        elif credit:
            credit = self._markup.element("p", credit, "credit")
        image = self._parts.image(article)
        return credit + (self._markup.element("div", image, "lead-image") if image else "")

    def _body(self, body: str) -> str:
        if self._template.trending_place == "flat":
            return body  # paragraphs and trending pairs are siblings in one container
        return self._markup.element("div", body, "single__text")
