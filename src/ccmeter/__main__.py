"""Start of the program. What Claude Code waits for is started before anything else is loaded."""

import os
import sys


def start() -> None:
    """Run the command line and end the process with its exit code."""
    code = main()
    _end(code)
    sys.exit(code)


def main() -> int:
    """Run the command line and return its exit code."""
    match sys.argv[1:]:
        case ["statusline"]:
            from ccmeter.statusline.program import main as show

            return show()
        case ["hook", *words] if not {"-h", "--help"} & set(words):
            from ccmeter.hook.program import main as answer

            return answer(words[0] if words else "")  # a complaint, 2, would block the client
    import gc

    gc.set_threshold(100_000, 20)  # looking for cycles, of which there are few, took a tenth
    from ccmeter.cli import main as run

    return run()


def _end(code: int) -> None:
    """End at once: to let go of every object before took Python a sixth of a report.

    Nothing is lost by it. Where something is still going on, or cannot be written, this returns.
    """
    loaded = sys.modules.get  # what is not loaded has nothing to end
    threading, atexit = loaded("threading"), loaded("atexit")
    if threading and threading.active_count() > 1:
        return
    if atexit:
        atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # Python tells of it, and with which exit code
        return
    os._exit(code)


if __name__ == "__main__":
    start()
