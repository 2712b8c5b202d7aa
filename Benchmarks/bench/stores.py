"""What each store takes in a second, beside what a programmer would write by hand."""

import argparse
import json
import sqlite3
import statistics
import subprocess
from pathlib import Path

from .measuring import fail, say
from .redis import Redis
from .results import Results
from .server import Server

ROWS = 1_000_000
ARTICLES = 100_000


def seconds(options: argparse.Namespace, side: str, store: str, target: str, count: int) -> dict[str, float]:
    """The phases of one side, by name."""
    command = [str(options.store_bench), side, store, target, str(count)]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if process.returncode != 0:
        fail(f"{' '.join(command)} ended with {process.returncode}:\n{process.stderr[-2000:]}")
    return json.loads(process.stdout)


class Pairs:
    """The seconds of both sides, which take turns; each goes first as often as the other, but for an odd run."""

    def __init__(self, options: argparse.Namespace, store: str, count: int):
        self.options, self.store, self.count = options, store, count
        self.runs: dict[str, list[dict[str, float]]] = {"leftfold": [], "bare": []}

    def measure(self, number: int, targets: dict[str, str]) -> None:
        sides = list(targets) if number % 2 == 0 else list(reversed(targets))
        for side in sides:
            say(f"stores {number + 1}/{self.options.runs}: {self.store}, {side}")
            self.runs[side].append(seconds(self.options, side, self.store, targets[side], self.count))

    def rate(self, side: str, phase: str) -> float:
        """Thousands of rows a second."""
        return self.count / statistics.median(run[phase] for run in self.runs[side]) / 1000

    def add(self, results: Results, what: str, phase: str, baseline: str, note: str = "") -> None:
        results.add(
            what, "k rows/s", self.rate("leftfold", phase), baseline, self.rate("bare", phase), more_is_better=True, note=note)


def compare_files(own: Path, bare: Path, count: int, columns: str) -> None:
    """Both sides must have written the same rows."""
    connection = sqlite3.connect(own)
    connection.execute("ATTACH ? AS other", (str(bare),))
    rows = connection.execute("SELECT count(*) FROM bench").fetchone()[0]
    differing = connection.execute(
        f"SELECT count(*) FROM (SELECT {columns} FROM bench EXCEPT SELECT {columns} FROM other.bench)").fetchone()[0]
    connection.close()
    if rows != count or differing:
        fail(f"{own} has {rows} of {count} rows, {differing} of them other ones than {bare}")


def sqlite(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    for store, whole, columns in (("sqlite", ROWS, "id, name, city, total, n"), ("search", ARTICLES, "id, title, body")):
        pairs = Pairs(options, store, max(10_000, round(whole * options.scale)))
        for number in range(options.runs):
            files = {side: scratch / f"{store}-{side}-{number}.db" for side in pairs.runs}
            pairs.measure(number, {side: str(file) for side, file in files.items()})
            compare_files(files["leftfold"], files["bare"], pairs.count, columns)
            for file in files.values():
                for part in file.parent.glob(file.name + "*"):
                    part.unlink()
        if store == "sqlite":
            pairs.add(results, f"SQLite: insert {pairs.count:,} rows", "insert", "bare C loop of prepared upserts")
            pairs.add(results, "SQLite: update each, in another order", "update", "bare C loop of prepared upserts",
                      "sorts an epoch, and copies its write-ahead log in larger steps")
        else:
            pairs.add(results, f"SQLite with FTS5: insert {pairs.count:,} articles", "insert", "bare C loop, table and FTS5")
            pairs.add(results, "SQLite with FTS5: update each, in another order", "update", "bare C loop, table and FTS5")


def postgres(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    pairs = Pairs(options, "postgres", max(10_000, round(ROWS * options.scale)))
    server = Server(scratch)
    try:
        url = server.url("unix")
        for number in range(options.runs):
            pairs.measure(number, {"leftfold": url, "bare": url})
            differing = server.psql(
                "SELECT count(*) FROM (SELECT * FROM leftfold.bench EXCEPT SELECT * FROM bench) AS d"
                " UNION ALL SELECT count(*) FROM leftfold.bench")
            if differing.split() != ["0", str(pairs.count)]:
                fail(f"the Postgres store and the bare loop have written different rows: {differing.split()}")
            server.psql("DROP SCHEMA leftfold CASCADE; DROP TABLE bench")
            server.psql("CHECKPOINT")
    finally:
        server.stop()
    pairs.add(results, f"Postgres: first build of {pairs.count:,} rows", "build", "COPY into a keyed table")
    pairs.add(results, "Postgres: update each, in another order", "update", "INSERT … SELECT unnest … ON CONFLICT",
              "compares every old row as well")


def redis(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    count = max(10_000, round(ROWS * options.scale))
    own: list[dict[str, float]] = []
    theirs: list[float] = []
    for number in range(options.runs):
        server = Redis(scratch)
        try:
            say(f"stores {number + 1}/{options.runs}: redis, leftfold")
            own.append(seconds(options, "leftfold", "redis", server.url, count))
            document = server.cli("GET", f"bench:bench:{count - 1}")
            keys = int(server.cli("DBSIZE"))
            if keys < count or not document.startswith('{"id":'):
                fail(f"Redis has {keys} keys for {count} rows; the last one is {document!r}")
            server.cli("FLUSHALL")
            say(f"stores {number + 1}/{options.runs}: redis-benchmark")
            command = ["redis-benchmark", "-p", str(server.port), "-c", "1", "-P", "100", "-r", str(count), "-n", str(count),
                       "-d", str(len(document)), "--csv", "-t", "set"]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            theirs.append(float(output.splitlines()[-1].split(",")[1].strip('"')) / 1000)
        finally:
            server.stop()
    baseline = f"redis-benchmark -c 1 -P 100 -d {len(document)} SET"
    for what, phase, note in (("insert", "insert", ""), ("update each of", "update", "compares every old document as well")):
        rate = count / statistics.median(run[phase] for run in own) / 1000
        results.add(f"Redis: {what} {count:,} rows", "k rows/s", rate, baseline, statistics.median(theirs), more_is_better=True, note=note)


def stores(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    sqlite(options, scratch, results)
    postgres(options, scratch, results)
    redis(options, scratch, results)
