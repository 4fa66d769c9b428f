"""The statusline: the client's JSON on standard input, one line on standard output.

The client runs it at every message and waits. So nothing is computed, created or waited for, and
nothing is imported that need not be; a test knows the list. It always prints a line and exits 0.
"""

import os
import sys
import time
from collections.abc import Mapping

from ccmeter.paths import data_home
from ccmeter.statusline.fit import fitted, line
from ccmeter.statusline.given import Json, decode, read_all, word
from ccmeter.statusline.layout import load_layout
from ccmeter.statusline.parts import TROUBLES, Facts, parts
from ccmeter.statusline.ready import load_ready
from ccmeter.statusline.spool import note_limits

NOTHING = "ccmeter"  # an empty line would blank the place
_MARGIN = 4  # the client draws to the left and to the right of it
_UNKNOWN_COLUMNS = 80


def main() -> int:
    """Print the line and return 0, whatever is wrong."""
    sys.excepthook = _last_resort
    given, home, now_s = decode(read_all(0)), data_home(), time.time()
    trouble = note_limits(home, given, int(now_s * 1000), os.environ)
    _print(made(given, home, now_s, os.environ, trouble))
    return 0


def made(given: Json, home: str, now_s: float, env: Mapping[str, str], trouble: str = "") -> str:
    """Return the line for what the client sent, without the line feed."""
    session, today = load_ready(home, f"session/{word(given, 'session_id')}", "today")
    facts = Facts(given, session, today, now_s)
    found = parts(facts, load_layout(home)) or parts(facts, ["model"])
    found += [("trouble", part) for part in (TROUBLES.get(trouble),) if part]
    columns = _columns(env)
    return line(fitted(found, columns), columns, not env.get("NO_COLOR")) or NOTHING


def _columns(env: Mapping[str, str]) -> int:
    told = env.get("COLUMNS", "")
    wide = int(told) if told.isdecimal() and len(told) < 5 else 0
    return max(10, (wide or _terminal_columns() or _UNKNOWN_COLUMNS) - _MARGIN)


def _terminal_columns() -> int:
    """The width of the terminal, which clients before 2.1.153 do not tell; 0 without one."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return 0
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0
    finally:
        os.close(descriptor)


def _print(text: str) -> None:
    try:  # noqa: SIM105 - contextlib is one import more
        os.write(1, text.encode("utf-8", "replace") + b"\n")
    except OSError:
        pass  # the client is gone


def _last_resort(*_: object) -> None:
    """A bug must not blank the line: the client says nothing about why."""
    _print(NOTHING + ": this line failed; ccmeter doctor may know why")
    os._exit(0)
