"""The audit of histories whose truth is known: the real client, public ones, the made-up month."""

import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ccmeter.demo import write_demo

Row = tuple[str, str | None]
HIT, COLD = ("ok", None), ("cold", None)
DECEMBER = ("--since", "2026-10-01", "--until", "2026-12-31", "--timezone", "UTC")
EVER = ("--since", "2025-01-01", "--until", "2026-12-31", "--timezone", "UTC")
WARNS = ("warning", "alarm")
# set by hand from what each scenario did: (verdict, cause) by thread, the main one first
PLANTED: dict[str, list[list[Row]]] = {
    "miss": [[COLD, ("suspect_rebuild", "server_side"), HIT]],  # an entry was evicted
    "compact": [[COLD, HIT, ("partial_expected", "compaction")]],
    "models": [
        [COLD, ("expected_rebuild", "model_changed"), ("expected_rebuild", "model_changed")]
    ],
    "resume-v197": [[COLD, ("suspect_rebuild", "resume"), HIT]],  # with another prompt
}
HEALTHY: dict[str, list[list[Row]]] = {
    "resume": [[COLD, HIT, HIT]],
    "ttl1h": [[COLD, HIT, HIT]],
    "fork": [[COLD, HIT, HIT], [COLD, HIT]],
    "agent": [[COLD, HIT], [COLD, HIT]],
    "agents2-v90": [[COLD, HIT]] * 3,
    "nested": [[COLD, HIT]] * 3,
    "oauth_agent": [[COLD, HIT], [COLD, HIT]],
    "parallel": [[COLD, HIT]],
    "bash": [[COLD, HIT]],
    "bash-v90": [[COLD, HIT]],
    "sigint": [[COLD]],
    "retry529": [[COLD]],
    "hello": [[COLD]],
    "hello-v90": [[COLD]],
    "odd_usage": [[COLD]] * 8,
}
RULES = {"miss": {"R1"}, "resume-v197": {"R1", "R3"}}

Audit = Callable[..., dict[str, Any]]


@pytest.fixture
def audit(ok: Callable[..., str]) -> Audit:
    def ran(folder: Path, *arguments: str) -> dict[str, Any]:
        env = {"CLAUDE_CONFIG_DIR": str(folder)}
        document: dict[str, Any] = json.loads(ok("audit", "--json", *arguments, env=env))
        return document

    return ran


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """The made-up month in which client 2.1.326 loses the cache."""
    write_demo(str(tmp_path), date(2026, 11, 24))
    return tmp_path


def threads(document: dict[str, Any]) -> list[list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in document["requests"]:
        place = (row["session"], row["agent"] or "")
        found.setdefault(place, []).append((row["verdict"], row["cause"]))
    return list(found.values())


@pytest.mark.parametrize("name", [*PLANTED, *HEALTHY])
def test_what_was_planted_for_the_real_client_is_named_and_nothing_else(
    name: str, shared_dir: Path, audit: Audit
) -> None:
    folder = shared_dir / "data" / "client" / name
    document = audit(folder, *DECEMBER, "--all-requests")

    assert sorted(threads(document)) == sorted((PLANTED | HEALTHY)[name])
    assert {alert["rule"] for alert in document["alerts"]} == RULES.get(name, set())


def test_every_scenario_is_judged(shared_dir: Path) -> None:
    folders = [path.name for path in (shared_dir / "data" / "client").iterdir() if path.is_dir()]

    assert sorted(folders) == sorted(PLANTED | HEALTHY)


def test_public_transcripts_give_at_most_one_warning_per_100_dollars(
    shared_dir: Path, audit: Audit
) -> None:
    document = audit(shared_dir / "data" / "transcripts", *EVER)
    cost = document["totals"]["list_cost_usd"]
    warnings = [alert for alert in document["alerts"] if alert["level"] in WARNS]

    assert cost > 80
    assert len(warnings) <= math.ceil(cost / 100)
    # the one that is known, with the API's own word for it
    assert [(alert["version"], alert["rule"]) for alert in warnings] == [("2.1.221", "R1")]
    assert "the API says: tools_changed" in warnings[0]["message"]


def test_models_that_are_not_claude_raise_nothing_in_public_transcripts(
    shared_dir: Path, audit: Audit
) -> None:
    document = audit(shared_dir / "data" / "transcripts", *EVER, "--all-requests")
    other = {r["session"] for r in document["requests"] if not r["model"].startswith("claude-")}
    own = {r["session"] for r in document["requests"] if r["model"].startswith("claude-")}

    assert other - own
    assert not {alert["session"] for alert in document["alerts"]} & (other - own)


def test_the_broken_client_of_the_bundled_month_is_found(month: Path, audit: Audit) -> None:
    document = audit(month, *DECEMBER)
    verdicts = {row["version"]: row["verdict"] for row in document["versions"]}
    (alarm,) = [alert for alert in document["alerts"] if alert["rule"] == "R8"]

    assert [version for version, verdict in verdicts.items() if verdict == "alarm"] == ["2.1.326"]
    assert set(verdicts.values()) == {"alarm", "ok"}
    assert document["healthy_version"] == "2.1.330"
    assert (alarm["level"], alarm["version"], alarm["session"]) == ("alarm", "2.1.326", None)
    assert alarm["advice"] == "Try 2.1.330, healthy on this machine."
    pinned = [alert for alert in document["alerts"] if alert["rule"] == "R2"]
    assert {alert["version"] for alert in pinned} == {"2.1.326"}
    assert len({alert["session"] for alert in pinned}) >= 3


def test_the_demo_opens_with_the_broken_client(ok: Callable[..., str], run_ccmeter: Any) -> None:
    opening = " ".join(ok("audit", "--demo").split())
    shown = ok("report", "--demo")
    report = " ".join(shown.split())

    assert "! 9 responses" in "\n".join(shown.splitlines()[:6]), "dollars are not all of it"
    assert "Client 2.1.326 breaks the prompt cache" in opening[:200]
    assert "! Client 2.1.326 rebuilt the cache without an ordinary cause" in report
    assert run_ccmeter("audit", "--demo", "--fail-on", "alarm").returncode == 3


def test_a_version_can_be_looked_at_alone_and_is_still_compared(month: Path, audit: Audit) -> None:
    document = audit(month, *DECEMBER, "--version", "2.1.326")
    (row,) = document["versions"]

    assert (row["verdict"], row["base_measured"]) == ("alarm", True)
    assert {request["version"] for request in document["requests"]} == {"2.1.326"}
    assert {alert["version"] for alert in document["alerts"]} == {"2.1.326"}


def test_the_screens_of_a_whole_month_fit(
    month: Path, ok: Callable[..., str], width: int, fits: Callable[[str, int], None]
) -> None:
    env = {"CLAUDE_CONFIG_DIR": str(month), "COLUMNS": str(width)}
    screen = ok("audit", *DECEMBER, env=env)
    alarms = [line.split() for line in screen.splitlines() if line.startswith("  alarm ")]
    sessions = [word for words in alarms for word in words if len(word) == 8 and word.isalnum()]

    fits(screen, width)
    assert "2.1.326" in alarms[0]
    fits(ok("audit", "--no-sync", *DECEMBER, "--session", sessions[0], env=env), width)
    assert "The newest that is healthy on this machine: 2.1.330." in screen
