"""What each program says was used, in one shape, held against the corpus's own truth."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Totals = dict[str, dict[str, int]]  # model -> field -> tokens
Reader = Callable[[bytes], Totals]

WRITES = "cache_write_tokens"  # both lifetimes together: few programs tell them apart
_OFFICIAL = re.compile(r"-\d{8}$")
_SHOWN = re.compile(r"(Fable|Haiku|Opus|Sonnet) (\d+)(?:\.(\d+))?")
_MODELS_NAMED = 3


class Verdict(NamedTuple):
    """Whether the totals are right (None: it tells none), and how they are wrong."""

    right: bool | None
    words: str


def truth_of(corpus: Path) -> Totals:
    """Return the tokens by model that a right meter finds."""
    models = json.loads((corpus / "truth.json").read_text("utf-8"))["models"]
    truth = _summed((model, row) for model, row in models.items())
    for row in truth.values():
        row[WRITES] = row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
    return truth


def check(truth: Totals, found: Totals) -> Verdict:
    """Compare the fields that are told, of every model."""
    fields = sorted({field for row in found.values() for field in row})
    told = {model: row for model, row in found.items() if any(row.values())}
    if not told:
        return Verdict(None, "tells no totals")
    wrong = [
        model
        for model in sorted({*truth, *told})
        if any(_get(truth, model, field) != _get(told, model, field) for field in fields)
    ]
    if not wrong:
        return Verdict(True, "right")
    parts = [_difference(truth, told, field) for field in fields]
    shown = ", ".join(wrong[:_MODELS_NAMED])
    more = f" and {len(wrong) - _MODELS_NAMED} more" if len(wrong) > _MODELS_NAMED else ""
    sums = ", ".join(filter(None, parts)) or "the sums are right"
    return Verdict(False, f"wrong in {shown}{more}: {sums}")


def _get(totals: Totals, model: str, field: str) -> int:
    return totals.get(model, {}).get(field, 0)


def _difference(truth: Totals, found: Totals, field: str) -> str:
    right = sum(_get(truth, model, field) for model in truth)
    value = sum(_get(found, model, field) for model in found)
    if value == right:
        return ""
    name = field.removesuffix("_tokens").replace("_", " ")
    if not right:
        return f"{name} {value:+d}"
    percent = 100 * (value - right) / right
    return f"{name} {percent:+.2g} %" if abs(percent) < 100 else f"{name} {percent:+.0f} %"


def canonical(name: str) -> str:
    """Return the id of a model without its date and case: claude-opus-5 for `Opus 5` as well."""
    if shown := _SHOWN.fullmatch(name):
        return "-".join(["claude", shown[1].lower(), *filter(None, shown.groups()[1:])])
    return _OFFICIAL.sub("", name).lower().replace(" ", "-")


def _summed(rows: Iterable[tuple[str, Mapping[str, int]]]) -> Totals:
    sums: Totals = defaultdict(lambda: defaultdict(int))
    for name, row in rows:
        for field, tokens in row.items():
            sums[canonical(name)][field] += tokens
    return {model: dict(row) for model, row in sums.items()}


def _picked(row: Mapping[str, Any], *names: str) -> dict[str, int]:
    """Return input, output, cache read and cache write from the fields of those names."""
    fields = ("input_tokens", "output_tokens", "cache_read_tokens", WRITES)
    return {field: row[name] for field, name in zip(fields, names, strict=True)}


def of_ccmeter(out: bytes) -> Totals:
    """`report --by model --json`: the same names as in the truth, the lifetimes told apart."""
    fields = (
        *("responses", "input_tokens", "output_tokens", "cache_read_tokens"),
        *("cache_write_5m_tokens", "cache_write_1h_tokens", "web_searches"),
    )
    rows = json.loads(out)["rows"]
    return _summed((row["key"], {field: row[field] for field in fields}) for row in rows)


def of_daily(out: bytes) -> Totals:
    """ccusage and agentsview: days with a breakdown by model."""
    names = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheCreationTokens")
    return _summed(
        (row["modelName"], _picked(row, *names))
        for day in json.loads(out)["daily"]
        for row in day["modelBreakdowns"]
    )


def of_tokscale(out: bytes) -> Totals:
    """Days with clients with models."""
    return _summed(
        (row["modelId"], _picked(row["tokens"], "input", "output", "cacheRead", "cacheWrite"))
        for day in json.loads(out)["contributions"]
        for row in day["clients"]
    )


def of_codeburn(out: bytes) -> Totals:
    """A list of models by the names it shows."""
    names = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens")
    return _summed((row["name"], _picked(row, *names)) for row in json.loads(out)["models"])


def of_lines(out: bytes) -> Totals:
    """A line per model: name, input, output, cache read, cache write."""
    rows = [line.split("\t") for line in out.decode().splitlines()]
    fields = ("input_tokens", "output_tokens", "cache_read_tokens", WRITES)
    return _summed((row[0], dict(zip(fields, map(int, row[1:]), strict=True))) for row in rows)
