"""A fresh machine for bin/ccmeter: a small checkout, an empty home, a PATH of its own, no network.

The stand-in project depends on one package, which a folder of wheels provides to pip and uv.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

BASE = str(getattr(sys, "_base_executable", sys.executable))
HERE = "python{}.{}".format(*sys.version_info)

PYPROJECT = """\
[build-system]
requires = ["hatchling"]

[project]
name = "stand-in"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "stand-in-package>=1",
]

[tool.ruff]
line-length = 100
"""

MAIN = """\
import json, os, sys
import stand_in_package
seen = {"argv": sys.argv[1:], "prefix": sys.prefix, "package": stand_in_package.__file__,
        "main": __file__, "caches": sys.pycache_prefix, "home": os.environ.get("CCMETER_HOME")}
print(json.dumps(seen))
"""


class Machine(NamedTuple):
    """Where bin/ccmeter is started, and what its environment says."""

    checkout: Path
    data: Path  # ccmeter's folder
    path: Path  # the only folder on PATH
    environ: dict[str, str]

    def command(self, *args: str) -> list[str]:
        return [str(self.checkout / "bin/ccmeter"), *args]

    def start(
        self, *args: str, cwd: Path | None = None, program: list[str] | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, *args] if program else self.command(*args),
            env=self.environ | env,
            cwd=cwd or self.checkout,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def begin(self, *args: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args),
            env=self.environ | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def shown(self, *args: str, **env: str) -> dict[str, Any]:
        """What ccmeter sees in a start that has to work."""
        done = self.start(*args, **env)
        assert done.returncode == 0, done.stderr
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    def environments(self) -> list[Path]:
        return sorted((self.data / "env").glob("[!.]*/"))

    def unfinished(self) -> list[Path]:
        return [path for path in (self.data / "env").glob(".*") if path.name != ".lock"]

    def offer(self, name: str, script: str) -> None:
        """Put a program on the PATH."""
        program = self.path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the only package there is."""
    folder = tmp_path_factory.mktemp("wheels")
    name, info = "stand_in_package", "stand_in_package-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\nstand-in = {name}:main\n",
    }
    files[f"{name}.py"] = "def main(): print('here')\n"
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)
    return folder


def _machine(folder: Path, repo: Path, wheels: Path) -> Machine:
    checkout, path = folder / "checkout", folder / "programs"
    shutil.copytree(repo / "bin", checkout / "bin")
    (checkout / "pyproject.toml").write_text(PYPROJECT)
    package = checkout / "src/ccmeter"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(MAIN)
    path.mkdir()
    (folder / "home").mkdir()
    environ = {
        "PATH": str(path),
        "HOME": str(folder / "home"),
        "CCMETER_HOME": str(folder / "data"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(wheels),
    }
    machine = Machine(checkout, folder / "data", path, environ)
    machine.offer("readlink", 'exec /usr/bin/readlink "$@"')
    machine.offer(HERE, f'exec "{BASE}" "$@"')
    return machine


@pytest.fixture
def fresh(repo_root: Path, wheels: Path, tmp_path: Path) -> Machine:
    """A machine on which ccmeter has never run."""
    return _machine(tmp_path, repo_root, wheels)


@pytest.fixture(scope="session")
def prepared(repo_root: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an environment in it. It is shared: copy it to change it."""
    machine = _machine(tmp_path_factory.mktemp("prepared 'here'"), repo_root, wheels)
    assert machine.start("--prepare").returncode == 0
    return machine.data


@pytest.fixture
def warm(fresh: Machine, prepared: Path) -> Machine:
    """A machine on which ccmeter has run before, with no program on its PATH."""
    shutil.rmtree(fresh.path)
    fresh.path.mkdir()
    fresh.environ["CCMETER_HOME"] = str(prepared)
    return fresh._replace(data=prepared)


def _wait_for(happened: Callable[[], object], limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Return as soon as something happened; fail after a limit."""
    return _wait_for


@pytest.fixture
def lacks_venv() -> Callable[[Machine], None]:
    """Take the parts of Python away that Debian packs apart."""

    def take(machine: Machine) -> None:
        without = "import sys; sys.modules['ensurepip'] = None"
        probe = f'exec "{BASE}" -I -c "{without}\n$3"'
        machine.offer(HERE, f'case $2 in -c) {probe} ;; esac\nexec "{BASE}" "$@"')

    return take


@pytest.fixture
def pip_settings() -> dict[str, str]:
    """Where this machine's pip finds packages: its own settings, seen from another home."""
    found = {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
    real = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for folder in (".config/pip", ".pip", "Library/Application Support/pip"):
        if (real / folder / "pip.conf").exists():
            found.setdefault("PIP_CONFIG_FILE", str(real / folder / "pip.conf"))
    return found
