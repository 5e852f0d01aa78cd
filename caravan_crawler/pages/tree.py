"""Questions about places in a page's tree, and where its links lead."""

from lxml import etree

from caravan_crawler.pages.blocks import Block
from caravan_crawler.site import Site


def is_teaser(block: Block, site: Site, page_url: str) -> bool:
    """Whether a block is nothing but links, one of them to an article of the site."""
    return block.is_all_links and any(site.address(href, page_url) is not None for _, href in block.linked_texts())


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
