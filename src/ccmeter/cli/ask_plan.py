"""Asking once, on a terminal, which plan the user has."""

import os
import sys

import click

from ccmeter.cli.place import Place
from ccmeter.config import TIERS
from ccmeter.paths import ensure_home

_ASKED = "plan-asked"  # a file in the data folder: the question is put once in a lifetime
_PLANS = (
    "pro, max (Max 5x until October 2026), ultra (Max 20x), team-standard, team-premium,"
    " enterprise, education, api"
)


def ask_plan(place: Place) -> bool:
    """Ask for the plan and store the answer; whether there is one now.

    Nothing is asked when a plan is set, when the question was put before, or when nobody sits at
    the terminal. Never guessed from credentials: ccmeter does not read them.
    """
    path = os.path.join(place.home, _ASKED)
    if place.config.tiers or place.config.users or os.path.exists(path) or not _somebody_there():
        return False
    click.echo("\nTo compare with what you pay, ccmeter needs to know your plan. It asks once.")
    click.echo(f"One of {_PLANS}; Enter to leave it open.")
    _remember(path)  # before the answer: whoever ends the program instead is not asked again
    answer = _answer()
    if answer not in TIERS:
        wrong = f"There is no plan {answer!r}. " if answer else ""
        click.echo(f"{wrong}Set it later with: ccmeter config set tier PLAN")
        return False
    from ccmeter.settings.simple import set_value

    set_value(place.home, "tier", answer)
    return True


def _answer() -> str:
    """What is typed; nothing at the end of the input, which is no reason to show no report."""
    try:
        return input("Your plan: ").strip().lower()
    except EOFError:
        click.echo()
        return ""


def _somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _remember(path: str) -> None:
    ensure_home(os.path.dirname(path))
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
