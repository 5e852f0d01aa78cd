"""``README.md`` of a dataset: the card that dataset hubs show, with what only the publisher knows left open."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from caravan_crawler import __version__
from caravan_crawler.publish.dataset.choice import Choice
from caravan_crawler.publish.dataset.package import TableFile
from caravan_crawler.publish.dataset.statistics import ArticleCounts, TableCounts

#: The first of these that a table has is what a hub loads.
_BEST_FORMATS = ("parquet", "jsonl", "csv")
#: Upper ends of the hubs' classes of size.
_SIZES = (
    *((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")),
    *((1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M")),
)
_MOST_SECTIONS = 30
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+!|~&$:@\"']")

_LIMITS = """## What you can rely on, and what not

- `null` (in CSV an empty cell) means that the page does not say. There are no placeholders and no guesses.
- Every `*_raw` is the text as printed. Times are ISO 8601; most pages print a day and no time.
- Each article is one row, whatever addresses lead to it. All tables show the store at one moment.
- CSV cells that a spreadsheet would run as a formula begin with an apostrophe; JSON lines and Parquet hold the exact
  text. Lists are JSON in a CSV cell.
- Articles that the site never listed, or took down before they were read, are missing. A section's share here need not
  be its share of what was printed.
- Views are what the page printed when it was read. Language is judged by the letters of the text.
- Texts may name persons; they are as the site published them, errors included.
"""

_OPEN = """**To be completed by whoever publishes this dataset.** The texts and pictures are the work of their
authors and of the site. This export grants no licence to them: say here under which one, or on which ground, you
publish, and whom to ask for corrections and removals. `scrapy export --license cc-by-4.0 --notes notes.md` puts that
into the card.
"""


def card(
    files: Sequence[TableFile], counts: Mapping[str, TableCounts], choice: Choice, site: str, folder: str = ""
) -> str:
    """Return the card's text; ``folder`` is where the tables lie, seen from it."""
    articles = counts.get("articles")
    parts = [_front_matter(files, counts, choice, site, folder), f"# News of {site}\n", _what(counts, choice, site)]
    if isinstance(articles, ArticleCounts) and articles.rows:
        parts += [_sections(articles), _fill_rates(articles)]
    made = (
        f"## How it was made\n\nRead from the site's pages by Caravan Crawler {__version__}, which obeys robots.txt, "
        "and exported from its store. `datapackage.json` describes every field and gives these figures to programs, "
        "`schemas/` has a JSON Schema of each table, and `sha256sum -c SHA256SUMS` checks the files.\n"
    )
    notes = f"## Licence and source\n\n{choice.notes}\n" if choice.notes else f"## Licence and source\n\n{_OPEN}"
    return "\n".join([*parts, made, _LIMITS, notes])


def _front_matter(
    files: Sequence[TableFile], counts: Mapping[str, TableCounts], choice: Choice, site: str, folder: str
) -> str:
    articles = counts.get("articles")
    languages = sorted(filter(None, articles.languages)) if isinstance(articles, ArticleCounts) else []
    lines = ["---", f"pretty_name: {json.dumps(f'News of {site}', ensure_ascii=False)}"]
    lines += _list("language", languages)
    is_open = choice.license is None
    lines += ["license: other", "license_name: to-be-completed"] if is_open else [f"license: {choice.license}"]
    lines += _list("task_categories", ["text-classification", "summarization", "text-generation"])
    lines += _list("size_categories", [_size(max((one.rows for one in counts.values()), default=0))])
    lines.append("configs:")
    for name in counts:
        formats = [file.format for file in files if file.table.name == name]
        best = next(format_ for format_ in _BEST_FORMATS if format_ in formats)
        lines += [f"- config_name: {name}", f"  data_files: {folder}{name}.{best}"]
        lines += ["  default: true"] if name == "articles" else []
    return "\n".join([*lines, "---", ""])


def _list(name: str, values: Iterable[str]) -> list[str]:
    values = list(values)
    return [f"{name}:", *(f"- {value}" for value in values)] if values else []


def _size(rows: int) -> str:
    return next((words for end, words in _SIZES if rows < end), "10M<n<100M")


def literal(text: str) -> str:
    """Return what a site or a user has named so that Markdown and HTML show it as it is, in a table too."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def _what(counts: Mapping[str, TableCounts], choice: Choice, site: str) -> str:
    articles = counts.get("articles")
    lines = [f"Articles of the news site {site}, and what its pages show beside them, as structured tables."]
    if isinstance(articles, ArticleCounts) and articles.first_day:
        lines.append(f"Published from {articles.first_day} to {articles.last_day}.")
    if latest := max((one.latest for one in counts.values()), default=""):
        lines.append(f"Last observed at {latest}.")
    chosen = {
        "published since": choice.since,
        "published until": choice.until,
        "sections": ", ".join(map(literal, choice.sections)),
        "languages": ", ".join(choice.languages),
    }
    if words := "; ".join(f"{name} {value}" for name, value in chosen.items() if value):
        lines.append(f"Only a part of the store was asked for: {words}.")
    rows = [f"| `{name}` | {one.rows:,} | {one.table.description} |" for name, one in counts.items()]
    return "\n".join(["\n".join(lines), "", "| table | rows | one row is |", "|---|---|---|", *rows, ""])


def _sections(articles: ArticleCounts) -> str:
    most = articles.sections.most_common()
    rows = [f"| {literal(section or '(unknown)')} | {number:,} |" for section, number in most[:_MOST_SECTIONS]]
    if rest := sum(number for _, number in most[_MOST_SECTIONS:]):
        rows.append(f"| (others) | {rest:,} |")
    return "\n".join(["## Articles by section", "", "| section | articles |", "|---|---|", *rows, ""])


def _fill_rates(articles: ArticleCounts) -> str:
    rows = []
    for column in articles.table.columns:
        meaning = column.description.replace("|", "\\|")  # the project's own words, Markdown and all
        rows.append(f"| `{column.name}` | {100 * articles.share(column.name):.1f} % | {meaning} |")
    return "\n".join(["## Fields of an article", "", "| field | has a value | meaning |", "|---|---|---|", *rows, ""])
