"""Draw ``docs/report.png`` and ``docs/report-phone.png``: the top of a report on an invented store, in Chromium.

python docs/screenshot.py
"""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


from benchmarks.invented import BASE, NOW, invent
from caravan_crawler.report.page import build_page
from caravan_crawler.settings import FLOORS
from caravan_crawler.store.database import stamp
from caravan_crawler.store.snapshot import Snapshot
from caravan_crawler.store.store import open_store
from tests.report.browser import chromium, visit

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect

DOCS = ROOT / "docs"
#: Each picture, the width of its screen, and the section that ends it.
PICTURES = {DOCS / "report.png": (1280, "fields"), DOCS / "report-phone.png": (390, "coverage")}
_MARGIN = 16


def main() -> None:
    """Invent a store, write the page, open it at each width, and save its top."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        page = Path(name) / "report.html"
        store = open_store(None, name, BASE)
        invent(store, 60_000, years=3, is_grown=True)
        store.close()
        with Snapshot(None, name) as snapshot:
            page.write_text(build_page(snapshot, FLOORS, stamp(NOW)), encoding="utf-8")
        for picture, (width, section) in PICTURES.items():
            with visit(browser, page, width=width) as read:
                last = read.page.locator(f"#{section}").bounding_box()
                assert last is not None
                height = last["y"] + last["height"] + _MARGIN
                clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
                read.page.screenshot(path=picture, full_page=True, clip=clip)


if __name__ == "__main__":
    main()
