"""State that outlives the process: from exec to live views after `kill -9`, and state larger than the memory it may take."""

import argparse
import http.client
import json
import shutil
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from . import history
from .history import changes
from .leftfold import Leftfold
from .measuring import HERE, fail, run_measured, say, stop
from .results import Results
from .server import Server

BACKLOG_ROWS = 200_000


class Control(http.client.HTTPConnection):
    """The daemon's socket."""

    def __init__(self, leftfold: Leftfold):
        super().__init__("localhost", timeout=10)
        self.path = str(leftfold.data / "leftfold.sock")

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)

    def status(self) -> dict[str, Any]:
        self.request("GET", "/status")
        return json.load(self.getresponse())


def status(leftfold: Leftfold) -> dict[str, Any] | None:
    """Nothing while the daemon does not answer."""
    control = Control(leftfold)
    try:
        return control.status()
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        control.close()


def start_and_time(leftfold: Leftfold, offset: int) -> tuple[subprocess.Popen, float]:
    """The daemon, and the seconds from exec until every view is live at an offset of the log."""
    began = time.monotonic()
    process = leftfold.start()
    while time.monotonic() < began + 300:
        if process.poll() is not None:
            fail(f"leftfold run ended early:\n{leftfold.log.read_text(errors='replace')[-2000:]}")
        views = (status(leftfold) or {}).get("views", [])
        if views and all(view["state"] == "live" and view["frontier_offset"] >= offset for view in views):
            return process, time.monotonic() - began
        time.sleep(0.002)
    process.kill()
    fail("the views were not live in 300 s")
    raise AssertionError


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def end_offset(leftfold: Leftfold) -> int:
    shown = status(leftfold)
    assert shown
    return shown["log"]["next_offset"]


def wait_for_checkpoint(leftfold: Leftfold, offset: int) -> None:
    """Until a restart would begin at the log's end."""
    runs = leftfold.data / "state" / "runs"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for manifest in runs.glob("CHECKPOINT-*"):
            try:
                lines = dict(line.partition(" ")[::2] for line in manifest.read_text().splitlines())
            except OSError:
                continue
            if int(lines.get("frontier", "0").split()[0]) >= offset:
                return
        time.sleep(0.1)
    fail(f"no checkpoint at offset {offset}")


def checkpoint(leftfold: Leftfold) -> dict[str, Any]:
    """The newest one."""
    shown = json.loads(subprocess.run(
        leftfold.command("state", "stat", "--json"), env=leftfold.env, stdout=subprocess.PIPE, check=True).stdout)
    return shown["checkpoints"][0]


