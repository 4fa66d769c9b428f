#!/usr/bin/env python3
"""Measure what Claude Code waits for: each hook, and the status line, as whole processes.

    python benchmarks/background.py             everything, in about two minutes; npm for the peer
    python benchmarks/background.py --rounds 100 --no-peer

Each hook is run as the client runs it, by the command in hooks.json, beside a shell that does
nothing; the status line by the command that `ccmeter setup` writes, beside `ccusage statusline`.
A watcher runs meanwhile, on a history that was read. All take turns, each round begins with
another, and medians count: the machine may be busy, the comparison stays fair.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import corpora
from figures import Figure, against
from installing import Unavailable
from machine import facts
from peers import CCUSAGE, Program, fresh_home, statusline
from results import _MET, table
from subject import ROOT, payload
from timing import environment, in_turn, median, run

EVENTS = ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd")
SHELL = "sh -c :"
SPEAKS = "Stop, with a notice to show"
OTHERS = "Stop, a notice of another session waits"
LINE, BEFORE = "statusline", "statusline, and the one that was there before"
NOTHING = "Python that does nothing"
_MS = 1000
_PATIENCE_S = 120.0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--rounds", type=int, default=40)
    add("--size", default="50MB", help="of the history")
    add("--no-peer", action="store_true", help="leave ccusage out")
    add("--cache", type=Path, default=corpora.default_cache())
    add("--python", default=sys.executable, help="an interpreter with what ccmeter needs")
    return parser.parse_args()


class Installed:
    """ccmeter, set up for a client whose history is a corpus, in a made-up home."""

    def __init__(self, home: Path, corpus: Path, python: str) -> None:
        fresh_home(home, corpus)
        self.data = home / "ccmeter"
        self.env = environment(
            home,
            CLAUDE_PLUGIN_ROOT=ROOT,
            CLAUDE_CODE_ENTRYPOINT="cli",
            CLAUDE_CONFIG_DIR=home / ".client",
            COLUMNS="120",
        )
        (home / ".client").mkdir()
        (home / ".client" / "projects").symlink_to(corpus / "projects")
        self._python = python
        self._make_environment()
        self.settings = home / ".client" / "settings.json"

    def _make_environment(self) -> None:
        """What bin/ccmeter finds instead of building: hooks and status line need no packages."""
        script = '. "$root/bin/env.sh"; read_key; printf "%s\\n" "$key"'
        key = subprocess.run(
            ["sh", "-c", script], env={"root": str(ROOT)}, capture_output=True, check=True
        ).stdout
        (self.data / "env" / "measured" / "bin").mkdir(parents=True)
        (self.data / "env" / "measured" / "bin" / "python").symlink_to(self._python)
        (self.data / "env" / "measured" / "stamp").write_bytes(key)

    def ccmeter(self, *arguments: str) -> None:
        """Run a command that has to work."""
        env = {**self.env, "PYTHONPATH": str(ROOT / "src")}
        run([self._python, "-m", "ccmeter", *arguments], env)

    def set_up(self, before: str = "") -> str:
        """Set the status line up; return the command that the client runs then."""
        line = {"statusLine": {"type": "command", "command": before}} if before else {}
        self.settings.write_text(json.dumps(line))
        self.ccmeter("setup")
        command: str = json.loads(self.settings.read_text())["statusLine"]["command"]
        return command

    def leave_notice(self, session: str) -> None:
        path = self.data / "notices" / f"{session}.json"
        path.parent.mkdir(exist_ok=True)
        notice = {"level": "alarm", "rule": "R2", "message": "look", "time_ms": 1}
        path.write_text(json.dumps([notice]))


@contextmanager
def watched(home: Path, corpus: Path, python: str) -> Iterator[Installed]:
    """Install, read everything, and keep a watcher running."""
    installed = Installed(home, corpus, python)
    installed.ccmeter("sync")
    installed.ccmeter("setup", "--refresh")
    installed.ccmeter("watch", "--detach")
    try:
        until = time.monotonic() + _PATIENCE_S
        while not (installed.data / "watch.pid").exists():
            if time.monotonic() > until:
                sys.exit("no watcher runs")
            time.sleep(0.1)
        time.sleep(3)  # its first pass
        yield installed
    finally:
        installed.ccmeter("watch", "--stop")


Measured = dict[str, Callable[[], float]]


def hooks(installed: Installed, session: str) -> Measured:
    """Every hook with nothing to say, and Stop with something."""
    events = json.loads((ROOT / "hooks" / "hooks.json").read_text("utf-8"))["hooks"]
    folder = installed.data / "notices"

    def once(event: str, notice_of: str = "") -> float:
        shutil.rmtree(folder, ignore_errors=True)
        if notice_of:
            installed.leave_notice(notice_of)
        given = {"session_id": session, "hook_event_name": event, "prompt": "why? " * 400}
        command = events[event][0]["hooks"][0]["command"]
        sent = json.dumps(given, separators=(",", ":")).encode()  # as compact as the client's
        done = run(["/bin/sh", "-c", command], installed.env, sent)
        if bool(done.out) != (notice_of == session):
            sys.exit(f"{event} said {done.out!r}")
        return done.seconds

    found: Measured = {SHELL: lambda: run(["/bin/sh", "-c", ":"], installed.env).seconds}
    found |= {event: lambda event=event: once(event) for event in EVENTS}  # type: ignore[misc]
    found[OTHERS] = lambda: once("Stop", session[::-1])
    found[SPEAKS] = lambda: once("Stop", session)
    return found


def lines(installed: Installed, python: str, given: bytes) -> Measured:
    """The status line as settings.json runs it."""
    wrapping = installed.set_up(before="cat >/dev/null; echo mine")
    alone = installed.set_up()

    def once(command: str) -> float:
        done = run(["/bin/sh", "-c", command], installed.env, given)
        if b"Opus 5.5" not in done.out:
            sys.exit(f"the status line said {done.out!r}")
        return done.seconds

    nothing = [python, "-S", "-c", "pass"]
    return {
        LINE: lambda: once(alone),
        BEFORE: lambda: once(wrapping),
        NOTHING: lambda: run(nothing, installed.env).seconds,
    }


def peers(cache: Path, home: Path, corpus: Path, given: bytes) -> Measured:
    """The peer's, through npm: when it may answer from its cache, and when it may not."""

    def once(program: Program) -> float:
        env = environment(home, **program.variables(home, corpus))
        return run(program.words(home, corpus), env, given).seconds

    cached, fresh = (
        statusline(cache, *options) for options in (("--refresh-interval", "3600"), ("--no-cache",))
    )
    fresh_home(home, corpus)
    return {
        "ccusage, from its cache": lambda: once(cached),
        "ccusage, --no-cache": lambda: once(fresh),
    }


