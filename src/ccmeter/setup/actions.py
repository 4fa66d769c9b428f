"""The three things `ccmeter setup` does, each as changes that can be shown or carried out."""

from typing import NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.setup import jsonc
from ccmeter.setup.before import Before, load_before, save_before
from ccmeter.setup.client_settings import (
    ClientSettings,
    read_client_settings,
    replace_settings,
    settings_paths,
)
from ccmeter.setup.stable import renew
from ccmeter.setup.statusline import is_ours, keep_wrapped, put_in, take_out
from ccmeter.setup.telemetry import with_telemetry, without_telemetry


class Change(NamedTuple):
    """What is to become of one settings.json."""

    old: ClientSettings
    new: ClientSettings
    before: Before  # what to remember for --remove
    wrapped: str  # the command whose line is shown as well
    done: str  # what to say when it is done
    idle: str  # and when there was nothing to do


def statusline(home: str) -> list[Change]:
    """Return the changes that put ccmeter into the status line. CcmeterError if it cannot be."""
    return [_statusline(home, path) for path in settings_paths()]


def _statusline(home: str, path: str) -> Change:
    old = read_client_settings(path)
    plan = put_in(old, load_before(home, path), home)
    also = f". What was there is shown as well: {plan.wrapped}" if plan.wrapped else ""
    done, idle = "ccmeter is in the status line", "ccmeter is in the status line already"
    return Change(old, plan.settings, plan.before, plan.wrapped, done + also, idle + also)


def telemetry(home: str, port: int) -> list[Change]:
    """Return the changes that make the client report its calls to a port. CcmeterError."""
    return [_telemetry(home, path, port) for path in settings_paths()]


def _telemetry(home: str, path: str, port: int) -> Change:
    old = read_client_settings(path)
    new, before = with_telemetry(old, load_before(home, path), port)
    done = f"sessions that start from now on report their calls to port {port}"
    return Change(old, new, before, "", done, f"{done}, as before")


def telemetry_text(port: int) -> str:
    """Return what `telemetry` would write, as JSON to be copied."""
    from ccmeter.otlp.settings import otlp_settings

    return jsonc.dump({"env": otlp_settings(port)}, "")


def listening(home: str, port: int | None) -> str:
    """Tell the watcher on which port to receive, None for none; return what to say of it.

    CcmeterError when config.toml cannot be written.
    """
    from ccmeter.config import load_config
    from ccmeter.settings.simple import set_value

    if port is None:
        if load_config(home).otlp_port:
            set_value(home, "otlp_port", "")
        return ""
    set_value(home, "otlp_port", str(port))
    return (
        f"The watcher receives them on port {port}, whenever it runs: the plugin starts it with"
        " Claude Code, and so does ccmeter watch --detach.\n"
    )


def remove(home: str) -> list[Change]:
    """Return the changes that put everything back. CcmeterError if it cannot be."""
    return [_remove(home, path) for path in settings_paths()]


def _remove(home: str, path: str) -> Change:
    old = read_client_settings(path)
    plan = take_out(old, load_before(home, path))
    new, before = without_telemetry(plan.settings, plan.before)
    return Change(old, new, before, "", "as it was before ccmeter", "nothing of ccmeter's is in it")


def diff(change: Change) -> str:
    """Return the change of the file as a unified diff, or a line that says there is none."""
    from difflib import unified_diff

    if change.new.text == change.old.text:
        return f"{change.old.path}: {change.idle}."
    old, new = change.old.text.splitlines(), change.new.text.splitlines()
    path = change.old.path
    return "\n".join(unified_diff(old, new, path, path, lineterm=""))


def carry_out(home: str, change: Change) -> str:
    """Write it and return a sentence. CcmeterError when it cannot be, with the file as it was.

    What settings.json will need is written before it, and what it no longer needs removed after.
    """
    adds = bool(change.before)
    if adds:
        _keep(home, change)
    backup = None
    if change.new.text != change.old.text:
        backup = replace_settings(home, change.old, change.new)
    if not adds:
        _keep(home, change)
    said = change.idle if change.new.text == change.old.text else change.done
    return f"{change.old.path}: {said}." + (f"\nIts old text: {backup}" if backup else "")


def _keep(home: str, change: Change) -> None:
    path = change.new.path
    try:
        if is_ours(change.new.data.get("statusLine")):
            renew(home)
        if change.wrapped or not change.before:
            keep_wrapped(home, path, change.wrapped)
        save_before(home, path, change.before)
    except OSError as error:
        raise CcmeterError(
            f"cannot write {error.filename or home}: {error.strerror}. Make the data folder"
            " writable, or set CCMETER_HOME to another folder."
        ) from error
