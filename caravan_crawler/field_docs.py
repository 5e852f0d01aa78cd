"""What the docstrings behind the fields of the records say, for ``docs/data.md`` and for published datasets."""

import ast
import inspect
import re
from collections.abc import Iterator

from caravan_crawler import items


def record_classes() -> Iterator[ast.ClassDef]:
    """Yield the classes of ``items.py`` as they are written, in their order."""
    for node in ast.parse(inspect.getsource(items)).body:
        if isinstance(node, ast.ClassDef):
            yield node


def fields_of(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and docstring of each field of a dataclass."""
    for statement, following in zip(node.body, node.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            assert isinstance(following, ast.Expr), f"{node.name}.{statement.target.id} has no docstring"
            assert isinstance(following.value, ast.Constant)
            yield statement.target.id, ast.unparse(statement.annotation), str(following.value.value)


def field_docs(item_class: type) -> dict[str, str]:
    """Return each field of a record with its description, one line of Markdown."""
    (node,) = [node for node in record_classes() if node.name == item_class.__name__]
    return {name: in_markdown(text) for name, _, text in fields_of(node)}


def in_markdown(text: str) -> str:
    """Return a docstring as one line, its ``code`` in Markdown's marks."""
    return re.sub(r"``\s?(.+?)\s?``", r"`\1`", " ".join(text.split()))