def restart(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    leftfold = Leftfold(options.leftfold, server, scratch, "restart", slot="bench_restart", views=HERE / "state-views")
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_restart")
    leftfold.run_until(end, apply=True)
    process, _ = start_and_time(leftfold, 1)
    seconds: dict[str, list[float]] = {"checkpoint": [], "log": [], "backlog": [], "receive": [], "drain": []}
    first, newest = 1, {"entries": 1, "bytes": 0}
    rows = max(2_000, round(BACKLOG_ROWS * options.scale))
    for number in range(options.runs):
        say(f"restart {number + 1}/{options.runs}")
        offset = end_offset(leftfold)
        wait_for_checkpoint(leftfold, offset)
        newest = checkpoint(leftfold)
        kill(process)
        process, taken = start_and_time(leftfold, offset)
        seconds["checkpoint"].append(taken)
        # What came while nobody followed.
        kill(process)
        server.psql(f"INSERT INTO bystander SELECT i, 'x' FROM generate_series({first}, {first + rows - 1}) AS i")
        first += rows
        seconds["receive"].append(receive_backlog(server, "bench_restart"))
        seconds["drain"].append(drain_backlog(options, server, scratch, leftfold))
        process, taken = start_and_time(leftfold, offset + rows)
        seconds["backlog"].append(taken)
        offset = end_offset(leftfold)
        kill(process)
        shutil.rmtree(leftfold.data / "state" / "runs")
        process, taken = start_and_time(leftfold, offset)
        seconds["log"].append(taken)
    stop(process)
    server.drop_slot("bench_restart")
    median = {key: statistics.median(values) for key, values in seconds.items()}
    results.add(
        "kill -9, exec to live views", "s", median["checkpoint"], "fold of the whole log", median["log"], more_is_better=False,
        note=f"{newest['entries']:,} rows and groups of state, {newest['bytes'] / newest['entries']:.0f} bytes each on disk; runs {', '.join(f'{one:.2f}' for one in seconds['checkpoint'])}")
    results.add(
        f"the same with {rows:,} changes of backlog", "s", median["backlog"], "without, and draining the same backlog into the log",
        median["checkpoint"] + median["drain"], more_is_better=False,
        note=f"runs {every_run(seconds['backlog'], 2)}; draining alone {every_run(seconds['drain'], 2)}; pg_recvlogical {every_run(seconds['receive'], 2)}")


def receive_backlog(server: Server, slot: str) -> float:
    """The seconds that Postgres's own client needs for what a slot, whose reader was killed, has to send."""
    while server.psql(f"SELECT active FROM pg_replication_slots WHERE slot_name = '{slot}'") == "t":
        time.sleep(0.01)
    copy = f"{slot}_copy"
    server.copy_slot(slot, copy)
    command = server.receive(
        copy, "unix", "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=bench", "--endpos", server.lsn())
    began = time.monotonic()
    subprocess.run(command, env=server.env, check=True, stderr=subprocess.DEVNULL)
    taken = time.monotonic() - began
    server.drop_slot(copy)
    return taken


def drain_backlog(options: argparse.Namespace, server: Server, scratch: Path, leftfold: Leftfold) -> float:
    """The seconds that the same backlog takes into a copy of the log, without views, beyond those of a run that finds nothing."""
    slot = "bench_restart_drain"
    drained = Leftfold(options.leftfold, server, scratch, "restart-drain", slot=slot, views=HERE / "state-views")
    shutil.copytree(leftfold.data / "log", drained.data / "log")
    server.copy_slot("bench_restart", slot)
    end = server.lsn()
    taken = drained.run_until(end, apply=False).seconds
    taken -= drained.run_until(end, apply=False).seconds
    server.drop_slot(slot)
    shutil.rmtree(drained.data)
    return taken


def peak_memory(process: subprocess.Popen) -> int:
    """The most that was resident, in bytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def memory(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """The whole history folded into the views with everything in memory, and with a tenth of what the state would take."""
    leftfold = Leftfold(options.leftfold, server, scratch, "memory", slot="bench_memory", views=HERE / "state-views")
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_memory")
    leftfold.run_until(end, apply=False)
    rates: dict[str, list[float]] = {"all": [], "tenth": []}
    peaks: dict[str, int] = {}
    budgets = {"all": 4 << 30, "tenth": 0}
    total = changes(options.scale)
    for number in range(options.runs):
        for name in ("all", "tenth"):
            say(f"memory {number + 1}/{options.runs}: {name}")
            for file in leftfold.data.glob("views.db*"):
                file.unlink()
            shutil.rmtree(leftfold.data / "state", ignore_errors=True)
            leftfold.env["LEFTFOLD_MEMORY_BUDGET"] = f"{budgets[name] >> 20}MB"
            process, seconds = start_and_time(leftfold, 1)
            rates[name].append(total / seconds / 1000)
            peaks[name] = max(peaks.get(name, 0), peak_memory(process))
            if name == "all":
                shown = status(leftfold)
                assert shown
                # The program, and twice the state's share: see MemoryBudget.
                budgets["tenth"] = (80 << 20) + 2 * (shown["state"]["bytes_in_memory"] // 10)
            stop(process)
            check_views(server, leftfold)
    server.drop_slot("bench_memory")
    results.add(
        "fold with a tenth of the state in memory", "k changes/s", statistics.median(rates["tenth"]), "all in memory",
        statistics.median(rates["all"]), more_is_better=True,
        note=f"budget {budgets['tenth'] >> 20} MB, peak RSS {peaks['tenth'] / 2**20:.0f} MB; all: {peaks['all'] / 2**20:.0f} MB")


def large(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """One transaction that updates every order, seen by two live views: with a small budget, and with room for all of it."""
    views = scratch / "views-large"
    views.mkdir()
    (views / "wide.sql").write_text("SELECT id, customer_id, qty, price FROM orders\n")
    shutil.copy(HERE / "state-views" / "per_customer.sql", views)
    seconds: dict[str, list[float]] = {"80MB": [], "4GB": []}
    peaks = dict.fromkeys(seconds, 0)
    rows = int(server.psql("SELECT count(*) FROM orders"))
    daemons: dict[str, Leftfold] = {}
    for budget in seconds:
        slot = f"bench_large_{budget.lower()}"
        leftfold = Leftfold(options.leftfold, server, scratch, f"large-{budget}", slot=slot, views=views)
        shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
        server.copy_slot("bench", slot)
        leftfold.env["LEFTFOLD_MEMORY_BUDGET"] = budget
        daemons[budget] = leftfold
    for number in range(options.runs):
        for budget, leftfold in daemons.items():
            say(f"large {number + 1}/{options.runs}: {budget}")
            process = leftfold.start_and_wait(server.lsn())
            # From here on the most that is resident is that of the transaction.
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
            server.psql("UPDATE orders SET price = price + 1")
            began = time.monotonic()
            leftfold.wait(server.lsn())
            seconds[budget].append(time.monotonic() - began)
            peaks[budget] = max(peaks[budget], peak_memory(process))
            stop(process)
            history.check_view(server, leftfold)
    for budget in seconds:
        server.drop_slot(f"bench_large_{budget.lower()}")
    results.add(
        f"an UPDATE of {rows:,} rows that live views see, budget 80 MB", "s", statistics.median(seconds["80MB"]), "budget 4 GB",
        statistics.median(seconds["4GB"]), more_is_better=False,
        note=f"peak RSS {peaks['80MB'] >> 20} MB and {peaks['4GB'] >> 20} MB")


def check_views(server: Server, leftfold: Leftfold) -> None:
    """The join must equal Postgres's own answer, value by value, as text."""
    expected = server.psql(
        "SELECT c.region, count(*), sum(o.qty * o.price) FROM orders o JOIN customers c ON c.id = o.customer_id"
        " GROUP BY c.region ORDER BY c.region").splitlines()
    found = ["|".join(str(value) for value in row) for row in leftfold.query("SELECT region, orders, revenue FROM per_region ORDER BY region")]
    if found != expected:
        fail("per_region differs from Postgres")
    history.check_view(server, leftfold)


def checkpoints(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """The whole history folded into views that were live before it: with a checkpoint every 2 s at most, with none that is due, and
    with a folder of state that cannot be used, so that all is memory's alone."""
    leftfold = Leftfold(options.leftfold, server, scratch, "checkpoints", slot="bench_checkpoints", views=HERE / "state-views")
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_checkpoints")
    process, _ = start_and_time(leftfold, 0)
    stop(process)
    before = scratch / "before-checkpoints"
    shutil.copytree(leftfold.data, before, ignore=shutil.ignore_patterns("*.sock", "log", "runs"))
    drained = Leftfold(options.leftfold, server, scratch, "drained", slot="bench_checkpoints", views=HERE / "state-views")
    shutil.copytree(leftfold.data / "log", drained.data / "log")
    drained.run_until(end, apply=False)
    rates: dict[str, list[float]] = {"2s": [], "1h": [], "memory": []}
    total = changes(options.scale)
    for number in range(options.runs):
        for interval, taken in rates.items():
            say(f"checkpoints {number + 1}/{options.runs}: {interval}")
            # The log goes on with the slot; all that was made of it begins anew.
            (drained.data / "log").rename(scratch / "kept-log")
            shutil.rmtree(drained.data)
            shutil.copytree(before, drained.data)
            (scratch / "kept-log").rename(drained.data / "log")
            drained.env["LEFTFOLD_STATE_CHECKPOINT"] = "2s" if interval == "memory" else interval
            if interval == "memory":
                (drained.data / "state").mkdir(exist_ok=True)
                (drained.data / "state" / "runs").touch()
            process, seconds = start_and_time(drained, total)
            taken.append(total / seconds / 1000)
            stop(process)
            check_views(server, drained)
    server.drop_slot("bench_checkpoints")
    results.add(
        "catch up with checkpoints", "k changes/s", statistics.median(rates["2s"]), "without any",
        statistics.median(rates["1h"]), more_is_better=True, note=f"every 2 s; runs {every_run(rates['2s'])}, without {every_run(rates['1h'])}")
    results.add(
        "a join and a group-by whose state fits the budget, with a folder of state", "k changes/s", statistics.median(rates["2s"]),
        "without one", statistics.median(rates["memory"]), more_is_better=True, note=f"runs without {every_run(rates['memory'])}")


def every_run(values: list[float], digits: int = 0) -> str:
    return ", ".join(f"{value:,.{digits}f}" for value in values)


def rows(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """The memory of a table's rows under their key, beside what their columns have in Postgres."""
    views = scratch / "views-rows"
    views.mkdir()
    columns = ("id", "customer_id", "qty", "price")
    (views / "kept.sql").write_text(f"SELECT {', '.join(columns)} FROM orders\n")
    leftfold = Leftfold(options.leftfold, server, scratch, "rows", slot="bench_rows", views=views)
    shutil.copytree(template.data, leftfold.data, ignore=shutil.ignore_patterns("*.sock"))
    server.copy_slot("bench", "bench_rows")
    leftfold.run_until(end, apply=True)
    leftfold.env["LEFTFOLD_MEMORY_BUDGET"] = "4GB"
    process, _ = start_and_time(leftfold, 1)
    # The size is looked at once a second.
    time.sleep(2)
    shown = status(leftfold)
    assert shown
    view = shown["views"][0]
    stop(process)
    server.drop_slot("bench_rows")
    own = float(server.psql(f"SELECT avg({' + '.join(f'pg_column_size({column})' for column in columns)}) FROM orders"))
    results.add(
        "state in memory for each row of a table", "bytes", view["state_bytes"] / view["rows"], "its columns in Postgres", own,
        more_is_better=False, note=f"{view['state_bytes'] / view['rows'] - own:.0f} bytes beyond; {view['rows']:,} rows")


def together(options: argparse.Namespace, server: Server, scratch: Path, template: Leftfold, end: str, results: Results) -> None:
    """Eight views built in one pass over the log, and one."""
    seconds: dict[int, list[float]] = {1: [], 8: []}
    alone: list[float] = []
    runs: dict[int, Leftfold] = {}
    for count in seconds:
        views = scratch / f"views-{count}"
        views.mkdir()
        for number in range(count):
            (views / f"group_{number}.sql").write_text(
                f"CREATE MATERIALIZED VIEW group_{number} AS SELECT customer_id % {50_000 - number} AS bucket, count(*) AS orders,"
                " sum(price) AS total FROM orders GROUP BY 1;\n")
        run = Leftfold(options.leftfold, server, scratch, f"together-{count}", slot=f"bench_together_{count}", views=views)
        shutil.copytree(template.data, run.data, ignore=shutil.ignore_patterns("*.sock"))
        server.copy_slot("bench", f"bench_together_{count}")
        run.run_until(end, apply=True)
        runs[count] = run
    for number in range(options.runs):
        for count, run in runs.items():
            say(f"together {number + 1}/{options.runs}: {count} views")
            seconds[count].append(run_measured(run.command("rebuild"), run.env, run.log).seconds)
        alone.append(run_measured(runs[8].command("rebuild"), runs[8].env | {"LEFTFOLD_WORKERS": "1"}, runs[8].log).seconds)
    for count in seconds:
        server.drop_slot(f"bench_together_{count}")
    results.add(
        "rebuild 8 views, a thread for each core", "s", statistics.median(seconds[8]), "one thread", statistics.median(alone),
        more_is_better=False)
    results.add(
        "rebuild 8 views in one pass", "s", statistics.median(seconds[8]), "one view", statistics.median(seconds[1]),
        more_is_better=False)
