"""Builds a virtual environment beside its destination and renames it into place.

Run by bin/env.sh under any Python >= 3.11, so standard library only:
`build_env.py PYPROJECT FOLDER KEY [GROUP]` puts one environment with the dependencies of the
project, and of the dependency group, into FOLDER. A kill leaves nothing that looks finished, and
a lock, which the kernel frees, keeps a second start waiting.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

UNUSED_S = 14 * 86400.0  # Claude Code keeps old versions of a plugin as long
CLAIMED_S = 86400.0  # where a folder cannot be locked, a younger build may be alive


class BuildError(Exception):
    """The environment could not be built; the message is one line for the user."""


class Plan(NamedTuple):
    """What to build and where."""

    folder: Path  # holds the environments
    name: str  # of the finished environment
    key: str  # what it is found by
    requirements: list[str]

    @property
    def log(self) -> Path:
        """The output of the installers, kept when they fail."""
        return self.folder / "build.log"


def main(argv: list[str]) -> int:
    """Build unless somebody else just did; return the exit code, after one line if it is not 0."""
    pyproject, folder, key, *groups = argv
    os.umask(0o077)
    try:
        with locked(Path(folder)) as alone:
            prepare(plan(Path(pyproject), Path(folder), key, groups), alone)
        return 0
    except BuildError as error:
        say(str(error))
    except OSError as error:
        say(explain(error, folder))
    except KeyboardInterrupt:
        return 130
    return 1


def say(text: str) -> None:
    """Tell the user, on stderr."""
    sys.stderr.write(f"ccmeter: {text}\n")


def explain(error: OSError, folder: str) -> str:
    """Return one line about a folder that cannot be used."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    return f"cannot use {folder} ({error.strerror}): set CCMETER_HOME to a folder you can write to"


def disk_full(folder: str | Path) -> str:
    """Return one line about a full disk."""
    return f"no space left for the private environment in {folder}: free about 100 MB there"


def plan(pyproject: Path, folder: Path, key: str, groups: list[str]) -> Plan:
    """Read the requirements of the project and of the groups."""
    document = tomllib.loads(pyproject.read_text("utf-8"))
    project = document["project"]
    requirements = list(project["dependencies"])
    for group in groups:
        requirements += members(document["dependency-groups"], group)
    minor = f"py{sys.version_info.major}.{sys.version_info.minor}"
    name = f"{project['version']}-{minor}-{zlib.crc32(key.encode()):08x}"
    return Plan(folder, name, key, requirements)


def members(groups: dict[str, list[str | dict[str, str]]], name: str) -> list[str]:
    """Return the requirements of a dependency group and of those that it includes."""
    found: list[str] = []
    for item in groups[name]:
        if isinstance(item, str):
            found.append(item)
        else:
            found += members(groups, item["include-group"])
    return found


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, after waiting for it; False where the file system has no locks."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "wb") as handle:
        yield take(handle)


