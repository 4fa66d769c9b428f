"""ccmeter hook: what the plugin's hooks run. Only a question for help comes here."""

import click


@click.command("hook", short_help="Answer a hook EVENT. Claude Code runs it.")
@click.argument("event")
def command(event: str) -> int:
    """Answer a hook EVENT of Claude Code, whose JSON is on standard input. Always exits with 0."""
    from ccmeter.hook.program import main

    return main(event)
