"""Cost of an export, compared with a dump of the same table by the program sqlite3 (apt-get install sqlite3).

    python benchmarks/export.py
    python benchmarks/export.py --articles 100000 --rounds 3
    python benchmarks/export.py --csv-only

The store is filled without a crawl: bodies of one to two thousand letters, lists filled, keys in the order of a crawl,
newest first. The dump is written to a file too. Each measurement is a process of its own, with its own peak memory. It
starts with the store in the page cache and nothing left to write to the disk. An export ends when its files are on the
disk, a dump before.
"""

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import SCRAPY, run
from benchmarks.filling import article_row, put, version_of
from caravan_crawler.arguments import SAMPLE
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.store import schema
from caravan_crawler.store.store import Store, open_store

_BASE = "https://www.caravan.kz/"
_NOW = "2026-11-22T12:00:00+00:00"
_SENTENCES = (
    "Об этом сообщили в пресс-службе акимата.",
    "— Мы ждали этого десять лет, — сказал директор школы Болат Исабеков.",
    "По данным МИА «Казинформ», ремонт обойдётся бюджету в 1 204 млн тенге.",
    'В компании заявили: "Работы идут по графику", и показали план.',
    "Жители соседних домов недовольны шумом.",
)


def rows(newsroom: Newsroom, articles: int) -> Iterator[dict[str, Any]]:
    """Yield the same articles each time, newest first: the real site's ids grow with time."""
    dice = random.Random(1)
    for number in sorted(range(articles), key=lambda each: newsroom.id(each) or 0, reverse=True):
        row = article_row(newsroom, number, _BASE, _NOW)
        letters = dice.randint(1000, 2000)
        words: list[str] = []
        while letters > 0:
            words.append(dice.choice(_SENTENCES))
            letters -= len(words[-1]) + 2
        yield row | {
            "section": dice.choice(("news", "gazeta", "sport", "art")),
            "headline": f"Ледовый дворец № {number} открыли в Костанае",
            "lede": dice.choice(_SENTENCES),
            "body": "\n\n".join(words),
            "date_published_raw": "12 Мая 2025",
            "views_raw": str(number),
            "photo_credit": "Caravan.kz",
            "source": "Казинформ",
            "authors": ["Марина ХЕГАЙ"],
            "tags": ["Спорт", "Бокс"],
            "images": [f"{_BASE}wp-content/uploads/images/{number}.jpg"],
            "links": [{"text": "подробнее", "url": f"{_BASE}news/podrobnee-{number}/"}],
        }


def fill(store: Store, articles: int) -> None:
    """Fill the store with ``articles`` articles, each with one version and one view count."""
    newsroom, same = Newsroom(articles), ("observed_at", "run_id", "views")
    put(store, schema.articles, rows(newsroom, articles))
    put(store, schema.article_versions, map(version_of, rows(newsroom, articles)))
    counts = ({"article_key": row["key"], **{name: row[name] for name in same}} for row in rows(newsroom, articles))
    put(store, schema.view_counts, counts)


def dump(folder: Path) -> dict[str, float]:
    """Dump the articles to a file with sqlite3."""
    prepare(folder)
    line = f'exec sqlite3 -csv {folder}/caravan.db "select * from articles" > {folder}/dump.csv'
    return run(["sh", "-c", line], folder / "log")


def prepare(folder: Path) -> None:
    """Remove earlier output, sync the disk, and read the store into the page cache."""
    shutil.rmtree(folder / "dataset", ignore_errors=True)
    (folder / "dump.csv").unlink(missing_ok=True)
    os.sync()
    with (folder / "caravan.db").open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def export(folder: Path, *options: str) -> dict[str, float]:
    """Export to a new folder."""
    prepare(folder)
    command = [*SCRAPY, "export", str(folder / "dataset"), "-s", f"DATA_DIR={folder}", *options]
    return run(command, folder / "log")


def measure(folder: Path, rounds: int, *, csv_only: bool) -> dict[str, list[dict[str, float]]]:
    """Return the figures of each variant in each round; all tables are exported once."""
    table = ("--table", "articles", "--format")
    turns: dict[str, Callable[[], dict[str, float]]] = {
        "sqlite3": lambda: dump(folder),
        "csv": lambda: export(folder, *table, "csv"),
    }
    if not csv_only:
        turns["three formats"] = lambda: export(folder, *table, "csv,jsonl,parquet")
    ways: dict[str, list[dict[str, float]]] = {way: [] for way in turns}
    for _ in range(rounds):
        for way, turn in turns.items():
            ways[way].append(turn())
    if not csv_only:
        ways["all tables, three formats"] = [export(folder, "--format", "csv,jsonl,parquet")]
    return ways


def main() -> None:
    """Fill the store, measure the variants in turns, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv-only", action="store_true", help="only the CSV of the articles, beside sqlite3")
    parser.add_argument("--folder", type=Path, help="keeps the store there, and takes one that is there already")
    options = parser.parse_args()
    if shutil.which("sqlite3") is None:
        sys.exit("sqlite3 is missing: sudo apt-get install sqlite3")
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        if not (folder / "caravan.db").exists():
            store = open_store(None, str(folder), SAMPLE)
            fill(store, options.articles)
            store.close()
        ways = measure(folder, options.rounds, csv_only=options.csv_only)
    print(f"{options.articles:,} articles, median of {options.rounds}; to sqlite3: median of each round's ratio")
    print(f"{'':<28}{'seconds':>9}{'to sqlite3':>12}{'CPU s':>8}{'peak MB':>9}")
    for way, measured in ways.items():
        middle = {key: statistics.median(one[key] for one in measured) for key in ("wall", "cpu", "peak")}
        pairs = zip(measured, ways["sqlite3"], strict=False)
        ratio = statistics.median(one["wall"] / other["wall"] for one, other in pairs)
        print(f"{way:<28}{middle['wall']:>9.1f}{ratio:>12.2f}{middle['cpu']:>8.1f}{middle['peak']:>9.0f}")


if __name__ == "__main__":
    main()
