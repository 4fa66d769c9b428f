"""Reports for programs: one JSON document, CSV, or a Markdown table. Exact numbers."""

import csv
import io
from datetime import date
from typing import Any

from ccmeter.model import Usage
from ccmeter.render import cache, coverage, plan_json
from ccmeter.render.numbers import SCHEMA, dump, money, triple
from ccmeter.render.units import usd
from ccmeter.reports.coverage import UNKNOWN, SessionCoverage
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals, known_cost


def usage_keys(totals: Totals) -> dict[str, Any]:
    """The USAGE block of the JSON interface."""
    usage = dict(zip(Usage._fields, totals.usage, strict=True))
    return {
        "responses": totals.responses,
        **usage,
        "unfinished_responses": totals.unfinished,
        "estimated_missing_output_tokens": totals.missing_output,
        "estimated_missing_output_usd": money(totals.missing_cost),
        "list_cost_usd": money(totals.list_cost),
        "compute_cost_usd": triple(totals.compute),
        "extra_usage_usd": money(totals.extra_usage),
        "unpriced": {
            "responses": totals.unpriced_responses,
            "tokens": totals.unpriced_tokens,
            "models": list(totals.unpriced_models),
        },
    }


def report_json(report: Report) -> str:
    """The report as one JSON document (INTERFACE: `ccmeter report --json`)."""
    period = report.period
    return dump(
        {
            "schema": SCHEMA,
            "period": {
                "since": period.since.isoformat(),
                "until": period.until.isoformat(),
                "timezone": period.zone_name,
                "by": report.by,
            },
            "totals": usage_keys(report.totals),
            "rows": [_row(row) for row in report.rows],
            **plan_json.plan_keys(report),
            **cache.report_keys(report.cache),
            **coverage.report_keys(report.coverage, report.hidden),
            "warnings": [warning._asdict() for warning in cache.all_warnings(report)],
        }
    )


def _row(row: Row) -> dict[str, Any]:
    beside = coverage.row_keys(row.coverage)
    return {"key": row.key, **_origin(row), **usage_keys(row.totals), **beside}


def _origin(row: Row) -> dict[str, str]:
    if row.project is None or row.first_day is None:
        return {}
    return {"project": row.project, "first_day": row.first_day.isoformat()}


def report_csv(report: Report) -> str:
    """The rows as CSV, one column per key of the JSON."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(report), lineterminator="\n")
    writer.writeheader()
    for row in report.rows:
        writer.writerow(_flat(row, report.by))
    return out.getvalue()


def _columns(report: Report) -> list[str]:
    blank = Row("", Totals())
    if report.by == "session":
        unknown = SessionCoverage(UNKNOWN)
        blank = blank._replace(project="", first_day=date.min, coverage=unknown)
    return list(_flat(blank, report.by))


def _flat(row: Row, by: str) -> dict[str, Any]:
    keys = usage_keys(row.totals)
    unpriced, compute = keys.pop("unpriced"), keys.pop("compute_cost_usd")
    return {
        by: row.key,
        **_origin(row),
        **keys,
        **{f"compute_cost_{name}_usd": value for name, value in compute.items()},
        "unpriced_responses": unpriced["responses"],
        "unpriced_tokens": unpriced["tokens"],
        "unpriced_models": " ".join(unpriced["models"]),
        **coverage.csv_keys(row.coverage),
    }


def report_markdown(report: Report) -> str:
    """The rows as a Markdown table with totals, and the warnings as a list."""
    period = report.period
    amount = known_cost(report.totals)
    title = "No price is known" if amount is None else f"{usd(amount)} at list price"
    lines = [
        f"**{title}**, {period.since} to {period.until} ({period.zone_name})",
        "",
        *_held(report),
        f"| {report.by} | responses | input | output | cache read | cache write 5m"
        " | cache write 1h | list cost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_markdown_row(row.key, row.totals) for row in report.rows),
        _markdown_row("**total**", report.totals),
        "",
        *(f"- {warning.level}: {warning.message}" for warning in cache.shown_warnings(report)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _held(report: Report) -> list[str]:
    found = (coverage.sentence(report.coverage), cache.sentence(report))
    return [line for text in found if text for line in (text, "")]


def _markdown_row(key: str, totals: Totals) -> str:
    cells = [key.replace("|", "\\|"), f"{totals.responses:,}"]
    cells += [f"{count:,}" for count in totals.usage[:-1]]
    return f"| {' | '.join([*cells, usd(known_cost(totals))])} |"
