"""From a commit to the row in the view."""

import argparse
import json
import multiprocessing
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from .leftfold import Leftfold
from .measuring import HERE, fail, say, stop
from .redis import Connection, Redis
from .results import Results
from .server import Server

TRICKLE_RATE = 200
TRICKLE_SECONDS = 20


def write_trickle(env: dict[str, str], first: int, count: int, acknowledged: Any) -> None:
    """Commits single rows at a steady rate; notes when each was acknowledged (CLOCK_MONOTONIC, the same for all processes)."""
    psql = subprocess.Popen(
        ["stdbuf", "-oL", "psql", "-qAtX"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert psql.stdin and psql.stdout
    began = time.monotonic()
    for index in range(count):
        delay = began + index / TRICKLE_RATE - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        psql.stdin.write(f"INSERT INTO trickle VALUES ({first + index}) RETURNING id;\n")
        psql.stdin.flush()
        if psql.stdout.readline().strip() != str(first + index):
            fail("the trickle's writer got an unexpected answer")
        acknowledged[index] = time.monotonic()
    psql.stdin.close()
    psql.wait()


def watch_sqlite(path: str, first: int, count: int, seen: Any, ready: Any) -> None:
    """Notes when each row first shows in the view. `PRAGMA data_version` changes with every commit of another connection."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30, isolation_level=None)
    version, reached = -1, first - 1
    ready.set()
    while reached < first + count - 1:
        now = connection.execute("PRAGMA data_version").fetchone()[0]
        if now == version:
            time.sleep(0.0001)
            continue
        version = now
        value = connection.execute("SELECT id FROM last_trickle").fetchone()[0]
        moment = time.monotonic()
        while value is not None and reached < int(value):
            reached += 1
            seen[reached - first] = moment


def watch_redis(port: int, first: int, count: int, seen: Any, ready: Any) -> None:
    """Notes when each row first shows in the document."""
    connection, reached = Connection(port), first - 1
    ready.set()
    while reached < first + count - 1:
        document = connection.get("bench:last_trickle")
        moment = time.monotonic()
        value = json.loads(document)["id"] if document else None
        if value is None or value <= reached:
            time.sleep(0.0001)
            continue
        while reached < value:
            reached += 1
            seen[reached - first] = moment


def watch_postgres(env: dict[str, str], first: int, count: int, seen: Any, ready: Any) -> None:
    """Notes when each row first shows in the view."""
    psql = subprocess.Popen(
        ["stdbuf", "-oL", "psql", "-qAtX"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert psql.stdin and psql.stdout
    reached = first - 1
    ready.set()
    while reached < first + count - 1:
        psql.stdin.write("SELECT coalesce(max(id), 0) FROM leftfold.last_trickle;\n")
        psql.stdin.flush()
        value = int(psql.stdout.readline())
        moment = time.monotonic()
        if value <= reached:
            time.sleep(0.0005)
            continue
        while reached < value:
            reached += 1
            seen[reached - first] = moment
    psql.stdin.close()
    psql.wait()


def watch_decoding(command: list[str], env: dict[str, str], first: int, count: int, seen: Any, ready: Any) -> None:
    """Notes when each row's line comes out of pg_recvlogical."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdout
    time.sleep(1)
    ready.set()
    reached = 0
    for line in process.stdout:
        if "public.trickle: INSERT" in line:
            seen[int(line.rpartition("id[integer]:")[2]) - first] = time.monotonic()
            reached += 1
            if reached == count:
                break
    process.terminate()
    process.wait()


def latencies(server: Server, first: int, count: int, watcher: Any, *arguments: Any) -> list[float]:
    """Milliseconds from acknowledgement to visibility, sorted; a row seen before its acknowledgement counts as 0."""
    acknowledged = multiprocessing.Array("d", count, lock=False)
    seen = multiprocessing.Array("d", count, lock=False)
    ready = multiprocessing.Event()
    watching = multiprocessing.Process(target=watcher, args=(*arguments, first, count, seen, ready))
    watching.start()
    ready.wait(30)
    write_trickle(server.env, first, count, acknowledged)
    watching.join(30)
    if watching.is_alive():
        watching.kill()
        fail("not every row of the trickle was seen within 30 s")
    return sorted(max(0.0, late - early) * 1000 for early, late in zip(acknowledged, seen))


def percentile(runs: list[list[float]], part: float) -> float:
    """The median over the runs."""
    return statistics.median(values[min(len(values) - 1, int(part * len(values)))] for values in runs)


def view_folder(scratch: Path, name: str, options: str) -> Path:
    """The view of the trickle, with what follows its name."""
    folder = scratch / f"views-{name}"
    folder.mkdir()
    statement = (HERE / "trickle-views" / "last_trickle.sql").read_text()
    (folder / "last_trickle.sql").write_text(statement.replace("last_trickle AS", f"last_trickle {options} AS"))
    return folder


class Place(NamedTuple):
    """Where the trickle's view is, and who sees it there."""

    name: str
    leftfold: Leftfold
    watcher: Any
    arguments: tuple


def places(options: argparse.Namespace, scratch: Path, server: Server, redis: Redis) -> list[Place]:
    def leftfold(name: str, views: Path, stores: str = "") -> Leftfold:
        return Leftfold(options.leftfold, server, scratch, f"trickle-{name}", slot=f"trickle_{name}", views=views, stores=stores)

    sqlite = leftfold("sqlite", HERE / "trickle-views")
    cache = leftfold(
        "redis", view_folder(scratch, "redis", "USING cache WITH (store = 'cache')"),
        f"  cache: {{ redis: \"{redis.url}\", prefix: bench }}\n")
    table = leftfold(
        "postgres", view_folder(scratch, "postgres", "WITH (store = 'pg')"), f"  pg: {{ postgres: \"{server.url('unix')}\" }}\n")
    return [
        Place("SQLite", sqlite, watch_sqlite, (str(sqlite.database),)),
        Place("Redis", cache, watch_redis, (redis.port,)),
        Place("Postgres", table, watch_postgres, (server.env,)),
    ]


def trickle(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    server = Server(scratch)
    redis = Redis(scratch)
    count = TRICKLE_RATE * max(2, round(TRICKLE_SECONDS * min(1, options.scale)))
    own: dict[str, list[list[float]]] = {}
    theirs: list[list[float]] = []
    first = 1
    try:
        measured = places(options, scratch, server, redis)
        for number in range(options.runs):
            for place in measured:
                say(f"trickle {number + 1}/{options.runs}: {place.name}")
                daemon = place.leftfold.start_and_wait(server.lsn())
                try:
                    own.setdefault(place.name, []).append(latencies(server, first, count, place.watcher, *place.arguments))
                finally:
                    stop(daemon)
                first += count
            say(f"trickle {number + 1}/{options.runs}: pg_recvlogical")
            server.psql("SELECT pg_create_logical_replication_slot('decoding', 'test_decoding')")
            command = server.receive("decoding", "unix", "-f", "-", "--fsync-interval", "0")
            theirs.append(latencies(server, first, count, watch_decoding, ["stdbuf", "-oL", *command], server.env))
            first += count
            drop_when_free(server, "decoding")
    finally:
        redis.stop()
        server.stop()
    for name, runs in own.items():
        for level, part in (("p50", 0.50), ("p99", 0.99)):
            results.add(
                f"commit to visible in {name}, {TRICKLE_RATE} commits/s, {level}", "ms", percentile(runs, part),
                "pg_recvlogical to a pipe", percentile(theirs, part), more_is_better=False,
                note="includes fsync of the log" + (" and of the server's" if name == "Postgres" else ""))


def drop_when_free(server: Server, slot: str) -> None:
    for _ in range(100):
        if server.psql(f"SELECT active FROM pg_replication_slots WHERE slot_name = '{slot}'") == "f":
            break
        time.sleep(0.05)
    server.drop_slot(slot)
