"""The documents say what the code does."""

import re
import subprocess
import sys
from pathlib import Path

from ccmeter.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def test_the_help_of_every_command_stands_in_the_docs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "docs/commands.md"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, (
        "renew it with: PYTHONPATH=src python -m cogapp -r docs/commands.md\n" + done.stdout
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
