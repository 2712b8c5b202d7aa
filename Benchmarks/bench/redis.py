"""A throwaway Redis."""

import socket
import subprocess
import time
from pathlib import Path

from .measuring import fail, stop


class Redis:
    """A server on a unix socket and a free port of loopback, without persistence."""

    def __init__(self, scratch: Path):
        self.socket = scratch / "redis.sock"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket),
                   "--save", "", "--appendonly", "no", "--dir", str(scratch)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                fail("redis-server does not start; is it installed? apt-get install redis-server")
            time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        stop(self.process)

    def cli(self, *words: str) -> str:
        command = ["redis-cli", "-p", str(self.port), *words]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def connect(self) -> "Connection":
        return Connection(self.port)


class Connection:
    """One connection that asks for single keys."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb")

    def get(self, key: str) -> bytes | None:
        self.socket.sendall(b"GET %s\r\n" % key.encode())
        length = int(self.input.readline()[1:])
        return None if length < 0 else self.input.read(length + 2)[:-2]
