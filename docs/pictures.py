"""Draw the pictures of the README from real output: python docs/pictures.py (needs rich)."""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = {"report": (["report", "--demo", "--last", "week"], 92)}


def draw(name: str, arguments: list[str], columns: int) -> None:
    """Run the command in an empty home and save what it printed as docs/<name>.svg."""
    with tempfile.TemporaryDirectory() as home:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": home,
            "CCMETER_HOME": home,
            "COLUMNS": str(columns),
            "FORCE_COLOR": "1",
            "TZ": "UTC",
        }
        command = [sys.executable, "-m", "ccmeter", *arguments]
        output = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(output))
    shown = "ccmeter " + " ".join(a for a in arguments if a not in ("--demo", "--last", "week"))
    console.save_svg(str(ROOT / "docs" / f"{name}.svg"), title=shown)


if __name__ == "__main__":
    for name, (arguments, columns) in PICTURES.items():
        draw(name, arguments, columns)
