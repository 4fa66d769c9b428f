"""Single keys from the terminal, while something is shown."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

END = "\x04"  # Ctrl-D, and a terminal that sends nothing any more
_ESCAPE = "\x1b"


@contextmanager
def single_keys() -> Iterator[None]:
    """Let keys arrive one by one, without Enter and unseen; afterwards all is as it was."""
    if not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        try:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        except termios.error as error:  # no OSError, although it is one
            raise OSError(*error.args) from error


def pressed(seconds: float) -> frozenset[str]:
    """Return the keys of the next moment, none when none comes within the time.

    A key that sends a sequence, such as an arrow, is that sequence.
    """
    if not sys.stdin.isatty():
        time.sleep(seconds)
        return frozenset()
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return frozenset()
    text = os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace")
    return frozenset([text] if text.startswith(_ESCAPE) else text or END)
