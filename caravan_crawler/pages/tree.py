"""Questions about places in a page's tree."""

from lxml import etree


def is_within(element: etree._Element, container: etree._Element) -> bool:
    """Whether ``element`` is ``container`` or inside of it."""
    node: etree._Element | None = element
    while node is not None:
        if node is container:
            return True
        node = node.getparent()
    return False


def common_container(first: etree._Element, second: etree._Element) -> etree._Element:
    """Return the innermost element around both, never one of them unless it holds the other."""
    around = [first, *first.iterancestors()] if first is not second else [first]
    ancestors = {id(node): node for node in around}
    node = second
    while id(node) not in ancestors:
        parent = node.getparent()
        if parent is None:
            return node
        node = parent
    return ancestors[id(node)]
