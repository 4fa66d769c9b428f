"""Calls inside a response count only as the line tells them that is believed for the response."""

from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st
from meter import fresh
from worlds import compact

KINDS = {"advisor_message": ":advisor:", "compaction": ":compaction:"}


class Told(NamedTuple):
    """A line of one response: its output, and the outputs of the calls inside it, by kind."""

    output: int
    calls: tuple[tuple[str, int], ...]


tolds = st.builds(
    Told,
    st.integers(1, 2),
    st.lists(st.tuples(st.sampled_from(list(KINDS)), st.integers(1, 2)), max_size=2).map(tuple),
)


def line(told: Told) -> bytes:
    steps = [{"type": kind, "model": "advisor", "output_tokens": n} for kind, n in told.calls]
    usage = {"input_tokens": 1, "output_tokens": told.output, "iterations": steps}
    message = {"id": "m", "model": "main", "stop_reason": "end_turn", "usage": usage}
    stamp = {"timestamp": "2026-01-01T00:00:00.000Z", "requestId": "r", "sessionId": "s"}
    return compact({"type": "assistant", "message": message} | stamp) + b"\n"


def outputs(told: Told) -> dict[str, int]:
    rows = {"m": told.output}
    for kind, name in KINDS.items():
        mine = [n for k, n in told.calls if k == kind]
        rows |= {f"m{name}{number}": n for number, n in enumerate(mine)}
    return rows


@given(versions=st.lists(tolds, min_size=1, max_size=4), again=st.booleans())
@example(versions=[Told(1, (("advisor_message", 1),)), Told(2, (("compaction", 1),))], again=False)
@example(versions=[Told(1, (("advisor_message", 1),)), Told(1, (("compaction", 1),))], again=False)
@example(versions=[Told(2, (("advisor_message", 1),)), Told(1, (("compaction", 1),))], again=False)
@example(versions=[Told(1, (("advisor_message", 1),)), Told(2, ())], again=False)
def test_a_line_that_is_rewritten_at_its_place_brings_its_calls_only_when_it_is_believed(
    versions: list[Told], again: bool
) -> None:
    """The file is another each time. Of equal outputs, what was read first is believed."""
    with fresh() as meter:
        for told in versions:
            meter.write("p/new", line(told)).rename(meter.projects / "p/s.jsonl")
            meter.sync()
            meter.sync(full=again)
        counted = {key: row["output"] for key, row in meter.rows().items()}

    assert counted == outputs(max(versions, key=lambda told: told.output))
