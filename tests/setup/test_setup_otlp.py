"""ccmeter setup --otlp: what the client is told, and where the watcher listens."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
WANTED = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/json",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:14318/v1/logs",
    "OTEL_LOGS_EXPORT_INTERVAL": "2000",
    "OTEL_LOG_USER_PROMPTS": "0",
    "OTEL_LOG_TOOL_DETAILS": "0",
}
OWN = """{
  // mine
  "env": {"EDITOR": "vi", "OTEL_LOG_USER_PROMPTS": "1"},
  "model": "opus"
}
"""


def ran(run: Run, *arguments: str) -> str:
    done = run("setup", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def port_in(home: Path) -> Any:
    path = home / "ccmeter" / "config.toml"
    return tomllib.loads(path.read_text()).get("otlp_port") if path.exists() else None


@pytest.fixture
def settings(claude_dir: Path) -> Path:
    path = claude_dir / "settings.json"
    path.write_text(OWN)
    return path


def test_the_settings_are_printed_and_nothing_is_written(
    run_ccmeter: Run, settings: Path, home: Path
) -> None:
    assert json.loads(ran(run_ccmeter, "--otlp")) == {"env": WANTED}
    other = json.loads(ran(run_ccmeter, "--otlp", "4000"))["env"]
    assert other["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] == "http://127.0.0.1:4000/v1/logs"
    assert settings.read_text() == OWN
    assert port_in(home) is None


def test_written_they_stand_beside_the_users_own_and_the_watcher_listens(
    run_ccmeter: Run, settings: Path, home: Path
) -> None:
    said = ran(run_ccmeter, "--otlp", "--write")
    text = settings.read_text()

    assert "// mine" in text
    env = json.loads(text.replace("// mine", ""))["env"]
    assert env == {"EDITOR": "vi", **WANTED}
    assert port_in(home) == 14318
    assert "port 14318" in said


def test_removed_everything_is_as_it_was(run_ccmeter: Run, settings: Path, home: Path) -> None:
    ran(run_ccmeter, "--otlp", "--write")
    ran(run_ccmeter, "--otlp", "4000", "--write")
    assert port_in(home) == 4000
    ran(run_ccmeter, "--remove")

    assert settings.read_text() == OWN
    assert port_in(home) is None


def test_a_dry_run_changes_nothing(run_ccmeter: Run, settings: Path, home: Path) -> None:
    shown = ran(run_ccmeter, "--otlp", "--write", "--dry-run")

    assert "+" in shown
    assert "OTEL_LOGS_EXPORTER" in shown
    assert settings.read_text() == OWN
    assert port_in(home) is None


def test_without_settings_a_file_is_made_and_removed_variables_leave_none_behind(
    run_ccmeter: Run, claude_dir: Path
) -> None:
    path = claude_dir / "settings.json"
    ran(run_ccmeter, "--otlp", "--write")
    assert json.loads(path.read_text()) == {"env": WANTED}
    ran(run_ccmeter, "--remove")

    assert json.loads(path.read_text() or "{}") == {}


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_that_is_none_is_a_mistake_of_the_caller(run_ccmeter: Run, port: str) -> None:
    assert run_ccmeter("setup", "--otlp", port).returncode == 2
