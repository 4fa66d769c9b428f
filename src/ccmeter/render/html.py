"""The report as one page that needs nothing beside it: no network, no file, no script."""

import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256

from ccmeter.render import html_table
from ccmeter.render import report_tables as tables
from ccmeter.render.html_about import About, estimate, origin, scope
from ccmeter.render.html_days import days_picture, picture_title
from ccmeter.render.html_held import cache_part, coverage_part, notes
from ccmeter.render.html_text import Html, join, name, tag
from ccmeter.render.html_worth import worth_picture
from ccmeter.render.opening import LOUD, Opening, no_responses, nothing, opening
from ccmeter.render.plan_table import scenario_table, standing_table
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.warnings import Warning

_ROWS_SHOWN = 50  # of models and projects in the overview; --by shows all
_TOKEN_WIDTHS = ("", "", "middle", "", "")  # of the columns of the tokens
_PLAN_WIDTHS = ("", "", "", "", "middle", "", "middle")  # as on a narrow terminal, mid stays
_STYLE = os.path.join(os.path.dirname(__file__), "html.css")


def report_page(report: Report, about: About, overview: bool) -> str:
    """Return the report as the text of an HTML file."""
    head = opening(report)
    if about.roots is not None:
        parts = [_nothing(about.roots, report.warnings)]
    else:
        parts = [_opening(head), *_parts(report, about, overview, head.quiet)]
    header = tag(
        "header",
        tag("p", "ccmeter", class_="brand"),
        tag("h1", head.days, " ", tag("small", head.about_days)),
        scope(about),
    )
    main, footer = tag("main", *parts), tag("footer", origin(about))
    return _document(f"ccmeter, {head.days}", join(header, main, footer))


def _document(title: str, body: Html) -> str:
    """The page of this body. Its policy lets no browser load or run anything, and no script is."""
    with open(_STYLE, encoding="utf-8") as file:
        style = file.read()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("style", Html(style)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _opening(head: Opening) -> Html:
    amount = tag("strong", head.amount, class_="money") if head.amount else ""
    title = tag("p", amount, " " if amount else "", head.title, class_="amount")
    facts = tag("ul", *(tag("li", fact) for fact in head.facts), class_="facts")
    paragraphs = [tag("p", paragraph) for paragraph in head.paragraphs]
    return tag(
        "section", title, facts, notes(head.before), *paragraphs, notes(head.loud),
        class_="opening",
    )  # fmt: skip


def _parts(
    report: Report, about: About, overview: bool, quiet: Sequence[Warning]
) -> Iterator[Html]:
    yield from _use(report, overview) if report.totals.responses else _no_use(report)
    yield notes(quiet)
    if report.totals.list_cost:
        yield _part("How the estimate works", estimate(about, report.scenario))


def _no_use(report: Report) -> Iterator[Html]:
    yield tag("p", no_responses(report), class_="quiet")


def _use(report: Report, overview: bool) -> Iterator[Html]:
    if report.totals.list_cost:
        yield _part(picture_title(report), days_picture(report, is_told=overview))
        served = html_table.table(scenario_table(report), "Dollars in three scenarios")
        yield _part(tables.SERVED, worth_picture(report), _scroll(served))
    if tables.standings_shown(report) and (overview or report.by == "user"):
        plans = html_table.table(standing_table(report), _more("A row per user"), _PLAN_WIDTHS)
        yield _part(tables.PLANS, _scroll(plans))
    tokens = html_table.table(
        tables.token_table(report.totals), "Each token in one class", _TOKEN_WIDTHS
    )
    yield _part(tables.TOKENS, _scroll(tokens))
    yield from _tables(report, overview)
    for title, content in (
        ("Prompt cache", cache_part(report)),
        ("What the transcripts hold", coverage_part(report)),
    ):
        if content:
            yield _part(title, content)


def _tables(report: Report, overview: bool) -> Iterator[Html]:
    whole, words = report.totals, _caption(report)
    if not overview:
        table = html_table.rows_table(report.by, report.rows, whole, words)
        yield _part(f"By {report.by}", _scroll(table))
        return
    by = tables.time_unit(report)
    table = html_table.time_table(by, tables.time_rows(report), whole, words)
    yield _part(f"By {by}", _scroll(table))
    yield _some("model", report.models, report, words)
    yield _some("project", report.projects, report, words)


def _some(by: str, rows: Sequence[Row], report: Report, words: str) -> Html:
    table = html_table.rows_table(by, rows[:_ROWS_SHOWN], report.totals, words)
    hidden = len(rows) - _ROWS_SHOWN
    more = tag("p", f"and {hidden} more: --by {by}", class_="quiet") if hidden > 0 else ""
    return _part(f"By {by}", _scroll(table), more)


def _caption(report: Report) -> Html:
    hidden = "; hidden: what Claude Code metered besides" if report.by == "session" else ""
    words = f"list: list price; serve: cost to serve in the {report.scenario} scenario{hidden}"
    return _more(words)


def _more(words: str) -> Html:
    """A caption of a table whose columns a narrow window does not have."""
    return join(words, tag("span", ". A wider window has more columns", class_="narrow"))


def _part(title: str, *content: str) -> Html:
    return tag("section", tag("h2", title), *content)


def _scroll(table: Html) -> Html:
    """The table in a frame of its own, so that only it moves where a window is too narrow."""
    return tag("div", table, class_="scroll")


def _nothing(roots: Sequence[str], warnings: Sequence[Warning]) -> Html:
    found = nothing(roots)
    folders = tag("ul", *(tag("li", name(folder)) for folder in found.folders))
    loud = notes([warning for warning in warnings if warning.level in LOUD])
    advice = [tag("p", text) for text in found.advice]
    return tag("section", tag("p", found.looked), folders, *advice, loud, class_="opening")
