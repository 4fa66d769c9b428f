"""ccmeter setup --service: the watcher started with the computer."""

import os

import click

from ccmeter.errors import CcmeterError
from ccmeter.service import Service, remove, service, write


def wanted(home: str) -> Service:
    """Return the service of the data folder, run by the path that stays when ccmeter moves."""
    return service(home, os.path.join(home, "bin", "ccmeter"))


def set_up(home: str, *, dry_run: bool) -> None:
    """Write the service's file and show the commands that start it."""
    from ccmeter.setup.stable import renew

    found = wanted(home)
    if dry_run:
        click.echo(f"{found.path} would be:\n\n{found.content.decode()}", nl=False)
        return
    renew(home)
    done = "written" if write(found) else "as it should be already"
    click.echo(f"{found.path} is {done}. To start the service now and at every login:\n")
    for command in ("ccmeter watch --stop", *found.start):
        click.echo(f"  {command}")
    click.echo("\nTo take it back: ccmeter setup --service --remove")


def take_back(home: str, *, dry_run: bool, quiet: bool) -> None:
    """Remove the service's file and show the command that ends it; `quiet` where there is none."""
    try:
        found = wanted(home)
    except CcmeterError:
        if quiet:  # no service was ever made on such a system
            return
        raise
    if not os.path.exists(found.path):
        if not quiet:
            click.echo(f"there is no service: {found.path} does not exist")
        return
    if dry_run:
        click.echo(f"{found.path} would be removed")
        return
    remove(found)
    click.echo(f"{found.path} is removed. To end the service that runs:\n")
    for command in found.end:
        click.echo(f"  {command}")
