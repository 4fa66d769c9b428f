"""Processes are measured from outside, in a home of their own, in turn."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import timing

MB = 1 << 20


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_a_run_tells_what_the_process_said_and_used(tmp_path: Path) -> None:
    code = f"import sys; held = bytearray({40 * MB}); print(sys.stdin.read().upper())"

    done = timing.run(python(code), timing.environment(tmp_path), b"hello")

    assert done.out == b"HELLO\n"
    assert done.seconds > 0
    assert done.peak_bytes > 40 * MB


def test_output_is_timed_of_a_program_that_goes_on(tmp_path: Path) -> None:
    code = "import time; time.sleep(0.2); print('done', flush=True); time.sleep(0.5)"

    done = timing.run(python(code), timing.environment(tmp_path))

    assert 0.1 < done.shown_seconds < done.seconds - 0.4


def test_the_memory_of_who_measures_is_not_that_of_the_measured(tmp_path: Path) -> None:
    held = bytearray(200 * MB)

    done = timing.run(python("pass"), timing.environment(tmp_path))

    assert done.peak_bytes < len(held) / 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of a process")
def test_the_peak_is_that_of_all_processes_at_once(tmp_path: Path) -> None:
    code = f"""
import os, sys
for _ in range(3):
    if not os.fork():
        held = bytearray({30 * MB})
        print("x", end="", flush=True)
        os.read(0, 1)
        os._exit(0)
for _ in range(3):
    os.wait()
"""
    env = {**timing.environment(tmp_path), timing.MARK: "this"}
    with subprocess.Popen(python(code), env=env, stdin=-1, stdout=-1) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.read(3) == b"xxx"  # all three are there together

        assert timing.Watch("this", 0).together() > 90 * MB
        assert timing.Watch("other", 0).together() == 0
        process.stdin.close()


def test_a_process_that_gets_the_mark_when_it_starts_is_noticed(tmp_path: Path) -> None:
    """As every process does: from its fork on it is there, with the environment of another."""
    env = timing.environment(tmp_path)
    late = f"read go; {timing.MARK}=this exec sleep 60"
    with subprocess.Popen(["sh", "-c", late], env=env, stdin=subprocess.PIPE) as process:
        watch = timing.Watch("this", 0)
        assert watch.together() == 0
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
        until = time.monotonic() + 10
        while not watch.together() and time.monotonic() < until:
            time.sleep(0.01)
        assert watch.together() > 0
        process.kill()


def test_a_watched_run_has_a_peak_and_fails_as_others_do(tmp_path: Path) -> None:
    env = timing.environment(tmp_path)

    assert timing.peak(python(f"held = bytearray({40 * MB})"), env) > 40 * MB
    with pytest.raises(timing.Failed, match="ended with 3"):
        timing.peak(python("raise SystemExit(3)"), env)


def test_the_home_of_a_run_is_made_up(tmp_path: Path) -> None:
    code = "import os; print(*sorted(os.environ.items()), sep='\\n')"

    shown = timing.run(python(code), timing.environment(tmp_path)).out.decode()

    for name in ("HOME", "CLAUDE_CONFIG_DIR", "CCMETER_HOME"):
        assert f"('{name}', '{tmp_path}" in shown


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (python("raise SystemExit('no luck')"), "ended with 1: no luck"),
        (python("import os; os.kill(os.getpid(), 9)"), "ended with -9"),
        (["/there/is/no/such/program"], "could not be started: FileNotFoundError"),
    ],
)
def test_a_run_that_ends_badly_says_why(tmp_path: Path, command: list[str], words: str) -> None:
    with pytest.raises(timing.Failed, match=words):
        timing.run(command, timing.environment(tmp_path))


def test_a_run_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(timing.Failed, match=r"not done after 0\.2 s"):
        timing.run(
            python("import time; time.sleep(600)"), timing.environment(tmp_path), timeout=0.2
        )


def steps(*seconds: float) -> Callable[[], float]:
    left = iter(seconds)
    return lambda: next(left)


def test_what_is_compared_runs_in_turn_and_each_is_first_once() -> None:
    order: list[str] = []

    def runs(name: str) -> Callable[[], float]:
        return lambda: order.append(name) or 1.0  # type: ignore[func-returns-value]

    timing.in_turn(3, {name: runs(name) for name in "abc"})

    assert "".join(order) == "abcbcacab"


def test_what_is_slow_runs_twice_and_what_fails_once() -> None:
    def fails() -> float:
        raise timing.Failed("not here")

    measured = {"slow": steps(70, 71), "fast": steps(1, 2, 3), "broken": fails}

    taken, failed = timing.in_turn(3, measured, most_s=60)

    assert taken == {"slow": [70, 71], "fast": [1, 2, 3], "broken": []}
    assert failed == {"broken": "not here"}
