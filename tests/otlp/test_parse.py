"""Telemetry to calls: what real clients sent, and whatever else may arrive."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports import NANOSECONDS, document, event, export
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Usage
from ccmeter.otlp.parse import HINT, JSON, PROTOBUF, calls
from ccmeter.otlp.records import ApiCall, Parsed, Refusal

FIXTURE = Path(__file__).parents[2] / "fixtures" / "telemetry.json"
RECORDED = json.loads(FIXTURE.read_text("utf-8"))
VERSIONS = [key for key in RECORDED if key != "about"]
# USD per million tokens of the one model in the recordings, and of the dearer one that 2.1.197
# and 2.1.90 took it for, since they did not know it: input, output, read, 5-minute write
PRICES = {
    "2.1.332": ("4", "20", "0.2", "5"),
    "2.1.330": ("4", "20", "0.2", "5"),
    "2.1.197": ("5", "25", "0.5", "6.25"),
    "2.1.90": ("3", "15", "0.3", "3.75"),
}


def taken(body: bytes, kind: str = JSON) -> Parsed:
    parsed = calls(body, kind)
    assert isinstance(parsed, Parsed), parsed
    return parsed


def recorded(version: str) -> list[ApiCall]:
    bodies = RECORDED[version]["bodies"]
    return [call for body in bodies for call in taken(json.dumps(body).encode()).calls]


def billed(version: str) -> list[dict[str, Any]]:
    return [row for row in RECORDED[version]["ledger"] if row["status"] == 200]


def one(**changed: object) -> ApiCall:
    (call,) = taken(export(event(**changed))).calls
    return call


def reason(**changed: object) -> str:
    parsed = taken(export(event(**changed)))
    assert parsed.calls == []
    return parsed.skips[0].reason


@pytest.mark.parametrize("version", VERSIONS)
def test_every_billed_call_of_a_real_session_is_there_once(version: str) -> None:
    def tokens(row: dict[str, Any]) -> tuple[int, ...]:
        return row["input"], row["output"], row["read"], row["write_5m"] + row["write_1h"]

    found = sorted(
        (u.input_tokens, u.output_tokens, u.cache_read_tokens,
         u.cache_write_5m_tokens + u.cache_write_1h_tokens)
        for u in (call.usage for call in recorded(version))
    )  # fmt: skip

    assert len(billed(version)) >= 3
    assert found == sorted(map(tokens, billed(version)))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_call_carries_the_clients_own_price(version: str) -> None:
    rates = [Decimal(rate) for rate in PRICES[version]]
    for call in recorded(version):
        priced = sum(n * rate for n, rate in zip(call.usage, rates, strict=False))
        assert call.cost_usd is not None
        assert abs(call.cost_usd - priced / 1_000_000) < Decimal("1e-9")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_call_says_whose_it_is(version: str) -> None:
    found = recorded(version)
    ids = {call.request_id for call in found}

    assert len({call.session for call in found}) == 1
    assert len(found[0].session) == 36
    assert {call.version for call in found} == {version}
    assert {call.model for call in found} == {"claude-opus-5-5"}
    assert {call.speed for call in found} == {"standard"}
    assert len({call.key for call in found}) == len(found)
    if version == "2.1.90":
        assert ids == {None}
    else:
        assert ids == {row["request_id"] for row in billed(version)}
        assert {call.query_source for call in found} == {"sdk", "agent:builtin:general-purpose"}


def test_the_newest_client_tells_lifetimes_and_agents_apart() -> None:
    found = recorded("2.1.332")

    assert all(call.lifetimes_known for call in found)
    assert [call.agent_type for call in found].count("general-purpose") == 1
    assert len({call.agent for call in found}) == 2
    assert not any(call.lifetimes_known for call in recorded("2.1.197")[:1])


def as_protobuf(body: dict[str, Any]) -> bytes:
    pytest.importorskip("opentelemetry.proto", reason="the extra otlp is not installed")
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    message = ParseDict(body, ExportLogsServiceRequest(), ignore_unknown_fields=True)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("version", VERSIONS)
def test_protobuf_tells_the_same_as_json(version: str) -> None:
    for body in RECORDED[version]["bodies"]:
        packed = as_protobuf(body)
        assert taken(packed, PROTOBUF) == taken(json.dumps(body).encode())


def test_protobuf_without_the_extra_is_refused_with_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = "opentelemetry.proto.collector.logs.v1.logs_service_pb2"
    monkeypatch.setitem(sys.modules, module, None)

    assert calls(b"", PROTOBUF) == Refusal(415, HINT)
    assert "\n" not in HINT
    assert "opentelemetry-proto" in HINT


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}", b"\x0a\xff\xff\xff\xff\x0f", b"\x00"])
def test_what_is_no_protobuf_is_refused(body: bytes) -> None:
    pytest.importorskip("opentelemetry.proto", reason="the extra otlp is not installed")

    assert calls(body, PROTOBUF) == Refusal(400, "not a protobuf export of logs")


def test_each_token_stands_in_one_field() -> None:
    assert one().usage == Usage(3, 40, 500, 60, 10)
    assert one().lifetimes_known


def test_writes_of_unknown_lifetime_stand_under_five_minutes() -> None:
    old = one(cache_creation_5m_tokens=None, cache_creation_1h_tokens=None)
    none = one(
        cache_creation_tokens=0, cache_creation_5m_tokens=None, cache_creation_1h_tokens=None
    )

    assert old.usage == Usage(3, 40, 500, 70, 0)
    assert not old.lifetimes_known
    assert none.lifetimes_known


def test_writes_beyond_the_split_stand_under_five_minutes() -> None:
    assert one(cache_creation_tokens=100).usage == Usage(3, 40, 500, 90, 10)


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        (0.060994999999999994, "0.060994999999999994"),
        ("0.0916275", "0.0916275"),
        (0, "0"),
        (None, None),
        ("nan", None),
        ("a lot", None),
        (-1.5, None),
        (True, None),
    ],
)
def test_a_price_is_taken_to_the_last_digit_or_not_at_all(value: object, cost: str | None) -> None:
    assert one(cost_usd=value).cost_usd == (None if cost is None else Decimal(cost))


def test_a_call_without_an_id_is_named_by_its_place() -> None:
    again = one(request_id=None, event__sequence=8)

    assert one().key == "req_1"
    assert one(request_id=None).key == one(request_id=None).key
    assert one(request_id=None).key != again.key
    assert one(request_id=None, client_request_id="c").key == "client:c"


def test_time_is_that_of_the_first_clock_that_was_set() -> None:
    record = event(event__timestamp="2026-11-24T07:43:17.784Z")
    times = []
    for name in ("", "timeUnixNano", "observedTimeUnixNano"):
        if name == "observedTimeUnixNano":
            record["observedTimeUnixNano"] = "1795506775999000000"
        elif name:
            record["timeUnixNano"] = 0
        times.append(taken(export(record)).calls[0].time_ms)

    assert times == [NANOSECONDS // 10**6, 1_795_506_197_784, 1_795_506_775_999]


@pytest.mark.parametrize(
    "change",
    [
        {"input_tokens": None},
        {"output_tokens": None},
        {"output_tokens": -1},
        {"output_tokens": 1.5},
        {"output_tokens": True},
        {"output_tokens": "12 tokens"},
        {"output_tokens": 2**53},
        {"output_tokens": "9" * 5000},
        {"duration_ms": "soon"},
        {"model": 5},
        {"model": "m" * 201},
        {"session__id": False},
    ],
    ids=str,
)
def test_an_odd_event_is_skipped_and_the_others_are_not(change: dict[str, object]) -> None:
    parsed = taken(export(event(), event(**change), event(request_id="req_2")))
    (name,) = change

    assert [call.request_id for call in parsed.calls] == ["req_1", "req_2"]
    assert [skip.offset for skip in parsed.skips] == [1]
    assert name.replace("__", ".") in parsed.skips[0].reason


def test_an_event_without_a_time_is_skipped() -> None:
    record = {**event(), "timeUnixNano": "0"}

    assert taken(export(record)).skips[0].reason == "no time that makes sense"


def test_a_reason_quotes_nothing_of_the_event() -> None:
    secret = "my secret words"
    odd = {**event(event__timestamp=secret), "timeUnixNano": secret}

    assert secret not in reason(output_tokens=secret)
    assert secret not in taken(export(odd)).skips[0].reason


def test_other_events_are_not_looked_at() -> None:
    names = ("user_prompt", "tool_result", "api_error", "assistant_response", "api_request_body")
    parsed = taken(export(*(event(name, prompt="secret words", input_tokens=-5) for name in names)))

    assert parsed == Parsed([], [])


def test_only_known_attributes_of_a_call_are_kept() -> None:
    assert "secret" not in repr(one(prompt="secret", user__email="secret@example.invalid"))


def test_an_odd_attribute_that_nobody_reads_costs_no_call() -> None:
    record = event()
    record["attributes"] += [{"key": "new", "value": None}, {"value": 5}, None]

    assert len(taken(export(record)).calls) == 1


def test_the_name_of_an_event_may_stand_in_three_places() -> None:
    bare = event(event__name=None)
    named = {**bare, "eventName": "claude_code.api_request", "body": {"stringValue": "x"}}
    other = {**bare, "body": {"stringValue": "claude_code.user_prompt"}}

    assert len(taken(export(bare, named, other)).calls) == 2


def test_a_lone_surrogate_costs_no_call() -> None:
    body = export(event(), event(effort="high\ud800"), event("user_prompt", prompt="\udfff"))
    parsed = taken(body)

    assert len(parsed.calls) == 2
    for call in parsed.calls:
        call.effort.encode("utf-8")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b"9" * 5000,
        json.dumps({"resourceLogs": 5}).encode(),
        json.dumps({"resourceLogs": [5]}).encode(),
        json.dumps({"resourceLogs": [{"resource": "x"}]}).encode(),
        json.dumps({"resourceLogs": [{"resource": {"attributes": [{"key": []}]}}]}).encode(),
        json.dumps({"resourceLogs": [{"scopeLogs": {"logRecords": []}}]}).encode(),
        json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [None]}]}]}).encode(),
    ],
    ids=range(15),
)
def test_what_is_no_export_of_logs_is_refused(body: bytes) -> None:
    refusal = calls(body, JSON)

    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


def test_other_notations_are_refused() -> None:
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        refusal = calls(export(event()), kind)
        assert isinstance(refusal, Refusal)
        assert refusal.status == 415
    assert len(taken(export(event()), "Application/JSON; charset=utf-8").calls) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


def places(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from places(inner, (*path, key))
    if isinstance(node, list):
        for number, inner in enumerate(node):
            yield from places(inner, (*path, number))


PLACES = list(places(document(event())))


@given(place=st.sampled_from(PLACES), planted=anything)
def test_no_value_in_any_place_breaks_the_parser(place: tuple[Any, ...], planted: object) -> None:
    planted_into: Any = {"": document(event())}
    node = planted_into
    for step in ("", *place)[:-1]:
        node = node[step]
    node[("", *place)[-1]] = planted
    parsed = calls(json.dumps(planted_into[""]).encode(), JSON)

    if isinstance(parsed, Parsed):
        for call in parsed.calls:
            assert min(call.usage) >= 0
            assert call.time_ms > 0


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    for kind in (JSON, PROTOBUF):
        assert isinstance(calls(body, kind), Parsed | Refusal)
