"""Time and memory of whole processes, standard library only.

`run` times a command, `peak` watches the memory of all its processes together, which slows it,
so never in the same run. `in_turn` interleaves what is compared: a machine that slows down then
slows everybody. Every run has a made-up home; the real one is never seen.
"""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

LAUNCHER = Path(__file__).resolve().parent / "launch.py"
MARK = "BENCHMARK_RUN"
_SAMPLE_S = 0.01
_PROC = Path("/proc")


class Run(NamedTuple):
    """One process from start to end."""

    seconds: float
    peak_bytes: int  # of its largest process
    cpu_seconds: float
    code: int
    out: bytes
    err: bytes
    shown_seconds: float  # until its last output


class Failed(Exception):
    """A command that did not end well; the message is one line."""


def environment(home: str | Path, **more: str | Path) -> dict[str, str]:
    """Return a clean environment whose home, and Claude's and ccmeter's, is below `home`."""
    base = {
        "HOME": home,
        "CLAUDE_CONFIG_DIR": Path(home, ".claude"),
        "CCMETER_HOME": Path(home, "ccmeter"),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    return {key: str(value) for key, value in {**base, **more}.items()}


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes = b"",
    *,
    timeout: float = 900,
    codes: Sequence[int] = (0,),
) -> Run:
    """Run a command whose first word is a path; Failed when it ends badly or takes too long."""
    with _started(command, env, stdin) as launched:
        launched.wait(timeout)
        return launched.result(codes)


def peak(
    command: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes = b"",
    *,
    timeout: float = 900,
    codes: Sequence[int] = (0,),
) -> int:
    """Return the peak bytes of all its processes together, daemons too; the largest, off Linux.

    Shared pages count once (PSS): processes that were forked share much.
    """
    most = 0
    with _started(command, env, stdin) as launched:
        watch = Watch(launched.mark, launched.process.pid)
        until = time.monotonic() + timeout
        while launched.process.poll() is None:
            most = max(most, watch.together())
            if time.monotonic() > until:
                raise Failed(f"not done after {timeout:g} s")
            time.sleep(_SAMPLE_S)
        return max(most, launched.result(codes).peak_bytes)


def in_turn(
    rounds: int, measured: Mapping[str, Callable[[], float]], most_s: float = 60
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Measure all, in another order each round; what takes over `most_s` only twice.

    Returns what was measured, and the reason of each that failed, which is not tried again.
    """
    taken: dict[str, list[float]] = {name: [] for name in measured}
    failed: dict[str, str] = {}
    names = list(measured)
    for number in range(rounds):
        first = number % max(1, len(names))
        for name in names[first:] + names[:first]:
            if name in failed or (len(taken[name]) >= 2 and max(taken[name]) > most_s):
                continue
            try:
                taken[name].append(measured[name]())
            except Failed as error:
                failed[name] = str(error)
    return taken, failed


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


class _Launched:
    """A launcher that runs, and the files between it and us."""

    def __init__(
        self, folder: Path, command: Sequence[str], env: Mapping[str, str], stdin: bytes
    ) -> None:
        self.files = {name: folder / name for name in ("result", "in", "out", "err")}
        self.files["in"].write_bytes(stdin)
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCHER, *self.files.values(), *command],
            env={**env, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def wait(self, timeout: float) -> None:
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {timeout:g} s") from None

    def result(self, codes: Sequence[int]) -> Run:
        if not self.files["result"].exists():
            assert self.process.stderr
            words = self.process.stderr.read().decode("utf-8", "replace").strip()
            raise Failed(f"could not be started: {words.rpartition(chr(10))[2]}")
        seconds, most, cpu, code, shown = self.files["result"].read_text().split()
        out, err = self.files["out"].read_bytes(), self.files["err"].read_bytes()
        if int(code) not in codes:
            last = (err.strip() or out.strip()).decode("utf-8", "replace").rpartition("\n")[2]
            raise Failed(f"ended with {code}: {last[:200]}")
        return Run(float(seconds), int(most), float(cpu), int(code), out, err, float(shown))


@contextlib.contextmanager
def _started(command: Sequence[str], env: Mapping[str, str], stdin: bytes) -> Iterator[_Launched]:
    with tempfile.TemporaryDirectory(prefix="timing-") as folder:
        launched = _Launched(Path(folder), command, env, stdin)
        try:
            yield launched
        finally:
            if launched.process.poll() is None:
                os.killpg(launched.process.pid, signal.SIGKILL)
            launched.process.wait()
            assert launched.process.stderr
            launched.process.stderr.close()


class Watch:
    """The processes that carry a mark in their environment, but for the launcher."""

    def __init__(self, mark: str, launcher: int) -> None:
        self._mark = f"{MARK}={mark}".encode()
        self._launcher = str(launcher)
        self._ours: set[str] = set()

    def together(self) -> int:
        """Return the bytes that they hold by now; 0 where there is no /proc."""
        if not (_PROC / "self" / "smaps_rollup").exists():
            return 0
        there = {name for name in os.listdir(_PROC) if name.isdigit()} - {self._launcher}
        self._ours &= there
        # asked again each time: between its fork and its start a process has another environment
        self._ours |= {pid for pid in there - self._ours if self._mark in _read(pid, "environ")}
        return sum(map(_pss, self._ours))


def _read(pid: str, name: str) -> bytes:
    try:
        return (_PROC / pid / name).read_bytes()
    except OSError:  # ended meanwhile, or not ours
        return b""


def _pss(pid: str) -> int:
    for line in _read(pid, "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0
