"""Start of the program."""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    from ccmeter.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
