"""The mock bills as the API's documents say that the API does."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from mock_api import MockApi
from mock_ledger import kind_of, session_of
from mock_replies import Reply, Tool

LONG = "words " * 1000  # 1,500 tokens and some
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def text(content: str, mark: dict[str, str] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": content} | ({"cache_control": mark} if mark else {})


def body(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": list(blocks)}]
    return {"model": "m", "system": "s", "tools": [{"name": "t"}], "messages": messages, **more}


def post(api: MockApi, asked: dict[str, Any]) -> bytes:
    request = urllib.request.Request(f"{api.url}/v1/messages", json.dumps(asked).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def ask(api: MockApi, *blocks: dict[str, Any], **more: Any) -> dict[str, int]:
    usage: dict[str, int] = json.loads(post(api, body(*blocks, **more)))["usage"]
    return usage


def test_a_prefix_is_written_once_and_then_read(api: MockApi) -> None:
    first = ask(api, text(LONG, MARK), text("tail"))
    second = ask(api, text(LONG), text("tail"), text("more", MARK))

    assert first["cache_read_input_tokens"] == 0
    assert first["cache_creation_input_tokens"] > 1000
    assert first["input_tokens"] > 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    assert second["input_tokens"] == 0


def test_a_changed_block_ends_what_can_be_read(api: MockApi) -> None:
    ask(api, text(LONG, MARK), text("a", MARK))
    changed = ask(api, text(LONG, MARK), text("b", MARK))
    early = ask(api, text("x" + LONG, MARK), text("b", MARK))

    assert changed["cache_read_input_tokens"] > 1000
    assert early["cache_read_input_tokens"] == 0


def test_an_entry_lives_as_long_as_its_mark_says_since_it_was_last_read(api: MockApi) -> None:
    def read(mark: dict[str, str], wait: float) -> int:
        api.advance(wait)
        return ask(api, text(LONG, mark))["cache_read_input_tokens"]

    assert [bool(read(MARK, wait)) for wait in (0, 299, 299, 301)] == [False, True, True, False]
    api.script("main", Reply("x", evict="all"))
    assert [bool(read(HOUR, wait)) for wait in (0, 3599, 3601)] == [False, True, False]


def test_writes_are_told_apart_by_lifetime(api: MockApi) -> None:
    usage = ask(api, text(LONG, HOUR), text(LONG, MARK))
    split: Any = usage["cache_creation"]

    assert split["ephemeral_1h_input_tokens"] > 1000
    assert split["ephemeral_5m_input_tokens"] > 1000
    assert sum(split.values()) == usage["cache_creation_input_tokens"]


def test_a_breakpoint_looks_back_twenty_blocks(api: MockApi) -> None:
    def read(number: int) -> int:
        api.script("main", Reply("x", evict="all"))
        ask(api, text(LONG, MARK))
        more = [text(str(n)) for n in range(number - 1)]
        return ask(api, text(LONG), *more, text("end", MARK))["cache_read_input_tokens"]

    assert read(19) > 0
    assert read(20) == 0


def test_a_short_prompt_is_not_cached(api: MockApi) -> None:
    usage = ask(api, text("hello", MARK))

    assert usage["cache_creation_input_tokens"] == usage["cache_read_input_tokens"] == 0
    assert usage["input_tokens"] > 0


def test_models_share_no_cache(api: MockApi) -> None:
    ask(api, text(LONG, MARK))

    assert ask(api, text(LONG, MARK), model="n")["cache_read_input_tokens"] == 0


def test_an_eviction_of_the_messages_leaves_the_system_prompt(api: MockApi) -> None:
    system = [text(LONG, MARK)]
    ask(api, text("a", MARK), system=system)
    api.script("main", Reply("x", evict="messages"))
    usage = ask(api, text("a", MARK), system=system)

    assert usage["cache_read_input_tokens"] > 1000
    assert usage["cache_creation_input_tokens"] > 0


def test_a_stream_ends_with_the_usage_of_the_ledger(api: MockApi) -> None:
    api.script("main", Reply("hi there", (Tool("t", {"a": 1}),), thinking="hm", searches=2))
    stream = post(api, body(text(LONG, MARK), stream=True)).decode()
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    (call,) = api.calls
    (last,) = [event["usage"] for event in events if event["type"] == "message_delta"]

    assert [event["type"] for event in events if "block" in event["type"]].count(
        "content_block_stop"
    ) == 3
    assert events[0]["message"]["id"] == call.message_id
    assert last["output_tokens"] == call.output
    assert last["cache_creation_input_tokens"] == call.bill.write_5m
    assert last["server_tool_use"]["web_search_requests"] == call.searches == 2
    assert call.completed


def test_a_cut_stream_breaks_and_is_billed_as_far_as_it_came(api: MockApi) -> None:
    api.script("main", Reply("words " * 100, (Tool("t", {}),), cut="block"))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        post(api, body(text(LONG, MARK), stream=True))
    api.settle()
    (call,) = api.calls

    assert not call.completed
    assert call.bill.write_5m > 1000
    assert 0 < call.output < 200


def test_a_stalled_stream_waits_until_its_client_has_gone(api: MockApi) -> None:
    api.script("main", Reply("words " * 100, stall="text"))
    asked = json.dumps(body(text(LONG, MARK), stream=True)).encode()
    request = urllib.request.Request(f"{api.url}/v1/messages", asked)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.readline() == b"event: message_start\n"
        assert api.stalled.wait(10)
    api.settle()
    (call,) = api.calls

    assert not call.completed
    assert 0 < call.output < 150


def test_a_refusal_costs_nothing(api: MockApi) -> None:
    api.script("main", Reply(status=529))
    with pytest.raises(urllib.error.HTTPError, match="529"):
        ask(api, text(LONG, MARK))

    assert api.calls[0].status == 529
    assert sum(api.calls[0].bill) == api.calls[0].output == 0
    assert ask(api, text(LONG, MARK))["cache_read_input_tokens"] == 0


def test_ids_are_the_same_in_every_run() -> None:
    def message_ids(seed: str) -> list[str]:
        with MockApi(seed) as api:
            ask(api, text("a"))
            ask(api, text("b"))
            return [call.message_id for call in api.calls]

    assert message_ids("one") == message_ids("one")
    assert len(set(message_ids("one") + message_ids("two"))) == 4


def test_requests_are_told_apart_by_who_asks() -> None:
    subagent = [text("cc_is_subagent=true;"), text("Help.")]
    summary = text("Your task is to create a detailed summary of the conversation so far")

    assert kind_of(body(text("hi"))) == "main"
    assert kind_of(body(text("hi"), system=subagent)) == "sub"
    assert kind_of(body(summary)) == "compact"
    assert kind_of(body(text("hi"), tools=[], system="Generate a short title")) == "title"
    assert kind_of(body(text("hi"), tools=[])) == "other"


def test_the_session_is_found_in_old_and_new_metadata() -> None:
    session = "0198d7a4-0f6d-4b3e-9a55-0a4c2b8e7f10"
    new = {"user_id": json.dumps({"device_id": "d" * 64, "session_id": session})}
    old = {"user_id": f"user_{'a' * 64}_account__session_{session}"}

    assert session_of(body(metadata=new)) == session_of(body(metadata=old)) == session
