"""Records what the real clients report, stripped of all that is not a count, a name or an id.

    PYTHONPATH=src python tests/client/record_telemetry.py

Writes fixtures/telemetry.json, beside each recording the ledger of the mock API that it is about.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness import ROOT, Sandbox
from install import VERSIONS, Missing, client
from mock_api import MockApi
from mock_replies import Reply, Tool

TARGET = ROOT / "fixtures" / "telemetry.json"
KEPT = ("event.name", "event.sequence", "event.timestamp")  # of events that are not calls
DROPPED = ("user.id", "prompt.id")
AGENT = {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"}

Json = dict[str, Any]


@contextmanager
def collector(bodies: list[bytes]) -> Iterator[str]:
    """Take everything that is sent, in the order of arrival."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(iter(self._chunk, b""))
            else:
                body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _chunk(self) -> bytes:
            data = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return data

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/logs"
        server.shutdown()


def record(version: str, folder: Path) -> Json:
    """Run one session with a retry and a subagent, and return what it reported."""
    found, bodies = client(version), []
    if isinstance(found, Missing):
        sys.exit(found.reason)
    with MockApi() as api, collector(bodies) as url:
        box = Sandbox(folder, found, api.url)
        box.env |= {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/json",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": url,
        }
        api.script("main", Reply(status=529), Reply("I ask.", (Tool("Agent", AGENT),)))
        box.ask("hello")
        fields = ("request_id", "kind", "model", "output", "status")
        ledger = [
            {name: getattr(call, name) for name in fields} | call.bill._asdict()
            for call in api.calls
        ]
    return {"ledger": ledger, "bodies": [stripped(json.loads(body)) for body in bodies]}


def stripped(document: Json) -> Json:
    """Remove the values that could hold text."""
    for resource in document["resourceLogs"]:
        told = resource["resource"]["attributes"]
        resource["resource"]["attributes"] = [a for a in told if a["key"].startswith("service")]
        for scope in resource["scopeLogs"]:
            for event in scope["logRecords"]:
                event["attributes"] = list(_attributes(event))
    return document


def _attributes(event: Json) -> Iterator[Json]:
    call = event["body"]["stringValue"] == "claude_code.api_request"
    for attribute in event["attributes"]:
        if attribute["key"] not in DROPPED:
            keep = call or attribute["key"] in KEPT
            yield attribute if keep else {**attribute, "value": {"stringValue": "stripped"}}


def main() -> None:
    """Record every version."""
    about = "What Claude Code reports by OpenTelemetry (logs, http/json), recorded from real runs"
    recordings: Json = {"about": about}
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            recordings[version] = record(version, Path(folder) / version)
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in recordings.items())
    TARGET.write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