def take(handle: BinaryIO) -> bool:
    """Lock the file until it is closed or its process dies. Return whether that worked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another start is preparing it already; waiting ...")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def prepare(wanted: Plan, alone: bool) -> None:
    """Build the environment and rename it into place, unless it is there by now."""
    if any(is_ready(path, wanted.key) for path in environments(wanted.folder)):
        return
    sweep(wanted, alone)
    staging = Path(tempfile.mkdtemp(prefix=f".build-{wanted.name}-", dir=wanted.folder))
    try:
        install(wanted, staging)
        relocate(staging, wanted.folder / wanted.name)
        (staging / "used").touch()
        (staging / "stamp").write_text(wanted.key + "\n", "utf-8")
        put(staging, wanted.folder / wanted.name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    wanted.log.unlink(missing_ok=True)
    sweep(wanted, alone)  # an installer that outlived its builder has ended by now


def environments(folder: Path) -> list[Path]:
    """Return the finished environments, usable or not. Other folders are not ours to judge."""
    return [path.parent for path in folder.glob("[!.]*/stamp")]


def is_ready(path: Path, key: str) -> bool:
    """Tell whether the environment can be used for the key: what find_env in env.sh asks."""
    return (path / "stamp").read_text("utf-8") == key + "\n" and has_python(path)


def has_python(path: Path) -> bool:
    """Tell whether the interpreter that the environment links to is still there."""
    return os.access(path / "bin/python", os.X_OK)


def sweep(wanted: Plan, alone: bool) -> None:
    """Remove what dead builders left, and environments that nobody can use or has used lately."""
    for path in wanted.folder.glob(".build-*"):
        if alone or age_s(path) > CLAIMED_S:
            shutil.rmtree(path, ignore_errors=True)
    for path in environments(wanted.folder):
        if not has_python(path) or age_s(path / "used") > UNUSED_S:
            shutil.rmtree(path, ignore_errors=True)


def age_s(path: Path) -> float:
    """Return the seconds since the file or folder was last written."""
    return time.time() - path.stat().st_mtime


def install(wanted: Plan, staging: Path) -> None:
    """Install with uv where present; if that fails, or without it, with venv and pip."""
    with open(wanted.log, "wb") as log:
        for commands in recipes(wanted.requirements, staging):
            if all(run(command, wanted.folder, log) for command in commands):
                return
    raise BuildError(reason(wanted))


def recipes(requirements: list[str], staging: Path) -> Iterator[list[list[str]]]:
    """Yield the ways to make the environment, each a list of commands."""
    base, python = base_python(), str(staging / "bin/python")
    prompt = ["--prompt", "ccmeter"]
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--python", python, "--compile-bytecode"]
        venv = [uv, "venv", "--python", base, *prompt, str(staging)]
        yield [venv, [*install, *requirements]]
    venv = [base, "-I", "-m", "venv", "--clear", *prompt, str(staging)]
    yield [venv, [python, "-I", "-m", "pip", "install", *requirements]]


def base_python() -> str:
    """Return the interpreter to link to: no virtual environment's, and by a name with its version.

    `python3` may be another version tomorrow, and an environment does not survive that.
    """
    base = str(getattr(sys, "_base_executable", sys.executable))
    named = os.path.join(os.path.dirname(base), "python{}.{}".format(*sys.version_info))
    same = os.path.exists(named) and os.path.samefile(named, base)
    return named if same else base


def run(command: list[str], folder: Path, log: BinaryIO) -> bool:
    """Run an installer in the folder, away from the user's project; return whether it worked."""
    log.write(f"$ {' '.join(command)}\n".encode())
    log.flush()
    environ = {name: text for name, text in os.environ.items() if name not in MISLEADING} | FIXED
    done = subprocess.run(command, cwd=folder, env=environ, stdout=log, stderr=log, check=False)
    return done.returncode == 0


FIXED = {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
# they would send the packages somewhere else than into the new environment
MISLEADING = frozenset(
    {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_PYTHON"}
    | {"UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_TARGET", "UV_PREFIX"}
)


def reason(wanted: Plan) -> str:
    """Return one line about installers that failed, with the last that they said."""
    said = wanted.log.read_text("utf-8", "replace")
    if os.strerror(errno.ENOSPC) in said or shutil.disk_usage(wanted.folder).free < 1 << 20:
        return disk_full(wanted.folder)
    lines = [line for line in map(str.strip, said.splitlines()) if line]
    errors = [line for line in lines if line.lower().startswith("error")]
    last = (errors or lines)[-1]
    return f"could not install its packages (is there a network?): {last} (log: {wanted.log})"


def relocate(staging: Path, final: Path) -> None:
    """Write the final name into the scripts and the configuration that name the temporary one.

    The name alone, since some Pythons quote the path, each shell's way.
    """
    old, new = os.fsencode(staging.name), os.fsencode(final.name)
    for path in [*(staging / "bin").iterdir(), staging / "pyvenv.cfg"]:
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if old in data:
            path.write_bytes(data.replace(old, new))


def put(staging: Path, final: Path) -> None:
    """Rename the environment into place; what is there, and is not usable, moves aside."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(final, f"{final.parent}/.build-{final.name}-old-{os.getpid()}")
    os.rename(staging, final)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
