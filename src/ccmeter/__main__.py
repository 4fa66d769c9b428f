"""Start of the program. What Claude Code waits for is started before anything else is loaded."""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    match sys.argv[1:]:
        case ["statusline"]:
            from ccmeter.statusline.program import main as show

            return show()
        case ["hook", event] if not event.startswith("-"):
            from ccmeter.hook.program import main as answer

            return answer(event)
    import gc

    gc.set_threshold(100_000, 20)  # looking for cycles, of which there are few, took a tenth
    from ccmeter.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
