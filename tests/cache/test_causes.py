"""Every rebuild gets one cause, by the strongest evidence that there is."""

from collections.abc import Callable
from typing import Any

import pytest

from ccmeter.cache.causes import Cause
from ccmeter.cache.judge import Judged, judge
from ccmeter.cache.steps import Kind, Step

MakeStep = Callable[..., Step]
SAME = Kind("shape", "params", "medium", "1h 1h 1h")


def rebuilt(step: MakeStep, gap_s: float = 60, before: Any = None, **now: Any) -> Judged:
    """A full rebuild of 100,000 tokens after a pause."""
    first = step(0, **({"write_1h": 100_000} | (before or {})))
    second = step(gap_s, **({"write_1h": 110_000} | now))
    return judge([first, second], rewritten=lambda one, other: one + other < 0)[-1]


def cause(*args: Any, **kwargs: Any) -> Cause:
    found = rebuilt(*args, **kwargs).cause
    assert found is not None
    return found


def test_without_any_evidence_it_is_unexplained(step: MakeStep) -> None:
    judged = rebuilt(step)

    assert judged.verdict == "suspect_rebuild"
    assert judged.cause == Cause("unexplained", "suspect", "inferred", False)


@pytest.mark.parametrize("mark", ["compact", "compact:auto", "compact:manual", "compact_summary"])
def test_a_compaction_explains_it(step: MakeStep, mark: str) -> None:
    judged = rebuilt(step, marks=(mark,), miss_reason="messages_changed")

    assert judged.verdict == "expected_rebuild"
    assert judged.cause == Cause("compaction", "expected", "inferred", True)


def test_cleared_tool_results_explain_it(step: MakeStep) -> None:
    assert cause(step, marks=("microcompact",)).name == "microcompact"
    assert cause(step, marks=("microcompact", "compact:auto")).name == "compaction"


def test_another_model_explains_it_even_when_only_the_api_saw_it(step: MakeStep) -> None:
    assert cause(step, model="claude-sonnet-5") == Cause(
        "model_changed", "expected", "inferred", True
    )
    assert cause(step, miss_reason="model_changed") == Cause(
        "model_changed", "expected", "api", True
    )


@pytest.mark.parametrize("reason", ["tools_changed", "system_changed", "messages_changed"])
def test_the_api_names_what_the_client_changed(step: MakeStep, reason: str) -> None:
    judged = rebuilt(step, miss_reason=reason)

    assert judged.cause == Cause(reason, "suspect", "api", True)
    assert judged.verdict == "suspect_rebuild"


def test_after_an_act_of_the_user_a_change_is_expected(step: MakeStep) -> None:
    acted = cause(step, miss_reason="tools_changed", marks=("command:mcp",))
    looked = cause(step, miss_reason="tools_changed", marks=("command:context",))

    assert (acted.kind, acted.sure) == ("expected", True)
    assert looked.kind == "suspect"


@pytest.mark.parametrize("reason", ["previous_message_not_found", "unavailable"])
def test_some_words_of_the_api_are_no_evidence(step: MakeStep, reason: str) -> None:
    assert cause(step, miss_reason=reason).name == "unexplained"


def test_a_diagnosis_on_a_hit_is_ignored(step: MakeStep) -> None:
    hit = step(9, read=100_000, write_1h=50, miss_reason="messages_changed")

    assert judge([step(0, write_1h=100_000), hit])[-1].cause is None


def test_a_diagnosis_of_an_expired_entry_is_ignored(step: MakeStep) -> None:
    judged = rebuilt(step, 4_000, miss_reason="system_changed")

    assert (judged.verdict, cause(step, 4_000, miss_reason="system_changed").name) == (
        "idle_rebuild",
        "ttl_expired_1h",
    )


@pytest.mark.parametrize(
    ("gap_s", "tier", "name"),
    [
        (285, {"write_5m": 100_000, "write_1h": 0}, "unexplained"),  # 15 s of slack
        (285.001, {"write_5m": 100_000, "write_1h": 0}, "ttl_expired_5m"),
        (3_585, {"write_1h": 100_000}, "unexplained"),
        (3_585.001, {"write_1h": 100_000}, "ttl_expired_1h"),
        (285.001, {"write_5m": 50_000, "write_1h": 50_000}, "unexplained"),  # half an hour's
        (285.001, {"write_5m": 50_001, "write_1h": 49_999}, "ttl_expired_5m"),
    ],
)
def test_an_entry_lives_from_start_to_start(
    step: MakeStep, gap_s: float, tier: dict[str, int], name: str
) -> None:
    assert cause(step, gap_s, before=tier).name == name


