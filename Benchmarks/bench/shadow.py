"""What live views notice of a rebuild that goes on beside them."""

import argparse
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

from .leftfold import Leftfold
from .measuring import HERE, fail, say, stop
from .results import Results
from .server import Server
from .trickle import TRICKLE_RATE, TRICKLE_SECONDS, latencies, percentile, watch_sqlite

BURST_ROWS = 300_000


class Rebuilding:
    """Rebuilds a view over and over, from `with` to its end."""

    def __init__(self, leftfold: Leftfold, view: str, *options: str):
        self.command = leftfold.command("rebuild", view, *options)
        self.env = leftfold.env
        self.is_over = threading.Event()
        self.count = 0
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.is_over.is_set():
            process = subprocess.run(self.command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if process.returncode != 0:
                self.is_over.set()
                raise RuntimeError(f"{' '.join(self.command)} ended with {process.returncode}: {process.stderr[-500:]}")
            self.count += 1

    def __enter__(self) -> "Rebuilding":
        self.thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_over.is_set():
            fail("a rebuild beside the live views failed")
        self.is_over.set()
        self.thread.join()


class Alone:
    """Nothing goes on beside."""

    def __enter__(self) -> "Alone":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def burst(server: Server, leftfold: Leftfold, first: int, count: int) -> float:
    """Thousands of changes a second, from the commit of one transaction to its last row in the live view."""
    server.psql(f"INSERT INTO trickle SELECT generate_series({first}, {first + count - 1})")
    began = time.monotonic()
    leftfold.wait(server.lsn())
    seconds = time.monotonic() - began
    if leftfold.query("SELECT id FROM last_trickle") != [(first + count - 1,)]:
        fail("the live view has not come to the end of a burst")
    return count / seconds / 1000


def shadow(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """The log has the whole history; `per_customer` is built from it while `last_trickle` is live."""
    views = scratch / "shadow-views"
    shutil.copytree(HERE / "views", views)
    shutil.copy(HERE / "trickle-views" / "last_trickle.sql", views)
    leftfold = Leftfold(options.leftfold, server, scratch, "shadow", slot="bench_shadow", views=views)
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_shadow")
    leftfold.run_until(end, apply=True)
    count = TRICKLE_RATE * max(2, round(TRICKLE_SECONDS * min(1, options.scale)))
    rows = max(20_000, round(BURST_ROWS * options.scale))
    delays: dict[str, list[list[float]]] = {}
    rates: dict[str, list[float]] = {}
    first = 1
    daemon = leftfold.start_and_wait(end)
    try:
        for number in range(options.runs):
            for name, beside in (
                ("alone", Alone()), ("rebuild", Rebuilding(leftfold, "per_customer")),
                ("throttled", Rebuilding(leftfold, "per_customer", "--bytes-per-second", "20MB")),
            ):
                say(f"shadow {number + 1}/{options.runs}: {name}")
                with beside:
                    delays.setdefault(name, []).append(latencies(server, first, count, watch_sqlite, str(leftfold.database)))
                    first += count
                    rates.setdefault(name, []).append(burst(server, leftfold, first, rows))
                    first += rows
    finally:
        stop(daemon)
        server.drop_slot("bench_shadow")
    for name, what in (("rebuild", "beside a rebuild"), ("throttled", "beside a rebuild at 20 MB/s")):
        for level, part in (("p50", 0.50), ("p99", 0.99)):
            results.add(
                f"commit to visible {what}, {level}", "ms", percentile(delays[name], part), "alone",
                percentile(delays["alone"], part), more_is_better=False)
        results.add(
            f"a transaction of {rows:,} rows {what}", "k changes/s", statistics.median(rates[name]), "alone",
            statistics.median(rates["alone"]), more_is_better=True, note="live view, from the commit on")