def figures(taken: Mapping[str, list[float]]) -> Iterator[Figure]:
    shell = median(taken[SHELL])
    yield Figure(SHELL, _spread(taken[SHELL]), "", "", "", None)
    for name in (*EVENTS, OTHERS, SPEAKS):
        over = median(taken[name]) - shell
        limited = name in EVENTS
        target, met = ("≤ 5 ms over", over <= 0.005) if limited else ("", None)
        yield Figure(f"hook {name}", _spread(taken[name]), f"{_MS * over:+.1f} ms", "", target, met)
    mine = median(taken[LINE])
    yield Figure(LINE, _spread(taken[LINE]), "", "", "≤ 40 ms", mine <= 0.04)
    for name in (BEFORE, NOTHING):
        yield Figure(name, _spread(taken[name]), "", "", "", None)
    for name in (name for name in taken if name.startswith("ccusage")):
        yield against(LINE, mine, name, median(taken[name]), 0.5)


def _spread(values: list[float]) -> str:
    return f"{_MS * median(values):.1f} ms (fastest {_MS * min(values):.1f})"


def measure(args: argparse.Namespace, work: Path) -> Iterator[Figure]:
    corpus = corpora.build(args.cache.resolve() / "corpora", "--size", args.size)
    given = payload(corpus)
    session = json.loads(given)["session_id"]
    with watched(work / "home", corpus, args.python) as installed:
        measured = hooks(installed, session) | lines(installed, args.python, given)
        if not args.no_peer:
            try:
                measured |= peers(args.cache.resolve(), work / "peer", corpus, given)
            except Unavailable as error:
                print(f"without ccusage: {error}", file=sys.stderr)
        in_turn(2, measured)  # the first fill caches
        taken, failed = in_turn(args.rounds, measured)
    for name, reason in failed.items():
        sys.exit(f"{name}: {reason}")
    yield from figures(taken)


def versions(args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    yield from facts(args.python)
    manifest = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text("utf-8"))
    yield "shell", str(Path("/bin/sh").resolve().name)
    yield "ccmeter, ccusage", f"{manifest['version']}, {CCUSAGE} through npm"
    yield "runs", f"{args.rounds} each, in turn; median (fastest: least disturbed by others)"


def main() -> int:
    args = parse_args()
    with tempfile.TemporaryDirectory(prefix="background-") as work:
        before = list(versions(args))
        found = list(measure(args, Path(work)))
    print("\n".join(table(("", ""), before)))
    print()
    head = ("figure", "ccmeter", "over sh, or peer", "ratio", "target", "met")
    print("\n".join(table(head, [(*figure[:5], _MET[figure.met]) for figure in found])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
