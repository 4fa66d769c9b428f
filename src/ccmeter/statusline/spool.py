"""What the client tells of limits and costs, written down for the watcher. Never waits."""

import os
from collections.abc import Mapping

from ccmeter.statusline.given import Json, is_price_made_up, member, number, word

MOST = 4 << 20  # bytes; more are waiting only where nobody takes them in
_WINDOWS = 16


def note_limits(home: str, given: Json, now_ms: int, env: Mapping[str, str]) -> None:
    """Append limits and cost as one line to the spool of the data folder, if there are any.

    Nothing is created but the spool: without a data folder, or when it cannot be written, or has
    grown beyond MOST, the line is left out.
    """
    line = spool_line(given, now_ms, _folder(env))
    if line:
        _append(os.path.join(home, "limits.spool"), line)


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


def _append(path: str, line: str) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError:
        return
    try:
        if os.fstat(descriptor).st_size < MOST:
            os.write(descriptor, line.encode())
    except OSError:
        pass  # a full disk: the line must be shown all the same
    finally:
        os.close(descriptor)
