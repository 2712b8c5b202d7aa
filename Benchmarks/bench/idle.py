"""Memory."""

import argparse
import subprocess
import time
from pathlib import Path

from .leftfold import Leftfold
from .measuring import HERE, say, stop
from .results import Results
from .server import Server

BYSTANDER_CHANGES = 1_000_000


def resident(pid: int, kind: str = "VmRSS") -> int:
    """Bytes resident: all, or only the process's own (`RssAnon`) without the pages of program and library files."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(kind))


def idle(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    server = Server(scratch)
    transactions = max(10, round(BYSTANDER_CHANGES * options.scale / 100))
    leftfold = Leftfold(options.leftfold, server, scratch, "idle", slot="idle", views=HERE / "trickle-views")
    try:
        server.psql("SELECT pg_create_logical_replication_slot('receive', 'pgoutput')")
        daemon = leftfold.start_and_wait(server.lsn())
        command = server.receive("receive", "unix", "-f", "/dev/null", "-o", "proto_version=1", "-o", "publication_names=bench")
        baseline = subprocess.Popen(command, env=server.env, stderr=subprocess.DEVNULL)
        try:
            time.sleep(5)
            before, baseline_before = resident(daemon.pid), resident(baseline.pid)
            own = resident(daemon.pid, "RssAnon")
            say(f"idle: {transactions * 100} changes of a table that no view reads")
            server.psql(
                f"""DO $$ BEGIN FOR b IN 1..{transactions} LOOP
                      INSERT INTO bystander SELECT i, md5(i::text) || md5((i + 1)::text)
                      FROM generate_series(b * 100, b * 100 + 99) AS i;
                      COMMIT;
                    END LOOP; END $$""")
            leftfold.wait(server.lsn())
            time.sleep(5)
            after, baseline_after = resident(daemon.pid), resident(baseline.pid)
        finally:
            baseline.terminate()
            baseline.wait()
            stop(daemon)
    finally:
        server.stop()
    megabyte = 2**20
    results.add(
        "memory at rest", "MB", before / megabyte, "pg_recvlogical", baseline_before / megabyte, more_is_better=False,
        note=f"{own / megabyte:.0f} MB of it its own, the rest pages of program and library files")
    results.add(
        f"memory grown over {transactions * 100:,} changes no view reads", "MB", max(0, after - before) / megabyte,
        "pg_recvlogical", max(0, baseline_after - baseline_before) / megabyte, more_is_better=False)
