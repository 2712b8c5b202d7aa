"""Running and timing processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent


class Measured(NamedTuple):
    """One process that ran to its end."""

    seconds: float
    peak_rss_bytes: int


def fail(message: str) -> None:
    sys.exit(f"bench: {message}")


def say(message: str) -> None:
    print(f"bench: {message}", file=sys.stderr, flush=True)


def run_measured(command: list[str], env: dict[str, str], log: Path) -> Measured:
    """Runs a command, takes wall time and peak memory, and ends the benchmark when it fails."""
    with open(log, "ab") as out:
        began = time.monotonic()
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        fail(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return Measured(seconds, usage.ru_maxrss * 1024)


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        fail("leftfold did not end within 30 s of SIGTERM")
