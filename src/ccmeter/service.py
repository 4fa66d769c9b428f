"""The watcher as a service of the user: a systemd unit, or a launchd agent on macOS.

Only the file is written; the commands that start and end it are shown, to be typed by the user.
"""

import os
import plistlib
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.paths import data_home
from ccmeter.settings.atomic import replacing

UNIT, LABEL = "ccmeter.service", "ccmeter.watch"
AGAIN_S = 60  # until it is started again after its end: another watcher may have been there first
_PASSED_ON = ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
_UNIT = """\
[Unit]
Description=ccmeter, a meter for Claude Code

[Service]
ExecStart={command}
{environment}Restart=always
RestartSec={again}
Nice=5

[Install]
WantedBy=default.target
"""


class Service(NamedTuple):
    """The file of a service, and the commands around it."""

    path: str
    content: bytes
    start: tuple[str, ...]  # to type after it was written
    end: tuple[str, ...]  # to type before it is removed


def service(
    home: str, program: str, env: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Service:
    """Return the service that runs `program watch` for the data folder.

    CcmeterError on a system that has neither systemd nor launchd.
    """
    if "\n" in program + home:
        raise CcmeterError(f"no service can be made of a path with a line break: {program!r}")
    if platform == "darwin":
        return _agent(home, program, env)
    if platform == "linux":
        return _unit(home, program, env)
    raise CcmeterError("a service can be made for systemd and launchd only. Use: watch --detach")


def write(wanted: Service) -> bool:
    """Write the file; whether it was not like that already. CcmeterError when it cannot be."""
    with suppress(OSError), open(wanted.path, "rb") as file:
        if file.read() == wanted.content:
            return False
    try:
        os.makedirs(os.path.dirname(wanted.path), exist_ok=True)
        with replacing(wanted.path) as file:
            file.write(wanted.content)
    except OSError as error:
        raise CcmeterError(f"cannot write {wanted.path}: {error.strerror}") from error
    return True


def remove(wanted: Service) -> bool:
    """Remove the file; whether there was one. CcmeterError when it cannot be."""
    try:
        os.unlink(wanted.path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CcmeterError(f"cannot remove {wanted.path}: {error.strerror}") from error
    return True


def _unit(home: str, program: str, env: Mapping[str, str]) -> Service:
    config = env.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(config):
        config = os.path.join(_user_folder(env), ".config")
    pairs = (_quoted(f"{name}={value}") for name, value in _environment(home, env).items())
    lines = "".join(f"Environment={pair}\n" for pair in pairs)
    text = _UNIT.format(command=_command(program), environment=lines, again=AGAIN_S)
    control = "systemctl --user"
    return Service(
        os.path.join(config, "systemd", "user", UNIT),
        text.encode(),
        (f"{control} daemon-reload", f"{control} enable --now {UNIT}"),
        (f"{control} disable --now {UNIT}",),
    )


def _command(program: str) -> str:
    """The command line. systemd starts no program with quotes in its name; a shell does."""
    if any(char in program for char in "\"'\\$"):
        path = _quoted(program).replace("$", "$$")
        return f"/bin/sh -c 'exec \"$$0\" watch --forever' {path}"
    return f"{_quoted(program)} watch --forever"


def _quoted(text: str) -> str:
    """As one word of a unit file, whatever is in it."""
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(plain, written)
    return f'"{text}"'


def _agent(home: str, program: str, env: Mapping[str, str]) -> Service:
    path = os.path.join(_user_folder(env), "Library", "LaunchAgents", f"{LABEL}.plist")
    content = {
        "Label": LABEL,
        "ProgramArguments": [program, "watch", "--forever"],
        "EnvironmentVariables": _environment(home, env),
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": AGAIN_S,
        "ProcessType": "Background",
    }
    return Service(
        path,
        plistlib.dumps(content),
        (f"launchctl bootstrap gui/$(id -u) {_shell(path)}",),
        (f"launchctl bootout gui/$(id -u)/{LABEL}",),
    )


def _shell(path: str) -> str:
    from shlex import quote

    return quote(path)


def _environment(home: str, env: Mapping[str, str]) -> dict[str, str]:
    """What decides where things are, for a process that starts with an empty environment."""
    known = {name: env[name] for name in _PASSED_ON if env.get(name)}
    usual = data_home({name: value for name, value in env.items() if name != "CCMETER_HOME"})
    return known if home == usual else {"CCMETER_HOME": home, **known}


def _user_folder(env: Mapping[str, str]) -> str:
    return env.get("HOME") or os.path.expanduser("~")
