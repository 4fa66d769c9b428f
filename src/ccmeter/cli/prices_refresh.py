"""ccmeter prices refresh: prices of newer models, fetched when the user asks for it."""

from datetime import UTC, datetime
from typing import Any

import click

from ccmeter.errors import CcmeterError, UsageError

EXAMPLES = """\b
Examples:
  ccmeter prices refresh --dry-run     look at what there is, and keep nothing
  ccmeter prices refresh --remove      back to the bundled prices; opens no connection
"""


@click.command("refresh", epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Fetch and show, but keep nothing.")
@click.option("--remove", is_flag=True, help="Forget what was fetched; nothing is fetched.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(dry_run: bool, remove: bool, as_json: bool) -> None:
    """Fetch prices of models that are newer than this ccmeter.

    This is the only command that ever opens a connection: one HTTPS request for the price list
    that the project genai-prices publishes on GitHub. Nothing about you or your usage is sent.

    Only models without a bundled price are taken from it, never a price that is announced for
    later. Bundled prices were compared with several sources; where the list differs from them,
    that is shown, and they stay in force. Your own prices go before all.
    """
    from ccmeter.paths import data_home

    if remove:
        if dry_run or as_json:
            raise UsageError("--remove takes no other option.")
        _remove(data_home())
        return
    _refresh(data_home(), dry_run, as_json)


def _remove(home: str) -> None:
    from ccmeter.paths import refreshed_path
    from ccmeter.pricing.refreshed import remove_refreshed

    gone = remove_refreshed(home)
    click.echo(f"{refreshed_path(home)} removed" if gone else "there are no fetched prices")


def _refresh(home: str, dry_run: bool, as_json: bool) -> None:
    from ccmeter.config import load_config
    from ccmeter.pricing import download
    from ccmeter.pricing.here import refreshed_in
    from ccmeter.pricing.names import canonical
    from ccmeter.pricing.refreshed import renewed, write_refreshed
    from ccmeter.reports.price_refresh import outcome

    own = {canonical(name) for name in load_config(home).prices}
    data, now = download.download(), datetime.now(UTC)
    day = now.date().isoformat()
    found = _read(data, day)
    old = refreshed_in(home)
    new = renewed(old, found.models, day)
    if not dry_run:
        write_refreshed(home, new, now)
    told = outcome(old, new, found.models, found.left, own)
    if as_json:
        from ccmeter.render.price_refresh import outcome_json

        time = now.isoformat(timespec="seconds")
        click.echo(outcome_json(told, download.ADDRESS, time, written=not dry_run), nl=False)
        return
    from ccmeter.render.price_refresh import print_outcome
    from ccmeter.render.screen import screen

    print_outcome(screen(), told, download.ADDRESS, written=not dry_run)


def _read(data: bytes, day: str) -> Any:
    from ccmeter.pricing.published import read_published

    try:
        return read_published(data, day)
    except CcmeterError as error:
        raise CcmeterError(
            f"what was fetched is no price list that this ccmeter can read: {error}. It has changed"
            " nothing. A newer ccmeter may read it; a price of your own: ccmeter prices set MODEL"
        ) from error
