"""What a report is shown as: text, a page, or a document for programs."""

from collections.abc import Sequence
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccmeter.cli.place import Place
    from ccmeter.reports.overview import Report

_SHOWS = {None: ("screen", "terminal"), "html": ("html",)}  # by format; of programs: machine


def load(format_: str | None) -> None:
    """Load what will show the report."""
    for name in _SHOWS.get(format_, ("machine",)):
        import_module(f"ccmeter.render.{name}")


def text_of(
    report: "Report",
    place: "Place",
    options: dict[str, Any],
    zone: tzinfo,
    empty_roots: Sequence[str] | None,
) -> str:
    """Return the report for its reader; where nothing was found below any root, that."""
    if options["format_"] == "html":
        from ccmeter.cli.report_page import page

        return page(place, options, zone, report, empty_roots)
    if options["format_"]:
        from ccmeter.render import machine

        text: str = getattr(machine, f"report_{options['format_']}")(report)
        return text
    return _screen(report, empty_roots, overview=options["by"] is None)


def _screen(report: "Report", empty_roots: Sequence[str] | None, *, overview: bool) -> str:
    from ccmeter.render.screen import screen
    from ccmeter.render.terminal import print_nothing, print_report

    console = screen()
    with console.capture() as shown:
        if empty_roots is None:
            print_report(console, report, overview=overview)
        else:
            print_nothing(console, empty_roots, report.warnings)
    return shown.get()
