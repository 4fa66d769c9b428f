"""Lines of one response are merged whole, never field by field."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Owner, Response, Terms, Usage
from ccmeter.transcripts.merge import merge, same_response

owners = st.builds(
    Owner,
    session=st.sampled_from(("s0", "s1")),
    agent=st.just(""),
    agent_type=st.none(),
    cwd=st.just("/w"),
    version=st.just("2"),
    entrypoint=st.just("cli"),
    sidechain=st.booleans(),
    copied=st.booleans(),
)
responses = st.builds(
    Response,
    key=st.just("m"),
    request_id=st.sampled_from((None, "r")),
    request_ref=st.sampled_from((None, "ref")),
    time_ms=st.integers(0, 3),
    start_ms=st.none() | st.integers(0, 3),
    usage=st.builds(Usage, input_tokens=st.integers(0, 3), output_tokens=st.integers(0, 3)),
    thinking_tokens=st.integers(0, 3),
    web_fetches=st.just(0),
    miss_tokens=st.just(0),
    terms=st.builds(Terms, model=st.just("m"), stop_reason=st.sampled_from((None, "end_turn"))),
    owner=owners,
    offset=st.just(0),
    rank_output=st.just(0),
)
files = st.lists(responses, min_size=1, max_size=6).map(
    lambda lines: [
        line._replace(offset=n, rank_output=line.usage.output_tokens)
        for n, line in enumerate(lines)
    ]
)


@given(lines=files)
def test_the_order_of_two_lines_is_free(lines: list[Response]) -> None:
    assert merge(lines[0], lines[-1]) == merge(lines[-1], lines[0])


@given(lines=files)
def test_the_merged_response_is_one_line_whole_with_owner_and_times_of_all(
    lines: list[Response],
) -> None:
    merged = reduce(merge, lines)
    best = max(lines, key=lambda r: (r.terms.stop_reason is not None, r.rank_output, r.offset))
    placed = min(lines, key=lambda r: (r.owner.copied, r.owner.sidechain, r.offset))

    assert merged.usage == best.usage
    assert (merged.terms, merged.offset) == (best.terms, best.offset)
    assert merged.thinking_tokens == best.thinking_tokens
    assert merged.owner == placed.owner
    assert merged.time_ms == min(r.time_ms for r in lines)
    starts = [r.start_ms for r in lines if r.start_ms is not None]
    assert merged.start_ms == min(starts, default=None)
    assert merged.request_id == ("r" if any(r.request_id for r in lines) else None)


def response(request: str | None, model: str, sidechain: bool = False) -> Response:
    owner = Owner("s", "", None, "/w", "2", "cli", sidechain, False)
    return Response("m", request, None, 0, None, Usage(), 0, 0, 0, Terms(model), owner, 0, 0)


def test_two_request_ids_or_two_models_are_two_responses() -> None:
    one = response("r1", "a")

    assert same_response(one, response("r1", "a"))
    assert same_response(one, response(None, "a"))
    assert not same_response(one, response("r2", "a"))
    assert not same_response(one, response(None, "b"))


def test_a_response_that_is_repeated_for_an_agent_may_have_a_new_request_id_there() -> None:
    main, agent = response("r1", "a"), response("r2", "a", sidechain=True)

    assert same_response(main, agent)
    assert same_response(agent, main)


def test_two_request_ids_or_two_models_of_agents_are_two_responses_as_well() -> None:
    one = response("r1", "a", sidechain=True)

    assert same_response(one, response("r1", "a", sidechain=True))
    assert same_response(one, response(None, "a", sidechain=True))
    assert not same_response(one, response("r2", "a", sidechain=True))
    assert not same_response(one, response(None, "b", sidechain=True))
