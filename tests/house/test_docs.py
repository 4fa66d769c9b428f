"""The documents say what the code does."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ccmeter.cache.judge import COLD, OK, PARTIAL_OK, REBUILDS, UNCACHED, UNCACHED_TAIL
from ccmeter.cli import COMMANDS
from ccmeter.reports.cache_rules import NAMES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["docs/commands.md", "docs/audit.md"])
def test_what_is_generated_in_the_docs_is_up_to_date(page: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", page],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, (
        f"renew it with: PYTHONPATH=src python -m cogapp -r {page}\n" + done.stdout
    )


def test_the_readme_names_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"^ccmeter ([a-z]+)", text, re.MULTILINE))

    assert named
    assert named <= set(COMMANDS)


def test_the_readme_picture_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (ROOT / picture).exists()


def test_links_between_documents_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("*/*.md")):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_rule_and_verdict_of_the_audit_is_explained() -> None:
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")

    assert [rule for rule in NAMES if not re.search(rf"\b{rule}\b", text)] == []
    verdicts = {*REBUILDS, COLD, OK, PARTIAL_OK, UNCACHED, UNCACHED_TAIL}
    assert [name for name in verdicts if f"`{name}`" not in text] == []


@pytest.mark.parametrize("group", ["", "prices", "config"])
def test_a_list_of_commands_says_what_each_does_without_breaking_off(
    group: str, run_ccmeter: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    help_ = run_ccmeter(*group.split(), "--help", env={"COLUMNS": "80"}).stdout
    commands = help_.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()

    assert commands
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []


def test_every_help_page_is_what_the_command_prints(
    run_ccmeter: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A context that is built for the page alone may know other options than the command."""
    monkeypatch.setenv("COLUMNS", "100")
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    pages = dict(re.findall(r"^## (ccmeter[a-z ]*)\n\n```\n(.*?)^```$", text, re.M | re.S))

    assert {f"ccmeter {name}" for name in COMMANDS} <= set(pages)
    for path in ("ccmeter", "ccmeter report", "ccmeter prices", "ccmeter prices list"):
        printed = run_ccmeter(*path.split()[1:], "-h").stdout.splitlines()
        assert [line.rstrip() for line in printed] == pages[path].splitlines()
