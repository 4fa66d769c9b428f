"""ccmeter config: the settings in force, and changing them."""

import click

from ccmeter.config import SETTINGS

EXAMPLES = """\b
Examples:
  ccmeter config show                        what is in force, and where it comes from
  ccmeter config set timezone Europe/Berlin  days and weeks of reports begin there
  ccmeter config set tier max                your plan; unset it with: config unset tier
  "$EDITOR" "$(ccmeter config path)"         users, plans with dates and prices of your own
"""
_KEYS = "\b\nKEY is one of:\n" + "\n".join(f"  {key:<18} {text}" for key, text in SETTINGS.items())


@click.group("config", epilog=EXAMPLES)
def command() -> None:
    """Show the settings, or change one.

    They stand in config.toml in ccmeter's data folder. Comments in it are kept.
    """


@command.command("show", short_help="Print the settings in force, and where each comes from.")
def show() -> None:
    """Print the settings in force as TOML, with comments that say where each comes from."""
    from ccmeter.cache.thresholds import read_limits
    from ccmeter.config import parse_config
    from ccmeter.paths import data_home
    from ccmeter.pricing.book import load_book
    from ccmeter.render.screen import screen
    from ccmeter.render.settings import settings_toml
    from ccmeter.settings.simple import in_force
    from ccmeter.settings.source import read_settings

    source = read_settings(data_home())
    config = parse_config(source.data, source.path)
    load_book(config.prices)  # what is wrong is not in force
    read_limits(config.audit)
    width = screen().width
    text = settings_toml(source, config, in_force(source), config.roots(), width)
    click.echo(text, nl=False)


@command.command("set", epilog=_KEYS, short_help="Set KEY to VALUE, after checking it.")
@click.argument("key")
@click.argument("value")
def set_(key: str, value: str) -> None:
    """Set KEY to VALUE, after checking it; an empty VALUE removes the key."""
    _store(key, value)


@command.command("unset")
@click.argument("key")
def unset(key: str) -> None:
    """Remove KEY, so that its default is in force again."""
    _store(key, "")


@command.command("path")
def path() -> None:
    """Print where config.toml stands, whether it exists or not."""
    from ccmeter.paths import config_path, data_home

    click.echo(config_path(data_home()))


def _store(key: str, value: str) -> None:
    from ccmeter.paths import data_home
    from ccmeter.render.settings import toml
    from ccmeter.settings.simple import set_value

    stored = set_value(data_home(), key, value)
    click.echo(f"{key} is not set" if stored is None else toml({key: stored}))
