"""Run one command and say what it took. Run by timing.py as a process of its own, and small.

    python -I -S launch.py RESULT STDIN STDOUT STDERR PROGRAM [ARGUMENT ...]

A child starts with the peak memory of the process that started it, so what starts the measured
program must be smaller than any of them: this one has 9 MB, and imports nothing that Python has
not loaded already but `time`. RESULT gets: seconds, peak bytes of the largest process, seconds of
CPU, exit code, and the seconds until the last output, which a program may outlive. The clock of
files tells them, to a few milliseconds.
"""

import os
import sys
import time

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main(result: str, stdin: str, stdout: str, stderr: str, *command: str) -> None:
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o600),
    ]
    began, start = time.time(), time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=files)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    shown = max(0.0, os.stat(stdout).st_mtime - began)
    with open(result, "w") as file:
        file.write(f"{seconds} {usage.ru_maxrss * _MAXRSS_UNIT} {cpu} {code} {shown}")


if __name__ == "__main__":
    main(*sys.argv[1:])
