"""Appending to the event log, reading and compacting it."""

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .measuring import HERE, fail, say
from .results import Results

COMPACTION_RECORDS = 5_000_000
LOG_RECORDS = 2_000_000


def log_bench(options: argparse.Namespace, scratch: Path, records: int, *words: str) -> dict[str, Any]:
    """What `leftfold log bench` measured, in the file system of the other benchmarks. Nobody is connected to."""
    env = os.environ | {"DATABASE_URL": "postgres://localhost/none", "LEFTFOLD_DATA": str(scratch / "data-log"),
                        "LEFTFOLD_SOURCE_POSTGRES_SLOT": "none", "LEFTFOLD_VIEWS": str(HERE / "views")}
    command = [str(options.leftfold), "log", "bench", *words, "--records", str(records), "--json",
               "--config", str(HERE / "leftfold.yaml")]
    process = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if process.returncode != 0:
        fail(f"{' '.join(command)} ended with {process.returncode}:\n{process.stderr[-2000:]}")
    return json.loads(process.stdout)


def log(options: argparse.Namespace, scratch: Path, results: Results) -> None:
    say("log: append and read")
    report = log_bench(options, scratch, max(10_000, round(LOG_RECORDS * options.scale)))
    for name, key in (("append to the log", "append"), ("read the log, warm", "read"), ("read the log, cold", "read_cold")):
        if key in report:
            figure = report[key]
            results.add(
                name, "M records/s", figure["records_per_second"] / 1e6, "bare loop", figure["baseline_records_per_second"] / 1e6,
                more_is_better=True, note=f"{figure['bytes_per_second'] / 1e6:,.0f} MB/s")
    if "note" in report:
        say(report["note"])
    opening = report["open"]
    results.add(
        "open the log", "ms", opening["seconds"] * 1000, "", 0, more_is_better=False, note=f"{opening['bytes'] / 1e6:,.0f} MB")
    say("log: compaction")
    report = log_bench(options, scratch, max(100_000, round(COMPACTION_RECORDS * options.scale)), "--compaction")
    results.add(
        f"compact {report['records']:,} records over {report['keys']:,} keys", "s", report["seconds"], "copy of the files, fsync",
        report["copy_seconds"], more_is_better=False, note=f"map of keys: {report['key_map_bytes_per_key']:.0f} bytes a key")
    results.add(
        "append while compacting", "M records/s", report["append_meanwhile"] / 1e6, "alone", report["append_alone"] / 1e6,
        more_is_better=True, note=f"{report['pairs']} pairs, median of their ratios {report['append_ratio']:.2f}")
