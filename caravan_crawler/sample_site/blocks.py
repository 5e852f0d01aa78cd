"""The parts of an article's body. What a reader should get from each is in ``gold``."""

from typing import NamedTuple


class Link(NamedTuple):
    """A link inside the text; ``href`` as written: root-relative or absolute."""

    text: str
    href: str


class Paragraph(NamedTuple):
    """Text and links in turn; a line feed in the text is a ``<br>``."""

    runs: tuple[str | Link, ...]


class Subheading(NamedTuple):
    """A heading inside the body, ``h2`` or ``h3``."""

    tag: str
    text: str


class Quotation(NamedTuple):
    """A ``blockquote``."""

    text: str


class BulletList(NamedTuple):
    """A ``ul``."""

    items: tuple[str, ...]


class DataTable(NamedTuple):
    """A table of data; the first row is its header."""

    rows: tuple[tuple[str, ...], ...]


class Video(NamedTuple):
    """An embedded player; it has no text."""

    src: str


class ReadAlso(NamedTuple):
    """The box of links to other articles; it is not part of the text."""

    links: tuple[Link, ...]


class Picture(NamedTuple):
    """An image; ``lazy`` ones hide their address in ``data-src``."""

    href: str
    lazy: bool
    caption: str | None
    page: str | None = None
    """The address of its own page, which it then links to."""


Block = Paragraph | Subheading | Quotation | BulletList | DataTable | Video | ReadAlso | Picture


def plain(text: str) -> Paragraph:
    """A paragraph without links."""
    return Paragraph((text,))
