"""What holds for every thread, however it is cut and whatever is in it."""

from collections.abc import Callable, Iterable
from functools import reduce
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.cache.fold import Folded, Thread, fold
from ccmeter.cache.formats import KEPT
from ccmeter.cache.judge import judge
from ccmeter.cache.keep import pack_thread, unpack_thread
from ccmeter.cache.rules import alerts
from ccmeter.cache.steps import Kind, Step, StepPrices
from ccmeter.cache.tally import add

MakeStep = Callable[..., Step]

tokens = st.one_of(st.integers(0, 400_000), st.sampled_from([0, 9_000, 20_601, 20_650]))
prices = st.builds(StepPrices, *[st.decimals(0, 100, places=2)] * 4)
kinds = st.builds(Kind, st.sampled_from("ab"), st.sampled_from("ab"))
fields = st.fixed_dictionaries(
    {
        "gap_s": st.one_of(
            st.floats(0, 7, width=16), st.sampled_from([30.0, 100.0, 400.0, 4_000.0])
        ),
        "runs_s": st.sampled_from([0, 0, 0, 20, 500]),
        "read": tokens,
        "write_1h": tokens,
        "write_5m": st.sampled_from([0, 0, 3_000, 90_000]),
        "input_tokens": st.sampled_from([0, 2, 15_000, 90_000]),
        "output_tokens": st.sampled_from([0, 20, 300]),
        "model": st.sampled_from(["claude-opus-5", "claude-opus-5", "claude-opus-5-5", "glm-5"]),
        "version": st.sampled_from(["2.1.219", "2.1.219", "2.1.220", ""]),
        "effort": st.sampled_from(["", "low", "high"]),
        "fast": st.booleans(),
        "finished": st.booleans(),
        "copied": st.sampled_from([False, False, False, True]),
        "cache_requested": st.sampled_from(["", "1h", "5m", "off"]),
        "miss_reason": st.sampled_from(["", "", "tools_changed", "unavailable"]),
        "marks": st.sampled_from([(), (), ("compact:auto",), ("command:mcp",), ("delta:x",)]),
        "new_process": st.sampled_from([False, False, True]),
        "kind": st.one_of(st.none(), kinds),
        "request": st.integers(1, 9),
        "prices": st.one_of(st.none(), prices),
    }
)


def thread_of(step: MakeStep, rows: Iterable[dict[str, object]]) -> list[Step]:
    now, steps = 0.0, []
    for row in rows:
        more = dict(row)
        now += float(str(more.pop("gap_s")))
        runs = int(str(more.pop("runs_s")))
        made = step(now, **more, is_claude=more["model"] != "glm-5")
        steps.append(made._replace(end_ms=made.start_ms + 1_000 * runs))
    return steps


def rewritten(before: int, after: int) -> bool | None:
    return None if before == after else before > after


def kept(thread: Thread) -> Thread:
    """The thread as it comes back from where it was stored."""
    found = unpack_thread(pack_thread(thread))
    assert found is not None
    return found


def in_pieces(steps: list[Step], cuts: list[int]) -> list[Folded]:
    """Fold piece by piece; what is remembered is stored in between."""
    thread, folded = Thread(), []
    edges = [0, *sorted(cut for cut in cuts if cut < len(steps)), len(steps)]
    for start, end in pairwise(edges):
        folded.append(fold(thread, steps[start:end], rewritten=rewritten, every=True))
        thread = kept(folded[-1].thread)
    return folded


@given(rows=st.lists(fields, min_size=1, max_size=25), cuts=st.lists(st.integers(0, 24)))
def test_a_thread_may_be_cut_anywhere(
    step: MakeStep, rows: list[dict[str, object]], cuts: list[int]
) -> None:
    steps = thread_of(step, rows)
    whole, pieces = fold(Thread(), steps, rewritten=rewritten, every=True), in_pieces(steps, cuts)

    assert [one for piece in pieces for one in piece.judged] == whole.judged
    assert [one for piece in pieces for one in piece.raised] == whole.raised
    assert whole.judged == judge(steps, rewritten=rewritten)
    sums = {
        ran: reduce(add, [piece.tallies[ran] for piece in pieces if ran in piece.tallies])
        for ran in whole.tallies
    }
    assert sums == whole.tallies


@given(rows=st.lists(fields, min_size=1, max_size=25))
def test_losses_are_never_negative_nor_larger_than_what_was_expected(
    step: MakeStep, rows: list[dict[str, object]]
) -> None:
    for judged in judge(thread_of(step, rows), rewritten=rewritten):
        assert judged.excess_usd is None or judged.excess_usd >= 0
        assert 0 <= judged.lost_tokens <= judged.expected_read <= judged.prompt_tokens
        assert (judged.cause is not None) == (judged.lost_tokens > 0)


@given(rows=st.lists(fields, min_size=1, max_size=25))
def test_a_request_that_read_all_is_no_rebuild(
    step: MakeStep, rows: list[dict[str, object]]
) -> None:
    for judged in judge(thread_of(step, rows), rewritten=rewritten):
        if judged.step.cache_read_tokens >= judged.expected_read:
            assert judged.cause is None


growth = st.fixed_dictionaries(
    {
        "gap_s": st.integers(1, 3_500),
        "write_1h": st.integers(1, 60_000),
        "marks": st.sampled_from([(), ("delta:x",), ("command:model",)]),
        "new_process": st.booleans(),
        "output_tokens": st.integers(0, 9_000),
    }
)


@given(start=st.integers(1, 50_000), rows=st.lists(growth, max_size=25))
def test_a_healthy_growing_thread_is_cold_once_and_then_fine(
    step: MakeStep, start: int, rows: list[dict[str, int]]
) -> None:
    read, now, steps = start, 0, [step(0, write_1h=start)]
    for row in rows:
        now += row["gap_s"]
        steps.append(step(now, read, **{k: v for k, v in row.items() if k != "gap_s"}))
        read += row["write_1h"]
    judged = judge(steps)

    assert [one.verdict for one in judged] == ["cold"] + ["ok"] * len(rows)
    assert alerts([judged]) == []


@given(
    threads=st.lists(st.lists(fields, min_size=1, max_size=12), min_size=2, max_size=4),
    seed=st.randoms(use_true_random=False),
)
def test_the_alerts_of_a_session_do_not_depend_on_the_order_of_its_threads(
    step: MakeStep, threads: list[list[dict[str, object]]], seed: object
) -> None:
    judged = [
        judge([one._replace(agent=f"a{n}" if n else "") for one in thread_of(step, rows)])
        for n, rows in enumerate(threads)
    ]
    mixed = list(judged)
    seed.shuffle(mixed)  # type: ignore[attr-defined]

    assert alerts(mixed) == alerts(judged)


def test_what_another_release_stored_is_not_read() -> None:
    thread = pack_thread(Thread())

    assert unpack_thread(thread) == Thread()
    assert unpack_thread(thread.replace(f"[{KEPT},", f"[{KEPT - 1},", 1)) is None


def test_only_the_rebuilds_are_kept_unless_every_request_is_asked_for(step: MakeStep) -> None:
    steps = [step(0, write_1h=90_000), step(9, read=90_000), step(20, write_1h=91_000)]

    assert [one.verdict for one in fold(Thread(), steps).judged] == ["suspect_rebuild"]
    assert len(fold(Thread(), steps, every=True).judged) == 3
    assert fold(Thread(), []) == Folded(Thread(), [], [], {})
