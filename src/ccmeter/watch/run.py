"""A watcher from its start to its end, in this process."""

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from ccmeter.errors import CcmeterError
from ccmeter.version import version
from ccmeter.watch.catch_up import catch_up
from ccmeter.watch.child import CATCH_UP
from ccmeter.watch.instance import Running, become, running
from ccmeter.watch.log import Log
from ccmeter.watch.loop import Loop, Options

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


def run(home: str, options: Options, *, echo: bool = False) -> int:
    """Watch until told to end; return the exit code. CcmeterError when another one watches."""
    instance = become(home)
    if instance is None:
        raise CcmeterError(who_runs(running(home)))
    log = Log(home, echo=echo)
    with ExitStack() as stack:
        stack.callback(instance.close)
        loop = Loop(home, instance, options, log)
        _listen(loop.hints.stop)
        if options.otlp is not None:
            loop.telemetry.insist(options.otlp)
        threading.excepthook = thread_died(loop)
        log.say(f"ccmeter {version()} watches")
        log.say(f"ended: {loop.run()}")
    return 0


def _listen(stop: Callable[[], None]) -> None:
    """End at signals, but not at those that the starter has it ignore, as `nohup` and `&` do.

    SIGTERM always counts: --stop sends it.
    """
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number and (name == "SIGTERM" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, lambda *_: stop())


def who_runs(found: Running | None) -> str:
    """Return a sentence that says which watcher runs already."""
    if found is None or not found.pid:
        return "another watcher runs for this data folder. End it with: ccmeter watch --stop"
    return (
        f"a watcher runs already: process {found.pid}, ccmeter {found.version}, since"
        f" {found.started}. End it with: ccmeter watch --stop"
    )


def thread_died(loop: Loop) -> Callable[[threading.ExceptHookArgs], None]:
    """Return a hook for threads of watchdog's that meet what they do not expect."""

    def go_on(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else "a thread"
        loop.eyes.distrust(f"events may be missing ({name}: {args.exc_value!r})")

    return go_on


def main(words: list[str]) -> int:
    """Run with options as `words` tells them; the entry of a fresh process."""
    from ccmeter.paths import data_home

    try:
        if words == [CATCH_UP]:
            catch_up(data_home())
            return 0
        return run(data_home(), options_of(words), echo=sys.stdout.isatty())
    except CcmeterError as error:
        print(f"ccmeter: {error}", file=sys.stderr)  # noqa: T201 - the last word of a process
        return error.exit_code


def words_of(options: Options) -> list[str]:
    """Return the options as words for a fresh process."""
    port = [] if options.otlp is None else [f"otlp={options.otlp}"]
    return ["poll"] * options.poll + ["forever"] * options.forever + port


def options_of(words: list[str]) -> Options:
    """Return the options that the words tell."""
    ports = [int(word.removeprefix("otlp=")) for word in words if word.startswith("otlp=")]
    return Options("poll" in words, "forever" in words, ports[0] if ports else None)
