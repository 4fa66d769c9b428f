"""A small HTTP server on the loopback interface that nobody can keep busy for long."""

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ccmeter.errors import CcmeterError

HOST = "127.0.0.1"
DEADLINE_S = 10.0  # for a whole request, from the connection to the end of its body
CONNECTIONS = 64  # at once


class LoopbackServer(ThreadingHTTPServer):
    """Threads, a deadline for every connection, and a limit on how many there are.

    CcmeterError when the port cannot be had.
    """

    daemon_threads = False  # server_close() waits for the answers under way

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.lock = threading.Lock()
        self._deadlines: dict[socket.socket, float] = {}
        try:
            super().__init__((HOST, port), handler)
        except (OSError, OverflowError) as error:
            raise CcmeterError(
                f"cannot listen on {HOST}:{port}: {error}. Is another ccmeter, or a collector,"
                " using the port? Choose another one."
            ) from error

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more; from now on its time runs."""
        with self.lock:
            room = len(self._deadlines) < CONNECTIONS
            if room:
                self._deadlines[request] = time.monotonic() + DEADLINE_S
        return room

    def service_actions(self) -> None:
        """End the connections whose time is up, however busily they drip."""
        now = time.monotonic()
        self._hang_up(lambda deadline: deadline < now)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self.lock:
            self._deadlines.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Read no more; what was read whole is still answered."""
        self._hang_up(lambda _: True)
        super().server_close()

    def _hang_up(self, due: Callable[[float], bool]) -> None:
        with self.lock:
            late = [open_ for open_, deadline in self._deadlines.items() if due(deadline)]
        for connection in late:
            shut(connection, socket.SHUT_RD)


def shut(connection: socket.socket, how: int) -> None:
    """Shut one direction of a connection, if it is still open."""
    try:
        connection.shutdown(how)
    except OSError:
        return
