"""Plugin for Datasette: full-text search in a store, with case and ё folded.

Datasette loads it where this project is installed, and with it the metadata of ``datasette.yml``. It opens the store
read-only, so the index is a file next to it, ``caravan.db-search``, which is brought up to date when Datasette starts.
Crawls write nothing but the store.
"""

import hashlib
import re
import sqlite3
from contextlib import closing
from copy import deepcopy
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from datasette import hookimpl
from datasette.utils import escape_fts, parse_metadata

from caravan_crawler.store.database import is_frozen, read_only_uri

# FTS5 folds the case of all letters and the accents of Latin ones; ё is folded here, in texts and queries alike.
_CREATE = """
CREATE VIRTUAL TABLE IF NOT EXISTS articles_search
USING fts5(fingerprint UNINDEXED, headline, lede, body, tokenize="unicode61 remove_diacritics 2")
"""
# By fingerprint: a re-parsed archive changes texts of old versions, and VACUUM may change row ids.
_CHANGED = """
INSERT INTO changed
    SELECT a.rowid AS id FROM store.articles AS a LEFT JOIN articles_search AS s ON s.rowid = a.rowid
    WHERE s.fingerprint IS NOT fingerprint(a.headline, a.lede, a.body)
"""
_REFRESH = (
    "DELETE FROM articles_search WHERE rowid IN (SELECT id FROM changed)",
    "DELETE FROM articles_search WHERE rowid NOT IN (SELECT rowid FROM store.articles)",
    "INSERT INTO articles_search (rowid, fingerprint, headline, lede, body)"
    " SELECT rowid, fingerprint(headline, lede, body), fold(headline), fold(lede), fold(body)"
    " FROM store.articles WHERE rowid IN (SELECT id FROM changed)",
)
#: Articles that take longer than a second or so.
_MANY = 10_000
_IS_STORE = "SELECT 1 FROM sqlite_master WHERE name = 'article_versions' AND type = 'table'"
#: The name of the store in the metadata; a store of another name has the same.
_NAME = "caravan"
_FOLDED = str.maketrans("ёЁ", "еЕ")


@hookimpl
def startup(datasette: Any) -> None:
    """Bring the indexes of all stores up to date; open those on a read-only medium as Datasette does with ``-i``."""
    databases = [database for database in datasette.databases.values() if database.path]
    for database, path in [(database, Path(database.path)) for database in databases]:
        if is_frozen(path):
            database.is_mutable = False
        try:
            if _is_store(path):
                _refresh_or_rebuild(path)
        except sqlite3.Error as error:
            problem = "is not up to date" if index_of(path).exists() else "cannot be made, so there is no search"
            click.echo(f"{index_of(path)} {problem}: {error}", err=True)


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Return the metadata of all stores; metadata of ``-m`` comes before it."""
    databases = getattr(datasette, "databases", {}).items()  # none yet while it starts
    stores = [name for name, database in databases if database.path and _is_store(Path(database.path))]
    return {"databases": {name: deepcopy(_metadata_of(name)) for name in stores}}


@hookimpl(trylast=True)  # behind Datasette's own functions
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Attach the index, and fold queries."""
    path = datasette.get_database(database).path if database in datasette.databases else None
    if path and (index := index_of(Path(path))).exists() and conn.execute(_IS_STORE).fetchone():
        conn.execute("ATTACH ? AS search", [f"{index.resolve().as_uri()}?mode=ro"])
        conn.create_function("escape_fts", 1, query_of)


def _refresh_or_rebuild(store: Path) -> None:
    try:
        refresh(store)
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:  # locked or not writable, but sound
            raise
        click.echo(f"{index_of(store)} is rebuilt: {error}", err=True)
        index_of(store).unlink(missing_ok=True)
        refresh(store)


def refresh(store: Path) -> None:
    """Create the store's index, or index the articles whose text is new or changed."""
    index = index_of(store)
    with closing(sqlite3.connect(index.resolve().as_uri(), uri=True, isolation_level=None)) as connection:
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.create_function("fingerprint", 3, _fingerprint, deterministic=True)
        connection.execute("ATTACH ? AS store", [read_only_uri(store)])
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_CREATE)
        connection.execute("CREATE TEMP TABLE changed (id INTEGER PRIMARY KEY)")
        changed = connection.execute(_CHANGED).rowcount
        if changed >= _MANY:
            click.echo(f"indexing {changed:,} articles for the search: {index}", err=True)
        for statement in _REFRESH:
            connection.execute(statement)
        connection.execute("COMMIT")


def index_of(store: Path) -> Path:
    """Return the path of a store's index."""
    return store.with_name(f"{store.name}-search")


def fold(text: str | None) -> str | None:
    """Return the text with е for ё."""
    return text and text.translate(_FOLDED)


def query_of(search: str) -> str:
    """Return the query of a text in the search field: all of its words, quoted phrases, and beginnings (``город*``)."""
    if not re.search(r"\w", search):
        return '""'
    return re.sub(r'(?<=\w)\*"', '"*', escape_fts(search.translate(_FOLDED).replace("\0", " ")))


@cache  # Datasette asks for its metadata many times a page
def _is_store(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(read_only_uri(path), uri=True)) as connection:
            return connection.execute(_IS_STORE).fetchone() is not None
    except sqlite3.Error:  # Datasette reports it
        return False


@cache
def _metadata_of(name: str) -> Any:
    """Return the metadata of a store whose database has this name."""
    text = files("caravan_crawler").joinpath("datasette.yml").read_text(encoding="utf-8")
    return parse_metadata(text.replace(f"/{_NAME}/", f"/{name}/"))["databases"][_NAME]


def _fingerprint(*texts: str | None) -> bytes:
    return hashlib.blake2b(repr(texts).encode(), digest_size=8).digest()
