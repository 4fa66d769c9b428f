"""ccmeter statusline: what Claude Code's status line runs. Without options it never comes here."""

import click


@click.command("statusline", short_help="Print the status line. Claude Code runs it.")
def command() -> int:
    """Print one line for Claude Code's status line, from the JSON on standard input.

    `ccmeter setup` puts it there. Its parts and their order are the setting `statusline`.
    """
    from ccmeter.statusline.program import main

    return main()
