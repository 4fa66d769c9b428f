"""What the real client writes beside its answers is stored as its files tell it.

Expected values are read from the files by the plainest reader, not by ccmeter.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from meter import Meter, fresh

from ccmeter.ingest import ingest

Record = dict[str, Any]
SCENARIOS = (
    *("agent", "bash", "bash-v90", "compact", "fork", "miss", "models", "nested", "oauth_agent"),
    *("parallel", "resume", "resume-v197", "retry529", "sigint", "ttl1h"),
)
LINKS = """
select r.key, sent.time_ms, sent.keep, length(sent.tail) / 6, base.time_ms, kinds.model,
    kinds.effort, kinds.query_source, kinds.ttls
from responses as r
left join api_requests as sent on sent.id = r.request_ref
left join api_requests as base on base.id = sent.base
left join request_kinds as kinds on kinds.id = sent.kind_id
"""
TERMS = """
select r.key, t.effort, t.cache_requested, t.requested_model, t.miss_reason, r.miss_tokens,
    r.time_ms, r.start_ms
from responses as r join terms as t on t.id = r.terms_id
"""
LAST_STATES = """
select session, cost_usd, models from cost_states join sessions as s on s.id = session_id
order by start_ms, duration_ms
"""
COMPACTIONS = """
select kind, label, tokens_before, tokens_after, time_ms from marks
where kind in ('compact', 'compact_summary') order by kind
"""


@pytest.fixture
def metered(shared_dir: Path) -> Iterator[Callable[[str], tuple[Meter, list[list[Record]]]]]:
    """Read a folder of the reference data; give the meter, and the records of each file."""

    with fresh() as meter:

        def read(name: str) -> tuple[Meter, list[list[Record]]]:
            folder = shared_dir / "data" / name
            ingest(meter.connection, [str(folder)])
            files = sorted((folder / "projects").rglob("*.jsonl"))
            return meter, [list(records_of(path)) for path in files]

        yield read


def records_of(path: Path) -> Iterator[Record]:
    for line in path.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def answers(files: list[list[Record]]) -> Iterator[Record]:
    for file in files:
        for record in file:
            if record["type"] == "assistant" and record["message"]["model"] != "<synthetic>":
                yield record


def sent_before(files: list[list[Record]]) -> dict[str, int]:
    """When each response was asked for: the last prompt, result or attachment before it."""
    found: dict[str, int] = {}
    for file in files:
        sent = None
        for record in file:
            if record["type"] == "assistant":
                key = record["message"]["id"]
                if sent is not None:
                    found[key] = min(sent, found.get(key, sent))
                sent = None
            elif record["type"] in ("user", "attachment"):
                sent = ms(record["timestamp"])
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_answer_leads_to_its_request(name: str, metered: Any) -> None:
    meter, files = metered(f"client/{name}")
    rows = [r for file in files for r in file if r["type"] == "api-request"]
    sent = {r["id"]: r for r in rows}
    expected = {}
    for record in answers(files):
        request = sent.get(record.get("requestRef", ""), {})
        params = request.get("params", {})
        base = sent.get(request.get("base") or "")
        expected[record["message"]["id"]] = (
            ms(request["timestamp"]) if request else None,
            request.get("keep"),
            len(request["tail"]) if request else None,
            ms(base["timestamp"]) if base else None,
            params.get("model"),
            params.get("output_config", {}).get("effort"),
            request.get("querySource"),
            " ".join(m["value"].get("ttl", "5m") for m in request["cacheControl"])
            if request
            else None,
        )

    assert {key: tuple(rest) for key, *rest in meter.connection.execute(LINKS)} == expected
    assert meter.count("api_requests") == len(sent)


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_answer_keeps_what_was_asked_for_and_when(name: str, metered: Any) -> None:
    meter, files = metered(f"client/{name}")
    sent, times, asked = sent_before(files), {}, {}
    for record in answers(files):
        key = record["message"]["id"]
        times[key] = min(ms(record["timestamp"]), times.get(key, 1 << 60))
        fields = ("effort", "promptCacheRequested", "requestedModel")
        asked[key] = tuple(record.get(field) or "" for field in fields)

    for key, *terms, _, _, time_ms, start_ms in meter.connection.execute(TERMS):
        assert tuple(terms) == asked[key]
        assert time_ms == times[key]
        assert start_ms == sent.get(key)
        assert start_ms < time_ms
    assert len(asked) == meter.count("responses") > 0


@pytest.mark.parametrize(
    ("name", "lifetime"), [("ttl1h", "1h"), ("oauth_agent", "1h"), ("bash", "5m")]
)
def test_the_main_threads_cache_lifetime_is_known(name: str, lifetime: str, metered: Any) -> None:
    meter, _ = metered(f"client/{name}")
    query = """
        select distinct t.cache_requested from responses as r
        join terms as t on t.id = r.terms_id join owners as o on o.id = r.owner_id
        where o.agent_id = 0
    """

    assert meter.connection.execute(query).fetchall() == [(lifetime,)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_clients_last_word_on_a_session_is_kept(
    name: str, metered: Any, shared_dir: Path
) -> None:
    meter, _ = metered(f"client/{name}")
    expected = json.loads((shared_dir / "data/client" / name / "expected.json").read_text("utf-8"))
    last = {
        s: (cost, json.loads(models)) for s, cost, models in meter.connection.execute(LAST_STATES)
    }

    assert {session: float(cost) for session, (cost, _) in last.items()} == {
        session: state["totalCostUSD"] for session, state in expected["cost_state"].items()
    }
    assert {session: models for session, (_, models) in last.items()} == {
        session: state["modelUsage"] for session, state in expected["cost_state"].items()
    }


def test_a_compaction_keeps_its_sizes(metered: Any) -> None:
    meter, ((*records,),) = metered("client/compact")
    boundary = next(r for r in records if r.get("subtype") == "compact_boundary")
    summary = next(r for r in records if r.get("isCompactSummary"))

    assert meter.connection.execute(COMPACTIONS).fetchall() == [
        ("compact", "manual", 12440, 2645, ms(boundary["timestamp"])),
        ("compact_summary", None, None, None, ms(summary["timestamp"])),
    ]


def test_the_reasons_of_the_api_for_cache_misses_are_kept(metered: Any) -> None:
    meter, files = metered("transcripts")
    expected: dict[tuple[str, int], int] = {}
    seen = set()
    for record in answers(files):
        diagnostics = record["message"].get("diagnostics") or {}
        reason = diagnostics.get("cache_miss_reason")
        if reason and record["message"]["id"] not in seen:
            seen.add(record["message"]["id"])
            key = (reason["type"], reason.get("cache_missed_input_tokens", 0))
            expected[key] = expected.get(key, 0) + 1
    query = """
        select t.miss_reason, r.miss_tokens, count(*) from responses as r
        join terms as t on t.id = r.terms_id where t.miss_reason <> '' group by 1, 2
    """

    assert {(reason, n): count for reason, n, count in meter.connection.execute(query)} == expected
    assert sum(expected.values()) >= 4
