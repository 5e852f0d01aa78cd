"""Draw ``docs/report.png``: the top of a report on an invented store, in Chromium.

python docs/screenshot.py
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.invented import BASE, NOW, invent
from caravan_crawler.report.page import build_page
from caravan_crawler.settings import FLOORS
from caravan_crawler.store.database import stamp
from caravan_crawler.store.snapshot import Snapshot
from caravan_crawler.store.store import open_store
from tests.report.browser import visit

PICTURE = ROOT / "docs" / "report.png"
_WIDTH = 1000
_MARGIN = 16


def main() -> None:
    """Invent a store, write the page, open it, and keep what a reader sees first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(None, name, BASE)
        invent(store, 60_000, years=3, is_grown=True)
        store.close()
        with Snapshot(None, name) as snapshot:
            page = build_page(snapshot, FLOORS, stamp(NOW))
        (folder / "report.html").write_text(page, encoding="utf-8")
        with visit(folder / "report.html", width=_WIDTH) as read:
            last = read.page.locator("figure:has(#fields-now)").bounding_box()
            assert last is not None
            height = last["y"] + last["height"] + _MARGIN
            clip = {"x": 0, "y": 0, "width": _WIDTH, "height": height}
            read.page.screenshot(path=PICTURE, full_page=True, clip=clip)


if __name__ == "__main__":
    main()
