"""The program that is measured."""

import sqlite3
import subprocess
import time
from pathlib import Path

from .measuring import HERE, Measured, fail, run_measured
from .server import Server


class Leftfold:
    """Every command line of Leftfold that is used here. One data folder and one slot each."""

    def __init__(
        self, binary: Path, server: Server, scratch: Path, name: str, *, slot: str, views: Path, link: str = "unix", stores: str = ""
    ):
        """`stores` are lines of the configuration's section of that name."""
        self.binary = str(binary)
        self.config = HERE / "leftfold.yaml"
        if stores:
            self.config = scratch / f"{name}.yaml"
            self.config.write_text((HERE / "leftfold.yaml").read_text() + "stores:\n" + stores)
        self.data = scratch / f"data-{name}"
        self.log = scratch / f"leftfold-{name}.log"
        self.env = server.env | {
            "DATABASE_URL": server.url(link),
            "LEFTFOLD_DATA": str(self.data),
            "LEFTFOLD_SOURCE_POSTGRES_SLOT": slot,
            "LEFTFOLD_VIEWS": str(views),
        }

    def command(self, *words: str) -> list[str]:
        return [self.binary, *words, "--config", str(self.config)]

    def run_until(self, lsn: str, apply: bool) -> Measured:
        """Follows the source up to an LSN and stops."""
        options = [] if apply else ["--no-apply"]
        return run_measured(self.command("run", *options, "--until", lsn), self.env, self.log)

    def rebuild(self, view: str) -> Measured:
        return run_measured(self.command("rebuild", view), self.env, self.log)

    def wait(self, lsn: str, timeout: str = "600s") -> None:
        run_measured(self.command("wait", "--lsn", lsn, "--timeout", timeout), self.env, self.log)

    def start(self) -> subprocess.Popen:
        """The daemon."""
        out = open(self.log, "ab")
        return subprocess.Popen(self.command("run"), env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def start_and_wait(self, lsn: str) -> subprocess.Popen:
        """The daemon, once it has folded everything up to an LSN."""
        process = self.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if process.poll() is not None:
                fail(f"leftfold run ended early:\n{self.log.read_text(errors='replace')[-2000:]}")
            waiting = self.command("wait", "--lsn", lsn, "--timeout", "5s")
            if subprocess.run(waiting, env=self.env, capture_output=True).returncode == 0:
                return process
            time.sleep(0.2)
        process.kill()
        fail(f"leftfold did not reach {lsn} in 60 s:\n{self.log.read_text(errors='replace')[-2000:]}")
        raise AssertionError

    @property
    def database(self) -> Path:
        return self.data / "views.db"

    def query(self, sql: str) -> list[tuple]:
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
