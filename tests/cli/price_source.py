"""A price list on this machine, and the real command that fetches from it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
# the address is a constant of the program, which no setting and no variable can change
COMMAND = """\
import sys
from ccmeter.pricing import download
download.ADDRESS = {address!r}
download.PATIENCE_S = {patience}
download.WHOLE_S = {whole}
download.LARGEST = {largest}
from ccmeter.cli import main
sys.exit(main(sys.argv[1:]))
"""
OPUS = {
    "input_mtok": 3,
    "output_mtok": 15,
    "cache_read_mtok": 0.15,
    "cache_write_mtok": 3.75,
    "cache_write_1h_mtok": 6,
}


def listed(**models: Any) -> bytes:
    """The list with these models; _ in a name stands for -."""
    found = [{"id": name.replace("_", "-"), "prices": prices} for name, prices in models.items()]
    return json.dumps([{"id": "anthropic", "models": found}]).encode()


class Source:
    """A server on the loopback address. `answer` is what it sends, `requests` what came."""

    def __init__(self) -> None:
        self.answer: bytes = listed(claude_opus_6=OPUS)
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.stall = threading.Event()  # while it is not set, nothing is sent
        self.stall.set()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/list.json"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.requests.append((self.command, self.path, dict(self.headers)))
                source.stall.wait(30)
                self.send_response(source.status)
                for name, value in {
                    "Content-Length": str(len(source.answer)),
                    **source.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(source.answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stall.set()
        self._server.shutdown()
        self._server.server_close()

    def run(
        self,
        *arguments: str,
        address: str = "",
        patience: float = 10,
        whole: float = 60,
        largest: int = 8 << 20,
        env: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command of ccmeter's that would fetch from here, if it fetches."""
        code = COMMAND.format(
            address=address or self.address, patience=patience, whole=whole, largest=largest
        )
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "no_proxy": "127.0.0.1"}
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
