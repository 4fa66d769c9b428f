"""What the client tells of limits and costs, written down for the watcher. Never waits."""

import os
from collections.abc import Mapping

from ccmeter.statusline.given import Json, is_price_made_up, member, number, word

MOST = 4 << 20  # bytes; more are waiting only where nobody takes them in
FULL, UNWRITABLE = "full", "unwritable"  # what may be the matter with the data folder
_WINDOWS = 16


def note_limits(home: str, given: Json, now_ms: int, env: Mapping[str, str]) -> str:
    """Append limits and cost as one line to the spool of the data folder, if there are any.

    Return FULL or UNWRITABLE where nothing can be stored: no one else may be able to tell.

    Nothing is created but the spool: without a data folder, or when it cannot be written, or has
    grown beyond MOST, the line is left out.
    """
    line = spool_line(given, now_ms, _folder(env))
    trouble = _append(os.path.join(home, "limits.spool"), line) if line else ""
    if not trouble and os.path.isdir(home) and not os.access(home, os.W_OK):
        return UNWRITABLE
    return trouble


def spool_line(given: Json, now_ms: int, folder: str) -> str:
    """Return the line, "" for nothing to write: JSON of numbers, names of windows, ids."""
    limits = member(given, "rate_limits")
    known: Json = limits if isinstance(limits, dict) else {}
    windows = [_window(known, name) for name in list(known)[:_WINDOWS] if name.isidentifier()]
    found = "".join(windows) + _cost(given)
    if not found:
        return ""
    session = word(given, "session_id")
    return f'{{"t":{now_ms},"config":{_text(folder)},"session":{_text(session)}{found}}}\n'


def _window(limits: Json, name: str) -> str:
    used, resets = number(limits, name, "used_percentage"), number(limits, name, "resets_at")
    if used is None or resets is None:
        return ""
    return f',{_text(name)}:{{"used_percentage":{used!r},"resets_at":{resets!r}}}'


def _cost(given: Json) -> str:
    """What the client metered of the session, how long it has been running, and its version.

    Nothing where it made up a price.
    """
    usd, ran = number(given, "cost", "total_cost_usd"), number(given, "cost", "total_duration_ms")
    if usd is None or usd <= 0 or ran is None or is_price_made_up(given):
        return ""
    version = _text(word(given, "version"))
    return f',"cost":{{"usd":{usd!r},"ran_ms":{ran!r}}},"version":{version}'


def _text(text: str) -> str:
    try:
        from _json import encode_basestring_ascii as encode
    except ImportError:  # another Python
        from json.encoder import encode_basestring_ascii as encode
    return encode(text)


def _folder(env: Mapping[str, str]) -> str:
    """The Claude folder of the client that asks."""
    return os.path.abspath(os.path.expanduser(env.get("CLAUDE_CONFIG_DIR") or "~/.claude"))


def _append(path: str, line: str) -> str:
    """Append the line; return what is the matter with the disk, "" for nothing."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        return _trouble(error)
    data = line.encode()
    try:
        size = os.fstat(descriptor).st_size
        if size >= MOST:
            return ""
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data  # the one before was cut short by a full disk
        return "" if os.write(descriptor, data) == len(data) else FULL
    except OSError as error:  # the line must be shown all the same
        return _trouble(error)
    finally:
        os.close(descriptor)


def _trouble(error: OSError) -> str:
    import errno  # there is none, most of the time

    from ccmeter.faults import is_full

    if is_full(error):
        return FULL
    return UNWRITABLE if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else ""
