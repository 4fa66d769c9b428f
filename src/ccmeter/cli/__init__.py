"""The commands. Each stands in a file of its own and is imported when it is called."""

import codecs
import importlib
import io
import os
import sys
from contextlib import suppress

import click

from ccmeter.errors import CcmeterError
from ccmeter.faults import fault_of

COMMANDS = (
    "report",
    "audit",
    "plans",
    "limits",
    "sync",
    "watch",
    "prices",
    "config",
    "doctor",
    "export",
    "setup",
    "statusline",
    "hook",
)


_ALIKE = {"–": "-", "·": "|", "≈": "~", "→": ">"}  # what screens hold


class LazyGroup(click.Group):
    """Finds a command's file by its name, so that a start loads one command and not all."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of their importance."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ccmeter.cli.{cmd_name}").command
        return command


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from ccmeter.version import version

        click.echo(f"ccmeter {version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: ccmeter report (or ccmeter report --demo, when there is no history yet)",
)
@click.option(
    "--version",
    is_flag=True,
    callback=_version,
    expose_value=False,
    is_eager=True,
    help="Show the version and exit.",
)
def group() -> None:
    """Meter Claude Code: what you used, counted once per API response, and what it is worth.

    Everything is read from the transcripts that Claude Code leaves on this machine. Nothing is
    sent anywhere, and no text is stored: only counts, ids, models, versions, times and paths.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code. The one place where errors become messages."""
    _open_what_is_closed()
    _show_what_can_be_shown()
    try:
        result = group.main(arguments, prog_name="ccmeter", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _fail("interrupted", 130)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CcmeterError as error:
        return _fail(str(error), error.exit_code)
    except SystemExit:  # click's answer to a closed pipe: the reader has seen enough
        from ccmeter.output import end_output

        end_output()
        return 0
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except Exception as error:  # noqa: BLE001 - the one broad except: a bug becomes a log
        if fault := fault_of(error):
            return _fail(fault, 1)
        return _fail(f"a bug in ccmeter: {error!r}. {_log(error)}", 1)
    return result if isinstance(result, int) else 0


def _open_what_is_closed() -> None:
    """Put nothing in the place of closed streams; another file would get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for good


def _show_what_can_be_shown() -> None:
    """Let a terminal without Unicode show something like what it does not know, or a ?."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            codecs.register_error("alike", _alike)
            stream.reconfigure(errors="alike")


def _alike(error: UnicodeError) -> tuple[str, int]:
    """One character for each, so that columns stay where they are."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_ALIKE.get(each, "?") for each in unknown), error.end


def _fail(message: str, code: int) -> int:
    with suppress(OSError):  # nobody can be told
        print(f"ccmeter: {message}", file=sys.stderr)  # noqa: T201 - rich may be what failed
    return code


def _log(error: Exception) -> str:
    """Write the traceback into the data folder; return a sentence that says where."""
    from traceback import format_exception

    from ccmeter.paths import data_home, ensure_home

    text = "".join(format_exception(error))
    try:
        path = os.path.join(ensure_home(data_home()), "crash.log")
        with open(path, "a", encoding="utf-8", opener=_private) as file:
            file.write(text + "\n")
    except OSError:
        return text
    return f"Details are in {path}; please report them."


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
