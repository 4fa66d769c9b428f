"""What settings.json points to: files in the data folder that stay when ccmeter itself moves."""

import os
import sys
from contextlib import suppress

from ccmeter.errors import CcmeterError, UnwritableError
from ccmeter.paths import ensure_home
from ccmeter.settings.atomic import replacing
from ccmeter.version import is_newer, version, version_in

STATUSLINE = "ccmeter-statusline"
_SCRIPT = os.path.join(os.path.dirname(__file__), "statusline.sh")


def statusline_path(home: str) -> str:
    """Return the path of the statusline's script."""
    return os.path.join(home, "bin", STATUSLINE)


def program() -> str:
    """Return the program of the ccmeter that runs: the checkout's, or the installed one."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    checkout = os.path.join(os.path.dirname(root), "bin", "ccmeter")
    installed = os.path.join(os.path.dirname(sys.executable), "ccmeter")
    for path in (checkout, installed):
        if os.access(path, os.X_OK):
            return path
    raise CcmeterError(
        f"there is no program {checkout}. Start ccmeter from a clone, or install it."
    )


def renew(home: str) -> bool:
    """Write the files that are not as they should be; whether there were any.

    `program` names the program, `bin/ccmeter` links to it, `bin/ccmeter-statusline` is the script.
    CcmeterError when the data folder cannot be written.
    """
    with open(_SCRIPT, "rb") as file:
        script = file.read()
    try:
        os.makedirs(os.path.join(ensure_home(home), "bin"), mode=0o700, exist_ok=True)
        changed = _put(statusline_path(home), script, 0o700)
        changed |= _link(os.path.join(home, "bin", "ccmeter"), program())
        # last: with it the hooks believe that all is in place
        return _put(os.path.join(home, "program"), os.fsencode(program()) + b"\n", 0o600) or changed
    except OSError as error:
        raise UnwritableError(home, error) from error


def refresh(home: str) -> bool:
    """As `renew`, unless what is there belongs to a newer ccmeter that still exists.

    Done without being asked for, by any session that starts, also one with an older plugin.
    """
    return not _is_newer(home) and renew(home)


def _is_newer(home: str) -> bool:
    try:
        with open(os.path.join(home, "program"), "rb") as file:
            known = os.fsdecode(file.readline().rstrip(b"\n"))
    except OSError:
        return False
    return is_newer(version_in(os.path.dirname(os.path.dirname(known))), version())


def _put(path: str, content: bytes, mode: int) -> bool:
    """Write a file unless it is like that already; whether it was written."""
    with suppress(OSError), open(path, "rb") as file:
        if file.read() == content and os.access(path, os.X_OK) == (mode == 0o700):
            return False
    with replacing(path) as file:
        file.write(content)
        os.chmod(file.fileno(), mode)
    return True


def _link(path: str, target: str) -> bool:
    """Make a symbolic link, unless something else of the user's has its name."""
    if os.path.lexists(path) and (not os.path.islink(path) or os.readlink(path) == target):
        return False
    new = f"{path}.new"
    with suppress(OSError):
        os.unlink(new)
    os.symlink(target, new)
    os.replace(new, path)
    return True
