"""Forks: their meter goes on from their parent's, but no dollar is counted twice."""

from decimal import Decimal

import pytest
from metered import Line, Place, answer, copied, meter

from ccmeter.reports.coverage import SessionCoverage

# The parent has $0.028 in its transcript when it is forked, and $0.002 beside it.
PARENT = (answer("p", "p1", 0), answer("p", "p2", 1))
FORKED_AT = 0.03


def known(visible: str, client: str, hidden: str) -> SessionCoverage:
    return SessionCoverage("known", "", Decimal(visible), Decimal(client), Decimal(hidden))


def fork_of(*lines: Line, marked: bool = True) -> tuple[Line, ...]:
    return tuple(copied(line, "f", marked=marked) for line in lines)


def write_family(place: Place, *, fork_first: bool = False, marked: bool = True) -> None:
    ages = (0, 100) if fork_first else (100, 0)
    place.write(
        "p",
        *(*PARENT, meter("p", FORKED_AT, 2)),
        *(answer("p", "p3", 9), meter("p", 0.045, 3)),
        age_s=ages[0],
    )
    place.write(
        "f",
        *fork_of(*PARENT, marked=marked),
        *(answer("f", "f1", 5), meter("f", 0.048, 3)),
        age_s=ages[1],
    )


@pytest.mark.parametrize("fork_first", [False, True])
def test_a_fork_is_what_it_added_to_its_parent(place: Place, fork_first: bool) -> None:
    write_family(place, fork_first=fork_first)
    found = place.sync().report().coverage

    assert found.sessions["p"] == known("0.042", "0.045", "0.003")
    assert found.sessions["f"] == known("0.014", "0.018", "0.004")
    assert found[1:4] == (Decimal("0.056"), Decimal("0.063"), Decimal("0.007"))


def test_copies_that_do_not_say_so_are_copies(place: Place) -> None:
    write_family(place, marked=False)
    found = place.sync().report().coverage

    assert found.sessions["p"] == known("0.042", "0.045", "0.003")
    assert found.sessions["f"] == known("0.014", "0.018", "0.004")


def test_files_may_grow_in_any_order(place: Place) -> None:
    place.write("p", PARENT[0])
    place.sync()
    place.write("f", *fork_of(*PARENT))
    place.sync()
    place.add("p", PARENT[1])
    place.add("p", meter("p", FORKED_AT, 2))
    place.sync()
    place.add("f", answer("f", "f1", 5), meter("f", 0.048, 3))
    place.sync()
    found = place.report().coverage.sessions

    assert found == {"p": known("0.028", "0.03", "0.002"), "f": known("0.014", "0.018", "0.004")}


def test_the_parents_subagents_were_taken_over_too(place: Place) -> None:
    place.write("p", *PARENT, meter("p", 0.042, 2))
    place.write("p/subagents/agent-a", answer("p", "a1", 0.5, isSidechain=True, agentId="a"))
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.056, 3))
    found = place.sync().report().coverage.sessions

    assert found == {"p": known("0.042", "0.042", "0"), "f": known("0.014", "0.014", "0")}


def test_a_fork_of_a_fork_goes_on_from_the_fork(place: Place) -> None:
    child = answer("f", "f1", 5)
    place.write("p", *PARENT, meter("p", FORKED_AT, 2))
    place.write("f", *fork_of(*PARENT), child, meter("f", 0.045, 3))
    place.write(
        "g",
        *(copied(line, "g") for line in (*PARENT, child)),
        *(answer("g", "g1", 9), meter("g", 0.06, 4)),
    )
    found = place.sync().report().coverage.sessions

    assert found["f"] == known("0.014", "0.015", "0.001")
    assert found["g"] == known("0.014", "0.015", "0.001")


def test_a_branch_starts_from_nothing(place: Place) -> None:
    """/branch copies the conversation, too, but its meter has a start of its own."""
    place.write("p", *PARENT, meter("p", FORKED_AT, 2))
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.015, 1, start=4))
    found = place.sync().report().coverage.sessions

    assert found["f"] == known("0.014", "0.015", "0.001")


def test_what_a_parent_spent_after_its_last_reading_was_not_taken_over(place: Place) -> None:
    """The parent was still running when it was forked: all is copied, not all was metered."""
    later = (answer("p", "p3", 9), meter("p", 0.043, 2))
    place.write("p", PARENT[0], meter("p", 0.0142, 1), PARENT[1], *later)
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.0287, 3))
    found = place.sync().report().coverage.sessions

    assert found == {"p": known("0.042", "0.043", "0.001"), "f": known("0.014", "0.0145", "0.0005")}


def test_a_parent_that_left_no_reading_makes_its_fork_unknown(place: Place) -> None:
    place.write("p", *PARENT)
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.048, 3))
    found = place.sync().report().coverage.sessions

    assert found["p"] == SessionCoverage("unknown", "no-meter")
    assert found["f"] == SessionCoverage("unknown", "cut")


def test_a_fork_whose_parent_is_gone_has_all_that_it_holds(place: Place) -> None:
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.045, 3))
    found = place.sync().report().coverage.sessions

    assert found == {"f": known("0.042", "0.045", "0.003")}


def test_a_copy_of_one_session_in_two_folders_is_no_fork(place: Place) -> None:
    lines = (*PARENT, meter("p", FORKED_AT, 2))
    place.write("p", *lines)
    place.write("sub/p", *lines)
    found = place.sync().report().coverage.sessions

    assert found == {"p": known("0.028", "0.03", "0.002")}
    assert place.connection.execute("select count(*) from copies").fetchone() == (0,)


def test_the_last_reading_before_the_fork_was_taken_over(place: Place) -> None:
    place.write("p", PARENT[0], meter("p", 0.0141, 1), PARENT[1], meter("p", FORKED_AT, 2))
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.048, 3))

    assert place.sync().report().coverage.sessions["f"] == known("0.014", "0.018", "0.004")


def test_a_start_that_no_parent_had_was_not_taken_over(place: Place) -> None:
    place.write("p", *PARENT, meter("p", FORKED_AT, 2))
    fork = (*fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.048, 3, start=-2))
    place.write("f", *fork)

    assert place.sync().report().coverage.sessions["f"] == SessionCoverage("unknown", "cut")


def test_tokens_that_were_taken_over_are_not_the_forks(place: Place) -> None:
    """The fork's meter has 300 tokens of output more than its parent's, its transcript has 500."""
    place.write("p", *PARENT, meter("p", FORKED_AT, 2))
    used = {"outputTokens": 2 * 10**6 + 300}
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.048, 3, used=used))

    assert place.sync().report().coverage.sessions["f"] == SessionCoverage("unknown", "cut")


@pytest.mark.parametrize("in_parts", [False, True])
def test_late_subagents_do_not_move_a_reading(place: Place, in_parts: bool) -> None:
    """A reading stands behind the main thread's answers, whatever a subagent does meanwhile."""
    late = answer("p", "a1", 1.5, isSidechain=True, agentId="a")
    place.write("p", *PARENT, late)
    place.write("p/subagents/agent-b", answer("p", "b1", 1.7, isSidechain=True, agentId="b"))
    if in_parts:
        place.sync()
    place.add("p", meter("p", 0.058, 2))
    place.write("f", *fork_of(*PARENT), answer("f", "f1", 5), meter("f", 0.075, 3))
    found = place.sync().report().coverage.sessions

    assert found == {"p": known("0.056", "0.058", "0.002"), "f": known("0.014", "0.017", "0.003")}
