"""A long history: draining it, and folding it into a view."""

import argparse
import shutil
import statistics
from pathlib import Path

from .leftfold import Leftfold
from .measuring import HERE, fail, run_measured, say
from .results import Results
from .server import Server


def changes(scale: float) -> int:
    """How many rows history.sql changes."""
    transactions = max(round(10_000 * scale), 20)
    return 100 * (transactions + transactions // 4 + transactions // 10)


def initialise(options: argparse.Namespace, server: Server, scratch: Path) -> Leftfold:
    """A log and a slot that stand before the history: every measured run works on copies of both."""
    template = Leftfold(options.leftfold, server, scratch, "template", slot="bench", views=HERE / "views")
    template.run_until(server.lsn(), apply=False)
    return template


def drain(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    total = changes(options.scale)
    rates: dict[str, list[float]] = {}
    peaks: dict[str, int] = {}
    for number in range(options.runs):
        for link in ("TCP", "unix"):
            for reader in ("pg_recvlogical", "log", "log and view"):
                if reader == "log and view" and link == "TCP":
                    continue
                say(f"drain {number + 1}/{options.runs}: {reader}, {link}")
                slot = f"bench_{number}"
                server.copy_slot("bench", slot)
                if reader == "pg_recvlogical":
                    command = server.receive(
                        slot, link, "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=bench", "--endpos", end)
                    measured = run_measured(command, server.env, scratch / "pg_recvlogical.log")
                else:
                    name = f"{reader}-{link}".replace(" ", "-")
                    run = Leftfold(options.leftfold, server, scratch, name, slot=slot, views=HERE / "views", link=link)
                    shutil.rmtree(run.data, ignore_errors=True)
                    shutil.copytree(template.data, run.data, ignore=shutil.ignore_patterns("*.sock"))
                    measured = run.run_until(end, apply=reader == "log and view")
                    if reader == "log and view":
                        check_view(server, run)
                key = f"{reader}, {link}"
                rates.setdefault(key, []).append(total / measured.seconds / 1000)
                peaks[key] = max(peaks.get(key, 0), measured.peak_rss_bytes)
                server.drop_slot(slot)
    median = {key: statistics.median(values) for key, values in rates.items()}
    for key in ("log, TCP", "log, unix", "log and view, unix"):
        baseline = "pg_recvlogical, " + key.rpartition(" ")[2]
        results.add(
            f"drain into {key}", "k changes/s", median[key], baseline, median[baseline], more_is_better=True,
            note=f"peak RSS {peaks[key] / 2**20:.0f} MB; runs {', '.join(f'{rate:.0f}' for rate in rates[key])}")


def check_view(server: Server, leftfold: Leftfold) -> None:
    """The view must equal Postgres's own answer, value by value, as text."""
    expected = server.psql(
        "SELECT customer_id, count(*), sum(price), avg(price) FROM orders GROUP BY customer_id ORDER BY customer_id").splitlines()
    rows = leftfold.query('SELECT customer_id, orders, total, average FROM per_customer ORDER BY customer_id')
    found = ["|".join(str(value) for value in row) for row in rows]
    if found != expected:
        different = next((pair for pair in zip(found, expected) if pair[0] != pair[1]), (len(found), len(expected)))
        fail(f"per_customer differs from Postgres; first difference {different}")


def rebuild(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    leftfold = Leftfold(options.leftfold, server, scratch, "rebuild", slot="bench_rebuild", views=HERE / "views")
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_rebuild")
    leftfold.run_until(end, apply=True)
    server.psql("CREATE MATERIALIZED VIEW per_customer AS SELECT customer_id, count(*) AS orders, sum(price) AS total,"
                " avg(price) AS average FROM orders GROUP BY customer_id; ANALYZE orders")
    own, theirs = [], []
    for number in range(options.runs):
        say(f"rebuild {number + 1}/{options.runs}")
        own.append(leftfold.rebuild("per_customer").seconds)
        check_view(server, leftfold)
        refresh = ["psql", "-qAtX", "-c", "REFRESH MATERIALIZED VIEW per_customer"]
        theirs.append(run_measured(refresh, server.env, scratch / "refresh.log").seconds)
    server.drop_slot("bench_rebuild")
    results.add(
        "rebuild per_customer", "s", statistics.median(own), "REFRESH MATERIALIZED VIEW", statistics.median(theirs),
        more_is_better=False, note="from the log, the source untouched")
