"""A search view from the log."""

import argparse
import sqlite3
import statistics
import time
from pathlib import Path

from .leftfold import Leftfold
from .measuring import HERE, fail, say
from .results import Results
from .server import Server


ARTICLES = """INSERT INTO articles SELECT i, string_agg(word, ' ') FILTER (WHERE k <= 4), string_agg(word, ' ') FILTER (WHERE k > 4)
FROM generate_series(1, {count}) AS i, generate_series(1, 24) AS k,
    LATERAL (SELECT 'word' || floor(30000 * power((hashint8(i::bigint * 64 + k) & 1048575) / 1048576.0, 3))::int AS word) AS w
GROUP BY i"""


def write_articles(path: Path, rows: list[tuple], indexed: bool) -> float:
    """The bare loop: seconds for a table, and an FTS5 index beside it if wanted."""
    began = time.monotonic()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("CREATE TABLE article_search (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL)")
    connection.execute("CREATE VIRTUAL TABLE article_search_fts USING fts5(title, body, content=article_search, content_rowid=id,"
                       " tokenize='unicode61 remove_diacritics 2')")
    for start in range(0, len(rows), 10_000):
        part = rows[start:start + 10_000]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO article_search VALUES (?, ?, ?)", part)
        if indexed:
            connection.executemany("INSERT INTO article_search_fts (rowid, title, body) VALUES (?, ?, ?)", part)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint")
    connection.close()
    return time.monotonic() - began


def search(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    server = Server(scratch)
    count = max(1000, round(200_000 * options.scale))
    leftfold = Leftfold(options.leftfold, server, scratch, "search", slot="search", views=HERE / "search-views")
    own: dict[str, list[float]] = {"article_search": [], "article_table": []}
    theirs: dict[str, list[float]] = {"article_search": [], "article_table": []}
    try:
        server.psql(ARTICLES.format(count=count))
        leftfold.run_until(server.lsn(), apply=True)
        for number in range(options.runs):
            say(f"search {number + 1}/{options.runs}")
            for view in own:
                own[view].append(leftfold.rebuild(view).seconds)
                rows = leftfold.query(f"SELECT id, title, body FROM {view} ORDER BY id")
                if len(rows) != count:
                    fail(f"{view} has {len(rows)} of {count} articles")
                file = scratch / f"bare-{view}-{number}.db"
                theirs[view].append(write_articles(file, rows, indexed=view == "article_search"))
        for word in ("word0", "word17", "word29999"):
            expected = int(server.psql(f"SELECT count(*) FROM articles WHERE (title || ' ' || body) ~ '\\m{word}\\M'"))
            found = leftfold.query(f"SELECT count(*) FROM article_search_fts('{word}')")[0][0]
            if found != expected:
                fail(f"{word} is found in {found} articles, and {expected} of {count} have it")
    finally:
        server.stop()
    results.add(
        f"rebuild a search view of {count:,} articles", "s", statistics.median(own["article_search"]), "bare loop, table and FTS5",
        statistics.median(theirs["article_search"]), more_is_better=False, note="from the log, with a process's start and end")

    def added(runs: dict[str, list[float]]) -> float:
        return statistics.median(runs["article_search"]) - statistics.median(runs["article_table"])

    results.add(
        "what the FTS5 index adds to it", "s", added(own), "to the bare loop", added(theirs), more_is_better=False,
        note="a rebuild drops the old index as well")
