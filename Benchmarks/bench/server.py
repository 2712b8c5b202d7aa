"""A throwaway Postgres."""

import os
import subprocess
from pathlib import Path

from .measuring import HERE, ROOT


class Server:
    """A throwaway Postgres; `env` lets every client find it."""

    def __init__(self, scratch: Path):
        self.folder = scratch / "server"
        script = ROOT / "scripts/throwaway-postgres"
        start = f'set -e; exports=$("{script}" start "{self.folder}"); eval "$exports"; env -0'
        output = subprocess.run(["bash", "-c", start], stdout=subprocess.PIPE, check=True).stdout
        self.env = dict(pair.split("=", 1) for pair in output.decode().split("\0") if pair)
        self.psql_file(HERE / "schema.sql")

    def stop(self) -> None:
        subprocess.run([ROOT / "scripts/throwaway-postgres", "stop", self.folder], check=True)

    def psql(self, sql: str) -> str:
        command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]
        return subprocess.run(command, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def psql_file(self, file: Path, **variables: object) -> None:
        settings = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", *settings, "-f", str(file)]
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def lsn(self) -> str:
        return self.psql("SELECT pg_current_wal_lsn()")

    def host(self, link: str) -> str:
        return "127.0.0.1" if link == "TCP" else self.env["PGHOST"]

    def url(self, link: str) -> str:
        return f"host={self.host(link)} port={self.env['PGPORT']} user=postgres dbname=postgres"

    def copy_slot(self, source: str, copy: str) -> None:
        self.psql(f"SELECT pg_copy_logical_replication_slot('{source}', '{copy}')")

    def drop_slot(self, name: str) -> None:
        self.psql(f"SELECT pg_drop_replication_slot('{name}')")

    def receive(self, slot: str, link: str, *options: str) -> list[str]:
        """The command line of pg_recvlogical."""
        return ["pg_recvlogical", "-h", self.host(link), "-d", "postgres", "--slot", slot, "--start", "--no-loop", *options]
