"""Writing HTML in the manner of one template: class names, attribute quotes, white space."""

from hashlib import blake2b

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.template import Template

_SYLLABLES = ("ba", "lo", "mi", "kre", "zun", "ta", "vo", "shi", "pra", "du", "nel", "gor")
_UNSAFE_UNQUOTED = frozenset(" \t\r\n\"'=<>`")


def escape(text: str) -> str:
    """Text for an element's content."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Markup:
    """Opens and closes tags; everything is returned as text, nothing is kept but the class names."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.indent: str = template.indent
        self._classes: dict[str, str] = {}

    def attribute(self, name: str, value: str) -> str:
        """`` name="value"`` with the template's quotes, escaped."""
        quote: str = self.template.quote
        if not quote and (not value or value.endswith("/") or not _UNSAFE_UNQUOTED.isdisjoint(value)):
            quote = '"'  # a slash before the bracket would look like a self-closing tag
        value = value.replace("&", "&amp;").replace("<", "&lt;")
        if quote == '"':
            value = value.replace('"', "&quot;")
        elif quote == "'":
            value = value.replace("'", "&#39;")
        return f" {name}={quote}{value}{quote}"

    def role(self, role: str) -> str:
        """The class attribute for a part of the page, named as the template names things."""
        if role not in self._classes:
            name = self._class_name(role)
            self._classes[role] = self.attribute("class", name) if name else ""
        return self._classes[role]

    def known(self, names: str) -> str:
        """A class attribute whose names are known of the real site and stay under every seed."""
        return self.attribute("class", names)

    def open(self, tag: str, role: str = "", **attributes: str) -> str:
        """A start tag, on a line of its own where the template breaks lines."""
        written = "".join(self.attribute(name, value) for name, value in attributes.items())
        return f"{self.indent}<{tag}{self.role(role) if role else ''}{written}>"

    def element(self, tag: str, content: str, role: str = "", **attributes: str) -> str:
        """A whole element; ``content`` is HTML already."""
        return f"{self.open(tag, role, **attributes)}{content}</{tag}>"

    def link(self, href: str, content: str, role: str = "") -> str:
        """An ``a`` element in running text; ``content`` is HTML already."""
        return f"<a{self.role(role) if role else ''}{self.attribute('href', href)}>{content}</a>"

    def _class_name(self, role: str) -> str:
        naming = self.template.naming
        if naming == "none":
            return ""
        if naming == "plain":
            return role
        if naming == "hashed":
            digest = blake2b(f"{self.template.seed}:{role}".encode(), digest_size=4).hexdigest()
            return f"css-{digest}"
        dice = Dice(f"class:{role}", self.template.seed)
        return "".join(dice.pick(_SYLLABLES) for _ in range(3))