def test_a_request_that_writes_nothing_carries_the_lifetime_on(step: MakeStep) -> None:
    steps = [step(0, write_1h=90_000), step(60, read=90_000), step(2_000, write_1h=91_000)]

    assert judge(steps)[-1].cause == Cause("unexplained", "suspect", "inferred", False)


def test_the_lifetime_is_that_of_the_last_write(step: MakeStep) -> None:
    def after(first: str, second: str) -> Cause | None:
        steps = [
            step(0, **{first: 90_000}),
            step(60, read=90_000, **{second: 500}),
            step(400, write_1h=91_000),
        ]
        return judge(steps)[-1].cause

    shortened, extended = after("write_1h", "write_5m"), after("write_5m", "write_1h")
    assert (shortened and shortened.name) == "ttl_expired_5m"
    assert (extended and extended.name) == "unexplained"


def test_an_unknown_lifetime_is_the_short_one(step: MakeStep) -> None:
    steps = [step(0, read=90_000), step(400, write_1h=91_000)]

    assert judge(steps)[-1].verdict == "idle_rebuild"


def test_a_read_renews_the_lifetime(step: MakeStep) -> None:
    steps = [step(0, write_1h=90_000), step(3_000, read=90_000), step(6_000, write_1h=91_000)]

    assert judge(steps)[-1].verdict == "suspect_rebuild"


def test_a_small_loss_after_a_pause_is_expected(step: MakeStep) -> None:
    judged = rebuilt(step, 9_000, before={"write_1h": 8_000})

    assert judged.verdict == "partial_expected"
    assert judged.cause == Cause("ttl_expired_1h", "idle", "inferred", True)


def test_effort_explains_it_but_not_on_models_that_do_not_mind(step: MakeStep) -> None:
    low, high = {"effort": "low"}, {"effort": "high"}

    assert cause(step, before={"write_1h": 100_000, **low}, **high) == Cause(
        "effort_changed", "expected", "inferred", True
    )
    for model in ("opus-5-5", "sonnet-5-5", "haiku-5-5", "fable-5-1"):
        exempt = {"model": f"claude-{model}"}
        before = {"write_1h": 100_000, **low, **exempt}
        assert cause(step, before=before, **high, **exempt).name == "unexplained"
    assert cause(step, **high).name == "unexplained"  # not known before


def test_fast_mode_explains_it(step: MakeStep) -> None:
    assert cause(step, fast=True) == Cause("fast_mode", "expected", "inferred", True)


def test_another_client_version_explains_it_but_a_resume_does_not(step: MakeStep) -> None:
    assert cause(step, before={"write_1h": 100_000, "version": ""}).name == "unexplained"
    assert cause(step, version="2.1.220") == Cause("version_changed", "expected", "inferred", False)
    assert cause(step, version="").name == "unexplained"
    for evidence in ({"new_process": True}, {"marks": ("start:resume",)}):
        assert cause(step, **evidence) == Cause("resume", "suspect", "inferred", False)
    assert cause(step, new_process=True, version="2.1.220").name == "version_changed"


def test_starting_a_session_or_a_compaction_is_no_resume(step: MakeStep) -> None:
    assert cause(step, marks=("start:clear",)).name == "unexplained"


def test_records_of_the_client_or_the_user_explain_it_a_little(step: MakeStep) -> None:
    delta, command = ("delta:deferred_tools_delta",), ("command:plugin",)

    assert cause(step, marks=delta) == Cause("tools_delta", "expected", "inferred", False)
    assert cause(step, marks=command) == Cause("user_command", "expected", "inferred", False)
    assert cause(step, marks=("command:hooks",)).name == "unexplained"


def test_a_much_shorter_prompt_was_cut_back(step: MakeStep) -> None:
    shorter = {"write_1h": 69_000}

    assert cause(step, **shorter) == Cause("rewound", "expected", "inferred", False)
    assert cause(step, **shorter, miss_reason="messages_changed") == Cause(
        "rewound", "expected", "api", False
    )
    assert cause(step, **shorter, miss_reason="tools_changed").kind == "suspect"
    assert cause(step, write_1h=69_999).name == "rewound"  # 70,001 of 100,002
    exact = {"write_1h": 100_000, "input_tokens": 0}
    assert cause(step, before=exact, write_1h=70_000, input_tokens=0).name == "unexplained"


