"""ccmeter sync: one pass over the transcripts."""

import click

EXAMPLES = """\b
Examples:
  ccmeter sync           read what is new since the last time
  ccmeter sync --full    read everything again; nothing is counted twice, nothing is forgotten
"""


@click.command("sync", epilog=EXAMPLES)
@click.option("--full", is_flag=True, help="Read every transcript again from its start.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with what was done.")
def command(full: bool, as_json: bool) -> None:
    """Read new transcript lines into the database.

    Reports do this by themselves. A script may want to do it daily: Claude Code deletes
    transcripts after 30 days, and what was read stays.
    """
    from ccmeter.cli.judging import judge
    from ccmeter.cli.place import real
    from ccmeter.cli.source import left_out, tell
    from ccmeter.cli.syncing import sync
    from ccmeter.render import numbers, units

    place = real()
    stats = sync(
        place.home,
        place.roots,
        full=full,
        metered=place.metered,
        then=lambda connection, _: judge(connection, place),
    )
    tell(left_out(stats.unreadable))
    if as_json:
        told = {name: value for name, value in stats._asdict().items() if name != "postponed"}
        click.echo(numbers.dump(told), nl=False)
        return
    click.echo(
        f"{units.plural(stats.responses_new, 'new response')}, {stats.responses_changed:,} changed;"
        f" read {units.plural(stats.lines, 'line')} of {units.plural(stats.files_read, 'file')}"
        f" in {stats.seconds:.1f} s ({units.plural(stats.files, 'transcript')} in all)."
    )
    if stats.bad_lines:
        lines = units.plural(stats.bad_lines, "line")
        click.echo(f"{lines} could not be read. Details: ccmeter doctor")
