"""The wheel holds all it needs and runs without one development dependency."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ccmeter.cli import COMMANDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(__file__).resolve().parents[2]
    out = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(out), str(root))
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `ccmeter` of an environment with the runtime dependencies alone."""
    folder = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True)
    return folder / "bin" / "ccmeter"


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], check=True)


def test_data_files_travel_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    src = Path(__file__).resolve().parents[2] / "src"
    data = [p for p in src.rglob("*") if p.suffix in {".css", ".sql", ".sh", ".toml", ".typed"}]

    assert data
    assert [str(p.relative_to(src)) for p in data if str(p.relative_to(src)) not in names] == []


def test_the_installed_program_reports_on_the_demo(program: Path) -> None:
    done = run(program, "report", "--demo", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["totals"]["responses"] > 1000


def test_every_command_shows_its_help(program: Path) -> None:
    listed = run(program, "--help").stdout
    assert all(name in listed for name in COMMANDS)

    for name in COMMANDS:
        done = run(program, name, "--help")
        assert done.returncode == 0, done.stderr


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run([program, *arguments], capture_output=True, text=True, env=env)