def test_a_clock_that_went_back_raises_no_suspicion(step: MakeStep) -> None:
    first, second = step(60, write_1h=100_000), step(0, write_1h=110_000, end_ms=0)
    second = second._replace(miss_reason="tools_changed")
    judged = judge([first._replace(end_ms=0), second])[-1]

    assert (judged.verdict, judged.gap_s) == ("expected_rebuild", -60)
    assert judged.cause == Cause("tools_changed", "expected", "api", False)
    assert rebuilt(step, 0).verdict == "suspect_rebuild"


@pytest.mark.parametrize("silent", [0, 1])
def test_a_request_that_is_tried_again_at_once_raises_no_suspicion(
    step: MakeStep, silent: int
) -> None:
    first, second = step(0, write_1h=100_000), step(4.9, write_1h=100_000)
    steps = [first, second]
    steps[silent] = steps[silent]._replace(output_tokens=0)

    assert judge(steps)[-1].cause == Cause("retry", "expected", "inferred", False)
    later = second._replace(start_ms=first.start_ms + 5_000)
    assert judge([steps[0], later._replace(output_tokens=0)])[-1].verdict == "suspect_rebuild"


def hashed(step: MakeStep, old: Kind = SAME, new: Kind = SAME, **more: Any) -> Cause:
    before = {"write_1h": 100_000, "kind": old, "request": 1} | more.pop("before", {})
    return cause(step, more.pop("gap_s", 60), before, **({"kind": new, "request": 2} | more))


def test_equal_hashes_prove_that_the_entry_was_lost_on_the_server(step: MakeStep) -> None:
    assert hashed(step) == Cause("server_side", "suspect", "hashes", True)


def test_hashes_are_stronger_than_the_word_of_the_api(step: MakeStep) -> None:
    assert hashed(step, miss_reason="tools_changed").name == "server_side"


def test_equal_hashes_prove_nothing_about_an_expired_entry(step: MakeStep) -> None:
    assert hashed(step, gap_s=4_000).name == "ttl_expired_1h"
    other = SAME._replace(shape="another")
    assert hashed(step, new=other, gap_s=4_000).name == "ttl_expired_1h"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("shape", "tools_or_system_changed"),
        ("params", "params_changed"),
        ("ttls", "params_changed"),
    ],
)
def test_another_hash_names_what_changed(step: MakeStep, field: str, name: str) -> None:
    other = SAME._replace(**{field: "another"})

    assert hashed(step, new=other) == Cause(name, "suspect", "hashes", True)
    assert hashed(step, new=other, marks=("command:config",)).kind == "expected"
    assert hashed(step, new=other, new_process=True) == Cause(
        "resume_changed_prompt", "suspect", "hashes", True
    )


def test_messages_that_no_longer_begin_the_same_were_rewritten(step: MakeStep) -> None:
    assert hashed(step, request=-9) == Cause("messages_rewritten", "suspect", "hashes", True)
    assert hashed(step, request=-9, write_1h=60_000) == Cause("rewound", "expected", "hashes", True)


@pytest.mark.parametrize("cut", [{"aborted": True}, {"finished": False}])
def test_messages_are_rewritten_after_an_answer_that_was_cut(
    step: MakeStep, cut: dict[str, bool]
) -> None:
    found = hashed(step, request=-9, before=cut)

    assert (found.name, found.kind) == ("messages_rewritten", "expected")
    assert hashed(step, request=-9, marks=("api_error",)).kind == "expected"


def test_what_the_user_switched_is_not_blamed_on_parameters(step: MakeStep) -> None:
    other = SAME._replace(params="another")

    assert hashed(step, new=other, fast=True).name == "fast_mode"
    assert hashed(step, new=other, effort="low", before={"effort": "high"}).name == "effort_changed"


def test_without_the_messages_hashes_prove_nothing(step: MakeStep) -> None:
    assert hashed(step, request=None).name == "unexplained"
    assert hashed(step, request=None, new=SAME._replace(shape="another")).sure
