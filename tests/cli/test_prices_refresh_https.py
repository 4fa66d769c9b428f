"""The refresh as it is: the address of the program, over HTTPS, through the environment's proxy.

The proxy is on this machine and answers in the place of the server, with a certificate of its own.
"""

import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from price_source import OPUS, listed

HOST = "raw.githubusercontent.com"


class Proxy(socketserver.ThreadingTCPServer):
    """Takes a CONNECT, and is then the server itself."""

    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.heard: list[list[str]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that trusts no certificate hangs up."""


class Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        server.heard.append(head(self.rfile))
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with server.context.wrap_socket(self.request, server_side=True) as inside:
            server.heard.append(head(inside.makefile("rb")))
            body = listed(claude_opus_6=OPUS)
            inside.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def head(file: Any) -> list[str]:
    lines = []
    while line := file.readline().strip():
        lines.append(line.decode())
    return lines


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for the host, which nobody else has signed."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl is here to make a certificate")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    named = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", f"{path}.key", "-out", str(path)]
    subprocess.run([*made, *named, *files], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.key").read_text())
    return path


@pytest.fixture
def proxy(certificate: Path) -> Iterator[Proxy]:
    with Proxy(certificate) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_the_published_list_is_fetched_over_https_and_through_a_proxy(
    proxy: Proxy, certificate: Path, run_ccmeter: Any, ok: Any
) -> None:
    env = {"https_proxy": proxy.address, "no_proxy": "", "SSL_CERT_FILE": str(certificate)}
    done = run_ccmeter("prices", "refresh", env=env)

    assert (done.returncode, done.stderr) == (0, "")
    assert "claude-opus-6   3.00" in done.stdout
    (connect, get) = proxy.heard
    assert connect[0].startswith(f"CONNECT {HOST}:443 ")
    path = "/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
    version = ok("--version").split()[1]
    assert get[0] == f"GET {path} HTTP/1.1"
    assert sorted(get[1:]) == [
        "Accept-Encoding: identity",
        "Connection: close",
        f"Host: {HOST}",
        f"User-Agent: ccmeter/{version}",
    ]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    proxy: Proxy, run_ccmeter: Any, home: Path
) -> None:
    done = run_ccmeter("prices", "refresh", env={"https_proxy": proxy.address, "no_proxy": ""})

    assert done.returncode == 1
    assert f"cannot fetch prices from {HOST}: " in done.stderr
    assert "certificate verify failed" in done.stderr.lower()
    assert list(home.iterdir()) == []
