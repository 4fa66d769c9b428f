"""Start of the program. What Claude Code waits for is started before anything else is loaded."""

import os
import sys


def start() -> None:
    """Run the command line and end the process with its exit code."""
    code = _written(main())
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

    Nothing is lost by it. Where something is still going on, this returns.
    """
    loaded = sys.modules.get  # what is not loaded has nothing to end
    threading, atexit = loaded("threading"), loaded("atexit")
    if threading and threading.active_count() > 1:
        return
    if atexit:
        atexit._run_exitfuncs()
    code = _written(code)  # also what was printed just now
    os._exit(code)


def _written(code: int) -> int:
    """Write what is left of the output; return the exit code, 1 where that is impossible.

    Python itself would tell of it in its own words, and end with a code of its own.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except ValueError:  # closed: there is nothing left
        return code
    except OSError as error:
        from ccmeter.output import end_output

        end_output()  # so nobody tries again
        return code if isinstance(error, BrokenPipeError) else _told(error, code)
    return code


def _told(error: OSError, code: int) -> int:
    """Say what is wrong with the output, unless the command has done so; return 1."""
    from contextlib import suppress

    from ccmeter.faults import fault_of

    if code != 1:
        with suppress(OSError):  # nobody can be told
            sys.stderr.write(f"ccmeter: {fault_of(error) or f'cannot write the output: {error}'}\n")
    return 1


if __name__ == "__main__":
    start()
